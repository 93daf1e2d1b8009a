"""Question -> hits: the best passage of each comment within a scope, best first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from qa.confidence import Calibration, Evidence, confidence, covered
from qa.encoder import Encoder, Reranker
from qa.index import Snapshot
from qa.records import EVERYTHING, Explanation, Filters, Hit, Mode, Passage, Reasons
from qa.retrieval.candidates import Candidates, search
from qa.retrieval.ranking import Ranked, Weights, matched, order, ranks, walk, weigh
from qa.retrieval.selection import Place, select

# How many passages each side brings to the fusion.
_CANDIDATES = 100
# How many of the nearest passages speak for an answer, by their cosine and by the words they hold.
_NEAREST, _COVERING = 3, 5
# How many hits a second stage reads at least.
_RERANKED = 30


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found.

    Units: in_scope counts the comments that the filters let through; confidence is how likely it is that they answer
    the question, 0 to 1. It does not depend on how many hits were asked for.
    """

    hits: tuple[Hit, ...]
    in_scope: int
    confidence: float
    explanation: Explanation | None = None


def retrieve(
    snapshot: Snapshot,
    encoder: Encoder,
    question: str,
    filters: Filters,
    count: int,
    mode: Mode = "hybrid",
    *,
    every: bool = False,
    reranker: Reranker | None = None,
) -> Found:
    """Return the best `count` hits for a question, one for each comment, best first.

    What says the same folds into one hit and a thread takes at most two, unless every; a scope of one thread, or of
    threads that the filters name, is not limited. Units: a hit's score is the cosine of question and passage, so it
    need not fall with rank. A reranker puts the first 30, or as many as are wanted, in its own order.
    """
    snapshot.check(encoder)
    scope, in_scope = snapshot.scope(filters)
    if in_scope == 0:
        return Found((), 0, 0.0)
    found = search(snapshot, encoder, question, scope, max(_CANDIDATES, 4 * count))
    weights = weigh(found, mode)
    ranked = walk(found, weights, mode, count)
    rerank_ms = None
    if reranker:
        ranked, rerank_ms = _reranked(ranked, question, reranker, max(_RERANKED, count))
    if every:
        places = [Place(one) for one in islice(ranked, count)]
    else:
        places = select(ranked, count, limited=not filters.threads and snapshot.several_threads)
    hits = _hits(places, found, weights)
    evidence, calibration = _evidence(found), Calibration.read(snapshot)
    return Found(
        hits,
        in_scope,
        confidence(evidence, calibration) if hits else 0.0,
        Explanation(
            terms=found.terms,
            candidates=len(found.passage_ids),
            nearest=evidence.nearest,
            worded=evidence.worded,
            covered=evidence.covered,
            level=calibration.off_topic,
            rerank_ms=rerank_ms,
        ),
    )


def rank(snapshot: Snapshot, encoder: Encoder, question: str, count: int, mode: Mode = "hybrid") -> list[Passage]:
    """Return the best passage of each of the best `count` comments of all, best first, and nothing about them."""
    snapshot.check(encoder)
    if snapshot.comment_count == 0:
        return []
    found = search(snapshot, encoder, question, EVERYTHING, max(_CANDIDATES, 4 * count))
    return [one.passage for one in islice(walk(found, weigh(found, mode), mode, count), count)]


def _hits(places: Sequence[Place[Ranked]], found: Candidates, weights: Weights) -> tuple[Hit, ...]:
    by_meaning, by_words = ranks(found.cosines, found), ranks(matched(found), found)
    hits = []
    for rank, place in enumerate(places, start=1):
        one, at = place.best, place.best.position
        reasons = Reasons(
            dense=float(weights.dense[at]),
            words=float(weights.words[at]),
            thread=float(weights.thread[at]),
            echo=-one.cost,
            bm25=float(found.bm25[at]),
            dense_rank=by_meaning[at],
            word_rank=by_words.get(at),
            place=one.place,
            terms=tuple(term.text for term in found.terms if term.text in one.looked.words),
            rerank=one.rerank,
        )
        hit = Hit(
            passage=one.passage,
            score=float(found.cosines[at]),
            rank=rank,
            sentences=one.looked.sentences,
            also=tuple(place.also),
            more_in_thread=place.more,
            answers_to=found.snapshot.parent(one.passage.comment),
            reasons=reasons,
        )
        hits.append(hit)
    return tuple(hits)


def _reranked(
    ranked: Iterator[Ranked], question: str, reranker: Reranker, depth: int
) -> tuple[Iterator[Ranked], float]:
    """Return the ranked, the first of them in the order of a second stage, and how long it took in ms."""
    started = time.perf_counter()
    first = list(islice(ranked, depth))
    texts = [f"{one.passage.context}\n{one.passage.searched}".strip() for one in first]
    scores = reranker.scores(question, texts).tolist() if first else []
    in_order = sorted(zip(scores, first, strict=True), key=lambda one: -one[0])
    decided = [replace(one, place=place, rerank=score) for place, (score, one) in enumerate(in_order, start=1)]
    return chain(decided, ranked), (time.perf_counter() - started) * 1000


def _evidence(found: Candidates) -> Evidence:
    """Return what speaks for an answer being among the candidates."""
    nearest = order(found.cosines, found)[:_COVERING]
    worded = order(matched(found), found)[:_NEAREST]
    unrelated = 0.0 if found.terms else None
    return Evidence(
        nearest=float(found.cosines[nearest[:_NEAREST]].mean()) if len(nearest) else 0.0,
        worded=float(found.cosines[worded].max()) if len(worded) else unrelated,
        covered=covered(found.terms, [one.words for one in found.read(nearest)]),
    )
