"""Filters as keys of the store, and keys as a condition."""

from __future__ import annotations

import fnmatch
import sqlite3
from collections.abc import Sequence

from qa.records import Filters, Scope
from qa.store.rows import folded, folded_author, from_sql, to_microseconds, to_sql


def scope_of(connection: sqlite3.Connection, filters: Filters) -> Scope:
    """Return the filters as keys of the store."""
    return Scope(
        _authors(connection, filters.authors) if filters.authors else None,
        _threads(connection, filters.threads) if filters.threads else None,
        _sources(connection, filters.sources) if filters.sources else None,
        to_microseconds(filters.since),
        to_microseconds(filters.before),
    )


def where(scope: Scope) -> str:
    """Return a scope as a condition over the table comments, named c."""
    keys = (("author_key", scope.authors), ("thread_key", scope.threads), ("source_key", scope.sources))
    parts = [f"c.{column} IN ({', '.join(map(str, some))})" for column, some in keys if some is not None]
    parts += [f"c.created_at >= {scope.since}"] if scope.since is not None else []
    parts += [f"c.created_at < {scope.before}"] if scope.before is not None else []
    return " AND ".join(parts) or "1"


def _authors(connection: sqlite3.Connection, names: Sequence[str]) -> tuple[int, ...]:
    query = "SELECT author_key FROM authors WHERE folded = ?"
    return _keys(connection, query, [(folded_author(to_sql(name)),) for name in names])


def _threads(connection: sqlite3.Connection, wanted: Sequence[str]) -> tuple[int, ...]:
    query = "SELECT thread_key FROM threads WHERE thread_id = ? OR instr(folded, ?) > 0"
    return _keys(connection, query, [(to_sql(one), folded(to_sql(one))) for one in wanted])


def _sources(connection: sqlite3.Connection, wanted: Sequence[str]) -> tuple[int, ...]:
    rows = connection.execute("SELECT source_key, name FROM sources")
    return tuple(key for key, name in rows if _source_matches(from_sql(name) or "", wanted))


def _source_matches(name: str, wanted: Sequence[str]) -> bool:
    return any(
        name == one or name.startswith(one.rstrip("/") + "/") or fnmatch.fnmatchcase(name, one) for one in wanted
    )


def _keys(connection: sqlite3.Connection, query: str, values: Sequence[Sequence[object]]) -> tuple[int, ...]:
    return tuple(sorted({row[0] for some in values for row in connection.execute(query, tuple(some))}))
