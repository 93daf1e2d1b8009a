"""Numbers over time -> bars of an SVG drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.reports import MonthCount

WIDTH, HEIGHT = 720, 160
# A span of more months than this is shown by the year.
_MOST_MONTHS = 72
_MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of time and its comments. Units: x, y, width, height in those of the drawing; since, before ISO dates.

    ticked: its label is drawn; spare: not where there is little room.
    """

    label: str
    comments: int
    since: str
    before: str
    x: float
    y: float
    width: float
    height: float
    ticked: bool
    spare: bool


def bars(months: Sequence[MonthCount]) -> list[Bar]:
    """Return a bar for each month from the first to the last, or for each year where there are many."""
    if not months:
        return []
    first, last = months[0], months[-1]
    span = (last.year - first.year) * 12 + last.month - first.month + 1
    by_year = span > _MOST_MONTHS
    counts: dict[str, int] = {}
    for at in range(span):
        year, month = divmod(first.year * 12 + first.month - 1 + at, 12)
        counts[f"{year:04}" if by_year else f"{year:04}-{month + 1:02}"] = 0
    for one in months:
        counts[f"{one.year:04}" if by_year else f"{one.year:04}-{one.month:02}"] += one.comments
    return _drawn(counts)


def _drawn(counts: dict[str, int]) -> list[Bar]:
    step, most = WIDTH / len(counts), max(counts.values())
    every = -(-len(counts) // _MOST_LABELS)
    return [
        Bar(
            label=label,
            comments=count,
            since=f"{label}-01-01"[:10],
            before=_next(label),
            x=round(at * step + step * 0.08, 2),
            y=round(HEIGHT * (1 - count / most), 2),
            width=round(step * 0.84, 2),
            height=round(HEIGHT * count / most, 2),
            ticked=at % every == 0 and at * step < 0.94 * WIDTH,
            spare=at % (2 * every) != 0 or at * step > 0.86 * WIDTH,
        )
        for at, (label, count) in enumerate(counts.items())
    ]


def _next(label: str) -> str:
    """Return the first day behind a month or year."""
    year, _, month = label.partition("-")
    if not month:
        return f"{int(year) + 1:04}-01-01"
    return f"{int(year) + int(month) // 12:04}-{int(month) % 12 + 1:02}-01"
