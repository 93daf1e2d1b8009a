"""Hits -> Answer: the sentence that answers, citations that hold, and an honest no."""

from __future__ import annotations

from qa.confidence import BAR
from qa.errors import CitationError
from qa.records import Answer, Citation, Comment, Hit, IndexState
from qa.retriever import Found
from qa.sentences import chosen

EMPTY_SCOPE = "empty_scope"


def compose(question: str, found: Found, index: IndexState) -> Answer:
    """Return the answer that the hits make.

    Raises: CitationError where a quote does not stand in its comment.
    """
    return Answer(
        question=question,
        citations=tuple(_cite(hit, hit.passage.comment.source in index.stale_sources) for hit in found.hits),
        abstained=found.confidence < BAR,
        confidence=found.confidence,
        index=index,
        in_scope=found.in_scope,
        reason=EMPTY_SCOPE if found.in_scope == 0 else None,
    )


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
    )
    check(citation, comment)
    return citation


def check(citation: Citation, comment: Comment) -> None:
    """Raise CitationError unless the quote stands in the comment at its offsets."""
    if not citation.quote or comment.text[citation.start : citation.end] != citation.quote:
        raise CitationError(f"a quote of {comment.comment_id} is not in the comment", "qa index PATH...")
