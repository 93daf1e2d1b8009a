"""Hacker News: items of its API, search results and item trees of the Algolia API, and a table of items in SQLite.

Rests on a real file of API items (a story and its comments), on the documents of both APIs
(github.com/HackerNews/API, hn.algolia.com/api) and on the tables that hacker-news-to-sqlite writes; no real file was at
hand for the last two.

Items may stand in an array, in arrays of arrays, one to a line, in an object by id, or in an object around such lists
(``post`` and ``comments``, ``hits``); an item may hold its children. A record is an item of any type, or what stands in
its place in a list. A comment that is deleted or dead (killed by moderators or by users' flags) counts as deleted; the
Algolia API shows a deleted one as a comment without author and text. Profiles of users are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from qa.dates import parse_date
from qa.errors import SourceError
from qa.formats.contents import Content
from qa.formats.drafts import Draft, has_content
from qa.formats.markup.html import from_html
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample
from qa.formats.tables.envelopes import parts
from qa.formats.tables.passes import Passes
from qa.formats.tables.sqlite_tables import MAGIC, columns_of, database, rows_of
from qa.formats.tables.threads import Thread, Threads
from qa.formats.tables.values import body_of, count_of, id_of, list_of, string_of

_TYPES = ("story", "comment", "job", "poll", "pollopt")
_OPENING = ("story", "job", "poll")
_MARKS = frozenset(("id", "objectID", "by", "author", "type", "parent", "text", "comment_text"))
_TABLE = "items"
_COLUMNS = {"id", "type", "by", "time"}
_CREATED = re.compile(rb"CREATE TABLE\W+items\W.*?\bby\b", re.S)
_LOOKED_AT = 20


def recognises(sample: Sample) -> Role | None:
    """Tell items of Hacker News by their fields and types, and a database by its table."""
    if sample.head.startswith(MAGIC):
        return "comments" if _has_table(sample) else None
    found: list[bool] = []
    for value in _items(sample.json):
        found.append(isinstance(value, dict) and (_is_item(value) or _is_hit(value)))
        if len(found) == _LOOKED_AT:
            break
    return "comments" if found and 2 * sum(found) > len(found) else None


def read(content: Content) -> Iterator[Draft]:
    """Give a draft for every item. Raises: Malformed."""
    with Threads() as threads:
        records = Passes(content, _records)
        for value, _, _ in records:
            _learn(threads, value)
        for number, (value, start, end) in enumerate(records, 1):
            if isinstance(value, dict):
                yield _draft(value, threads, number, start, end)
            else:
                yield Draft(None, start, end, record=number, platform=True)


def _is_item(value: dict[str, Any]) -> bool:
    """Recognise an item of the API, or a node of Algolia's tree."""
    if value.get("type") not in _TYPES or id_of(value.get("id")) is None:
        return False
    if "created_at_i" in value:
        return "author" in value and isinstance(value.get("children"), list)
    return count_of(value.get("time")) is not None and ("by" in value or bool(value.get("deleted")))


def _is_hit(value: dict[str, Any]) -> bool:
    told = isinstance(value.get("_tags"), list) or "story_id" in value
    return isinstance(value.get("objectID"), str) and {"created_at_i", "author"} <= value.keys() and told


def _has_table(sample: Sample) -> bool:
    """Look for the table; in the first bytes, where the database is too damaged to be asked."""
    if sample.content.compression is not None:
        return False
    try:
        with database(sample.content) as connection:
            return set(columns_of(connection, _TABLE)) >= _COLUMNS
    except SourceError:
        return _CREATED.search(sample.head) is not None


def _records(content: Content) -> Iterator[tuple[Any, int, int]]:
    """Give every item of the source with its lines; a row of a database stands on the line of its number."""
    with content.binary() as file:
        is_database = file.read(len(MAGIC)) == MAGIC
    if is_database:
        with database(content) as connection:
            for number, row in enumerate(rows_of(connection, _TABLE), 1):
                yield row, number, number
        return
    for part in parts(content, _is_envelope):
        for value in _items(part.value, part.listed):
            yield value, part.line_start, part.line_end


def _is_envelope(value: dict[str, Any]) -> bool:
    return _MARKS.isdisjoint(value)


def _items(value: Any, listed: bool = True) -> Iterator[Any]:
    """Give the items in a value, however deep, each before its children; listed: the value stands in a list.

    What is neither an item nor around one is given too where it stands in a list: it has the place of an item.
    """
    waiting = [(value, listed)]
    while waiting:
        one, in_list = waiting.pop()
        if isinstance(one, list):
            inner = [(element, True) for element in one]
        elif isinstance(one, dict) and _is_envelope(one):
            inner = [(element, False) for element in one.values() if isinstance(element, dict | list)]
            if not inner and in_list:
                yield one
        else:
            if isinstance(one, dict) or in_list:
                yield one
            inner = [(child, True) for child in _children(one) if isinstance(child, dict)]
        waiting.extend(reversed(inner))


def _children(item: Any) -> list[Any]:
    return list_of(item.get("children") or item.get("kids")) if isinstance(item, dict) else []


def _learn(threads: Threads, value: Any) -> None:
    """Remember an item's parent, or the title of one that opens a thread."""
    item_id = _id(value) if isinstance(value, dict) else None
    if item_id is None:
        return
    parent, title = _parent(value), string_of(value.get("title"))
    if parent is not None:
        threads.replied(item_id, parent)
    elif title is not None or value.get("type") in _OPENING:
        threads.opened(item_id, title)


def _draft(item: dict[str, Any], threads: Threads, number: int, start: int, end: int) -> Draft:
    item_id, parent = _id(item), _parent(item)
    story, title = _story(item, item_id, threads)
    text, field, asides = _text(item)
    draft = Draft(text, start, end, record=number, field=field, platform=True, asides=asides)
    draft.author = string_of(item.get("by")) or string_of(item.get("author"))
    draft.created_at = parse_date(item.get("time")) or parse_date(item.get("created_at_i") or item.get("created_at"))
    draft.record_id = _named(item_id)
    draft.parent_id = _named(parent)
    draft.thread_id = _named(story)
    draft.title = title
    draft.url = f"https://news.ycombinator.com/item?id={item_id}" if item_id and item_id.isdigit() else None
    draft.votes = count_of(item.get("score") if "score" in item else item.get("points"))
    emptied = "created_at_i" in item and item.get("author") is None and text == ""
    if item.get("deleted") or item.get("dead") or emptied:
        draft.kind = "deleted"
    return draft


def _story(item: dict[str, Any], item_id: str | None, threads: Threads) -> Thread:
    found = threads.of(item_id)
    told = id_of(item.get("story_id"))
    if found.opener is None and told is not None:
        return Thread(told, string_of(item.get("story_title")) or threads.of(told).title)
    return found


def _text(item: dict[str, Any]) -> tuple[str | None, str | None, tuple[tuple[int, int], ...]]:
    """Return the text, the field it stands in and what in it is quoted. A story without a text is its title."""
    field = _given(item, "text", "comment_text", "story_text")
    written = body_of(item.get(field)) if field else ""
    if written:
        text, asides = from_html(written)
        if has_content(text):
            return text, field, asides
    title = body_of(item.get("title"))
    if written is None or not title:
        return written, field, ()
    return title, "title", ()


def _id(item: dict[str, Any]) -> str | None:
    return id_of(item.get("id")) or id_of(item.get("objectID"))


def _parent(item: dict[str, Any]) -> str | None:
    field = _given(item, "parent", "parent_id", "poll")
    return id_of(item[field]) if field else None


def _given(item: dict[str, Any], *names: str) -> str | None:
    """Return the first of some fields that an item has."""
    for name in names:
        if item.get(name) is not None:
            return name
    return None


def _named(item_id: str | None) -> str | None:
    return None if item_id is None else f"hn:{item_id}"


PLATFORM = Platform("hackernews", "Hacker News items", recognises, read)
