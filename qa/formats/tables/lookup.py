"""What one record must know of another, for sources of any size: a table that goes to disk where it grows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from qa.errors import SourceUnreadable

Row = tuple[str | None, ...]


class Lookup:
    """A temporary table from a key to a few strings; gone when it is closed.

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
        values = f"INTO rows VALUES ({', '.join('?' * (len(columns) + 1))})"
        self._replace, self._add = f"INSERT OR REPLACE {values}", f"INSERT OR IGNORE {values}"
        self._select = f"SELECT {', '.join(columns)} FROM rows WHERE key = ?"

    def close(self) -> None:
        """Let the table go."""
        self._db.close()

    def put(self, key: str, *values: str | None) -> None:
        """Set the row of a key; the last one counts."""
        self._write(self._replace, key, values)

    def suggest(self, key: str, *values: str | None) -> None:
        """Set the row of a key that has none."""
        self._write(self._add, key, values)

    def get(self, key: str) -> Row | None:
        """Return the row of a key."""
        row: Row | None = self._db.execute(self._select, (key,)).fetchone()
        return row

    def _write(self, statement: str, key: str, values: Row) -> None:
        try:
            self._db.execute(statement, (key, *values))
        except sqlite3.Error as error:
            raise SourceUnreadable(f"{self._path}: no room for a temporary table: {error}", "df -h") from error
