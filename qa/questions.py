"""What a user may ask: filters from names and dates as they are typed, and a question that can be answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import get_args

from qa.errors import UsageError
from qa.records import Filters, Mode

LONGEST_QUESTION = 10_000
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2})?$")

Names = str | Iterable[str] | None
Moment = datetime | str | None


def make_filters(
    *, author: Names = None, since: Moment = None, before: Moment = None, thread: Names = None, source: Names = None
) -> Filters:
    """Return filters from one name or several each, and dates as ISO text. Raises: UsageError for a bad date."""
    return Filters(_names(author), _moment(since, "since"), _moment(before, "before"), _names(thread), _names(source))


def _names(given: Names) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


def _moment(given: Moment, name: str) -> datetime | None:
    if given is None:
        return None
    from qa.dates import parse_date

    if isinstance(given, datetime):
        return given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
    written = given.strip()
    whole = f"{written}-01-01"[:10] if _PARTIAL_DATE.match(written) else written  # "2024" or "2024-03"
    found = parse_date(whole)
    if found is None:
        raise UsageError(f"--{name} {given!r} is not a date", f"qa ask ... --{name} 2024-03-01")
    return found


def checked_mode(mode: str) -> Mode:
    """Return the mode. Raises: UsageError where there is none of that name."""
    for known in get_args(Mode):
        if mode == known:
            return known  # type: ignore[no-any-return]
    raise UsageError(f"no mode is called {mode!r}; known: {', '.join(get_args(Mode))}", "qa ask ... --mode hybrid")


def checked_question(question: str, k: int) -> str:
    """Return the question. Raises: UsageError where it, or the number of passages asked for, cannot be used."""
    if not question.strip():
        raise UsageError("the question is empty", 'qa ask "What did people say about ...?"')
    if len(question) > LONGEST_QUESTION:
        raise UsageError(
            f"the question has {len(question):,} characters; at most {LONGEST_QUESTION:,} are read",
            'qa ask "a shorter question"',
        )
    if k < 1:
        raise UsageError(f"-k {k}: at least one passage must be asked for", 'qa ask "..." -k 5')
    return question
