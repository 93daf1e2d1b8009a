"""The passages younger than the checkpoint, read from the store once for each of its states."""

from __future__ import annotations

import numpy as np

from qa.index.checkpoint import Blocks
from qa.index.columns import ABSENT, Columns, with_places
from qa.store import StoreReader
from qa.vectors import Rows


class Young:
    """They are few. Shapes: rows (n, d), in the order of the columns."""

    def __init__(self, store: StoreReader, until: int) -> None:
        blocks = Blocks(store, until)
        empty = np.empty((0, store.dimensions), np.float32)
        self.rows: Rows = np.concatenate([empty, *blocks.vectors()])
        self.columns = Columns(with_places(blocks.table(), np.full(len(self.rows), ABSENT)))  # in no file of vectors
