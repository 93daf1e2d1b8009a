"""A link as text: what it says and where it leads, once where both are the same."""

from __future__ import annotations

import re
from urllib.parse import unquote

_DRESS = re.compile(r"mailto:|(?:https?:)?(?://)?(?:www\.)?", re.I)
_CUT = re.compile(r"\.\.\.|…")
_SHORTEST = 4  # characters of a cut address that must be left to know it by


def with_target(text: str, target: str) -> str:
    """Write a link's text with its target after it; the target alone where the text is the target cut short.

    >>> with_target("the docs", "https://example.org/docs")
    'the docs (https://example.org/docs)'
    >>> with_target("example.org/a-long...", "https://example.org/a-long-way")
    'https://example.org/a-long-way'
    """
    if text == target:
        return text
    written, full = _bare(text), _bare(target)
    if written == full:
        return text
    cut = _CUT.search(written)
    if cut is not None:
        head, tail = written[: cut.start()], written[cut.end() :]
        if len(head) >= _SHORTEST and full.startswith(head) and full.endswith(tail):
            return target
    return f"{text} ({target})"


def _bare(address: str) -> str:
    """Take off what platforms leave out when they show an address."""
    dress = _DRESS.match(address)
    bare = address[dress.end() :] if dress else address
    if "%" in bare:
        bare = unquote(bare)
    return bare.rstrip("/").casefold()
