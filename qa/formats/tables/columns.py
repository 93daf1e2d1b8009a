"""Which column of a table means what.

Names are compared without case, spaces, ``-`` and ``_``. Among the names of one meaning the order is priority, and the
first that holds a value counts; a nested ``metadata`` object is searched after the record itself.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.errors import WrongColumns

Place = tuple[str, ...]
Record = dict[str, Any]

NAMES: dict[str, tuple[str, ...]] = {
    "text": (
        *("text", "body", "comment", "comment_text", "content", "message"),
        *("comment_body", "selftext", "comment_content", "full_text", "post_text", "post_body", "post_full_text"),
        *("text_original", "text_display"),
    ),
    "author": (
        *("author", "user", "username", "by", "from"),
        *("author_name", "user_name", "display_name", "screen_name", "sender", "user_id"),
        *("post_author", "author_display_name"),
    ),
    "date": (
        *("date", "created_at", "time", "timestamp"),
        *("created_utc", "created", "published_at", "posted_at", "datetime", "date_created", "published", "ts"),
        "comment_create_timestamp",
    ),
    "id": ("id", "_id", "comment_id"),
    "parent": ("parent", "parent_id", "reply_to", "in_reply_to", "parent_comment_id", "reply_to_id"),
    "thread": ("thread", "thread_id", "post_id", "topic_id", "discussion_id", "video_id"),
    "title": ("title", "subject", "thread_title", "post_title", "topic_title", "video_title"),
    "url": ("url", "permalink", "link"),
}
_IGNORED = re.compile(r"[\s_-]+")
_NAMED, _SHOWN = 40, 60  # columns that an error names, and characters of a name
_PERSON = ("login", "name", "username", "display_name", "screen_name", "id")


def plain(name: str) -> str:
    """Reduce a column's name to what is compared.

    >>> plain("Created At") == plain("created_at") == plain("createdAt")
    True
    """
    return _IGNORED.sub("", name).casefold()


_PLAIN = {meaning: tuple(dict.fromkeys(map(plain, names))) for meaning, names in NAMES.items()}


@dataclass(slots=True)
class Columns:
    """Find the columns of records, remembering the answer for records of the same shape.

    given maps our name to theirs and goes before every guess. seen holds every column met, in order;
    has_text: one of them holds text or, in its place, a title.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    seen: dict[str, None] = field(default_factory=dict)
    has_text: bool = False
    _missing: dict[str, str] = field(init=False)
    _plans: dict[tuple[Any, ...], dict[str, list[Place]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._missing = dict(self.given)

    def candidates(self, record: Record) -> dict[str, list[Place]]:
        """Return for each meaning the paths where its value may stand, best first."""
        nested = record.get("metadata")
        shape = (tuple(record), tuple(nested) if isinstance(nested, dict) else None)
        plan = self._plans.get(shape)
        if plan is None:
            plan = self._recognise(record, nested if isinstance(nested, dict) else {})
            if len(self._plans) < 10_000:
                self._plans[shape] = plan
        if not self._missing:
            return plan
        return self._with_given(plan, record)

    def refuse_missing(self, path: Path) -> None:
        """Raise WrongColumns where a column that was named has never been met."""
        for name, column in self._missing.items():
            raise self.wrong(path, f"has no column {column!r} for {name}")

    def wrong(self, path: Path, fact: str) -> WrongColumns:
        """Make the error that lists the columns that were met."""
        found = ", ".join(" ".join(name.split())[:_SHOWN] for name in list(self.seen)[:_NAMED]) or "none"
        return WrongColumns(
            f"{path} {fact}; columns found: {found}",
            f"qa index {shlex.quote(str(path))} --columns text=NAME",
        )

    def _recognise(self, record: Record, nested: Record) -> dict[str, list[Place]]:
        if len(self.seen) < _NAMED:
            self.seen.update(dict.fromkeys(record))
            self.seen.update(dict.fromkeys(f"metadata.{name}" for name in nested))
        top: dict[str, Place] = {}
        below: dict[str, Place] = {}
        for name in record:
            top.setdefault(plain(name), (name,))
        for name in nested:
            below.setdefault(plain(name), ("metadata", name))
        plan = {
            meaning: [places[name] for places in (top, below) for name in names if name in places]
            for meaning, names in _PLAIN.items()
        }
        for meaning, column in self.given.items():
            paths = _paths(column, record)
            plan[meaning] = paths
            if any(reach(record, path) is not None for path in paths):
                self._missing.pop(meaning, None)
        self.has_text = self.has_text or bool(plan["text"] or plan["title"])
        return plan

    def _with_given(self, plan: dict[str, list[Place]], record: Record) -> dict[str, list[Place]]:
        """Look for the named columns that have not been met yet, in a record of a known shape."""
        for meaning in list(self._missing):
            if any(reach(record, path) is not None for path in plan[meaning]):
                del self._missing[meaning]
        return plan


def recognised(name: str) -> str | None:
    """Return what one name means, or None."""
    return next((meaning for meaning, known in _PLAIN.items() if plain(name) in known), None)


def recognises(names: Iterable[str]) -> set[str]:
    """Return the meanings that a header's names have.

    >>> sorted(recognises(["Comment Text", "by", "votes"]))
    ['author', 'text']
    """
    compared = {plain(name) for name in names}
    return {meaning for meaning, known in _PLAIN.items() if not compared.isdisjoint(known)}


def reach(record: Record, path: Place) -> Any:
    """Return the value at a path of nested objects, or None."""
    if len(path) == 1:
        return record.get(path[0])
    value: Any = record
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def scalar(record: Record, paths: Iterable[Place]) -> str | None:
    """Return the first value that is not blank as text; an object or a list is no value."""
    for path in paths:
        value = reach(record, path)
        if isinstance(value, str):
            if value.strip():
                return value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def person(record: Record, paths: Iterable[Place]) -> str | None:
    """Return an author's name, which may stand in an object of its own.

    >>> person({"user": {"login": "octocat", "id": 1}}, [("user",)])
    'octocat'
    """
    for path in paths:
        value = reach(record, path)
        inner = [(name,) for name in _PERSON]
        name = scalar(value, inner) if isinstance(value, dict) else scalar(record, [path])
        if name is not None:
            return name.strip()
    return None


def _paths(column: str, record: Record) -> list[Place]:
    """Resolve a column as a caller names it: exactly, then loosely, then dotted; a comma separates alternatives."""
    if column in record:
        return [(column,)]
    names = [part.strip() for part in column.split(",")] if "," in column else [column]
    return [_path(name, record) for name in names]


def _path(name: str, record: Record) -> Place:
    if name in record:
        return (name,)
    for known in record:
        if plain(known) == plain(name):
            return (known,)
    head, dot, rest = name.partition(".")
    if dot:
        place = _path(head, record)
        inner = reach(record, place)
        return (*place, *(_path(rest, inner) if isinstance(inner, dict) else (rest,)))
    return (name,)
