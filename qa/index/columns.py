"""What a scope looks at, passage by passage, in columns that a million rows are filtered from in milliseconds."""

from __future__ import annotations

import os
from functools import cached_property, reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexDamaged, IndexNotWritable
from qa.records import Scope

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

# The rows of the array: one row of numbers for each, one column for each passage, in order of passage_id.
COLUMNS = ("passage_id", "comment_key", "author_key", "thread_key", "source_key", "created_at", "place")
_PASSAGE, _COMMENT, _AUTHOR, _THREAD, _SOURCE, _CREATED, _PLACE = range(len(COLUMNS))
# The source of a passage that no longer stands, and any other key that is not there; and the time of one without.
ABSENT = -1
NEVER = np.iinfo(np.int64).min
_FEW_KEYS = 4


class Columns:
    """The columns of one checkpoint, mapped into memory. Shape: (7, rows) int64."""

    def __init__(self, table: Ids) -> None:
        self._table = table

    @classmethod
    def open(cls, path: Path) -> Columns:
        """Open a file of columns. Raises: IndexDamaged where it is none; it can be made again."""
        try:
            table = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise IndexDamaged(f"{path} cannot be opened: {error}", "qa update") from error
        if table.dtype != np.int64 or table.ndim != 2 or len(table) != len(COLUMNS):
            raise IndexDamaged(f"{path} holds other columns than are expected", "qa update")
        return cls(table)

    def __len__(self) -> int:
        """Return the number of rows, dead ones included."""
        return int(self._table.shape[1])

    @property
    def passage_ids(self) -> Ids:
        """The passage of each row, ascending, shape (rows,)."""
        ids: Ids = self._table[_PASSAGE]
        return ids

    def rows_of(self, passage_ids: Ids) -> Ids:
        """Return the rows of those passages that have one."""
        rows = np.searchsorted(self.passage_ids, passage_ids)
        within = rows < len(self)
        rows, wanted = rows[within], passage_ids[within]
        found: Ids = rows[self.passage_ids[rows] == wanted]
        return found

    def threads(self, passage_ids: Ids) -> Ids:
        """Return the key of the thread of each of some passages, all of which have a row, shape (n,)."""
        keys: Ids = self._table[_THREAD, self.rows_of(passage_ids)]
        return keys

    def among(self, passage_ids: Ids, mask: Mask) -> Ids:
        """Return which of the passages a mask lets through."""
        rows = self.rows_of(passage_ids)
        ids: Ids = self.passage_ids[rows[mask[rows]]]
        return ids

    def mask(self, scope: Scope, dead: Ids) -> Mask:
        """Return which rows a scope lets through, shape (rows,); those that died long ago or since are left out."""
        parts = []
        for column, keys in ((_AUTHOR, scope.authors), (_THREAD, scope.threads), (_SOURCE, scope.sources)):
            if keys is not None:
                parts.append(_among(self._table[column], keys))
        if scope.since is not None:
            parts.append(self._table[_CREATED] >= scope.since)
        if scope.before is not None:
            parts += [self._table[_CREATED] < scope.before, self._table[_CREATED] != NEVER]
        if not parts or self.dead:
            parts.append(self._table[_SOURCE] != ABSENT)
        mask: Mask = reduce(np.logical_and, parts)
        mask[self.rows_of(dead)] = False
        return mask

    @property
    def places(self) -> Ids:
        """Where the vector of each row is in the file of vectors, shape (rows,); -1 where it has no lists."""
        places: Ids = self._table[_PLACE]
        return places

    def living(self, dead: Ids) -> Ids:
        """Return the passages that still stand, but for those that died since, ascending."""
        mask = self._table[_SOURCE] != ABSENT
        mask[self.rows_of(dead)] = False
        ids: Ids = self.passage_ids[mask]
        return ids

    def comments(self, mask: Mask) -> int:
        """Return how many comments the masked rows belong to; the passages of one stand side by side."""
        keys = self._table[_COMMENT][mask]
        return int(np.count_nonzero(np.diff(keys)) + 1) if len(keys) else 0

    @cached_property
    def dead(self) -> int:
        """How many rows stand for passages that no longer do."""
        return int(np.count_nonzero(self._table[_SOURCE] == ABSENT))

    def grown(self, block: Ids, places: Ids, dead: Ids) -> Ids:
        """Return a copy with more rows (6, n) behind these, the dead marked, and the places of all."""
        table = with_places(np.concatenate([self._table[:_PLACE], block], axis=1), places)
        table[_SOURCE, self.rows_of(dead)] = ABSENT
        return table


def with_places(table: Ids, places: Ids) -> Ids:
    """Return columns (7, rows): those of the store (6, rows), and the place (rows,) of each row's vector."""
    return np.vstack([table, places])


def write_columns(path: Path, table: Ids) -> None:
    """Write columns (7, rows). The file appears whole or not at all. Raises: IndexNotWritable."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with unfinished.open("wb") as file:
            np.save(file, table, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise IndexNotWritable(f"cannot write {path}: {error}", f"df -h {path.parent}") from error


def _among(column: Ids, keys: tuple[int, ...]) -> Mask:
    """Return where a column holds one of the keys, one by one or, many, by a table of all keys that there are."""
    if len(keys) <= _FEW_KEYS:
        return reduce(np.logical_or, (column == key for key in keys)) if keys else np.zeros(len(column), bool)
    table = np.zeros(max((int(column.max(initial=0)), *keys)) + 2, bool)  # the last stands for ABSENT
    table[list(keys)] = True
    found: Mask = table[column]
    return found
