"""Dates as exports and people write them -> timezone-aware UTC; what is no complete date is None."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"\d{8,20}(\.\d{1,12})?$")
_COMPACT = re.compile(r"(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$")
_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d\d(?!\d)|^\d{1,2}/\d{1,2}/\d\d(?!\d)")
_LONGEST = 60
_ZONES = {"UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8}
_ZONES |= {"PDT": -7, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3}


def parse_date(value: object) -> datetime | None:
    """Read a date, never raise: ISO, epoch seconds or milliseconds, or a common human form with year, month and day.

    A naive time is UTC. ``01/02/2024`` is the second of January. A number below 10**8 is no epoch, so that a year or
    a score in a column named "time" is not taken for a moment of 1970. Missing parts are never filled in.

    >>> parse_date("March 1, 2024 10:22")
    datetime.datetime(2024, 3, 1, 10, 22, tzinfo=datetime.timezone.utc)
    >>> parse_date("March 1") is None
    True
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _from_epoch(value)
    if not isinstance(value, str):
        return None
    written = value.strip()
    if not 6 <= len(written) <= _LONGEST:
        return None
    if written[4] != "-" and _COMPACT.match(written) is None and _NUMBER.match(written):
        return _from_epoch(float(written))
    try:
        return in_utc(datetime.fromisoformat(written))
    except ValueError:
        return _from_human(written) if _YEAR.search(written) else None


def _from_epoch(number: float) -> datetime | None:
    """Read seconds, milliseconds, microseconds or nanoseconds, told apart by their size."""
    if isinstance(number, int) and _COMPACT.match(str(number) if number < 10**9 else ""):
        return parse_date(str(number))
    if number > 1e21 or not math.isfinite(number) or number < 1e8:
        return None
    while number >= 1e11:
        number = number / 1000
    return in_utc(_EPOCH + timedelta(seconds=number))


def in_utc(moment: datetime) -> datetime | None:
    """Bring a moment to UTC, which a naive one is in; None where no comment can be of that year."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    try:
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    hours = _ZONES.get(name or "")
    return None if hours is None else timezone(timedelta(hours=hours))


def _from_human(written: str) -> datetime | None:
    """Parse with two different defaults: where they differ, a part was missing and had been filled in."""
    from dateutil import parser  # imported here: most sources never need it

    try:
        one = parser.parse(written, default=datetime(2001, 1, 1), tzinfos=_zone)
        two = parser.parse(written, default=datetime(2002, 2, 2), tzinfos=_zone)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    return in_utc(one) if one == two else None
