"""Hits -> Answer: the sentence that answers, citations that hold, and an honest no."""

from __future__ import annotations

from collections.abc import Sequence

from qa.confidence import BAR
from qa.errors import CitationError
from qa.records import Answer, Citation, Comment, Hit, IndexState, Statement
from qa.retrieval import Found
from qa.sentences import best, chosen

EMPTY_SCOPE = "empty_scope"
# How many sentences answer at most, and by how much each may be behind the best.
_STATEMENTS = 3
_BEHIND = 0.2


def compose(question: str, found: Found, index: IndexState) -> Answer:
    """Return the answer that the hits make.

    Raises: CitationError where a quote does not stand in its comment.
    """
    abstained = found.confidence < BAR
    return Answer(
        question=question,
        citations=tuple(_cite(hit, hit.passage.comment.source in index.stale_sources) for hit in found.hits),
        abstained=abstained,
        confidence=found.confidence,
        index=index,
        in_scope=found.in_scope,
        reason=EMPTY_SCOPE if found.in_scope == 0 else None,
        statements=() if abstained else _statements(found.hits),
        explanation=found.explanation,
    )


def _statements(hits: Sequence[Hit]) -> tuple[Statement, ...]:
    """Return the best sentence of each of the best hits, in their order; one that several hold is said once.

    Left out is what answers much worse than the best, and what only asks.
    """
    found = [(hit, sentence) for hit in hits if (sentence := best(hit.sentences))]
    bar = max(0.0, max((score for _, (_, _, score) in found), default=0.0) - _BEHIND)
    said: dict[str, list[int]] = {}
    texts: dict[str, str] = {}
    for hit, (start, end, score) in found:
        text = hit.passage.text[start:end].strip()
        key = " ".join(text.casefold().split())
        if score >= bar and (key in said or len(said) < _STATEMENTS):
            texts.setdefault(key, text)
            said.setdefault(key, []).append(hit.rank)
    return tuple(Statement(texts[key], tuple(ranks)) for key, ranks in said.items())


def _cite(hit: Hit, stale: bool) -> Citation:
    passage, comment = hit.passage, hit.passage.comment
    citation = Citation(
        comment=comment,
        quote=passage.text,
        start=passage.start,
        end=passage.end,
        rank=hit.rank,
        score=hit.score,
        line_start=passage.line_start,
        line_end=passage.line_end,
        highlights=chosen(hit.sentences),
        stale=stale,
        also=hit.also,
        more_in_thread=hit.more_in_thread,
        answers_to=hit.answers_to,
        reasons=hit.reasons,
    )
    check(citation, comment)
    return citation


def check(citation: Citation, comment: Comment) -> None:
    """Raise CitationError unless the quote stands in the comment at its offsets."""
    if not citation.quote or comment.text[citation.start : citation.end] != citation.quote:
        raise CitationError(f"a quote of {comment.comment_id} is not in the comment", "qa index PATH...")
