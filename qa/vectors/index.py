"""A file of vectors: written, extended, opened, searched.

A file of vectors holds them by row number, in the order they were added. Few are searched exactly; many are put into
lists around centroids (IVF), of which a search probes some, each vector kept in a byte for each dimension.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexDamaged, IndexNotWritable
from qa.faults import step
from qa.vectors.probing import ExactNeighbours

Ids = NDArray[np.int64]
Rows = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Up to this many rows, looking at all of them is fast enough.
MOST_EXACT = 50_000
# Rows that train one centroid.
_TRAINED_BY = 40
_TRAINING_ROUNDS = 8
_LARGEST = 127.0
# A signed byte is kept as an unsigned one, this much larger.
_SIGN = 128.0
# The promise is 0.99; the queries that it is measured with are a sample.
_LEAST_RECALL = 0.995
# faiss IndexIVF.parallel_mode: the lists of one query are shared out among threads.
_WITHIN_A_QUERY = 1


class VectorIndex:
    """An opened file of vectors."""

    def __init__(self, index: Any, path: Path) -> None:
        self._index = index
        self._path = path
        self.inverted = hasattr(index, "nlist")
        if self.inverted:
            index.parallel_mode = _WITHIN_A_QUERY

    @classmethod
    def open(cls, path: Path, dimensions: int) -> VectorIndex:
        """Open a file of vectors; lists are mapped into memory, not read.

        Raises: FileNotFoundError, IndexDamaged where it cannot be read; it can be made again.
        """
        import faiss

        if not path.is_file():
            raise FileNotFoundError(path)
        try:
            index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
            if hasattr(index, "nlist"):
                # It would start 32 threads for each search, to read what is in memory nearly always.
                lists: Any = faiss.downcast_InvertedLists(index.invlists)
                lists.prefetch_nthread = 0
        except RuntimeError as error:
            raise IndexDamaged(f"{path} cannot be opened", "qa update") from error
        if index.d != dimensions:
            raise IndexDamaged(f"{path} has {index.d} dimensions, the store {dimensions}", "qa update")
        return cls(index, path)

    @property
    def rows(self) -> int:
        """The number of vectors, dead ones included."""
        return int(self._index.ntotal)

    def places(self) -> Ids:
        """Return where in the file each row's bytes are, shape (rows,); -1 where there are no lists."""
        import faiss

        places = np.full(self.rows, -1, np.int64)
        if self.inverted:
            lists: Any = faiss.downcast_InvertedLists(self._index.invlists)
            for one in range(self._index.nlist):
                size = lists.list_size(one)
                if size:
                    rows = faiss.rev_swig_ptr(lists.get_ids(one), size)
                    places[rows] = lists.lists.at(one).offset + np.arange(size) * self._index.code_size
        return places

    def score(self, query: Rows, places: Ids) -> Rows:
        """Return the cosines (n,) of a query (d,) and the rows whose bytes are at these places (n,).

        They are those that `search` gives, which for few rows of many takes longer. Raises: IndexDamaged.
        """
        width = self._index.code_size
        if places.min(initial=0) < 0 or places.max(initial=0) > len(self._bytes) - width:
            raise IndexDamaged(f"{self._path} has no such rows as its columns say", "qa repair")
        codes = np.lib.stride_tricks.sliding_window_view(self._bytes, width)[places]
        scale = _LARGEST / max(float(np.abs(query).max()), 1e-12)
        whole = _bytes(query, scale)
        sums = codes.astype(np.float32) @ whole - _SIGN * whole.sum()
        scores: Rows = sums / (scale * _scale(self._index))
        return scores

    @cached_property
    def _bytes(self) -> NDArray[np.uint8]:
        return np.memmap(self._path, np.uint8, "r")

    def search(self, query: Rows, count: int, only: Mask | None = None) -> tuple[Ids, Rows]:
        """Return the (row numbers (n,), cosines (n,)) of the best rows for one query (d,), best first.

        only, where given, is a mask (rows,) of what may be returned: the fewer they are, the more lists are probed.
        Units:  cosine in [-1, 1], exact to float16 or, in lists, to a byte for each dimension; n <= count.
        Source: faiss IndexScalarQuantizer QT_fp16, IndexIVFScalarQuantizer QT_8bit_direct_signed.
        """
        import faiss

        count = min(count, self.rows)
        share = 1.0 if only is None else float(np.count_nonzero(only)) / max(1, len(only))
        if count == 0 or share == 0.0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        # Rows that stand one after another are looked at by one thread anyway; waking the others only takes time.
        faiss.omp_set_num_threads((os.cpu_count() or 1) if self.inverted else 1)
        bits = None if only is None else np.packbits(only, bitorder="little")
        selector = None if bits is None else faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
        scores, rows = _search(self._index, query[None], count, self._parameters(selector, share))
        kept = (rows[0] >= 0) & (rows[0] < self.rows)
        return rows[0][kept], scores[0][kept]

    def _parameters(self, selector: Any, share: float) -> Any:
        import faiss

        if not self.inverted:
            return None if selector is None else faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        probes = min(self._index.nlist, int(np.ceil(self._index.nprobe / share)))
        return faiss.SearchParametersIVF(sel=selector, nprobe=probes)  # type: ignore[call-arg]


def write_vectors(path: Path, dimensions: int, sample: Rows | None, blocks: Iterable[Rows]) -> int:
    """Write a file of vectors; return the length of its head: all but the rows themselves.

    sample (s, d) are rows drawn evenly from all there are, to place centroids by and to measure how many lists have to
    be probed; None where the rows are few and looked at one by one. The file appears whole or not at all.
    Raises: IndexNotWritable.
    """
    import faiss

    faiss.omp_set_num_threads(os.cpu_count() or 1)
    if sample is None:
        index = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        index.is_trained = True
        for rows in blocks:
            _add(index, rows)
    else:
        index = _trained(dimensions, sample)
        exact = ExactNeighbours(sample)
        for rows in blocks:
            exact.look_at(rows)
            _add(index, rows)
        index.nprobe = _probes(index, exact)
    return _write(index, path)


def extend_vectors(path: Path, grown: Path, blocks: Iterable[Rows]) -> int:
    """Write the vectors of `path` and more behind them as `grown`; return the length of its head."""
    import faiss

    index = faiss.read_index(str(path))
    for rows in blocks:
        _add(index, rows)
    return _write(index, grown)


def lists_for(rows: int) -> int:
    """Return how many lists that many rows are put into, a power of two; 0: none, all rows are looked at.

    >>> lists_for(20_000), lists_for(100_000), lists_for(1_000_000)
    (0, 1024, 4096)
    """
    return 0 if rows <= MOST_EXACT else 2 ** round(np.log2(4 * np.sqrt(rows)))


def sample_size(rows: int) -> int:
    """Return how many rows are drawn to train that many."""
    return min(rows, lists_for(rows) * _TRAINED_BY)


def best(ids: Ids, scores: Rows, count: int) -> tuple[Ids, Rows]:
    """Return the `count` best, best first; equal scores are ordered by id."""
    order = np.lexsort((ids, -scores))[:count]
    return ids[order], scores[order]


def _trained(dimensions: int, sample: Rows) -> Any:
    import faiss

    lists = max(1, len(sample) // _TRAINED_BY)
    # Signed bytes are compared as integers, queries too: twice as fast as bytes with a range for each dimension.
    signed = faiss.ScalarQuantizer.QT_8bit_direct_signed
    centroids = faiss.IndexFlatIP(dimensions)
    index: Any = faiss.IndexIVFScalarQuantizer(centroids, dimensions, lists, signed, faiss.METRIC_INNER_PRODUCT, False)
    index.cp.niter = _TRAINING_ROUNDS
    index.cp.max_points_per_centroid = _TRAINED_BY
    index.train(sample)
    index.sq.rangestat_arg = _LARGEST / max(float(np.abs(sample).max()), 1e-12)
    return index


def _add(index: Any, rows: Rows) -> None:
    index.add(_bytes(rows, _scale(index)) if hasattr(index, "nlist") else rows)


def _search(index: Any, queries: Rows, count: int, params: Any = None) -> tuple[Rows, Ids]:
    """Return the (cosines (q, count), row numbers (q, count)) for queries (q, d)."""
    if not hasattr(index, "nlist"):
        return index.search(queries, count, params=params)  # type: ignore[no-any-return]
    scales = _LARGEST / np.maximum(np.abs(queries).max(axis=1, keepdims=True), 1e-12)
    scores, rows = index.search(_bytes(queries, scales), count, params=params)
    return scores / (scales * _scale(index)), rows


def _bytes(rows: Rows, scale: float | Rows) -> Rows:
    whole: Rows = np.rint(np.clip(rows * scale, -_LARGEST, _LARGEST))
    return whole


def _scale(index: Any) -> float:
    """Return what the vectors in lists were multiplied by to fill a byte; the file keeps it."""
    return float(index.sq.rangestat_arg)


def _probes(index: Any, exact: ExactNeighbours) -> int:
    """Return the least number of lists to probe so that what a search finds holds the exact best."""
    for probes in _rising(index.nlist):
        index.nprobe = probes
        _, found = _search(index, exact.queries, exact.reach)
        if exact.recall(found) >= _LEAST_RECALL:
            return probes
    return int(index.nlist)


def _rising(lists: int) -> Iterator[int]:
    probes = 4.0
    while probes < lists:
        yield int(probes)
        probes *= 1.25


def _write(index: Any, path: Path) -> int:
    import faiss

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
    row = index.code_size + (8 if hasattr(index, "nlist") else 0)  # a list keeps each row's number too
    return int(path.stat().st_size - index.ntotal * row)
