"""Change the store: encoded vectors as they come, then everything else in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from qa.sources import Fingerprint, Root
from qa.store.rows import folded, folded_author, pack_sentences, pack_vector, to_sql, vector_checksum
from qa.store.stored import SourceRecord

_APPLY = (
    # Passages of comments that changed or went.
    "CREATE TEMP TABLE dead AS SELECT passage_id, vector_key FROM passages WHERE comment_key IN "
    "(SELECT comment_key FROM gone UNION SELECT old_key FROM staged WHERE old_key IS NOT NULL)",
    "INSERT INTO removed SELECT passage_id, :change FROM dead",
    "CREATE TEMP TABLE left_behind AS SELECT author_key, thread_key FROM comments WHERE comment_key IN "
    "(SELECT comment_key FROM gone UNION SELECT old_key FROM staged WHERE old_key IS NOT NULL)",
    "DELETE FROM passages WHERE passage_id IN (SELECT passage_id FROM dead)",
    "DELETE FROM comments WHERE comment_key IN (SELECT comment_key FROM gone)",
    # Comments that are new, changed, or elsewhere.
    "INSERT OR IGNORE INTO authors(name, folded) SELECT DISTINCT author, folded_author(author) FROM staged "
    "WHERE author IS NOT NULL",
    "INSERT INTO threads(thread_id, title, folded) SELECT DISTINCT thread_id, thread_title, folded(thread_title) "
    "FROM staged g "
    "WHERE (thread_id IS NOT NULL OR thread_title IS NOT NULL) AND NOT EXISTS "
    "(SELECT 1 FROM threads t WHERE t.thread_id IS g.thread_id AND t.title IS g.thread_title)",
    "INSERT INTO comments SELECT g.old_key, g.comment_id, g.source_key, a.author_key, t.thread_key, g.created_at, "
    "g.parent_id, g.url, g.truncated, g.line_start, g.line_end, g.record, g.field, g.position, g.text, g.text_hash, "
    "g.record_hash, g.edited_at, g.votes, g.asides FROM staged g LEFT JOIN authors a ON a.name = g.author "
    "LEFT JOIN threads t ON t.thread_id IS g.thread_id AND t.title IS g.thread_title WHERE true ORDER BY g.rowid "
    "ON CONFLICT(comment_key) DO UPDATE SET source_key = excluded.source_key, author_key = excluded.author_key, "
    "thread_key = excluded.thread_key, created_at = excluded.created_at, parent_id = excluded.parent_id, "
    "url = excluded.url, truncated = excluded.truncated, line_start = excluded.line_start, "
    "line_end = excluded.line_end, record = excluded.record, field = excluded.field, position = excluded.position, "
    "text = excluded.text, text_hash = excluded.text_hash, record_hash = excluded.record_hash, "
    "edited_at = excluded.edited_at, votes = excluded.votes, asides = excluded.asides",
    *(f"UPDATE {table} SET line_start = m.line_start, line_end = m.line_end, record = m.record, "
      "position = m.position FROM moved m "
      f"WHERE {table}.comment_id = m.comment_id AND {table}.source_key = m.source_key"
      for table in ("comments", "elsewhere")),
    "UPDATE sources SET latest = (SELECT latest FROM read r WHERE r.source_key = sources.source_key) "
    "WHERE source_key IN (SELECT source_key FROM read)",
    "DELETE FROM elsewhere WHERE (comment_id, source_key) IN (SELECT comment_id, source_key FROM taken_up)",
    "INSERT OR REPLACE INTO elsewhere SELECT * FROM set_aside",
    "INSERT INTO passages(comment_key, start, \"end\", context, vector_key, change) "
    "SELECT c.comment_key, u.start, u.\"end\", u.context, v.vector_key, :change "
    "FROM cuts u JOIN comments c USING (comment_id) JOIN vectors v ON v.hash = u.hash ORDER BY u.rowid",
    # What nothing refers to any more.
    "DELETE FROM vectors WHERE vector_key IN (SELECT vector_key FROM dead) "
    "AND NOT EXISTS (SELECT 1 FROM passages p WHERE p.vector_key = vectors.vector_key)",
    "DELETE FROM authors WHERE author_key IN (SELECT author_key FROM left_behind) "
    "AND NOT EXISTS (SELECT 1 FROM comments c WHERE c.author_key = authors.author_key)",
    "DELETE FROM threads WHERE thread_key IN (SELECT thread_key FROM left_behind) "
    "AND NOT EXISTS (SELECT 1 FROM comments c WHERE c.thread_key = threads.thread_key)",
    "INSERT INTO changes VALUES (:change, lower(hex(randomblob(8))))",
    "DELETE FROM changes WHERE change < :change - 1000",
    "INSERT OR REPLACE INTO settings SELECT 'comments', count(*) FROM comments",
    "INSERT OR REPLACE INTO settings SELECT 'passages', count(*) FROM passages",
    "DROP TABLE dead",
    "DROP TABLE left_behind",
)  # fmt: skip


class StoreWriter:
    """The one writer of a store. Every method but `add_vectors` belongs inside `transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.create_function("folded", 1, folded, deterministic=True)
        connection.create_function("folded_author", 1, folded_author, deterministic=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that happens inside, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk makes SQLite roll back by itself
                self._connection.execute("ROLLBACK")
            raise

    def add_vectors(
        self, hashes: Sequence[bytes], vectors: Sequence[NDArray[np.float32]], sentences: Sequence[NDArray[np.float32]]
    ) -> None:
        """Keep freshly encoded vectors at once, not yet referenced, so that a killed run need not encode them again."""
        packed = [(pack_vector(vector), pack_sentences(rows)) for vector, rows in zip(vectors, sentences, strict=True)]
        with self.transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO vectors(hash, vector, sentences, checksum) VALUES (?, ?, ?, ?)",
                [(key, *both, vector_checksum(*both)) for key, both in zip(hashes, packed, strict=True)],
            )

    def apply(self, change: int) -> None:
        """Carry out what was staged, as change number `change`."""
        for statement in _APPLY:
            self._connection.execute(statement, {"change": change} if ":change" in statement else {})

    def set(self, name: str, value: str) -> None:
        """Set one setting."""
        self._connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def put_root(self, root: Root) -> None:
        """Remember a root, or how it is to be read from now on."""
        self._connection.execute(
            "INSERT INTO roots(kind, path, options) VALUES (?, ?, ?) "
            "ON CONFLICT(path) DO UPDATE SET kind = excluded.kind, options = excluded.options",
            (root.kind, to_sql(root.path), root.options),
        )

    def drop_root(self, root: Root) -> None:
        """Forget a root."""
        self._connection.execute("DELETE FROM roots WHERE path = ?", (to_sql(root.path),))

    def reserve_source(self, name: str, path: str) -> int:
        """Return the key of the source called name, a new one where it is not known; its counts come later."""
        self._connection.execute(
            "INSERT INTO sources(name, path, root_key, format, decided, size, mtime_ns, read_at_ns, sha256, empty, "
            "deleted, duplicates, unreadable, notices, role, member, beside) "
            "VALUES (?, ?, 0, '', '', -1, 0, 0, '', 0, 0, 0, 0, 0, '', '', '[]') "
            "ON CONFLICT(name) DO NOTHING",
            (to_sql(name), to_sql(path)),
        )
        row = self._connection.execute("SELECT source_key FROM sources WHERE name = ?", (to_sql(name),)).fetchone()
        return int(row[0])

    def put_source(self, source: SourceRecord) -> None:
        """Record what a source was when it was read."""
        seen: Fingerprint = source.fingerprint
        self._connection.execute(
            "UPDATE sources SET path = ?, root_key = (SELECT root_key FROM roots WHERE path = ?), format = ?, "
            "decided = ?, size = ?, mtime_ns = ?, read_at_ns = ?, sha256 = ?, empty = ?, deleted = ?, duplicates = ?, "
            "unreadable = ?, notices = ?, role = ?, member = ?, beside = ? WHERE name = ?",
            (to_sql(source.path), to_sql(source.root), source.format, source.decided, seen.size, seen.mtime_ns,
             seen.read_at_ns, seen.sha256, source.empty, source.deleted, source.duplicates, source.unreadable,
             source.notices, source.role, to_sql(source.member), to_sql(seen.beside), to_sql(source.name)),
        )  # fmt: skip

    def drop_source(self, name: str) -> None:
        """Forget a source; its comments are removed by `apply`."""
        self._connection.execute("DELETE FROM sources WHERE name = ?", (to_sql(name),))

    def forget(self, name: str, *, undo: bool = False) -> None:
        """Leave a source or a comment out from now on, though the files still hold it; or take it in again."""
        query = "DELETE FROM forgotten WHERE name = ?" if undo else "INSERT OR IGNORE INTO forgotten VALUES (?)"
        self._connection.execute(query, (to_sql(name),))

    def read_again(self) -> None:
        """Let every source count as changed, so that the next update reads it."""
        self._connection.execute("UPDATE sources SET mtime_ns = 0, sha256 = '' WHERE size >= 0")

    def drop_orphans(self) -> None:
        """Drop the vectors of abandoned runs, which no passage ever came to use. It looks at every vector."""
        self._connection.execute(
            "DELETE FROM vectors WHERE NOT EXISTS (SELECT 1 FROM passages p WHERE p.vector_key = vectors.vector_key)"
        )

    def forget_removed(self, change: int, until: int) -> None:
        """Drop the notes of passages removed by then whose id is above `until`: what is derived has followed."""
        self._connection.execute("DELETE FROM removed WHERE change <= ? AND passage_id > ?", (change, until))
