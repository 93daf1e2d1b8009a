"""What a run read, kept in temporary tables beside the store until it is committed.

The tables belong to the writer's connection and spill to disk, so memory does not grow with the number of comments.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qa.records import Comment, Passage
from qa.store.rows import (
    RECORD,
    from_microseconds,
    from_sql,
    record_row,
    searched_text,
    to_sql,
    unpack_asides,
)

# `staged` are comments that are new or changed; `gone` and `moved` are stored ones; `set_aside` are versions of
# comments that another source has a later version of, and `taken_up` those of the store that no longer are.
_SCHEMA = f"""
CREATE TEMP TABLE staged({RECORD}, old_key INTEGER, PRIMARY KEY (comment_id, source_key));
CREATE TEMP TABLE gone(comment_key INTEGER PRIMARY KEY, comment_id TEXT);
CREATE INDEX temp.gone_by_id ON gone(comment_id);
CREATE TEMP TABLE moved(
    comment_id TEXT, source_key INTEGER, line_start INTEGER, line_end INTEGER, record INTEGER, position INTEGER,
    PRIMARY KEY (comment_id, source_key));
CREATE TEMP TABLE set_aside({RECORD}, PRIMARY KEY (comment_id, source_key));
CREATE TEMP TABLE taken_up(comment_id TEXT, source_key INTEGER, PRIMARY KEY (comment_id, source_key));
CREATE TEMP TABLE read(source_key INTEGER PRIMARY KEY, latest INTEGER);
CREATE TEMP TABLE cuts(
    comment_id TEXT, start INTEGER, "end" INTEGER, context TEXT, hash BLOB);
CREATE INDEX temp.cuts_by_comment ON cuts(comment_id);
CREATE INDEX temp.cuts_by_hash ON cuts(hash);
"""

Place = tuple[int | None, int | None, int | None, int]


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds of a comment: enough to tell whether it changed or moved.

    comment_key is None where another source has a later version of it.
    """

    comment_key: int | None
    record_hash: bytes
    place: Place


class Staging:
    """Collects one run's changes; nothing of the store changes until `StoreWriter.apply`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.executescript(_SCHEMA)

    def known_comments(self, source_key: int) -> dict[str, Known]:
        """Return what the store holds of a source's comments, by comment_id, in the source's order."""
        columns = "record_hash, line_start, line_end, record, position"
        rows = self._connection.execute(
            f"SELECT comment_id, comment_key, {columns} FROM comments WHERE source_key = :source "
            f"UNION ALL SELECT comment_id, NULL, {columns} FROM elsewhere WHERE source_key = :source ORDER BY position",
            {"source": source_key},
        )
        return {from_sql(row[0]) or "": Known(row[1], row[2], (row[3], row[4], row[5], row[6])) for row in rows}

    def put(self, comment: Comment, source_key: int, position: int, old_key: int | None) -> None:
        """Stage a comment that is new (old_key None) or differs from the stored one; a later one replaces it."""
        row = (*record_row(comment, source_key, position), old_key)
        self._connection.execute(f"INSERT OR REPLACE INTO staged VALUES ({', '.join('?' * len(row))})", row)

    def move(self, comment: Comment, source_key: int, position: int, known: Known) -> None:
        """Stage a new place for a comment that is otherwise unchanged."""
        place: Place = (comment.line_start, comment.line_end, comment.record, position)
        if place != known.place:
            self._connection.execute(
                "INSERT OR REPLACE INTO moved VALUES (?, ?, ?, ?, ?, ?)",
                (to_sql(comment.comment_id), source_key, *place),
            )

    def remove(self, known: Known, comment_id: str, source_key: int) -> None:
        """Stage the removal of a source's comment."""
        if known.comment_key is None:
            self._take_up(to_sql(comment_id), source_key)
        else:
            self._connection.execute(
                "INSERT OR IGNORE INTO gone VALUES (?, ?)", (known.comment_key, to_sql(comment_id))
            )

    def remove_everywhere(self, comment_key: int, comment_id: str) -> None:
        """Stage the removal of a comment, and of what other sources say of it."""
        name = to_sql(comment_id)
        self._connection.execute("INSERT OR IGNORE INTO gone VALUES (?, ?)", (comment_key, name))
        self._connection.execute(
            "INSERT OR IGNORE INTO taken_up SELECT comment_id, source_key FROM elsewhere WHERE comment_id = ?", (name,)
        )

    def remove_source(self, source_key: int) -> int:
        """Stage the removal of all of a source's comments; return their number."""
        self._connection.execute(
            "INSERT OR IGNORE INTO taken_up SELECT comment_id, source_key FROM elsewhere WHERE source_key = ?",
            (source_key,),
        )
        return self._connection.execute(
            "INSERT OR IGNORE INTO gone SELECT comment_key, comment_id FROM comments WHERE source_key = ?",
            (source_key,),
        ).rowcount

    def note_read(self, source_key: int, latest: int | None) -> None:
        """Note that a source was read, and the time of its latest version of any comment, in microseconds."""
        self._connection.execute("INSERT OR REPLACE INTO read VALUES (?, ?)", (source_key, latest))

    def _take_up(self, comment_id: Any, source_key: int) -> None:
        self._connection.execute("INSERT OR IGNORE INTO taken_up VALUES (?, ?)", (comment_id, source_key))

    def comments(self) -> Iterator[tuple[Comment, str | None]]:
        """Yield each staged comment, its text and context only, with the searched text of what it answers."""
        staged = f"""
            SELECT {_prefixed("g")}, COALESCE(p.text, o.text), CASE WHEN p.text IS NULL THEN o.asides ELSE p.asides END
            FROM staged g LEFT JOIN staged p ON p.comment_id = g.parent_id
            LEFT JOIN comments o ON o.comment_id = g.parent_id AND o.comment_key NOT IN (SELECT comment_key FROM gone)
            ORDER BY g.rowid"""
        for row in self._connection.execute(staged):
            yield _comment(row), None if row[-2] is None else searched_text(row[-2], row[-1])

    def stage_replies(self) -> None:
        """Stage the stored replies to changed comments: their context quotes what they answer, so it follows."""
        self._connection.execute(f"""
            INSERT INTO staged
            SELECT {STORED}, c.comment_key
            FROM comments c LEFT JOIN authors a USING (author_key) LEFT JOIN threads t USING (thread_key)
            LEFT JOIN moved m ON m.comment_id = c.comment_id AND m.source_key = c.source_key
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
        """Return up to `limit` (row, hash, context, searched text) behind `row` that have no vector yet."""
        rows = self._connection.execute(
            """SELECT u.rowid, u.hash, u.context, u.start, u."end", g.text, g.asides
               FROM cuts u JOIN staged g USING (comment_id)
               WHERE u.rowid > ? AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.hash = u.hash)
               ORDER BY u.rowid LIMIT ?""",
            (row, limit),
        )
        return [
            (at, key, from_sql(context) or "", searched_text(text, asides)[a:b])
            for at, key, context, a, b, text, asides in rows
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

    def elsewhere_after(self) -> dict[int, int]:
        """Return how many comments of each source are in the index by another source's version, once applied."""
        query = """
            SELECT source_key, count(*) FROM (
                SELECT comment_id, source_key FROM elsewhere
                EXCEPT SELECT comment_id, source_key FROM taken_up
                UNION SELECT comment_id, source_key FROM set_aside) GROUP BY source_key"""
        return dict(self._connection.execute(query).fetchall())

    def is_empty(self) -> bool:
        """Tell whether nothing at all changed."""
        tables = ("staged", "gone", "moved", "set_aside", "taken_up")
        query = "SELECT " + " + ".join(f"EXISTS(SELECT 1 FROM {table})" for table in tables)
        return not self._connection.execute(query).fetchone()[0]


# What a stored comment says, as a RECORD, in its new place where it moved (m).
STORED = """
    c.comment_id, c.source_key, a.name, c.created_at, t.thread_id, t.title, c.parent_id, c.url, c.truncated,
    COALESCE(m.line_start, c.line_start), COALESCE(m.line_end, c.line_end), COALESCE(m.record, c.record), c.field,
    COALESCE(m.position, c.position), c.text, c.text_hash, c.record_hash, c.edited_at, c.votes, c.asides"""
_NAMES = [name.strip() for name in RECORD.split(",")]


def _prefixed(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in _NAMES)


def _comment(row: Sequence[Any]) -> Comment:
    said = dict(zip(_NAMES, row, strict=False))
    return Comment(
        comment_id=from_sql(said["comment_id"]) or "",
        text=from_sql(said["text"]) or "",
        source="",
        created_at=from_microseconds(said["created_at"]),
        thread_id=from_sql(said["thread_id"]),
        thread_title=from_sql(said["thread_title"]),
        parent_id=from_sql(said["parent_id"]),
        asides=unpack_asides(said["asides"]),
    )
