"""A record as a format found it, before it has an identity; and what its text says about it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

_WORD = re.compile(r"[^\W_]")
_CUT_OFF = re.compile(
    r"(?:(?:\.\.\.|…)\s*(?:[(\[]?\s*(?:(?:read|see|show|view)\s+)?more\s*[)\]]?)?"
    r"|[(\[]\s*(?:read|see|show|view)\s+more\s*[)\]])$",
    re.IGNORECASE,
)


# What a record is: a comment; one that its author or a moderator took back; or what the platform itself wrote (someone
# joined, a label was set), which is nobody's comment.
Kind = Literal["comment", "deleted", "notice"]


@dataclass(slots=True)
class Draft:
    """One record of a source. text is None where the record's text is no text at all.

    Units: asides are (start, end) offsets in text, end exclusive, sorted: parts that the author did not write, shown
    and never searched. platform: record_id, parent_id and thread_id are the platform's own, the same in every export
    (``hn:8863``); otherwise they hold in this source alone. edited_at is the last edit, where the export knows it.
    """

    text: str | None
    line_start: int
    line_end: int
    author: str | None = None
    created_at: datetime | None = None
    record_id: str | None = None
    parent_id: str | None = None
    thread_id: str | None = None
    title: str | None = None
    url: str | None = None
    record: int | None = None
    field: str | None = None
    kind: Kind = "comment"
    platform: bool = False
    edited_at: datetime | None = None
    votes: int | None = None
    asides: tuple[tuple[int, int], ...] = ()


def has_content(text: str) -> bool:
    """Tell whether a text holds a letter, a digit or an emoji.

    >>> has_content("..."), has_content("+1"), has_content("👍")
    (False, True, True)
    """
    if _WORD.search(text):
        return True
    return not text.isascii() and any(unicodedata.category(c) in ("So", "Sm") and c != "\ufffd" for c in text)


def is_deleted(text: str) -> bool:
    """Tell whether a platform put this in place of a comment that is gone."""
    return len(text) < 80 and text.strip().casefold() in ("[deleted]", "[removed]")


def is_cut_off(text: str) -> bool:
    """Tell whether the page that the text was copied from cut it off.

    >>> is_cut_off("This is easie..."), is_cut_off("and so on … (read more)"), is_cut_off("Read more books.")
    (True, True, False)
    """
    end = text[-200:].rstrip()
    return end.endswith(("...", "…", ")", "]", "e", "E")) and _CUT_OFF.search(end, max(0, len(end) - 40)) is not None
