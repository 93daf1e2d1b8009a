"""What the ids of an export stand for (a user's name, a thread's title), however many there are.

A few are held in memory. Many go to a temporary database of SQLite, which has no name in any folder and is gone when
it is closed or the program ends, however it ends.
"""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from qa.errors import SourceUnreadable
from qa.formats.contents import Content
from qa.formats.encodings import mapped

IN_MEMORY = 20_000
_BATCH = 10_000
_KEPT = 4  # a folder of dumps leaves no more than these behind

Entry = tuple[str | None, str | None]
E = TypeVar("E", bound=tuple[Any, ...])
Entries = Callable[[Content], Iterable[tuple[str, Entry]]]


class Lookup(Generic[E]):
    """Keys with as many values each; a key that comes again takes the new ones.

    What comes back from the disk is a plain tuple, whatever was put.
    """

    def __init__(self) -> None:
        self._held: dict[str, E] = {}
        self._database: sqlite3.Connection | None = None

    def put(self, key: str, entry: E) -> None:
        """Remember an entry. Raises: SourceUnreadable where the temporary folder is full."""
        self._held[key] = entry
        if len(self._held) >= (IN_MEMORY if self._database is None else _BATCH):
            self._spill()

    def suggest(self, key: str, entry: E) -> None:
        """Remember an entry of a key that has none."""
        if self.get(key) is None:
            self.put(key, entry)

    def close(self) -> None:
        """Let the entries go."""
        self._held.clear()
        if self._database is not None:
            self._database.close()

    def get(self, key: str) -> E | None:
        """Return the entry of a key, if there is one."""
        entry = self._held.get(key)
        if entry is not None or self._database is None:
            return entry
        with _room():
            found = self._database.execute("SELECT * FROM entries WHERE key = ?", (key,)).fetchone()
        return None if found is None else found[1:]

    @property
    def on_disk(self) -> bool:
        """Whether the entries were too many to be held in memory."""
        return self._database is not None

    def _spill(self) -> None:
        values = len(next(iter(self._held.values())))
        with _room():
            if self._database is None:
                self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
                self._database.execute("PRAGMA journal_mode = OFF")
                columns = "".join(f", v{number}" for number in range(values))
                self._database.execute(f"CREATE TABLE entries (key TEXT PRIMARY KEY{columns}) WITHOUT ROWID")
            self._database.execute("BEGIN")
            rows = ((key, *entry) for key, entry in self._held.items())
            self._database.executemany(f"INSERT OR REPLACE INTO entries VALUES (?{', ?' * values})", rows)
            self._database.execute("COMMIT")
        self._held.clear()


_TABLES: OrderedDict[tuple[object, ...], Lookup[Entry]] = OrderedDict()


def lookup_of(content: Content, entries: Entries) -> Lookup[Entry]:
    """Return what the entries of a file stand for; the file is read once, as long as it stays what it is.

    Raises: what reading it raises.
    """
    with mapped(content.path):
        stat = os.stat(content.path)  # noqa: PTH116 - beside abspath, which resolves no link
        absolute = os.path.abspath(content.path)  # noqa: PTH100
    key = (entries, absolute, stat.st_size, stat.st_mtime_ns)
    table = _TABLES.get(key)
    if table is None:
        table = Lookup[Entry]()
        for name, entry in entries(content):
            table.put(name, entry)
        _TABLES[key] = table
        while len(_TABLES) > _KEPT:
            _TABLES.popitem(last=False)
    _TABLES.move_to_end(key)
    return table


@contextmanager
def _room() -> Iterator[None]:
    """Let what SQLite says become a QAError: all it can lack here is room."""
    try:
        yield
    except sqlite3.Error as error:
        raise SourceUnreadable(f"no room for a temporary table: {error}", "df -h ${TMPDIR:-/tmp}") from error
