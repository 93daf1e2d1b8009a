"""Open the store's file: schema, version, and SQLite's errors mapped to ours."""

from __future__ import annotations

import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from qa.errors import IndexBusy, IndexDamaged, IndexNotFound, IndexNotWritable, IndexTooNew, IndexTooOld

FORMAT_VERSION = 2

_SCHEMA = """
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE roots(
    root_key INTEGER PRIMARY KEY, kind TEXT NOT NULL, path TEXT NOT NULL UNIQUE, options TEXT NOT NULL);
CREATE TABLE sources(
    source_key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
    root_key INTEGER NOT NULL, format TEXT NOT NULL, decided TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, read_at_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
    empty INTEGER NOT NULL, deleted INTEGER NOT NULL, duplicates INTEGER NOT NULL, unreadable INTEGER NOT NULL,
    notices INTEGER NOT NULL, latest INTEGER, role TEXT NOT NULL, member TEXT NOT NULL, beside TEXT NOT NULL);
CREATE TABLE authors(author_key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, folded TEXT NOT NULL);
CREATE INDEX authors_by_folded ON authors(folded);
CREATE TABLE threads(
    thread_key INTEGER PRIMARY KEY, thread_id TEXT, title TEXT, folded TEXT, UNIQUE(thread_id, title));
CREATE TABLE comments(
    comment_key INTEGER PRIMARY KEY AUTOINCREMENT, comment_id TEXT NOT NULL UNIQUE,
    source_key INTEGER NOT NULL, author_key INTEGER, thread_key INTEGER, created_at INTEGER, parent_id TEXT, url TEXT,
    truncated INTEGER NOT NULL, line_start INTEGER, line_end INTEGER, record INTEGER, field TEXT,
    position INTEGER NOT NULL, text TEXT NOT NULL, text_hash BLOB NOT NULL, record_hash BLOB NOT NULL,
    edited_at INTEGER, votes INTEGER, asides TEXT);
CREATE INDEX comments_by_source ON comments(source_key, position);
CREATE INDEX comments_by_author ON comments(author_key);
CREATE INDEX comments_by_thread ON comments(thread_key, created_at);
CREATE INDEX comments_by_parent ON comments(parent_id);
CREATE INDEX comments_by_date ON comments(created_at);
CREATE TABLE elsewhere(
    comment_id TEXT NOT NULL, source_key INTEGER NOT NULL, author TEXT, created_at INTEGER, thread_id TEXT,
    thread_title TEXT, parent_id TEXT, url TEXT, truncated INTEGER NOT NULL, line_start INTEGER, line_end INTEGER,
    record INTEGER, field TEXT, position INTEGER NOT NULL, text TEXT NOT NULL, text_hash BLOB NOT NULL,
    record_hash BLOB NOT NULL, edited_at INTEGER, votes INTEGER, asides TEXT, PRIMARY KEY (comment_id, source_key));
CREATE INDEX elsewhere_by_source ON elsewhere(source_key);
CREATE TABLE passages(
    passage_id INTEGER PRIMARY KEY AUTOINCREMENT, comment_key INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, context TEXT NOT NULL,
    vector_key INTEGER NOT NULL, change INTEGER NOT NULL);
CREATE INDEX passages_by_comment ON passages(comment_key);
CREATE INDEX passages_by_vector ON passages(vector_key);
CREATE INDEX passages_by_change ON passages(change);
CREATE TABLE changes(change INTEGER PRIMARY KEY, token TEXT NOT NULL);
CREATE TABLE removed(passage_id INTEGER PRIMARY KEY, change INTEGER NOT NULL);
CREATE TABLE vectors(
    vector_key INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE,
    vector BLOB NOT NULL, sentences BLOB NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE forgotten(name TEXT PRIMARY KEY) WITHOUT ROWID;
"""

# SQLite's names for errors of writing; a reader meets those of the -shm file.
_NO_ROOM = (
    "SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC", "SQLITE_IOERR_TRUNCATE",
    "SQLITE_IOERR_SHM",
)  # fmt: skip


def _mend(path: Path) -> str:
    return f"qa repair --index {shlex.quote(str(path.parent))}"


def connect(path: Path, *, write: bool = False, create: bool = False) -> sqlite3.Connection:
    """Return a connection to the store at path, checked to be one that this version can use.

    Raises: IndexNotFound, IndexDamaged, IndexTooNew, IndexTooOld, IndexNotWritable.
    """
    if not path.is_file() and not create:
        raise IndexNotFound(f"no index at {path.parent}", "qa index PATH...")
    with mapped(path):
        if write or create:
            return _checked(_open_to_write(path), path, create)
        try:
            return _checked(_open_to_read(path), path)
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith(_NO_ROOM) or _log_holds_anything(path):
                raise
            return _checked(_connected(path, "mode=ro&immutable=1"), path)


def _checked(connection: sqlite3.Connection, path: Path, create: bool = False) -> sqlite3.Connection:
    try:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            if not create:
                raise IndexNotFound(
                    f"{path} is empty: the first build did not finish, or the file was damaged", "qa index PATH..."
                )
            _create(connection)
        _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_to_write(path: Path) -> sqlite3.Connection:
    connection = _connected(path, "mode=rwc")
    # A row of vectors takes some 2 kB: of pages of 4 kB, nearly half would stay empty.
    connection.executescript(
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=FILE;"
        "PRAGMA secure_delete=ON;"
    )
    return connection


def _open_to_read(path: Path) -> sqlite3.Connection:
    """Open for reading. The log lets readers and the writer pass each other; it needs a -shm file beside it."""
    if not os.access(path.parent, os.W_OK) and not _log(path).exists():
        return _connected(path, "mode=ro&immutable=1")
    connection = _connected(path, "mode=rw")
    connection.execute("PRAGMA query_only=ON")
    return connection


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _log_holds_anything(path: Path) -> bool:
    return _log(path).exists() and _log(path).stat().st_size > 0


def _connected(path: Path, how: str) -> sqlite3.Connection:
    """Connect. A connection may go from thread to thread between questions; never do two use it at once."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, timeout=30, check_same_thread=False
    )
    # The upper pages of a million rows' trees stay in memory.
    connection.executescript("PRAGMA trusted_schema=OFF; PRAGMA cache_size=-16384;")
    return connection


def _create(connection: sqlite3.Connection) -> None:
    settings = {"format": str(FORMAT_VERSION), "change": "0"}
    script = "".join(f"INSERT INTO settings VALUES('{name}', '{value}');" for name, value in settings.items())
    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} {script} COMMIT;")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    try:
        row = connection.execute("SELECT value FROM settings WHERE name = 'format'").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise IndexDamaged(f"{path} is not an index of comments", _mend(path)) from error
        raise
    version = int(row[0]) if row and str(row[0]).isdigit() else 0
    if version > FORMAT_VERSION:
        raise IndexTooNew(
            f"{path.parent} has index format {version}; this version of qa reads up to {FORMAT_VERSION}",
            "pip install --upgrade comment-qa",
        )
    if version < 1:
        raise IndexDamaged(f"{path} does not say its format", _mend(path))
    if version < FORMAT_VERSION:
        raise IndexTooOld(
            f"{path.parent} has index format {version}, from before the first release; this version of qa reads "
            f"{FORMAT_VERSION}: make it again from its sources",
            f"rm -r {shlex.quote(str(path.parent))}; qa index PATH... --index {shlex.quote(str(path.parent))}",
        )


def is_sound(connection: sqlite3.Connection) -> bool:
    """Tell whether SQLite can read every page, every index agrees with its table, and all tables are ours."""
    if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        return False
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as expected:
        _create(expected)
        query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name, sql"
        return connection.execute(query).fetchall() == expected.execute(query).fetchall()


def scrub(connection: sqlite3.Connection, patience_s: float) -> bool:
    """Empty the log, in which text that was deleted still stands; False where a reader needs it for longer."""
    usual = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute(f"PRAGMA busy_timeout = {round(1000 * patience_s)}")
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {usual}")
    return not busy


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, naming the file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        reason, name, folder = str(error), error.sqlite_errorname, shlex.quote(str(path.parent))
        if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
            raise IndexNotWritable(f"cannot open {path}: {reason}", f"ls -ld {folder}") from error
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise IndexBusy(f"{path} is locked by another process", "qa status") from error
        if name.startswith(_NO_ROOM):
            raise IndexNotWritable(f"cannot write {path}: {reason}", f"df -h {folder}") from error
        raise IndexDamaged(f"{path} is damaged: {reason}", _mend(path)) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise IndexDamaged(f"{path} is damaged: {error}", _mend(path)) from error
