"""What a platform's module says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.samples import Sample

# What a file is to its export: it holds comments; or it completes others (names, channels) and holds none.
Role = Literal["comments", "companion"]


@dataclass(frozen=True, slots=True)
class Platform:
    """A format of one platform.

    name is what ``--format`` takes; label says in words what was found ("a Slack export's messages"). recognises tells
    by content what a source is to this platform, or None. read gives a draft for every record of the source, in its
    order: none left out, whatever it is. It raises Malformed where the source breaks.
    """

    name: str
    label: str
    recognises: Callable[[Sample], Role | None]
    read: Callable[[Content], Iterator[Draft]]
