"""Answers and comments -> the objects that ``--json`` prints."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from qa.records import Answer, Citation, Comment
from qa.render.safe import UNSAFE

_PAIR = re.compile(r"\[\n +(\d+),\n +(\d+)\n +\]")  # a string of JSON holds no raw newline, so none matches


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return the object of ``qa ask --json``; texts are raw, unknown values are None.

    Units: score and confidence to 4 decimals, took_ms to 1; highlights are [start, end) offsets within text,
    start and end are offsets within the comment.
    """
    shown: dict[str, Any] = {
        "question": answer.question,
        "abstained": answer.abstained,
        "confidence": round(answer.confidence, 4),
        "answer": [{"text": one.text, "ranks": list(one.ranks)} for one in answer.statements],
        "hits": [_hit(citation) for citation in answer.citations],
        "index": {
            "path": answer.index.path,
            "comments": answer.index.comments,
            "updated_at": moment_json(answer.index.updated_at),
            "stale_sources": list(answer.index.stale_sources),
        },
        "took_ms": round(answer.took_ms, 1),
    }
    if answer.reason == "empty_scope":
        shown["reason"] = answer.reason
    return shown


def comment_json(
    comment: Comment,
    parents: Sequence[Comment] = (),
    replies: Sequence[Comment] = (),
    neighbours: Sequence[Comment] = (),
) -> dict[str, Any]:
    """Return the object of ``qa show --json``: the comment, and around it lists of comments of the same shape."""
    return {
        **record_json(comment),
        "parents": [record_json(other) for other in parents],
        "replies": [record_json(other) for other in replies],
        "neighbours": [record_json(other) for other in neighbours],
    }


def dump_json(value: object, indent: int | None = 2) -> str:
    r"""Return valid JSON that is safe to print: what safe_text would neutralise is escaped, the rest is readable.

    A pair of offsets stays on one line. indent=None puts the whole value on one.

    >>> print(dump_json("é\u202e\x1b"))
    "é\u202e\u001b"
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    return UNSAFE.sub(_escaped, _PAIR.sub(r"[\1, \2]", text))


def _hit(citation: Citation) -> dict[str, Any]:
    comment = citation.comment
    return {
        "rank": citation.rank,
        "score": round(citation.score, 4),
        "comment_id": comment.comment_id,
        "source": comment.source,
        "line_start": citation.line_start,
        "line_end": citation.line_end,
        "author": comment.author,
        "created_at": moment_json(comment.created_at),
        "url": comment.url,
        "thread_title": comment.thread_title,
        "text": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "highlights": [[start, end] for start, end in citation.highlights],
        "truncated": comment.truncated,
        "stale": citation.stale,
        "record": comment.record,
        "field": comment.field,
        **_more(comment),
        "said": 1 + len(citation.also),
        "also": [other.comment_id for other in citation.also],
        "more_in_thread": citation.more_in_thread,
        "answers_to": None if citation.answers_to is None else record_json(citation.answers_to),
    }


def record_json(comment: Comment) -> dict[str, Any]:
    """Return a comment without its surroundings."""
    return {
        "comment_id": comment.comment_id,
        "source": comment.source,
        "line_start": comment.line_start,
        "line_end": comment.line_end,
        "author": comment.author,
        "created_at": moment_json(comment.created_at),
        "url": comment.url,
        "thread_id": comment.thread_id,
        "thread_title": comment.thread_title,
        "parent_id": comment.parent_id,
        "text": comment.text,
        "truncated": comment.truncated,
        "record": comment.record,
        "field": comment.field,
        **_more(comment),
    }


def _more(comment: Comment) -> dict[str, Any]:
    return {
        "edited_at": moment_json(comment.edited_at),
        "votes": comment.votes,
        "asides": [[start, end] for start, end in comment.asides],
    }


def moment_json(moment: datetime | None) -> str | None:
    """Return a moment in ISO 8601, UTC, with Z."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1]
