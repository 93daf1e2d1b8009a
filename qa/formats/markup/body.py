"""The text of a comment, with the parts of it that are shown and not searched."""

from __future__ import annotations

from typing import NamedTuple


class Body(NamedTuple):
    """A comment's text as it is quoted.

    Units: asides are (start, end) offsets in text, end exclusive, sorted and apart: what the author did not write (a
    quote of somebody else, a signature), shown and never searched.
    """

    text: str
    asides: tuple[tuple[int, int], ...] = ()
