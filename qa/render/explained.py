"""Why an answer is what it is: each side's part in the order of the hits, and what confidence rests on."""

from __future__ import annotations

from typing import Any

from qa.records import Answer, Citation, Explanation, Reasons
from qa.render.safe import safe_line


def explained_plain(answer: Answer) -> str:
    """Return a line for the question's words, one for confidence, one for each hit."""
    explanation = answer.explanation
    if explanation is None:
        return "Why: nothing was searched."
    lines = ["Why:", f"  {_words(explanation)}", f"  {_found(answer, explanation)}", f"  {_sure(answer, explanation)}"]
    lines.append("  meaning is the cosine to the question moved towards the first hits; words add what BM25 is worth")
    lines += [f"  [{one.rank}] {_hit(one, one.reasons)}" for one in answer.citations if one.reasons]
    return "\n".join(lines)


def explanation_json(answer: Answer) -> dict[str, Any] | None:
    """Return the object of ``explanation``, or None where nothing was searched; hits as in ``hits``.

    Units: weight is a word's inverse document frequency, the parts of a hit add up to total.
    """
    explanation = answer.explanation
    if explanation is None:
        return None
    return {
        "terms": [{"term": one.text, "asked": one.asked, "weight": round(one.weight, 4)} for one in explanation.terms],
        "candidates": explanation.candidates,
        "in_scope": answer.in_scope,
        "rerank_ms": None if explanation.rerank_ms is None else round(explanation.rerank_ms, 1),
        "confidence": {
            "nearest": round(explanation.nearest, 4),
            "worded": None if explanation.worded is None else round(explanation.worded, 4),
            "covered": round(explanation.covered, 4),
            "level": explanation.level,
        },
        "hits": [_hit_json(one, one.reasons) for one in answer.citations if one.reasons],
    }


def _words(explanation: Explanation) -> str:
    total = sum(term.weight for term in explanation.terms) or 1.0
    by_weight = sorted(explanation.terms, key=lambda term: -term.weight)
    shares = [f"{safe_line(term.text)} {term.weight / total:.0%}" for term in by_weight]
    return f"words of the question, by rarity: {', '.join(shares) or 'none'}"


def _found(answer: Answer, explanation: Explanation) -> str:
    everything = answer.in_scope == answer.index.comments
    scope = "" if everything else f" of the {answer.in_scope:,} comments that the filters let through"
    took = explanation.rerank_ms
    read = "" if took is None else f"; a cross-encoder read the first of them in {took:,.0f} ms and decides"
    return f"either search found {explanation.candidates:,} passages{scope}{read}"


def _sure(answer: Answer, explanation: Explanation) -> str:
    worded = "" if explanation.worded is None else f", {explanation.worded:.2f} among the best by words"
    return (
        f"confidence {answer.confidence:.2f}: cosine {explanation.nearest:.2f} of the nearest{worded}; one holds "
        f"{explanation.covered:.0%} of the words; questions about anything come as near as {explanation.level:.2f}"
    )


def _hit(citation: Citation, reasons: Reasons) -> str:
    parts = [f"meaning {reasons.dense:.3f} ({_nth(reasons.dense_rank)}; cosine {citation.score:.3f})"]
    if reasons.word_rank is not None:
        terms = safe_line(" ".join(reasons.terms))
        parts.append(f"words {reasons.words:+.3f} ({_nth(reasons.word_rank)}; BM25 {reasons.bm25:.2f}: {terms})")
    else:
        parts.append("words +0.000 (none)")
    parts += [f"thread {reasons.thread:+.3f}"] if reasons.thread else []
    parts += [f"asks the same {reasons.echo:+.3f}"] if reasons.echo else []
    moved = f"; {_nth(reasons.place)} before folds and threads" if reasons.place != citation.rank else ""
    read = "" if reasons.rerank is None else f"; cross-encoder {reasons.rerank:.3f}"
    return f"{', '.join(parts)} = {_total(reasons):.3f}{read}{moved}"


def _total(reasons: Reasons) -> float:
    return reasons.dense + reasons.words + reasons.thread + reasons.echo


def _nth(rank: int) -> str:
    suffix = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{suffix}"


def _hit_json(citation: Citation, reasons: Reasons) -> dict[str, Any]:
    return {
        "rank": citation.rank,
        "place": reasons.place,
        "cosine": round(citation.score, 4),
        "bm25": round(reasons.bm25, 4),
        "dense_rank": reasons.dense_rank,
        "word_rank": reasons.word_rank,
        "terms": list(reasons.terms),
        "dense": round(reasons.dense, 4),
        "words": round(reasons.words, 4),
        "thread": round(reasons.thread, 4),
        "echo": round(reasons.echo, 4),
        "total": round(_total(reasons), 4),
        "rerank": None if reasons.rerank is None else round(reasons.rerank, 4),
    }
