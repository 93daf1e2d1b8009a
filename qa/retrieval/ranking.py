"""Candidates -> ranked comments: what each is weighed by, and the walk from the best one down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from qa.records import Mode, Passage
from qa.retrieval.candidates import Candidates, Looked
from qa.retrieval.fusion import FEEDBACK, Scores, deviation, lift, moved, worth

# What a passage loses whose nearest sentence is itself a question: it asks the same, it does not answer.
_ECHO_COST = 0.1
_READ_AT_ONCE = 24


@dataclass(frozen=True, slots=True)
class Weights:
    """What candidates are ordered by: the sum of three parts, each of shape (n,); -inf leaves one out.

    Units: dense is the cosine to the question, words what BM25 is worth beside it, thread what the thread adds.
    """

    dense: Scores
    words: Scores
    thread: Scores

    @property
    def total(self) -> Scores:
        """The sum, shape (n,)."""
        return np.asarray(self.dense + self.words + self.thread, np.float32)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best passage of a comment: where it stands, and its position among the candidates.

    Units: place counts from 1; cost is what it lost for asking the same; rerank is the score of a second stage.
    """

    place: int
    position: int
    looked: Looked
    cost: float
    rerank: float | None = None

    @property
    def passage(self) -> Passage:
        """What was read."""
        return self.looked.passage


def weigh(found: Candidates, mode: Mode) -> Weights:
    """Weigh the candidates by one side alone, or by both, the question moved towards what was found first."""
    nothing = np.zeros_like(found.cosines)
    if mode == "dense":
        return Weights(found.cosines, nothing, nothing)
    if mode == "words":
        return Weights(nothing, matched(found), nothing)
    words = worth(found.bm25, deviation((term.asked * term.weight, term.share) for term in found.terms))
    scores = found.cosines + words
    first = order(scores, found)[:_READ_AT_ONCE]
    costs = np.array([_cost(one, mode) for one in found.read(first)], np.float32)
    first = first[np.argsort(costs - scores[first], kind="stable")][:FEEDBACK]
    dense = found.vectors @ moved(found.query, found.vectors[first])
    return Weights(dense, words, lift(dense + words, found.snapshot.threads(found.passage_ids)))


def walk(found: Candidates, weights: Weights, mode: Mode, count: int) -> Iterator[Ranked]:
    """Yield the best passage of each comment, best first; about as many are read as the count that is wanted.

    Reading a candidate can only lower its score, so that one which was read and is above the next that was not is in
    its place.
    """
    scores = weights.total
    rest = order(scores, found)
    read: list[Looked] = []
    waiting: list[tuple[float, int]] = []
    seen: set[str] = set()
    while waiting or len(read) < len(rest):
        while waiting and (len(read) == len(rest) or -waiting[0][0] > scores[rest[len(read)]]):
            at = heappop(waiting)[1]
            looked = read[at]
            if looked.passage.comment_id not in seen:
                seen.add(looked.passage.comment_id)
                yield Ranked(len(seen), int(rest[at]), looked, _cost(looked, mode))
        for looked in found.read(rest[len(read) : len(read) + max(_READ_AT_ONCE, 2 * count)]):
            heappush(waiting, (_cost(looked, mode) - float(scores[rest[len(read)]]), len(read)))
            read.append(looked)


def _cost(looked: Looked, mode: Mode) -> float:
    return _ECHO_COST if mode == "hybrid" and looked.echoes else 0.0


def matched(found: Candidates) -> Scores:
    """Return the BM25 of the candidates that hold a word of the question, shape (n,), and -inf for the others."""
    return np.where(found.bm25 > 0, found.bm25, np.float32(-np.inf))


def order(scores: Scores, found: Candidates) -> NDArray[np.int64]:
    """Return the positions of the candidates, best first; equal ones by passage id."""
    positions: NDArray[np.int64] = np.lexsort((found.passage_ids, -scores))
    return positions[np.isfinite(scores[positions])]


def ranks(scores: Scores, found: Candidates) -> dict[int, int]:
    """Return the rank of each position, from 1."""
    return {at: rank for rank, at in enumerate(order(scores, found).tolist(), start=1)}
