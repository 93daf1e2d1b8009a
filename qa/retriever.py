"""Question -> hits: by meaning and by words together, within a scope, the best passage of each comment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.confidence import Calibration, Evidence, confidence
from qa.encoder import Encoder
from qa.fusion import FEEDBACK, Scores, Vector, lifted, moved, weighed
from qa.index import Snapshot
from qa.passages import is_question, sentence_spans
from qa.records import Filters, Hit, Mode, Passage, Scope
from qa.sentences import SentenceScorer
from qa.store import StoredPassage

# How many passages each side brings to the fusion.
_CANDIDATES = 100
# What a passage loses whose nearest sentence is itself a question: it asks the same, it does not answer.
_ECHO_COST = 0.15
_READ_AT_ONCE = 24
# How many of the nearest passages speak for an answer, by their cosine and by the words they hold.
_NEAREST, _COVERING = 3, 5


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found.

    Units: in_scope counts the comments that the filters let through; confidence is how likely it is that they answer
    the question, 0 to 1. It does not depend on how many hits were asked for.
    """

    hits: tuple[Hit, ...]
    in_scope: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """The passages that are ranked. Shapes: passage_ids, cosines, bm25 (n,), vectors (n, d), query (d,).

    Units: bm25 is 0 where no word matched, spread its standard deviation over the collection.
    """

    query: Vector
    passage_ids: NDArray[np.int64]
    vectors: Vector
    cosines: Scores
    bm25: Scores
    spread: float


def retrieve(
    snapshot: Snapshot, encoder: Encoder, question: str, filters: Filters, count: int, mode: Mode = "hybrid"
) -> Found:
    """Return the best `count` hits for a question, one for each comment, best first.

    Units: a hit's score is the cosine of question and passage, so it need not fall with rank.
    """
    snapshot.check(encoder)
    scope, in_scope = snapshot.scope(filters)
    if in_scope == 0:
        return Found((), 0, 0.0)
    found = _candidates(snapshot, encoder, question, scope, max(_CANDIDATES, 4 * count))
    reader = _Reader(snapshot, found)
    scores = _scores(found, reader, snapshot, mode)
    cost = _ECHO_COST if mode == "hybrid" else 0.0
    ranked = _ranked(reader, _order(scores, found), scores, count, cost)
    scorer = SentenceScorer(snapshot, question, found.query)
    hits = [
        Hit(looked.passage, float(found.cosines[at]), rank, float(found.bm25[at]), scorer.score(looked.stored))
        for rank, (at, looked) in enumerate(ranked.items(), start=1)
    ]
    evidence = _evidence(found, reader, snapshot, question)
    return Found(tuple(hits), in_scope, confidence(evidence, Calibration.read(snapshot)) if len(hits) else 0.0)


def _candidates(snapshot: Snapshot, encoder: Encoder, question: str, scope: Scope, reach: int) -> Candidates:
    """Return what either search finds; words are looked for while the question is encoded."""
    with ThreadPoolExecutor(1) as beside:
        encoded = beside.submit(encoder.encode_query, question)
        by_words = dict(snapshot.search_words(question, reach, scope))
        spread = snapshot.spread(question)
        query = encoded.result()
    ids, vectors = snapshot.search_vectors(query, reach, scope)
    known = set(ids.tolist())
    more_ids, more = snapshot.vectors([key for key in by_words if key not in known])
    by_words |= snapshot.score_words(question, [key for key in ids.tolist() if key not in by_words])
    ids, vectors = np.concatenate([ids, more_ids]), np.concatenate([vectors, more])
    bm25 = np.array([by_words.get(key, 0.0) for key in ids.tolist()], np.float32)
    return Candidates(query, ids, vectors, vectors @ query, bm25, spread)


def _scores(found: Candidates, reader: _Reader, snapshot: Snapshot, mode: Mode) -> Scores:
    """Return what the candidates are ordered by, shape (n,); -inf leaves one out."""
    if mode == "dense":
        return found.cosines
    if mode == "words":
        return np.where(found.bm25 > 0, found.bm25, np.float32(-np.inf))
    scores = weighed(found.cosines, found.bm25, found.spread)
    first = _order(scores, found)[:_READ_AT_ONCE]
    echoing = np.array([one.echoes for one in reader.read(first)], bool)
    first = first[np.argsort(-(scores[first] - _ECHO_COST * echoing), kind="stable")][:FEEDBACK]
    query = moved(found.query, found.vectors[first])
    scores = weighed(found.vectors @ query, found.bm25, found.spread)
    return lifted(scores, snapshot.threads(found.passage_ids))


def _evidence(found: Candidates, reader: _Reader, snapshot: Snapshot, question: str) -> Evidence:
    """Return what speaks for an answer being among the candidates."""
    nearest = _order(found.cosines, found)[:_COVERING]
    worded = _order(np.where(found.bm25 > 0, found.bm25, np.float32(-np.inf)), found)[:_NEAREST]
    unrelated = 0.0 if found.spread > 0 else None
    return Evidence(
        nearest=float(found.cosines[nearest[:_NEAREST]].mean()) if len(nearest) else 0.0,
        worded=float(found.cosines[worded].max()) if len(worded) else unrelated,
        covered=snapshot.coverage(question, [one.passage for one in reader.read(nearest)]),
    )


def _order(scores: Scores, found: Candidates) -> NDArray[np.int64]:
    """Return the positions of the candidates, best first; equal ones by passage id."""
    order: NDArray[np.int64] = np.lexsort((found.passage_ids, -scores))
    return order[np.isfinite(scores[order])]


@dataclass(frozen=True, slots=True)
class _Looked:
    """A candidate that was read. echoes: the sentence nearest to the question is itself a question."""

    stored: StoredPassage
    echoes: bool

    @property
    def passage(self) -> Passage:
        return self.stored.passage


class _Reader:
    """Reads candidates, each once."""

    def __init__(self, snapshot: Snapshot, found: Candidates) -> None:
        self._snapshot = snapshot
        self._found = found
        self._looked: dict[int, _Looked] = {}

    def read(self, positions: NDArray[np.int64]) -> list[_Looked]:
        """Return candidates by their positions."""
        new = [at for at in positions.tolist() if at not in self._looked]
        ids = {at: int(self._found.passage_ids[at]) for at in new}
        stored = self._snapshot.passages(list(ids.values()))
        for at, key in ids.items():
            self._looked[at] = _look(stored[key], self._found.query)
        return [self._looked[at] for at in positions.tolist()]


def _ranked(reader: _Reader, order: NDArray[np.int64], scores: Scores, count: int, cost: float) -> dict[int, _Looked]:
    """Return the best passage of each of the best `count` comments by its position, best first.

    Reading a candidate can only lower its score, by the cost of an echo, so that candidates are read from the top until
    no other can come in.
    """
    read: dict[int, _Looked] = {}
    final: dict[int, float] = {}
    while True:
        block = order[len(read) : len(read) + max(_READ_AT_ONCE, 2 * count)]
        for at, looked in zip(block.tolist(), reader.read(block), strict=True):
            read[at] = looked
            final[at] = float(scores[at]) - cost * looked.echoes
        first: dict[str, int] = {}
        for at in sorted(final, key=lambda at: -final[at]):  # equal ones stay as they are ordered
            first.setdefault(read[at].passage.comment_id, at)
        best = list(first.values())[:count]
        rest = order[len(read) :]
        if not len(rest) or (len(best) == count and final[best[-1]] > scores[rest[0]]):
            return {at: read[at] for at in best}


def _look(stored: StoredPassage, query: Vector) -> _Looked:
    text = stored.passage.searched
    spans = sentence_spans(text)
    if not spans or len(stored.sentences) != len(spans):
        return _Looked(stored, False)
    start, end = spans[int(np.argmax(stored.sentences @ query))]
    return _Looked(stored, is_question(text[start:end]))
