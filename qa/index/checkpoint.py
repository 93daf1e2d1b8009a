"""A checkpoint: the vectors of every passage up to some id, with the columns that scopes look at.

Its files are written beside those of the one before it and renamed into place; then the pointer to it, a setting of the
store, changes in a transaction. Passages younger than it are read from the store.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa.errors import IndexDamaged
from qa.index.columns import Columns, with_places, write_columns
from qa.index.layout import columns_path, vectors_path
from qa.index.seals import Seal
from qa.records import Scope
from qa.store import StoreReader
from qa.vectors import Ids, Mask, Rows, VectorIndex, best, extend_vectors, lists_for, sample_size, write_vectors

_NPY_HEAD = 128
# A scope of at most this many passages is scored row by row: lists hold too many others.
_NARROW_SCOPE = 10_000


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which checkpoint is current: it covers the passages with ids up to `until`. Generation 0 stands for none.

    Units: rows, and how many of them were dead when it was written; trained is how many rows its lists were made for.
    """

    generation: int = 0
    until: int = 0
    rows: int = 0
    dead: int = 0
    trained: int = 0
    vectors: Seal | None = None
    columns: Seal | None = None

    @classmethod
    def read(cls, store: StoreReader) -> Pointer:
        """Return the store's pointer."""
        try:
            stored = json.loads(store.setting("checkpoint") or "{}")
            vectors, columns = Seal(**stored.pop("vectors")), Seal(**stored.pop("columns"))
            return cls(**stored, vectors=vectors, columns=columns)
        except (ValueError, TypeError, KeyError, AttributeError):  # none, or the pointer of an earlier layout
            return cls()

    def __str__(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    def misfit(self, folder: Path) -> Path | None:
        """Return the first of its files that is not the one that was written, as far as opening it needs."""
        for path, seal in self.sealed(folder):
            if not seal.fits(path):
                return path
        return None

    def sealed(self, folder: Path) -> list[tuple[Path, Seal]]:
        """Return its files, each with its seal."""
        paths = (vectors_path(folder, self.generation), columns_path(folder, self.generation))
        return [(path, seal) for path, seal in zip(paths, (self.vectors, self.columns), strict=True) if seal]


class Checkpoint:
    """An opened checkpoint."""

    def __init__(self, pointer: Pointer, vectors: VectorIndex, columns: Columns) -> None:
        self.pointer = pointer
        self.columns = columns
        self._vectors = vectors

    @classmethod
    def open(cls, folder: Path, pointer: Pointer, dimensions: int) -> Checkpoint | None:
        """Open what the pointer names; None where it cannot be used: it can be made again."""
        if not pointer.generation or pointer.misfit(folder):
            return None
        try:
            vectors = VectorIndex.open(vectors_path(folder, pointer.generation), dimensions)
            columns = Columns.open(columns_path(folder, pointer.generation))
        except (FileNotFoundError, IndexDamaged):
            return None
        whole = vectors.rows == len(columns) == pointer.rows
        return cls(pointer, vectors, columns) if whole else None

    def search(self, query: Rows, count: int, mask: Mask | None = None) -> tuple[Ids, Rows]:
        """Return the (passage ids (n,), cosines (n,)) of the best rows of a mask, or of all, best first."""
        if mask is not None and self._vectors.inverted and np.count_nonzero(mask) <= _NARROW_SCOPE:
            rows = np.flatnonzero(mask)
            return best(self.columns.passage_ids[rows], self._vectors.score(query, self.columns.places[rows]), count)
        rows, scores = self._vectors.search(query, count, mask)
        return self.columns.passage_ids[rows], scores

    def mask(self, scope: Scope, dead: Ids) -> Mask:
        """Return which rows a scope lets through, but for the passages that died since the checkpoint was written."""
        return self.columns.mask(scope, dead)


def write_checkpoint(folder: Path, generation: int, store: StoreReader) -> Pointer:
    """Write a checkpoint of every passage; return the pointer to it, not yet stored. Raises: IndexNotWritable."""
    until, rows = store.last_passage(), store.total("passages")
    sample = store.sampled_vectors(sample_size(rows)) if lists_for(rows) else None
    blocks = Blocks(store, 0, until)
    head = write_vectors(vectors_path(folder, generation), store.dimensions, sample, blocks.vectors())
    places = VectorIndex.open(vectors_path(folder, generation), store.dimensions).places()
    write_columns(columns_path(folder, generation), with_places(blocks.table(), places))
    return _sealed(folder, Pointer(generation, until, rows, 0, rows), head)


def extend_checkpoint(folder: Path, before: Pointer, store: StoreReader) -> Pointer:
    """Write a checkpoint with the passages that came since the one before it; those that went are marked as dead."""
    generation, until = before.generation + 1, store.last_passage()
    blocks = Blocks(store, before.until, until)
    old, new = vectors_path(folder, before.generation), vectors_path(folder, generation)
    head = extend_vectors(old, new, blocks.vectors())
    columns = Columns.open(columns_path(folder, before.generation))
    places = VectorIndex.open(new, store.dimensions).places()
    table = columns.grown(blocks.table(), places, store.removed_until(before.until))
    write_columns(columns_path(folder, generation), table)
    dead = Columns(table).dead
    return _sealed(folder, Pointer(generation, until, table.shape[1], dead, before.trained), head)


def _sealed(folder: Path, pointer: Pointer, head: int) -> Pointer:
    return dataclasses.replace(
        pointer,
        vectors=Seal.of(vectors_path(folder, pointer.generation), head),
        columns=Seal.of(columns_path(folder, pointer.generation), _NPY_HEAD),
    )


class Blocks:
    """Reads passages once, giving the vectors on as they come and keeping the columns."""

    def __init__(self, store: StoreReader, after: int, until: int | None = None) -> None:
        self._source = store.passage_rows(after, until)
        self._columns = [np.empty((6, 0), np.int64)]

    def vectors(self) -> Iterator[Rows]:
        """Yield the vectors (n, d), block by block."""
        for columns, rows in self._source:
            self._columns.append(columns)
            yield rows

    def table(self) -> Ids:
        """Return the columns (6, rows) of what was read, their place left out."""
        return np.concatenate(self._columns, axis=1)
