"""A record as a format found it, before it has an identity; and what its text says about it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

_WORD = re.compile(r"[^\W_]")
_CUT_OFF = re.compile(
    r"(?:(?:\.\.\.|…)\s*(?:[(\[]?\s*(?:(?:read|see|show|view)\s+)?more\s*[)\]]?)?"
    r"|[(\[]\s*(?:read|see|show|view)\s+more\s*[)\]])$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Draft:
    """One record of a source. text is None where the record's text is no text at all."""

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
    return end[-1:] in ("…", ".", ")", "]", "e", "E") and _CUT_OFF.search(end, max(0, len(end) - 40)) is not None
