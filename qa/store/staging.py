"""What a run read, kept in temporary tables beside the store until it is committed.

The tables belong to the writer's connection and spill to disk, so memory does not grow with the number of comments.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qa.errors import DuplicateId
from qa.records import Comment, Passage
from qa.store.rows import from_microseconds, from_sql, record_hash, text_hash, to_microseconds, to_sql

_SCHEMA = """
CREATE TEMP TABLE staged(
    comment_id TEXT PRIMARY KEY, old_key INTEGER, source_key INTEGER, author TEXT, created_at INTEGER,
    thread_id TEXT, thread_title TEXT, parent_id TEXT, url TEXT, truncated INTEGER,
    line_start INTEGER, line_end INTEGER, record INTEGER, field TEXT, position INTEGER,
    text TEXT, text_hash BLOB, record_hash BLOB);
CREATE TEMP TABLE gone(comment_key INTEGER PRIMARY KEY, comment_id TEXT);
CREATE TEMP TABLE moved(
    comment_key INTEGER PRIMARY KEY, line_start INTEGER, line_end INTEGER, record INTEGER, position INTEGER);
CREATE TEMP TABLE cuts(
    comment_id TEXT, start INTEGER, "end" INTEGER, context TEXT, hash BLOB);
CREATE INDEX temp.cuts_by_comment ON cuts(comment_id);
CREATE INDEX temp.cuts_by_hash ON cuts(hash);
"""

Place = tuple[int | None, int | None, int | None, int]


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds of a comment: enough to tell whether it changed or moved."""

    comment_key: int
    record_hash: bytes
    place: Place


class Staging:
    """Collects one run's changes; nothing of the store changes until `StoreWriter.apply`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.executescript(_SCHEMA)

    def known_comments(self, source_key: int) -> dict[str, Known]:
        """Return what the store holds of a source's comments, by comment_id, in the source's order."""
        rows = self._connection.execute(
            "SELECT comment_id, comment_key, record_hash, line_start, line_end, record, position "
            "FROM comments WHERE source_key = ? ORDER BY position",
            (source_key,),
        )
        return {from_sql(row[0]) or "": Known(row[1], row[2], (row[3], row[4], row[5], row[6])) for row in rows}

    def put(self, comment: Comment, source_key: int, position: int, old_key: int | None) -> None:
        """Stage a comment that is new (old_key None) or differs from the stored one. Raises: DuplicateId."""
        row = (
            to_sql(comment.comment_id), old_key, source_key,
            to_sql(comment.author), to_microseconds(comment.created_at),
            to_sql(comment.thread_id), to_sql(comment.thread_title), to_sql(comment.parent_id), to_sql(comment.url),
            comment.truncated, comment.line_start, comment.line_end, comment.record, to_sql(comment.field), position,
            to_sql(comment.text), text_hash(comment.text), record_hash(comment),
        )  # fmt: skip
        try:
            self._connection.execute(f"INSERT INTO staged VALUES ({', '.join('?' * len(row))})", row)
        except sqlite3.IntegrityError as error:
            raise DuplicateId(
                comment.source, comment.line_start, f"the id {comment.comment_id} stands for two comments"
            ) from error

    def move(self, comment: Comment, position: int, known: Known) -> None:
        """Stage a new place for a comment that is otherwise unchanged."""
        place: Place = (comment.line_start, comment.line_end, comment.record, position)
        if place != known.place:
            self._connection.execute("INSERT INTO moved VALUES (?, ?, ?, ?, ?)", (known.comment_key, *place))

    def remove(self, comment_key: int, comment_id: str) -> None:
        """Stage the removal of a stored comment."""
        self._connection.execute("INSERT OR IGNORE INTO gone VALUES (?, ?)", (comment_key, to_sql(comment_id)))

    def remove_source(self, source_key: int) -> int:
        """Stage the removal of all of a source's comments; return their number."""
        return self._connection.execute(
            "INSERT OR IGNORE INTO gone SELECT comment_key, comment_id FROM comments WHERE source_key = ?",
            (source_key,),
        ).rowcount

    def comments(self) -> Iterator[tuple[Comment, str | None]]:
        """Yield each staged comment, its text and context only, with the text of the comment it answers."""
        staged = """
            SELECT g.*, COALESCE(p.text, (SELECT o.text FROM comments o WHERE o.comment_id = g.parent_id
                                          AND o.comment_key NOT IN (SELECT comment_key FROM gone)))
            FROM staged g LEFT JOIN staged p ON p.comment_id = g.parent_id ORDER BY g.rowid"""
        for row in self._connection.execute(staged):
            yield _comment(row), from_sql(row[-1])

    def stage_replies(self) -> None:
        """Stage the stored replies to changed comments: their context quotes what they answer, so it follows."""
        self._connection.execute("""
            INSERT INTO staged
            SELECT c.comment_id, c.comment_key, c.source_key, a.name, c.created_at, t.thread_id, t.title, c.parent_id,
                c.url, c.truncated, COALESCE(m.line_start, c.line_start), COALESCE(m.line_end, c.line_end),
                COALESCE(m.record, c.record), c.field, COALESCE(m.position, c.position), c.text, c.text_hash,
                c.record_hash
            FROM comments c LEFT JOIN authors a USING (author_key) LEFT JOIN threads t USING (thread_key)
            LEFT JOIN moved m USING (comment_key)
            WHERE c.parent_id IN (SELECT comment_id FROM staged UNION SELECT comment_id FROM gone)
                AND c.comment_key NOT IN (SELECT comment_key FROM gone)
                AND c.comment_id NOT IN (SELECT comment_id FROM staged)""")

    def put_passages(self, passages: list[Passage], hashes: list[bytes]) -> None:
        """Stage the passages of one comment with the keys of their vectors."""
        self._connection.executemany(
            "INSERT INTO cuts VALUES (?, ?, ?, ?, ?)",
            [
                (to_sql(one.comment_id), one.start, one.end, to_sql(one.context), key)
                for one, key in zip(passages, hashes, strict=True)
            ],
        )

    def missing_vectors(self) -> tuple[int, int]:
        """Return how many vectors the staged passages need that the store lacks, and of how many characters."""
        query = """
            SELECT count(*), COALESCE(sum(length), 0) FROM (
                SELECT max("end" - start + length(context)) AS length FROM cuts
                WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.hash = cuts.hash) GROUP BY hash)"""
        count, characters = self._connection.execute(query).fetchone()
        return int(count), int(characters)

    def missing_after(self, row: int, limit: int) -> list[tuple[int, bytes, str, str]]:
        """Return up to `limit` (row, hash, context, text) behind `row` that have no vector yet."""
        rows = self._connection.execute(
            """SELECT u.rowid, u.hash, u.context, u.start, u."end", g.text
               FROM cuts u JOIN staged g USING (comment_id)
               WHERE u.rowid > ? AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.hash = u.hash)
               ORDER BY u.rowid LIMIT ?""",
            (row, limit),
        )
        return [
            (at, key, from_sql(context) or "", (from_sql(text) or "")[a:b]) for at, key, context, a, b, text in rows
        ]

    def passages_after(self) -> int:
        """Return how many passages the store will hold once this is applied."""
        query = """
            SELECT (SELECT count(*) FROM passages) + (SELECT count(*) FROM cuts)
                - (SELECT count(*) FROM passages WHERE comment_key IN
                   (SELECT comment_key FROM gone UNION SELECT old_key FROM staged WHERE old_key IS NOT NULL))"""
        return int(self._connection.execute(query).fetchone()[0])

    def comments_after(self) -> int:
        """Return how many comments the store will hold once this is applied."""
        query = """
            SELECT (SELECT count(*) FROM comments) - (SELECT count(*) FROM gone)
                + (SELECT count(*) FROM staged WHERE old_key IS NULL)"""
        return int(self._connection.execute(query).fetchone()[0])

    def is_empty(self) -> bool:
        """Tell whether nothing at all changed."""
        query = "SELECT EXISTS(SELECT 1 FROM staged) + EXISTS(SELECT 1 FROM gone) + EXISTS(SELECT 1 FROM moved)"
        return not self._connection.execute(query).fetchone()[0]


def _comment(row: Sequence[Any]) -> Comment:
    return Comment(
        comment_id=from_sql(row[0]) or "",
        text=from_sql(row[15]) or "",
        source="",
        created_at=from_microseconds(row[4]),
        thread_id=from_sql(row[5]),
        thread_title=from_sql(row[6]),
        parent_id=from_sql(row[7]),
    )
