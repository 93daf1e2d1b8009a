"""How many lists of an approximate index have to be probed: measured against exact search while it is built."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Rows = NDArray[np.float32]

_RECALL_AT = 10
# Neighbours kept of each query: what a search finds among them has a known score, so that of many equal rows any will
# do.
_KEPT = 50
_QUERIES = 512
# What makes a query like a question: its cosine to the row it was made from, and how many rows the rest is mixed of.
_NEARNESS = 0.5
_MIXED = 4
# Scores that differ by less come from equal rows.
_EQUAL = 1e-6


class ExactNeighbours:
    """The exact nearest rows of some queries, gathered block by block.

    Half of the queries are rows. Half are like questions: as far from the nearest row as those (a cosine of a half),
    within the space that the rows span; their neighbours are spread over more lists.
    """

    def __init__(self, sample: Rows) -> None:
        """Draw the queries from rows (s, d)."""
        drawn = np.random.default_rng(0)
        rows, near = sample[drawn.choice(len(sample), (2, _QUERIES // 2))]
        mixed = drawn.standard_normal((len(near), _MIXED, 1)) * sample[drawn.choice(len(sample), (len(near), _MIXED))]
        apart = _unit(mixed.sum(axis=1))
        far = _unit(_NEARNESS * near + np.sqrt(1 - _NEARNESS**2) * apart)
        self.queries: Rows = np.concatenate([rows, far]).astype(np.float32)
        self._scores = np.full((len(self.queries), _KEPT), -2.0, np.float32)
        self._rows = np.full((len(self.queries), _KEPT), -1, np.int64)
        self._seen = 0

    @property
    def reach(self) -> int:
        """How many rows a search has to return to be judged."""
        return _KEPT

    def look_at(self, rows: Rows) -> None:
        """Take the next rows (n, d)."""
        scores = np.concatenate([self._scores, self.queries @ rows.T], axis=1)
        numbers = np.broadcast_to(np.arange(self._seen, self._seen + len(rows)), (len(self.queries), len(rows)))
        known = np.concatenate([self._rows, numbers], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :_KEPT] if scores.shape[1] < 4 * _KEPT else _top(scores)
        self._scores = np.take_along_axis(scores, best, axis=1)
        self._rows = np.take_along_axis(known, best, axis=1)
        self._seen += len(rows)

    def recall(self, found: Ids) -> float:
        """Return the share of the exact ten best that are among the rows found (q, reach); the worse half's."""
        hits = np.empty(len(self.queries))
        for at, rows in enumerate(found):
            least = self._scores[at, _RECALL_AT - 1]
            good = self._rows[at][self._scores[at] >= least - _EQUAL]
            hits[at] = min(_RECALL_AT, np.isin(good, rows).sum()) / _RECALL_AT
        half = len(hits) // 2
        return float(min(hits[:half].mean(), hits[half:].mean()))


def _unit(rows: Rows) -> Rows:
    unit: Rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


def _top(scores: Rows) -> Ids:
    part = np.argpartition(-scores, _KEPT, axis=1)[:, :_KEPT]
    order = np.argsort(-np.take_along_axis(scores, part, axis=1), axis=1, kind="stable")
    top: Ids = np.take_along_axis(part, order, axis=1)
    return top
