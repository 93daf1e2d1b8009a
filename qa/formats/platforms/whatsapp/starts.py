"""The date that a message begins with, in the forms of many phones, and the order of its day and month."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from qa.dates import parse_date

# Direction marks, which WhatsApp puts around names and before its own words, and a byte order mark.
MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_AFTERNOON = ("p", "오후", "下午", "午後")
_HALF = r"[AaPp]\.?\s?[Mm]\.?|오전|오후|上午|下午|午前|午後"
_DATE = r"(?P<one>\d{1,4})(?P<dot>[./-])\s?(?P<two>\d{1,2})(?P=dot)\s?(?P<three>\d{1,4})\.?(?P<comma>[,،]?)\s{1,2}"
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?"
_MOMENT = rf"{_DATE}(?:klo\s)?(?:(?P<before>{_HALF})\s?)?{_CLOCK}(?:\s?(?P<after>{_HALF}))?"
_BRACKETED = re.compile(rf"[{MARKS}]*\[{_MOMENT}\]\s?(?P<rest>.*)", re.S)
_DASHED = re.compile(rf"[{MARKS}]*{_MOMENT}\s[-–]\s(?P<rest>.*)", re.S)


class Start(NamedTuple):
    """The line that a record begins with.

    numbers: the date's three, in the order in which they stand; clock: hour of the day, minute, second; form: what is
    the same in all lines of one file; marked: only WhatsApp writes such a line.
    """

    numbers: tuple[int, int, int]
    clock: tuple[int, int, int]
    half: str
    form: tuple[bool, bool]
    marked: bool
    rest: str

    @property
    def year_first(self) -> bool:
        """Whether the year stands first, and so the month before the day."""
        return self.numbers[0] > 99


@dataclass(slots=True)
class Order:
    """What a file says about the order of day and month."""

    first_is_day: bool = False
    second_is_day: bool = False
    backwards_day_first: int = 0
    backwards_month_first: int = 0
    capitals: bool = False
    _previous: Start | None = None

    @property
    def day_first(self) -> bool:
        """Decide, for the whole file."""
        if self.first_is_day != self.second_is_day:
            return self.first_is_day
        if self.backwards_day_first != self.backwards_month_first:
            return self.backwards_day_first < self.backwards_month_first
        return not self.capitals

    def note(self, start: Start) -> None:
        """Take one line into account."""
        if start.year_first:
            return
        one, two, year = start.numbers
        self.first_is_day = self.first_is_day or one > 12
        self.second_is_day = self.second_is_day or two > 12
        self.capitals = self.capitals or start.half in ("AM", "PM")
        if self._previous is not None:
            before_one, before_two, before_year = self._previous.numbers
            before, clock = self._previous.clock, start.clock
            self.backwards_day_first += (year, two, one, clock) < (before_year, before_two, before_one, before)
            self.backwards_month_first += (year, one, two, clock) < (before_year, before_one, before_two, before)
        self._previous = start


def read_start(line: str) -> Start | None:
    """Read the beginning of a record, or return None where a line goes on with the record before it."""
    head = line.lstrip(MARKS)[:1]
    found = _BRACKETED.match(line) if head == "[" else _DASHED.match(line) if head.isdigit() else None
    if found is None:
        return None
    written = (found["one"], found["two"], found["three"])
    # One end of the date is the year, in two or four digits.
    if (len(written[0]), len(written[2])) not in {(1, 2), (2, 2), (1, 4), (2, 4), (4, 1), (4, 2)}:
        return None
    half = found["before"] or found["after"] or ""
    hour = int(found["hour"])
    if half and hour <= 12:
        hour = hour % 12 + 12 * half.lower().startswith(_AFTERNOON)
    rest = found["rest"]
    marked = line[0] == "\u200e" or rest[:1] == "\u200e" or "\u202f" in line[: found.start("rest")]
    numbers = (int(written[0]), int(written[1]), int(written[2]))
    clock = (hour, int(found["minute"]), int(found["second"] or 0))
    return Start(numbers, clock, half, (head == "[", bool(found["comma"])), marked, rest)


def moment(start: Start, day_first: bool) -> datetime | None:
    """Return when a message was sent; one date that does not fit the order of its file is read the other way."""
    one, two, year = start.numbers
    if start.year_first:
        year, month, day = start.numbers
    else:
        day, month = (one, two) if day_first else (two, one)
        if month > 12 >= day:
            day, month = month, day
    year += 2000 if year < 100 else 0
    try:
        return parse_date(datetime(year, month, day, *start.clock, tzinfo=UTC).isoformat())
    except ValueError:
        return None
