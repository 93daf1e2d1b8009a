"""Which rows of the store no longer match the hashes they were stored with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from qa.store.rows import (
    COMMENT_COLUMNS,
    COMMENT_JOINS,
    comment_of,
    from_sql,
    record_hash,
    text_hash,
    vector_checksum,
    vector_hash,
)


def damaged_comments(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield the id of each comment whose text or record does not match its hash."""
    rows = connection.execute(
        f"SELECT c.text_hash, c.record_hash, {COMMENT_COLUMNS} FROM comments c "
        f"{COMMENT_JOINS.replace(' JOIN sources', ' LEFT JOIN sources')}"
    )
    for row in rows:
        try:
            comment = comment_of(row[2:])
            whole = text_hash(comment.text) == row[0] and record_hash(comment) == row[1]
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole:
            yield str(row[2])


def damaged_vectors(connection: sqlite3.Connection) -> Iterator[int]:
    """Yield the key of each vector that does not match its checksum, or whose passage is not what was encoded."""
    rows = connection.execute("SELECT vector_key, vector, sentences, checksum FROM vectors")
    yield from (key for key, vector, sentences, stored in rows if vector_checksum(vector, sentences) != stored)
    row = connection.execute("SELECT value FROM settings WHERE name = 'encoder'").fetchone()
    fingerprint = str(row[0]) if row else ""
    passages = connection.execute(
        """SELECT vector_key, v.hash, p.context, p.start, p."end", c.text FROM passages p
           JOIN comments c USING (comment_key) JOIN vectors v USING (vector_key)"""
    )
    for key, stored, context, start, end, text in passages:
        if stored != vector_hash(fingerprint, from_sql(context) or "", (from_sql(text) or "")[start:end]):
            yield key
