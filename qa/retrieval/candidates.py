"""Two searches -> the passages that are ranked, and reading those that come to it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Encoder
from qa.index import Snapshot
from qa.passages import asks, is_question, sentence_spans
from qa.records import Passage, Scope, Term
from qa.retrieval.fusion import Scores, Vector
from qa.sentences import Scored, SentenceScorer
from qa.store import StoredPassage


@dataclass(slots=True)
class Candidates:
    """The passages that are ranked. Shapes: passage_ids, cosines, bm25 (n,), vectors (n, d), query (d,).

    Units: bm25 is 0 where no word matched.
    """

    query: Vector
    terms: tuple[Term, ...]
    passage_ids: NDArray[np.int64]
    vectors: Vector
    cosines: Scores
    bm25: Scores
    scorer: SentenceScorer
    snapshot: Snapshot
    _looked: dict[int, Looked] = field(default_factory=dict)

    def read(self, positions: NDArray[np.int64]) -> list[Looked]:
        """Return candidates by their positions; each is read once."""
        new = [at for at in positions.tolist() if at not in self._looked]
        ids = {at: int(self.passage_ids[at]) for at in new}
        stored = self.snapshot.passages(list(ids.values()))
        for at, key in ids.items():
            self._looked[at] = Looked(stored[key], self)
        return [self._looked[at] for at in positions.tolist()]


@dataclass(frozen=True)
class Looked:
    """A candidate that was read."""

    stored: StoredPassage
    among: Candidates

    @property
    def passage(self) -> Passage:
        """What was read."""
        return self.stored.passage

    @cached_property
    def words(self) -> frozenset[str]:
        """The words, stemmed, that it is found by."""
        return self.among.snapshot.words_of(f"{self.passage.context}\n{self.passage.searched}")

    @cached_property
    def sentences(self) -> tuple[Scored, ...]:
        """Its sentences with their scores."""
        return self.among.scorer.score(self.stored)

    @cached_property
    def echoes(self) -> bool:
        """Tell whether its sentence nearest to the question is itself a question."""
        text = self.passage.searched
        if not asks(text):
            return False
        spans = sentence_spans(text)
        if not spans or len(self.stored.sentences) != len(spans):
            return False
        start, end = spans[int(np.argmax(self.stored.sentences @ self.among.query))]
        return is_question(text[start:end])


@cache
def _beside() -> ThreadPoolExecutor:
    """Return the threads on which questions are encoded; starting one takes as long as some searches."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="encode")


def search(snapshot: Snapshot, encoder: Encoder, question: str, scope: Scope, reach: int) -> Candidates:
    """Return what either search finds, reach passages each; words are looked for while the question is encoded."""
    encoded = _beside().submit(encoder.encode_query, question)
    try:
        by_words = dict(snapshot.search_words(question, reach, scope))
        worded, their_vectors = snapshot.vectors(list(by_words))
        terms = snapshot.terms(question)
    finally:
        query = encoded.result()
    ids, vectors = snapshot.search_vectors(query, reach, scope)
    by_words |= snapshot.score_words(question, [key for key in ids.tolist() if key not in by_words])
    new = ~np.isin(worded, ids)
    ids, vectors = np.concatenate([ids, worded[new]]), np.concatenate([vectors, their_vectors[new]])
    bm25 = np.array([by_words.get(key, 0.0) for key in ids.tolist()], np.float32)
    scorer = SentenceScorer(snapshot, question, query)
    return Candidates(query, terms, ids, vectors, vectors @ query, bm25, scorer, snapshot)
