"""Tables that lie beside each other and refer to each other by ids: comments, and the posts or videos they are about.

A table of comments takes its threads' titles from a table of the same folder that has a column of titles and a column
of ids in which the values of one of its own are found: of the same name (``post_id``, ``video_id``), or ``id``.
Values decide, not the files' names. A table of titles without texts that is so referred to holds no comment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from qa.errors import SourceError
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.samples import take_sample
from qa.formats.tables.columns import NAMES, Columns, plain, scalar
from qa.formats.tables.csv_rows import header_of, records
from qa.formats.tables.lookups import Entry, Lookup

_SUFFIXES = (".csv", ".tsv", ".tab")
_LOOKED_AT = 200
_OWN = {plain(name) for name in (*NAMES["id"], "cid", "reply_id", *NAMES["parent"])}
_THREADS = {plain(name) for name in NAMES["thread"]}
_PEOPLE = ("user", "author", "channel", "profile", "account", "member", "sender")


class Join(NamedTuple):
    """A column of ids in the table that refers, and the column in the table that it refers to."""

    column: str
    posts: Content
    key: str


@dataclass(frozen=True, slots=True)
class _Table:
    """What the first row of a table tells. keys: the columns that may refer to another table, or be referred to."""

    content: Content
    names: tuple[str, ...]
    has_text: bool
    has_title: bool

    def keys(self, others: bool) -> list[str]:
        """Return the columns of ids; others: without those of the record itself."""
        found = [name for name in self.names if plain(name).endswith("id") or plain(name) in _THREADS]
        found = [name for name in found if not plain(name).startswith(_PEOPLE)]
        return [name for name in found if plain(name) not in _OWN] if others else found


def find_join(content: Content) -> Join | None:
    """Find the table beside one that has no titles of its own, in which most of its first ids are found."""
    comments = _table(content)
    if comments is None or not comments.has_text or comments.has_title:
        return None
    return next(_joins(comments, [one for one in _beside(content) if one.has_title]), None)


def is_companion(content: Content) -> bool:
    """Tell that a table holds titles and no texts, and that one beside it refers to it."""
    posts = _table(content)
    if posts is None or posts.has_text or not posts.has_title:
        return False
    comments = [one for one in _beside(content) if one.has_text and not one.has_title]
    return any(next(_joins(one, [posts]), None) is not None for one in comments)


class Titles:
    """The titles and links of a joined table's posts, by their ids. It must be closed."""

    def __init__(self, join: Join) -> None:
        self._column = join.column
        self._lookup: Lookup[Entry] = Lookup()  # of titles and links
        columns = Columns()
        # A table that breaks further down says so where it is read itself.
        with suppress(SourceError):
            for row, _, _ in records(join.posts, header_of(join.posts)):
                plan = columns.candidates(row)
                title, url = scalar(row, plan["title"]), scalar(row, plan["url"])
                self._lookup.suggest(_value(row, join.key), (title and title.strip(), url))

    def complete(self, draft: Draft, row: dict[str, str]) -> None:
        """Fill a draft's title, link and thread from the post that its row refers to."""
        key = _value(row, self._column)
        post = self._lookup.get(key) if key else None
        if post is not None:
            draft.title = draft.title or post[0]
            draft.url = draft.url or post[1]
            draft.thread_id = draft.thread_id or key

    def close(self) -> None:
        """Let the titles go."""
        self._lookup.close()


def _beside(content: Content) -> Iterator[_Table]:
    for one in content.neighbours(_SUFFIXES):
        with suppress(SourceError):
            table = _table(one)
            if table is not None:
                yield table


def _table(content: Content) -> _Table | None:
    """Read a table's first row; None where no platform-neutral table begins here."""
    sample = take_sample(content)
    if sample.json is not None or not sample.columns:
        return None
    names = header_of(content).names
    plan = Columns().candidates(dict.fromkeys(names, ""))
    return _Table(content, names, bool(plan["text"]), bool(plan["title"]))


def _joins(comments: _Table, tables: list[_Table]) -> Iterator[Join]:
    """Give the joins that hold, those by columns of one name first."""
    seen: dict[str, set[str]] = {name: set() for name in comments.keys(others=True)}
    with suppress(SourceError):
        for row, _, _ in islice(records(comments.content, header_of(comments.content)), _LOOKED_AT):
            for name, values in seen.items():
                values.add(_value(row, name))
    for alike in (True, False):
        for column, values in seen.items():
            values.discard("")
            for posts in tables:
                for key in posts.keys(others=False):
                    fits = plain(key) == plain(column) if alike else plain(key) in ("id", "_id")
                    if fits and values and _holds(posts.content, key, values):
                        yield Join(column, posts.content, key)


def _holds(posts: Content, key: str, values: set[str]) -> bool:
    """Tell that more than half of the values are ids of posts; an id that comes twice names the same post."""
    columns = Columns()
    titles: dict[str, str | None] = {}
    with suppress(SourceError):
        for row, _, _ in records(posts, header_of(posts)):
            value = _value(row, key)
            if value in values:
                title = scalar(row, columns.candidates(row)["title"])
                if titles.setdefault(value, title) != title:
                    return False
    return 2 * len(titles) > len(values)


def _value(row: dict[str, str], name: str) -> str:
    return row.get(name, "").strip()
