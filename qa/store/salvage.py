"""Save what can still be read of a damaged store, and drop what no longer agrees with the rest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from qa.store.connection import connect
from qa.store.damage import damaged_comments, damaged_vectors, damaged_versions
from qa.store.rows import searched_text

_TABLES = (
    "settings", "roots", "sources", "authors", "threads", "comments", "passages", "removed", "vectors", "changes",
    "forgotten", "elsewhere",
)  # fmt: skip
_WITHOUT_ROWID = ("settings", "forgotten")
# Rows skipped at once behind one that cannot be read, doubling until one can or this is passed.
_FARTHEST = 2**40


def salvage(damaged: Path, fresh: Path) -> None:
    """Copy every row of a store that can still be read into a new one."""
    with closing(connect(fresh, write=True, create=True)) as copy:
        _mend_schema(damaged, copy)
        source = _opened(damaged)
        copy.execute("BEGIN")
        for table in _TABLES:
            names = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
            columns = ", ".join(f'"{name}"' for name in names)
            marks = ", ".join("?" * len(names))
            for row in _readable(source, table, columns):
                try:
                    copy.execute(f"INSERT OR REPLACE INTO {table}({columns}) VALUES ({marks})", row)
                except sqlite3.IntegrityError:  # a damaged row: NULL where there can be none
                    continue
        copy.execute("COMMIT")
        source.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _mend_schema(damaged: Path, sound: sqlite3.Connection) -> None:
    """Write the names and definitions of tables anew: they are the same in every store, in the same order."""
    schema = sound.execute("SELECT type, name, tbl_name, sql, rowid FROM sqlite_master").fetchall()
    with suppress(sqlite3.DatabaseError), closing(_opened(damaged)) as source:
        source.execute("PRAGMA writable_schema=ON")  # which also lets a schema be read that cannot be parsed
        source.executemany("UPDATE sqlite_master SET type = ?, name = ?, tbl_name = ?, sql = ? WHERE rowid = ?", schema)


def _readable(source: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows that can be read, leaping over those that cannot."""
    if table in _WITHOUT_ROWID:
        try:
            yield from source.execute(f"SELECT {columns} FROM {table}")
        except sqlite3.DatabaseError:
            return
        return
    at, step = -1, 1
    while step < _FARTHEST:
        try:
            query = f"SELECT rowid, {columns} FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid"
            for row in source.execute(query, (at,)):
                at, step = row[0], 1
                yield row[1:]
        except sqlite3.DatabaseError:
            at, step = at + step, 2 * step
        else:
            return


def settle(connection: sqlite3.Connection) -> int:
    """Drop every comment that is not whole, with all that belongs to it; return how many went.

    Every source then counts as changed, so that an update reads again what was dropped. Call inside a transaction.
    """
    before = _count(connection, "comments")
    _delete(connection, "comments", "comment_id", damaged_comments(connection))
    _delete(connection, "elsewhere", "rowid", damaged_versions(connection))
    _delete(connection, "vectors", "vector_key", damaged_vectors(connection))
    for table in ("comments", "elsewhere"):
        connection.execute(f"DELETE FROM {table} WHERE source_key NOT IN (SELECT source_key FROM sources)")
    connection.execute(
        "DELETE FROM passages WHERE comment_key NOT IN (SELECT comment_key FROM comments) "
        "OR vector_key NOT IN (SELECT vector_key FROM vectors)"
    )
    _delete(connection, "comments", "comment_key", _torn(connection))
    for statement in (
        "DELETE FROM passages WHERE comment_key NOT IN (SELECT comment_key FROM comments)",
        "DELETE FROM authors WHERE author_key NOT IN (SELECT author_key FROM comments WHERE author_key NOT NULL)",
        "DELETE FROM threads WHERE thread_key NOT IN (SELECT thread_key FROM comments WHERE thread_key NOT NULL)",
        "DELETE FROM removed",
        "INSERT OR REPLACE INTO settings SELECT 'change', 1 + max("
        "COALESCE((SELECT max(change) FROM changes), 0), COALESCE((SELECT max(change) FROM passages), 0))",
        "INSERT INTO changes SELECT value, lower(hex(randomblob(8))) FROM settings WHERE name = 'change'",
        "INSERT OR REPLACE INTO settings SELECT 'comments', count(*) FROM comments",
        "INSERT OR REPLACE INTO settings SELECT 'passages', count(*) FROM passages",
        "DELETE FROM settings WHERE name = 'checkpoint'",
        "UPDATE sources SET mtime_ns = 0, sha256 = '' WHERE size >= 0",
    ):
        connection.execute(statement)
    return before - _count(connection, "comments")


def _torn(connection: sqlite3.Connection) -> Iterator[int]:
    """Yield the key of each comment whose passages do not cover all of its text."""
    rows = connection.execute(
        """SELECT c.comment_key, c.text, c.asides, p.start, p."end"
           FROM comments c LEFT JOIN passages p USING (comment_key) ORDER BY c.comment_key, p.start"""
    )
    last, text, reached = None, "", 0
    for key, stored, asides, start, end in rows:
        if key != last:
            if last is not None and text[reached:].strip():
                yield last
            last, text, reached = key, searched_text(stored, asides), 0
        if start is not None and not text[reached:start].strip():
            reached = max(reached, end)
    if last is not None and text[reached:].strip():
        yield last


def _delete(connection: sqlite3.Connection, table: str, column: str, values: Iterator[Any]) -> None:
    found = [(value,) for value in values]
    connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", found)


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
