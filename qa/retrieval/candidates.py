"""Two searches -> the passages that are ranked, and reading those that come to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Encoder
from qa.index import Snapshot
from qa.passages import is_question, sentence_spans
from qa.records import Passage, Scope, Term
from qa.retrieval.fusion import Scores, Vector
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
    snapshot: Snapshot
    _looked: dict[int, Looked] = field(default_factory=dict)

    def read(self, positions: NDArray[np.int64]) -> list[Looked]:
        """Return candidates by their positions; each is read once."""
        new = [at for at in positions.tolist() if at not in self._looked]
        ids = {at: int(self.passage_ids[at]) for at in new}
        stored = self.snapshot.passages(list(ids.values()))
        for at, key in ids.items():
            self._looked[at] = self._look(stored[key])
        return [self._looked[at] for at in positions.tolist()]

    def _look(self, stored: StoredPassage) -> Looked:
        spans = sentence_spans(stored.passage.searched)
        scores = stored.sentences @ self.query if len(stored.sentences) == len(spans) else np.zeros(len(spans))
        sentences = tuple((start, end, float(score)) for (start, end), score in zip(spans, scores, strict=True))
        return Looked(stored.passage, sentences, self.snapshot)


@dataclass(frozen=True)
class Looked:
    """A candidate that was read. sentences are spans of its text with their cosine to the question."""

    passage: Passage
    sentences: tuple[tuple[int, int, float], ...]
    snapshot: Snapshot

    @cached_property
    def words(self) -> frozenset[str]:
        """The words, stemmed, that it is found by."""
        return self.snapshot.words_of(self.passage)

    @property
    def echoes(self) -> bool:
        """Tell whether its sentence nearest to the question is itself a question."""
        if not self.sentences:
            return False
        start, end, _ = max(self.sentences, key=lambda one: one[2])
        return is_question(self.passage.searched[start:end])


def search(snapshot: Snapshot, encoder: Encoder, question: str, scope: Scope, reach: int) -> Candidates:
    """Return what either search finds, reach passages each; words are looked for while the question is encoded."""
    with ThreadPoolExecutor(1) as beside:
        encoded = beside.submit(encoder.encode_query, question)
        by_words = dict(snapshot.search_words(question, reach, scope))
        terms = snapshot.terms(question)
        query = encoded.result()
    ids, vectors = snapshot.search_vectors(query, reach, scope)
    known = set(ids.tolist())
    more_ids, more = snapshot.vectors([key for key in by_words if key not in known])
    by_words |= snapshot.score_words(question, [key for key in ids.tolist() if key not in by_words])
    ids, vectors = np.concatenate([ids, more_ids]), np.concatenate([vectors, more])
    bm25 = np.array([by_words.get(key, 0.0) for key in ids.tolist()], np.float32)
    return Candidates(query, terms, ids, vectors, vectors @ query, bm25, snapshot)
