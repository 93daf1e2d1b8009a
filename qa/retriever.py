"""Question -> hits: by meaning and by words together, within a scope, the best passage of each comment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Encoder
from qa.index import Snapshot
from qa.passages import is_question, sentence_spans
from qa.records import Filters, Hit, Mode, Passage
from qa.store import StoredPassage

# How many passages each side brings to the fusion.
_CANDIDATES = 100
# How much meaning weighs against words; nDCG@10 is flat around it on four collections. See `fuse`.
_DENSE_WEIGHT = 0.6
# What a passage loses whose nearest sentence is itself a question: it asks the same, it does not answer. It moves
# nDCG@10 on forum comments (SemEval 2016 task 3 C) from 0.214 to 0.222, on answers alone (StackFAQ) from 0.910 to
# 0.909.
_ECHO_COST = 0.15
_READ_AT_ONCE = 24

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


def retrieve(
    snapshot: Snapshot, encoder: Encoder, question: str, filters: Filters, count: int, mode: Mode = "hybrid"
) -> Found:
    """Return the best `count` hits for a question, one for each comment, best first.

    mode "dense" ranks by cosine alone, "words" by BM25 alone, each as it is.
    Units: a hit's score is the cosine of question and passage, so it need not fall with rank.
    """
    snapshot.check(encoder)
    scope, in_scope = snapshot.scope(filters)
    if in_scope == 0:
        return Found((), 0, -1.0)
    reach = max(_CANDIDATES, 4 * count)
    with ThreadPoolExecutor(1) as beside:
        encoded = beside.submit(encoder.encode_query, question)
        by_words = {} if mode == "dense" else dict(snapshot.search_words(question, reach, scope))
        query = encoded.result()
    cosines = {} if mode == "words" else dict(snapshot.search_vectors(query, reach, scope))
    cosines |= snapshot.cosines(query, [key for key in by_words if key not in cosines])
    fused = fuse(cosines, by_words) if mode == "hybrid" else by_words if mode == "words" else cosines
    ranked = _ranked(snapshot, query, fused, count, _ECHO_COST if mode == "hybrid" else 0.0)
    hits = [
        Hit(looked.passage, cosines[key], rank, by_words.get(key, 0.0), looked.sentences)
        for rank, (key, looked) in enumerate(ranked.items(), start=1)
    ]
    return Found(tuple(hits), in_scope, max(cosines.values(), default=-1.0))


@dataclass(frozen=True, slots=True)
class _Looked:
    """A candidate that was read. sentences are spans of its text with their cosine to the question."""

    passage: Passage
    sentences: tuple[tuple[int, int, float], ...]


def _ranked(
    snapshot: Snapshot, query: Vector, fused: dict[int, float], count: int, echo_cost: float
) -> dict[int, _Looked]:
    """Return the best passage of each of the best `count` comments, best first.

    Reading a passage can only lower its score, so candidates are read from the top until no other can come in.
    """
    order = sorted(fused, key=lambda key: (-fused[key], key))
    looked: dict[int, _Looked] = {}
    scores: dict[int, float] = {}
    while True:
        block = order[len(looked) : len(looked) + max(_READ_AT_ONCE, 2 * count)]
        stored = snapshot.passages(block)
        for key in block:
            looked[key] = _Looked(stored[key].passage, _scored_sentences(stored[key], query))
            scores[key] = fused[key] - (echo_cost if _echoes(looked[key]) else 0.0)
        first: dict[str, int] = {}
        for key in sorted(scores, key=lambda key: (-scores[key], key)):
            first.setdefault(looked[key].passage.comment_id, key)
        best = list(first.values())[:count]
        rest = order[len(looked) :]
        if not rest or (len(best) == count and scores[best[-1]] > fused[rest[0]]):
            return {key: looked[key] for key in best}


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


def _scored_sentences(stored: StoredPassage, query: Vector) -> tuple[tuple[int, int, float], ...]:
    spans = sentence_spans(stored.passage.searched)
    scores = stored.sentences @ query if len(stored.sentences) == len(spans) else np.zeros(len(spans))
    return tuple((start, end, float(score)) for (start, end), score in zip(spans, scores, strict=True))


def _echoes(looked: _Looked) -> bool:
    if not looked.sentences:
        return False
    start, end, _ = max(looked.sentences, key=lambda one: one[2])
    return is_question(looked.passage.text[start:end])
