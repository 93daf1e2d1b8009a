"""Question -> hits: by meaning and by words together, within a scope, the best passage of each comment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Encoder
from qa.index import Snapshot
from qa.passages import sentence_spans
from qa.records import Filters, Hit
from qa.store import StoredPassage

# How many passages each side brings to the fusion.
_CANDIDATES = 100
# How much meaning weighs against words. See `fuse`.
_DENSE_WEIGHT = 0.6

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found. in_scope counts the comments that the filters let through."""

    hits: tuple[Hit, ...]
    in_scope: int


def retrieve(snapshot: Snapshot, encoder: Encoder, question: str, filters: Filters, count: int) -> Found:
    """Return the best `count` hits for a question, one for each comment, best first.

    Units: a hit's score is the cosine of question and passage, so it need not fall with rank.
    """
    snapshot.check(encoder)
    scope, in_scope = snapshot.scope(filters)
    if in_scope == 0:
        return Found((), 0)
    query = encoder.encode_query(question)
    reach = max(_CANDIDATES, 4 * count)
    by_vectors = snapshot.search_vectors(query, reach, scope)
    by_words = dict(snapshot.search_words(question, reach, scope))
    passages = snapshot.passages(list({key for key, _ in by_vectors} | by_words.keys()))
    cosines = {key: float(stored.vector @ query) for key, stored in passages.items()}
    ranked = fuse(cosines, by_words)
    best = _best_of_each_comment(ranked, passages)[:count]
    hits = [
        _hit(passages[key], query, cosines[key], by_words.get(key, 0.0), rank) for rank, key in enumerate(best, start=1)
    ]
    return Found(tuple(hits), in_scope)


def fuse(cosines: dict[int, float], words: dict[int, float]) -> list[int]:
    """Return the candidates' keys, best first, by a convex sum of both scores, each scaled to [0, 1].

    Cosines are scaled between the candidates' lowest and highest, BM25 between 0 and its highest; a candidate that
    holds none of the question's words has 0. Equal sums are ordered by key.
    Source: Bruch, Gai and Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, 2023.
    """
    if not cosines:
        return []
    low, high = min(cosines.values()), max(cosines.values())
    top = max(words.values(), default=0.0)

    def fused(key: int) -> float:
        dense = (cosines[key] - low) / (high - low) if high > low else 1.0
        lexical = words.get(key, 0.0) / top if top > 0 else 0.0
        return _DENSE_WEIGHT * dense + (1 - _DENSE_WEIGHT) * lexical

    return sorted(cosines, key=lambda key: (-fused(key), key))


def _best_of_each_comment(ranked: Sequence[int], passages: dict[int, StoredPassage]) -> list[int]:
    first: dict[str, int] = {}
    for key in ranked:
        first.setdefault(passages[key].passage.comment_id, key)
    return list(first.values())


def _hit(stored: StoredPassage, query: Vector, score: float, word_score: float, rank: int) -> Hit:
    spans = sentence_spans(stored.passage.text)
    scores = stored.sentences @ query if len(stored.sentences) == len(spans) else np.zeros(len(spans))
    sentences = tuple((start, end, float(one)) for (start, end), one in zip(spans, scores, strict=True))
    return Hit(stored.passage, score, rank, word_score, sentences)
