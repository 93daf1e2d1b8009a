"""What one record must know of another, for sources of any size: a table that goes to disk where it grows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from qa.errors import SourceUnreadable

Row = tuple[str | None, ...]


class Lookup:
    """A temporary table from a key to a few strings; gone when its ``with`` ends.

    SQLite keeps it in a file without a name, of which the first megabytes never leave memory.
    Raises: SourceUnreadable where the disk is full.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16384"):
            self._db.execute(f"PRAGMA {setting}")
        self._db.execute(f"CREATE TABLE rows (key TEXT PRIMARY KEY, {', '.join(columns)}) WITHOUT ROWID")
        self._db.execute("BEGIN")
        self._insert = f"INSERT OR REPLACE INTO rows VALUES ({', '.join('?' * (len(columns) + 1))})"
        self._select = f"SELECT {', '.join(columns)} FROM rows WHERE key = ?"

    def __enter__(self) -> Lookup:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._db.close()

    def put(self, key: str, *values: str | None) -> None:
        """Set the row of a key; the last one counts."""
        try:
            self._db.execute(self._insert, (key, *values))
        except sqlite3.Error as error:
            raise SourceUnreadable(f"{self._path}: no room for a temporary table: {error}", "df -h") from error

    def get(self, key: str) -> Row | None:
        """Return the row of a key."""
        row: Row | None = self._db.execute(self._select, (key,)).fetchone()
        return row
