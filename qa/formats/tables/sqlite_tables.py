"""Tables of a SQLite file -> records, one row at a time; the file is never written to."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qa.errors import Malformed, SourceUnreadable
from qa.formats.contents import Content
from qa.formats.encodings import mapped

MAGIC = b"SQLite format 3\0"
_WRITE_AHEAD = 18  # the byte of the header that is 2 where the file is in write-ahead mode


@contextmanager
def database(content: Content) -> Iterator[sqlite3.Connection]:
    """Open the file for reading. Raises: Malformed where it is damaged, SourceUnreadable where it is locked."""
    path = content.path
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?{_mode(content)}", uri=True)
        try:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            yield connection
        finally:
            connection.close()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a message that quotes a damaged name is no text
        quoted = shlex.quote(str(path))
        if "locked" in str(error):
            raise SourceUnreadable(f"{path} is being written to: {error}", f"ls -l {quoted}*") from error
        raise Malformed(path, None, f"the SQLite file breaks: {error}", f"sqlite3 {quoted} .recover") from error


def columns_of(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Name the columns of a table, in lower case; none where there is no such table."""
    rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return tuple(str(name).casefold() for (name,) in rows)


def rows_of(connection: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    """Give the rows of a table in the order in which they are stored, by their columns' names in lower case."""
    cursor = connection.execute(f'SELECT * FROM "{table}"')
    names = [str(column[0]).casefold() for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _mode(content: Content) -> str:
    """Read without locks and without files beside it where the write-ahead log is empty: there may be no right to."""
    with mapped(content.path), content.path.open("rb") as file:
        ahead = file.read(20)[_WRITE_AHEAD:19] == b"\2"
    log = content.companion(f"{content.path.name}-wal")
    return "mode=ro&immutable=1" if ahead and log is None else "mode=ro"
