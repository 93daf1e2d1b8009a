"""Which rows of the store no longer match the hashes they were stored with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from qa.store.rows import (
    COMMENT_COLUMNS,
    COMMENT_JOINS,
    comment_of,
    from_sql,
    record_hash,
    searched_text,
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
        if not _whole(row[2:], row[0], row[1]):
            yield str(row[2])


def _whole(row: Sequence[Any], text: bytes, record: bytes) -> bool:
    try:
        comment = comment_of(row)
        return text_hash(comment.text) == text and record_hash(comment) == record
    except (TypeError, ValueError, OverflowError):
        return False


def damaged_versions(connection: sqlite3.Connection) -> Iterator[int]:
    """Yield the rowid of each version set aside whose text or record does not match its hash."""
    rows = connection.execute(
        """SELECT e.rowid, e.text_hash, e.record_hash, e.comment_id, e.text, s.name, e.author, e.created_at,
               e.thread_id, e.thread_title, e.parent_id, e.url, e.truncated, e.line_start, e.line_end, e.record,
               e.field, e.edited_at, e.votes, e.asides FROM elsewhere e LEFT JOIN sources s USING (source_key)"""
    )
    for key, *hashes, row in ((row[0], row[1], row[2], row[3:]) for row in rows):
        if not _whole(row, *hashes):
            yield key


def damaged_vectors(connection: sqlite3.Connection) -> Iterator[int]:
    """Yield the key of each vector that does not match its checksum, or whose passage is not what was encoded."""
    rows = connection.execute("SELECT vector_key, vector, sentences, checksum FROM vectors")
    yield from (key for key, vector, sentences, stored in rows if vector_checksum(vector, sentences) != stored)
    row = connection.execute("SELECT value FROM settings WHERE name = 'encoder'").fetchone()
    fingerprint = str(row[0]) if row else ""
    passages = connection.execute(
        """SELECT vector_key, v.hash, p.context, p.start, p."end", c.text, c.asides FROM passages p
           JOIN comments c USING (comment_key) JOIN vectors v USING (vector_key)"""
    )
    for key, stored, context, start, end, text, asides in passages:
        if stored != vector_hash(fingerprint, from_sql(context) or "", searched_text(text, asides)[start:end]):
            yield key
