"""Nearest-vector search. The only importer of faiss; derived from the store.

A checkpoint is a FAISS file of every passage up to some id; it is written beside the old one and renamed into place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexDamaged, IndexNotWritable
from qa.faults import step

if TYPE_CHECKING:
    import faiss

Ids = NDArray[np.int64]
Rows = NDArray[np.float32]


_ROWS_WORTH_THREADS = 100_000


class Checkpoint:
    """An opened FAISS file: exact inner products over float16 vectors."""

    def __init__(self, index: faiss.Index) -> None:
        self._index: Any = index

    @classmethod
    def open(cls, path: Path, dimensions: int) -> Checkpoint:
        """Open a checkpoint. Raises: FileNotFoundError, IndexDamaged where it cannot be read; it can be made again."""
        import faiss

        if not path.is_file():
            raise FileNotFoundError(path)
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise IndexDamaged(f"{path} cannot be opened", "qa update") from error
        if index.d != dimensions:
            raise IndexDamaged(f"{path} has {index.d} dimensions, the store {dimensions}", "qa update")
        return cls(index)

    @property
    def size(self) -> int:
        """The number of vectors, dead ones included."""
        return int(self._index.ntotal)

    def search(self, query: Rows, count: int, only: Ids | None = None) -> tuple[Ids, Rows]:
        """Return the (ids (n,), cosines (n,)) of the best rows for one query (d,), best first.

        only, where given, holds the ids that may be returned.
        Units:  cosine in [-1, 1]; n = min(count, rows).
        Source: exact inner product, faiss IndexScalarQuantizer QT_fp16.
        """
        import faiss

        count = min(count, self.size)
        if count == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        # Waking threads takes longer than looking at so few rows.
        faiss.omp_set_num_threads(1 if self.size < _ROWS_WORTH_THREADS else os.cpu_count() or 1)
        parameters = None if only is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(only))  # type: ignore[call-arg]
        scores, ids = self._index.search(query[None], count, params=parameters)
        kept = ids[0] >= 0
        return ids[0][kept], scores[0][kept]


def write_checkpoint(path: Path, dimensions: int, blocks: Iterable[tuple[Ids, Rows]]) -> int:
    """Write a checkpoint of (ids (n,), vectors (n, d)) blocks; return how many vectors it holds.

    The file appears whole or not at all. Raises: IndexNotWritable.
    """
    import faiss

    inner = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    inner.is_trained = True
    index = faiss.IndexIDMap(inner)
    for ids, rows in blocks:
        index.add_with_ids(rows, ids)
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        faiss.write_index(index, str(unfinished))
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        step("unfinished")
        unfinished.replace(path)
    except (RuntimeError, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise IndexNotWritable(f"cannot write {path}: {error}", f"df -h {path.parent}") from error
    return int(index.ntotal)


def best(ids: Ids, scores: Rows, count: int) -> tuple[Ids, Rows]:
    """Return the `count` best, best first; equal scores are ordered by id."""
    order = np.lexsort((ids, -scores))[:count]
    return ids[order], scores[order]
