"""A collection as a whole: its authors, its threads, how many comments each month brought."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.reports import AuthorCount, MonthCount, ThreadCount
from qa.store.rows import folded_author, from_microseconds, from_sql, to_sql, unpack_vectors

# No name that begins with a prefix stands behind the prefix and the last character there is.
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Points:
    """Comments as points; the vector of each is that of its first passage. Shapes: vectors (n, d), the lists n.

    total counts the comments that there are: of very many, every so manieth is taken.
    """

    comment_ids: list[str]
    authors: list[str | None]
    sources: list[str]
    years: list[int | None]
    vectors: NDArray[np.float32]
    total: int


class Collection:
    """Counts what is stored; over a read transaction it sees one state."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def authors(self, prefix: str, limit: int) -> list[AuthorCount]:
        """Return the authors whose names begin with a prefix, without regard to case, those of most comments first."""
        begin = folded_author(prefix)
        end = f"{begin}{_LAST}" if isinstance(begin, str) else None
        rows = self._connection.execute(
            """SELECT name, (SELECT count(*) FROM comments c WHERE c.author_key = a.author_key) AS written
               FROM authors a WHERE folded >= ? AND folded < ? AND written > 0
               ORDER BY written DESC, folded, name LIMIT ?""",
            (begin, end, limit),
        )
        return [AuthorCount(from_sql(name) or "", count) for name, count in rows]

    def threads(self, limit: int) -> list[ThreadCount]:
        """Return the threads of most comments, each with the id of its first comment."""
        rows = self._connection.execute(
            """SELECT t.title, size, (SELECT comment_id FROM comments c WHERE c.thread_key = t.thread_key
                   ORDER BY c.created_at, c.position LIMIT 1)
               FROM (SELECT thread_key, count(*) AS size FROM comments WHERE thread_key IS NOT NULL
                   GROUP BY thread_key ORDER BY size DESC, thread_key LIMIT ?) JOIN threads t USING (thread_key)
               ORDER BY size DESC, t.thread_key""",
            (limit,),
        )
        return [ThreadCount(from_sql(title), from_sql(first) or "", size) for title, size, first in rows]

    def months(self) -> list[MonthCount]:
        """Return how many comments were written in each month, UTC, in order; months without any are left out."""
        rows = self._connection.execute(
            """SELECT strftime('%Y', created_at / 1000000, 'unixepoch') AS year,
                   strftime('%m', created_at / 1000000, 'unixepoch') AS month, count(*)
               FROM comments WHERE created_at IS NOT NULL GROUP BY year, month ORDER BY year, month"""
        )
        return [MonthCount(int(year), int(month), count) for year, month, count in rows]

    def thread_of(self, comment_id: str) -> list[str]:
        """Return the ids of all comments of a comment's thread in order of time; none where it has no thread."""
        rows = self._connection.execute(
            """SELECT comment_id FROM comments
               WHERE thread_key = (SELECT thread_key FROM comments WHERE comment_id = ?)
               ORDER BY created_at, position, comment_key""",
            (to_sql(comment_id),),
        )
        return [from_sql(found) or "" for (found,) in rows]

    def points(self, most: int, dimensions: int) -> Points:
        """Return at most so many comments as points, in the order in which they were taken in."""
        passages = "FROM passages p WHERE p.comment_key = c.comment_key"
        total = int(
            self._connection.execute(f"SELECT count(*) FROM comments c WHERE EXISTS (SELECT 1 {passages})").fetchone()[
                0
            ]
        )
        rows = self._connection.execute(
            f"""SELECT c.comment_id, a.name, s.name, c.created_at, v.vector
                FROM comments c CROSS JOIN passages p ON p.passage_id = (SELECT min(passage_id) {passages})
                    JOIN vectors v USING (vector_key) JOIN sources s USING (source_key)
                    LEFT JOIN authors a USING (author_key)
                WHERE c.comment_key % ? = 0 ORDER BY c.comment_key LIMIT ?""",
            (max(1, -(-total // most)), most),
        ).fetchall()
        moments = [from_microseconds(row[3]) for row in rows]
        return Points(
            [from_sql(row[0]) or "" for row in rows],
            [from_sql(row[1]) for row in rows],
            [from_sql(row[2]) or "" for row in rows],
            [None if moment is None else moment.year for moment in moments],
            unpack_vectors([row[4] for row in rows], dimensions),
            total,
        )
