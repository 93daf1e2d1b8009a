"""Lines that say who wrote what follows, and when.

::

    alice, 2024-03-01 10:22:            alice · March 1, 2024            Posted by alice on March 1, 2024
    [2024-03-01 10:22] alice: text      2024-03-01 10:22 - alice: text   [2024-03-01 10:22] <alice> text
    From: alice                         (with Date:, Subject: on the lines next to it)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qa.dates import parse_date

_YEAR = re.compile(r"(?:19|20|21)\d\d|\d/\d\d?/\d\d")
_BETWEEN = re.compile(r"\s*[,·•|—–]\s*|\s*\(|\s+(?:-|on|at|@)\s+|:\s+")
_DAY = r"(?P<date>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?Z?)?)"
_CLOCK = r"(?P<date>\d[\d/.\-]{5,9},?\s+\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?)"
_CHAT = (
    re.compile(r"\[(?P<date>[^\]]{6,40})\]\s*<(?P<author>[^>]{1,60})>[ \t]?(?P<rest>.*)$"),
    re.compile(r"\[(?P<date>[^\]]{6,40})\]\s*(?P<author>[^:<]{1,60}?):[ \t]?(?P<rest>.*)$"),
    re.compile(_CLOCK + r"\s+-\s+(?P<author>[^:]{1,60}?):[ \t]?(?P<rest>.*)$"),
    re.compile(_DAY + r"\s+(?P<author>[^:\s\d][^:]{0,40}):[ \t]?(?P<rest>.*)$"),
)
_MAIL = re.compile(r"(?P<key>from|author|by|user|date|posted|time|subject|title):[ \t]*(?P<value>\S.{0,200})$", re.I)
_MAIL_MEANING = {"from": "author", "author": "author", "by": "author", "user": "author"}
_MAIL_MEANING |= {"date": "date", "posted": "date", "time": "date", "subject": "title", "title": "title"}
_BEFORE_NAME = re.compile(r"^(?:posted\s+by|written\s+by|comment\s+by|by|on)\s+", re.I)
_AFTER_NAME = re.compile(r"\s+(?:wrote|said|commented|posted|replied|writes)$", re.I)
_NO_NAME = re.compile(r"[.?!;:\"“”]$|^(?:mon|tues|wednes|thurs|fri|satur|sun)day$|^\d", re.I)
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Header:
    """What header lines say. lines: how many whole lines they are; rest: where the text begins on the same line."""

    author: str | None
    created_at: datetime | None
    title: str | None = None
    lines: int = 1
    rest: str | None = None


def starts_header(previous: str, line: str, following: str) -> bool:
    """Tell whether a line begins a header; previous and following are its neighbours, empty where there is none."""
    if one_line(line) is not None:
        return True
    if _MAIL.match(line) is None or _MAIL.match(previous) is not None:
        return False
    return read_header((line, following)) is not None


def read_header(lines: Sequence[str]) -> Header | None:
    """Read the header that a comment's lines begin with.

    >>> read_header(["alice, 2024-03-01 10:22:", "I agree."]).author
    'alice'
    """
    if not lines:
        return None
    return one_line(lines[0]) or _mail(lines)


def one_line(line: str) -> Header | None:
    """Read a header of one line, with or without text behind it."""
    written = line.strip()
    if not written or _YEAR.search(written[:_LONGEST]) is None or _MAIL.match(written):
        return None
    if written[0] == "[" or written[0].isdigit():
        return _chat(written)
    return _name_and_date(written) if len(written) <= _LONGEST else None


def clean_name(written: str) -> str | None:
    """Strip decoration from an author's name; None where it cannot be one.

    >>> clean_name("**@alice** wrote"), clean_name("I have said it before.")
    ('alice', None)
    """
    name = _BEFORE_NAME.sub("", written.strip(" \t*_#>@"))
    name = _AFTER_NAME.sub("", name).strip(" \t*_@")
    if not 1 <= len(name) <= 60 or len(name.split()) > 4 or _NO_NAME.search(name):
        return None
    return name if any(c.isalnum() for c in name) else None


def _chat(written: str) -> Header | None:
    for pattern in _CHAT:
        match = pattern.match(written)
        if match is None:
            continue
        moment = parse_date(match["date"])
        name = clean_name(match["author"])
        if moment is not None and name is not None:
            rest = match["rest"]
            return Header(name, moment, rest=rest) if rest.strip() else Header(name, moment)
    return None


def _name_and_date(written: str) -> Header | None:
    for between in _BETWEEN.finditer(written):
        date = written[between.end() :].rstrip(" \t:)*_")
        if _YEAR.search(date) is None:
            return None
        moment = parse_date(date)
        if moment is not None:
            name = clean_name(written[: between.start()])
            return None if name is None else Header(name, moment)
    return None


def _mail(lines: Sequence[str]) -> Header | None:
    """Read ``Key: value`` lines: at least two, of different meaning, and among them an author or a date."""
    found: dict[str, str] = {}
    for line in lines:
        match = _MAIL.match(line)
        meaning = _MAIL_MEANING[match["key"].lower()] if match else None
        if match is None or meaning is None or meaning in found:
            break
        found[meaning] = match["value"].strip()
    if len(found) < 2 or not found.keys() & {"author", "date"}:
        return None
    moment = parse_date(found.get("date"))
    if "date" in found and moment is None:
        return None
    return Header(found.get("author"), moment, found.get("title"), len(found))
