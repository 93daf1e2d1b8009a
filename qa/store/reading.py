"""Read the store: one connection, one snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import CitationError
from qa.records import Comment, Filters, Passage, Scope
from qa.sources import Fingerprint, Root
from qa.store.collection import Collection
from qa.store.rows import (
    COMMENT_COLUMNS,
    COMMENT_JOINS,
    comment_of,
    from_microseconds,
    from_sql,
    searched_text,
    text_hash,
    to_sql,
    unpack_sentences,
    unpack_vectors,
)
from qa.store.scopes import scope_of, where
from qa.store.stored import SourceRecord, StoredPassage

# SQLite takes this many values in one statement everywhere.
_MOST_VALUES = 900


class StoreReader:
    """Answers every question about what is stored; opened inside a read transaction it is a snapshot."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def setting(self, name: str) -> str | None:
        """Return one setting."""
        row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    @property
    def change(self) -> int:
        """The number of the last change."""
        return int(self.setting("change") or 0)

    def token(self, change: int) -> str | None:
        """Return what tells a change from another of its number: a store put back from a copy counts them again."""
        row = self._connection.execute("SELECT token FROM changes WHERE change = ?", (change,)).fetchone()
        return str(row[0]) if row else None

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self.setting("dimensions") or 0)

    def total(self, table: str) -> int:
        """Return the number of comments or passages, as it was counted at the last change."""
        return int(self.setting(table) or 0)

    def several(self, table: str) -> bool:
        """Tell whether a table has more than one row, without counting them."""
        return self._connection.execute(f"SELECT 1 FROM {table} LIMIT 1 OFFSET 1").fetchone() is not None

    def count(self, table: str, where: str = "1") -> int:
        """Return the number of rows of a table; comments are named c in `where`."""
        alias = " c" if table == "comments" else ""
        return int(self._connection.execute(f"SELECT count(*) FROM {table}{alias} WHERE {where}").fetchone()[0])

    def forgotten(self) -> set[str]:
        """Return the names of the sources and the ids of the comments that are to be left out."""
        return {from_sql(name) or "" for (name,) in self._connection.execute("SELECT name FROM forgotten")}

    def roots(self) -> list[Root]:
        """Return what the user named, in order."""
        rows = self._connection.execute("SELECT kind, path, options FROM roots ORDER BY root_key")
        return [Root(kind, from_sql(path) or "", options) for kind, path, options in rows]

    def sources(self) -> list[SourceRecord]:
        """Return every source with its counts, by name."""
        rows = self._connection.execute("""
            SELECT s.name, s.path, r.path, s.format, s.decided, s.size, s.mtime_ns, s.read_at_ns, s.sha256, s.beside,
                (SELECT count(*) FROM comments c WHERE c.source_key = s.source_key)
                    + (SELECT count(*) FROM elsewhere e WHERE e.source_key = s.source_key),
                s.empty, s.deleted, s.duplicates, s.unreadable, s.notices,
                (SELECT count(*) FROM elsewhere e WHERE e.source_key = s.source_key), s.role, s.member
            FROM sources s LEFT JOIN roots r USING (root_key) WHERE s.size >= 0 ORDER BY s.name""")
        return [
            SourceRecord(
                from_sql(row[0]) or "", from_sql(row[1]) or "", from_sql(row[2]) or "", row[3], row[4],
                _fingerprint(row[5:10]), *row[10:18], *(from_sql(member) or "" for member in row[18:]),
            )
            for row in rows
        ]  # fmt: skip

    def fingerprints(self) -> list[tuple[str, str, Fingerprint]]:
        """Return every source's name, path and what it was when it was last read."""
        rows = self._connection.execute(
            "SELECT name, path, size, mtime_ns, read_at_ns, sha256, beside FROM sources WHERE size >= 0 ORDER BY name"
        )
        return [(from_sql(name) or "", from_sql(path) or "", _fingerprint(seen)) for name, path, *seen in rows]

    def source_key(self, name: str) -> int | None:
        """Return the key of a source."""
        row = self._connection.execute("SELECT source_key FROM sources WHERE name = ?", (to_sql(name),)).fetchone()
        return int(row[0]) if row else None

    def source_name(self, key: int) -> str:
        """Return the name of the source with a key."""
        row = self._connection.execute("SELECT name FROM sources WHERE source_key = ?", (key,)).fetchone()
        return from_sql(row[0]) or "" if row else ""

    def scope(self, filters: Filters) -> Scope:
        """Return the filters as keys of the store."""
        return scope_of(self._connection, filters)

    def standing(self, passage_ids: Sequence[int]) -> set[int]:
        """Return which of the ids still stand."""
        query = "SELECT passage_id FROM passages WHERE passage_id IN ({})"
        return {row[0] for row in self._select(query, passage_ids)}

    def young(self, passage_id: int, scope: Scope) -> dict[int, int]:
        """Return the passages of a scope behind an id, each with the key of its comment."""
        rows = self._connection.execute(
            "SELECT passage_id, comment_key FROM passages p CROSS JOIN comments c USING (comment_key) "
            f"WHERE p.passage_id > {passage_id} AND {where(scope)}"
        )
        return dict(rows.fetchall())

    def passage_rows(
        self, passage_id: int, until: int | None = None, block: int = 20_000
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Yield (columns (6, n), vectors (n, d)) of the passages behind an id, ascending, in blocks.

        The columns are passage_id, comment_key, author_key, thread_key, source_key, created_at; a key that is not there
        is -1, a time that is not there the least int64.
        """
        cursor = self._connection.execute(
            f"""SELECT p.passage_id, c.comment_key, COALESCE(c.author_key, -1), COALESCE(c.thread_key, -1),
                    c.source_key, COALESCE(c.created_at, {-(2**63)}), v.vector
                FROM passages p CROSS JOIN comments c USING (comment_key) CROSS JOIN vectors v USING (vector_key)
                WHERE p.passage_id > ? AND p.passage_id <= ? ORDER BY p.passage_id""",
            (passage_id, until if until is not None else 2**62),
        )
        while rows := cursor.fetchmany(block):
            columns = np.array([row[:6] for row in rows], np.int64).T
            yield columns, unpack_vectors([row[6] for row in rows], self.dimensions)

    def sampled_vectors(self, count: int) -> NDArray[np.float32]:
        """Return at least `count` vectors drawn evenly from all passages, shape (n, d); all, where there are fewer."""
        every = max(1, self.total("passages") // count)
        rows = self._connection.execute(
            "SELECT vector FROM passages JOIN vectors USING (vector_key) WHERE passage_id % ? = 0", (every,)
        )
        return unpack_vectors([row[0] for row in rows], self.dimensions)

    def removed_until(self, passage_id: int) -> NDArray[np.int64]:
        """Return the ids up to one of the passages that were removed since the checkpoint was written, shape (n,)."""
        rows = self._connection.execute("SELECT passage_id FROM removed WHERE passage_id <= ?", (passage_id,))
        return np.fromiter((row[0] for row in rows), np.int64)

    def vectors(self, passage_ids: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """Return (ids, vectors (n, d)) of the passages asked for that still stand."""
        query = "SELECT passage_id, vector FROM passages JOIN vectors USING (vector_key) WHERE passage_id IN ({})"
        rows = list(self._select(query, passage_ids))
        return [row[0] for row in rows], unpack_vectors([row[1] for row in rows], self.dimensions)

    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Return the passages asked for, each text checked against its hash. Raises: CitationError."""
        query = f"""
            SELECT p.passage_id, p.start, p."end", p.context, v.vector, v.sentences, c.text_hash, {COMMENT_COLUMNS}
            FROM passages p JOIN comments c USING (comment_key) JOIN vectors v USING (vector_key) {COMMENT_JOINS}
            WHERE p.passage_id IN ({{}})"""
        rows = list(self._select(query, passage_ids))
        dimensions = self.dimensions
        vectors = unpack_vectors([row[4] for row in rows], dimensions)
        sentences = unpack_sentences([row[5] for row in rows], dimensions)
        return {
            row[0]: StoredPassage(
                row[0],
                Passage(_verified(comment_of(row[7:]), row[6]), row[1], row[2], from_sql(row[3]) or ""),
                vector,
                some,
            )
            for row, vector, some in zip(rows, vectors, sentences, strict=True)
        }

    def indexed_texts(self, after_change: int) -> Iterator[tuple[int, str, int | None, int | None, int, int | None]]:
        """Yield what the word index holds of passages younger than a change: id, text, then the scope's columns.

        Those are author_key, thread_key, source_key and created_at.
        """
        rows = self._connection.execute(
            """SELECT p.passage_id, p.context, p.start, p."end", c.text, c.asides, c.author_key, c.thread_key,
                   c.source_key, c.created_at
               FROM passages p JOIN comments c USING (comment_key) WHERE p.change > ? ORDER BY p.passage_id""",
            (after_change,),
        )
        for key, context, start, end, text, asides, *columns in rows:
            yield key, f"{from_sql(context)}\n{searched_text(text, asides)[start:end]}", *columns

    def removed_after(self, change: int) -> list[int]:
        """Return the ids of passages removed since a change."""
        return [
            row[0] for row in self._connection.execute("SELECT passage_id FROM removed WHERE change > ?", (change,))
        ]

    def record_hashes(self, source: str) -> dict[str, bytes]:
        """Return the hash of every comment of a source, by its id."""
        rows = self._connection.execute(
            "SELECT comment_id, record_hash FROM comments WHERE source_key = :source "
            "UNION ALL SELECT comment_id, record_hash FROM elsewhere WHERE source_key = :source",
            {"source": self.source_key(source)},
        )
        return {from_sql(comment_id) or "": stored for comment_id, stored in rows}

    def passage_ids_until(self, passage_id: int) -> NDArray[np.int64]:
        """Return the ids up to one of all passages, ascending, shape (n,)."""
        query = "SELECT passage_id FROM passages WHERE passage_id <= ? ORDER BY passage_id"
        return np.fromiter((row[0] for row in self._connection.execute(query, (passage_id,))), np.int64)

    def sampled_passages(self, count: int) -> list[int]:
        """Return the ids of at most so many passages, drawn evenly."""
        every = max(1, self.total("passages") // count)
        query = "SELECT passage_id FROM passages WHERE passage_id % ? = 0 LIMIT ?"
        return [row[0] for row in self._connection.execute(query, (every, count))]

    def comment_key(self, comment_id: str) -> int | None:
        """Return the key of a comment."""
        query = "SELECT comment_key FROM comments WHERE comment_id = ?"
        row = self._connection.execute(query, (to_sql(comment_id),)).fetchone()
        return int(row[0]) if row else None

    def passage_ids_of(self, comment_id: str) -> list[int]:
        """Return the ids of a comment's passages, in their order."""
        query = "SELECT passage_id FROM passages WHERE comment_key = ? ORDER BY start"
        return [row[0] for row in self._connection.execute(query, (self.comment_key(comment_id),))]

    def comment(self, comment_id: str) -> Comment | None:
        """Return one comment, checked against its hash."""
        found = self.comments("c.comment_id = ?", (comment_id,))
        return found[0] if found else None

    def comments(
        self, where: str, values: Sequence[object] = (), limit: int = -1, order: str = "c.position"
    ) -> list[Comment]:
        """Return the comments that meet a condition over comments c, sources s, authors a, threads t."""
        rows = self._connection.execute(
            f"SELECT c.text_hash, {COMMENT_COLUMNS} FROM comments c {COMMENT_JOINS} WHERE {where} "
            f"ORDER BY {order} LIMIT {limit}",
            tuple(to_sql(value) if isinstance(value, str) else value for value in values),
        )
        return [_verified(comment_of(row[1:]), row[0]) for row in rows]

    @property
    def collection(self) -> Collection:
        """The collection as a whole."""
        return Collection(self._connection)

    def dates(self) -> tuple[datetime | None, datetime | None]:
        """Return the first and the last date of any comment."""
        first, last = self._connection.execute("SELECT min(created_at), max(created_at) FROM comments").fetchone()
        return from_microseconds(first), from_microseconds(last)

    def last_passage(self) -> int:
        """Return the highest passage id, 0 where there is none."""
        return int(self._connection.execute("SELECT COALESCE(max(passage_id), 0) FROM passages").fetchone()[0])

    def _select(self, query: str, keys: Sequence[int]) -> Iterator[Any]:
        for at in range(0, len(keys), _MOST_VALUES):
            some = [int(key) for key in keys[at : at + _MOST_VALUES]]
            yield from self._connection.execute(query.format(", ".join("?" * len(some))), some)


def _fingerprint(row: Sequence[Any]) -> Fingerprint:
    size, mtime_ns, read_at_ns, sha256, beside = row
    return Fingerprint(size, mtime_ns, read_at_ns, sha256, from_sql(beside) or "[]")


def _verified(comment: Comment, stored: bytes) -> Comment:
    if text_hash(comment.text) != stored:
        raise CitationError(
            f"the stored text of {comment.comment_id} is damaged: it does not match its hash", "qa repair"
        )
    return comment
