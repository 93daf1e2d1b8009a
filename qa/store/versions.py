"""One comment in several sources: the latest version is the one in the index, the others are set aside.

A platform's ids are the same in every export, so two exports of one thread meet. Which version is the latest is told by
the content alone, so that it does not matter in which order the sources are read: the later edit (or else the later
date) wins; of equal ones that of the source that reaches further in time; else that of the last source by name. What is
set aside is kept, so that it takes its place again when the later version's source goes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qa.store.rows import RECORD
from qa.store.staging import STORED

_CONTESTED = """
    SELECT comment_id FROM staged WHERE comment_id IN (SELECT comment_id FROM elsewhere)
    UNION SELECT g.comment_id FROM staged g JOIN comments c USING (comment_id) WHERE c.source_key <> g.source_key
    UNION SELECT comment_id FROM staged GROUP BY comment_id HAVING count(*) > 1
    UNION SELECT comment_id FROM gone WHERE comment_id IN (SELECT comment_id FROM elsewhere)
    UNION SELECT comment_id FROM gone WHERE comment_id IN (SELECT comment_id FROM staged)
    UNION SELECT comment_id FROM elsewhere WHERE source_key IN (SELECT source_key FROM read)
    UNION SELECT e.comment_id FROM elsewhere e JOIN comments c USING (comment_id)
        WHERE c.source_key IN (SELECT source_key FROM read)"""
# Every version of a comment that will stand after this run: staged, current in the store, or set aside before.
_VERSIONS = """
    SELECT v.place, v.source_key, v.record_hash FROM (
        SELECT 'staged' AS place, source_key, record_hash, edited_at, created_at FROM staged WHERE comment_id = :id
        UNION ALL
        SELECT 'current', source_key, record_hash, edited_at, created_at FROM comments c WHERE comment_id = :id
            AND comment_key NOT IN (SELECT comment_key FROM gone)
            AND NOT EXISTS (SELECT 1 FROM staged g WHERE g.comment_id = :id AND g.source_key = c.source_key)
        UNION ALL
        SELECT 'aside', source_key, record_hash, edited_at, created_at FROM elsewhere e WHERE comment_id = :id
            AND NOT EXISTS (SELECT 1 FROM taken_up t WHERE t.comment_id = :id AND t.source_key = e.source_key)
            AND NOT EXISTS (SELECT 1 FROM staged g WHERE g.comment_id = :id AND g.source_key = e.source_key)
    ) v JOIN sources s USING (source_key) LEFT JOIN read r USING (source_key)
    ORDER BY COALESCE(v.edited_at, v.created_at, :never) DESC,
        COALESCE(CASE WHEN r.source_key IS NULL THEN s.latest ELSE r.latest END, :never) DESC, s.name DESC"""
_NEVER = -(2**63)


@dataclass(slots=True)
class Overlap:
    """By how much the counts of a run, taken source by source, differ from what happens to the index."""

    added: int = 0
    edited: int = 0
    deleted: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class _Version:
    place: str
    source_key: int
    record_hash: bytes


def settle_versions(connection: sqlite3.Connection) -> Overlap:
    """Choose the version of each comment that several sources hold; only those remain staged, the others are set aside.

    Returns what the counts of the run have to be corrected by.
    """
    overlap = Overlap()
    for comment_id in [row[0] for row in connection.execute(_CONTESTED)]:
        _settle(connection, comment_id, overlap)
    return overlap


def _settle(connection: sqlite3.Connection, comment_id: Any, overlap: Overlap) -> None:
    versions = list(_versions(connection, comment_id))
    current = connection.execute(
        "SELECT comment_key, source_key, record_hash FROM comments WHERE comment_id = ?", (comment_id,)
    ).fetchone()
    staged = [one for one in versions if one.place == "staged"]
    _correct(connection, comment_id, current, versions, staged, overlap)
    if not versions:
        return
    best, rest = versions[0], versions[1:]
    for one in rest:
        if one.place == "staged":
            _set_aside(connection, f"SELECT {RECORD} FROM staged", comment_id, one.source_key)
            _drop(connection, "staged", comment_id, one.source_key)
        elif one.place == "current":
            stored = f"""SELECT {STORED} FROM comments c LEFT JOIN authors a USING (author_key)
                LEFT JOIN threads t USING (thread_key)
                LEFT JOIN moved m ON m.comment_id = c.comment_id AND m.source_key = c.source_key"""
            _set_aside(connection, stored, comment_id, one.source_key, "c.")
            _drop(connection, "moved", comment_id, one.source_key)
    if best.place == "current":
        return
    key = current[0] if current else None
    connection.execute("DELETE FROM gone WHERE comment_id = ?", (comment_id,))
    if best.place == "aside":
        moved = f"""SELECT {_moved_aside()} FROM elsewhere e
            LEFT JOIN moved m ON m.comment_id = e.comment_id AND m.source_key = e.source_key"""
        connection.execute(
            f"INSERT INTO staged SELECT *, ? FROM ({moved} WHERE e.comment_id = ? AND e.source_key = ?)",
            (key, comment_id, best.source_key),
        )
        _drop(connection, "moved", comment_id, best.source_key)
    else:
        connection.execute("UPDATE staged SET old_key = ? WHERE comment_id = ?", (key, comment_id))
    connection.execute("INSERT OR IGNORE INTO taken_up VALUES (?, ?)", (comment_id, best.source_key))


def _versions(connection: sqlite3.Connection, comment_id: Any) -> Iterator[_Version]:
    for row in connection.execute(_VERSIONS, {"id": comment_id, "never": _NEVER}):
        yield _Version(*row)


def _correct(
    connection: sqlite3.Connection,
    comment_id: Any,
    current: tuple[int, int, bytes] | None,
    versions: list[_Version],
    staged: list[_Version],
    overlap: Overlap,
) -> None:
    """Count a comment once: what was added to one source while another held it was not new."""
    added = connection.execute(
        "SELECT count(*) FROM staged g WHERE comment_id = :id AND old_key IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM elsewhere e WHERE e.comment_id = :id AND e.source_key = g.source_key)",
        {"id": comment_id},
    ).fetchone()[0]
    gone = connection.execute("SELECT count(*) FROM gone WHERE comment_id = ?", (comment_id,)).fetchone()[0]
    overlap.added -= added if current else max(0, added - 1)
    if not versions or not current:
        return
    overlap.deleted -= gone
    if added or gone:
        same = versions[0].record_hash == current[2]
        overlap.unchanged += same
        overlap.edited += not same


def _set_aside(connection: sqlite3.Connection, select: str, comment_id: Any, source_key: int, alias: str = "") -> None:
    where = f"WHERE {alias}comment_id = ? AND {alias}source_key = ?"
    connection.execute(f"INSERT OR REPLACE INTO set_aside {select} {where}", (comment_id, source_key))


def _drop(connection: sqlite3.Connection, table: str, comment_id: Any, source_key: int) -> None:
    connection.execute(f"DELETE FROM {table} WHERE comment_id = ? AND source_key = ?", (comment_id, source_key))


def _moved_aside() -> str:
    """Return the columns of a version set aside (e), in its new place where it moved (m)."""
    places = ("line_start", "line_end", "record", "position")
    names = [name.strip() for name in RECORD.split(",")]
    return ", ".join(f"COALESCE(m.{name}, e.{name}) AS {name}" if name in places else f"e.{name}" for name in names)
