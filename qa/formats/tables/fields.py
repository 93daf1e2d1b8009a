"""A record of a table (a JSON object, a row) -> a draft."""

from __future__ import annotations

from typing import Any

from qa.dates import parse_date
from qa.formats.drafts import Draft, has_content
from qa.formats.tables.columns import Columns, Place, Record, person, reach, scalar
from qa.formats.tables.values import storable


def record_draft(columns: Columns, record: Record, number: int, line_start: int, line_end: int) -> Draft:
    """Read a record by its columns. A record with a title and no text has its title as its text."""
    plan = columns.candidates(record)
    text, field = _text(record, plan["text"])
    title = _clean(scalar(record, plan["title"]))
    if title is not None and text is not None and not text.strip():
        path = next(path for path in plan["title"] if scalar(record, [path]) is not None)
        text, field, title = _clean(str(reach(record, path))), ".".join(path), None
    return Draft(
        text,
        line_start,
        line_end,
        author=_clean(person(record, plan["author"])),
        created_at=_date(record, plan["date"]),
        record_id=_clean(scalar(record, plan["id"])),
        parent_id=_clean(scalar(record, plan["parent"])),
        thread_id=_clean(scalar(record, plan["thread"])),
        title=title.strip() if title else None,
        url=_clean(scalar(record, plan["url"])),
        record=number,
        field=field,
    )


def text_draft(text: str, number: int, line_start: int, line_end: int) -> Draft:
    """Make a draft of a record that is nothing but a text."""
    return Draft(_clean(text), line_start, line_end, record=number)


def has_text_column(columns: Columns, record: Record, title: bool) -> bool:
    """Tell whether a record holds a text, be it empty; with title, a title will do."""
    plan = columns.candidates(record)
    paths = plan["text"] + (plan["title"] if title else [])
    return any(isinstance(reach(record, path), str | int | float) for path in paths)


def _text(record: Record, paths: list[Place]) -> tuple[str | None, str | None]:
    """Return the text and its column: the first with content, else the first; None where it is no text."""
    first: tuple[str | None, str | None] | None = None
    for path in paths:
        value = reach(record, path)
        text = _as_text(value)
        if text is not None and has_content(text):
            return _clean(text), ".".join(path)
        if first is None or (value is not None and not first[0]):
            first = (text, ".".join(path))
    return first or ("", None)


def _as_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _date(record: Record, paths: list[Place]) -> Any:
    for path in paths:
        moment = parse_date(reach(record, path))
        if moment is not None:
            return moment
    return None


def _clean(value: str | None) -> str | None:
    return None if value is None else storable(value)
