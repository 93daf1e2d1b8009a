"""The passages younger than the checkpoint, read from the store once for each of its states."""

from __future__ import annotations

import numpy as np

from qa.index.columns import COLUMNS
from qa.store import StoreReader
from qa.vectors import Ids, Rows


class Young:
    """They are few. Shapes: ids (n,), ascending, rows (n, d)."""

    def __init__(self, store: StoreReader, until: int) -> None:
        blocks = list(store.passage_rows(until))
        columns = np.concatenate([np.empty((len(COLUMNS) - 1, 0), np.int64), *(some for some, _ in blocks)], axis=1)
        named = dict(zip(COLUMNS, columns, strict=False))  # but their place: they are in no file of vectors
        empty = np.empty((0, store.dimensions), np.float32)
        self.ids: Ids = named["passage_id"]
        self.rows: Rows = np.concatenate([empty, *(rows for _, rows in blocks)])
        self._threads: Ids = named["thread_key"]

    def threads(self, passage_ids: Ids) -> Ids:
        """Return the key of the thread of each of some of them, shape (n,)."""
        keys: Ids = self._threads[np.searchsorted(self.ids, passage_ids)]
        return keys
