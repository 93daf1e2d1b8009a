"""Question -> hits: by meaning and by words together, within a scope, the best passage of each comment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Encoder
from qa.index import Snapshot
from qa.passages import is_question, sentence_spans
from qa.records import Filters, Hit
from qa.store import StoredPassage

# How many passages each side brings to the fusion.
_CANDIDATES = 100
# How much meaning weighs against words; nDCG@10 is flat around it on four collections. See `fuse`.
_DENSE_WEIGHT = 0.6
# What a passage loses whose nearest sentence is itself a question: it asks the same, it does not answer. It moves
# nDCG@10 on forum comments (SemEval 2016 task 3 C) from 0.214 to 0.222, on answers alone (StackFAQ) from 0.910 to
# 0.909.
_ECHO_COST = 0.15

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found.

    Units: in_scope counts the comments that the filters let through; nearest is the highest cosine of any candidate, so
    that it does not depend on how many hits were asked for.
    """

    hits: tuple[Hit, ...]
    in_scope: int
    nearest: float


def retrieve(snapshot: Snapshot, encoder: Encoder, question: str, filters: Filters, count: int) -> Found:
    """Return the best `count` hits for a question, one for each comment, best first.

    Units: a hit's score is the cosine of question and passage, so it need not fall with rank.
    """
    snapshot.check(encoder)
    scope, in_scope = snapshot.scope(filters)
    if in_scope == 0:
        return Found((), 0, -1.0)
    query = encoder.encode_query(question)
    reach = max(_CANDIDATES, 4 * count)
    by_vectors = snapshot.search_vectors(query, reach, scope)
    by_words = dict(snapshot.search_words(question, reach, scope))
    passages = snapshot.passages(list({key for key, _ in by_vectors} | by_words.keys()))
    cosines = {key: float(stored.vector @ query) for key, stored in passages.items()}
    sentences = {key: _scored_sentences(stored, query) for key, stored in passages.items()}
    fused = fuse(cosines, by_words)
    for key in fused:
        fused[key] -= _ECHO_COST if _echoes(passages[key], sentences[key]) else 0.0
    ranked = sorted(fused, key=lambda key: (-fused[key], key))
    best = _best_of_each_comment(ranked, passages)[:count]
    hits = [
        Hit(passages[key].passage, cosines[key], rank, by_words.get(key, 0.0), sentences[key])
        for rank, key in enumerate(best, start=1)
    ]
    return Found(tuple(hits), in_scope, max(cosines.values(), default=-1.0))


def fuse(cosines: dict[int, float], words: dict[int, float]) -> dict[int, float]:
    """Return each candidate's convex sum of both scores, each scaled to [0, 1].

    Cosines are scaled between the candidates' lowest and highest, BM25 between 0 and its highest; a candidate that
    holds none of the question's words has 0.
    Source: Bruch, Gai and Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, 2023.
    """
    if not cosines:
        return {}
    low, high = min(cosines.values()), max(cosines.values())
    top = max(words.values(), default=0.0)

    def fused(key: int) -> float:
        dense = (cosines[key] - low) / (high - low) if high > low else 1.0
        lexical = words.get(key, 0.0) / top if top > 0 else 0.0
        return _DENSE_WEIGHT * dense + (1 - _DENSE_WEIGHT) * lexical

    return {key: fused(key) for key in cosines}


def _best_of_each_comment(ranked: Sequence[int], passages: dict[int, StoredPassage]) -> list[int]:
    first: dict[str, int] = {}
    for key in ranked:
        first.setdefault(passages[key].passage.comment_id, key)
    return list(first.values())


def _scored_sentences(stored: StoredPassage, query: Vector) -> tuple[tuple[int, int, float], ...]:
    spans = sentence_spans(stored.passage.text)
    scores = stored.sentences @ query if len(stored.sentences) == len(spans) else np.zeros(len(spans))
    return tuple((start, end, float(score)) for (start, end), score in zip(spans, scores, strict=True))


def _echoes(stored: StoredPassage, sentences: Sequence[tuple[int, int, float]]) -> bool:
    if not sentences:
        return False
    start, end, _ = max(sentences, key=lambda one: one[2])
    return is_question(stored.passage.text[start:end])
