"""Hits -> who says what: the best passage of each author; what one author said, in order of time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from qa.errors import UsageError
from qa.records import Answer, Citation, Comment
from qa.reports import Timeline, Voices

Names = str | Iterable[str] | None

# How many comments are looked at.
SURVEYED = 200
# From which cosine on two passages speak of the same thing; in one thread they need not be as near.
_SAME_THING, _SAME_THREAD = 0.5, 0.3
_X_ON_Y = re.compile(r"\s*(\S.*?)\s+on\s+(\S.*)", re.IGNORECASE | re.DOTALL)
_CORRECTS = re.compile(
    r"""
    \b(?: i\ was\ (?:\w+\ )?(?:wrong|mistaken|incorrect) | i\ stand\ corrected
    | i\ (?:take|took)\ (?:it|that|this)\ back
    | i\ (?:no\ longer|now|don['’]?t\ \w*\ ?any\ ?more)\ (?:think|believe|agree|hold|say|recommend)
    | i(?:['’]ve|\ have)?\ changed\ my\ mind | i\ used\ to\ (?:think|believe|say) | i\ retract
    | my\ mistake | mea\ culpa | on\ second\ thoughts? | correction | erratum | contrary\ to\ what\ i
    | (?:as|what)\ i\ (?:said|wrote)\ \w+\ (?:is|was) | i\ misread | i\ misremembered
    | turns?\ out\ (?:that\ )?i | scratch\ that )\b
    | ^\s*(?:edit|update|upd)\b\s*\d*\s*:
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)


def gather_voices(answer: Answer, count: int) -> Voices:
    """Return the best passage of each author, at most count; where it abstains, the nearest ones."""
    near = answer.citations if answer.abstained else _near(answer)
    by_author: dict[str, list[Citation]] = {}
    for one in near:
        if one.comment.author:
            by_author.setdefault(_name(one.comment.author), []).append(one)
    said = list(by_author.values())[:count]
    return Voices(
        answer=replace(answer, citations=_numbered([some[0] for some in said]), statements=()),
        comments=tuple(map(len, said)),
        authors=len(by_author),
        found=len(near),
        nameless=len(near) - sum(map(len, by_author.values())),
        complete=len(near) < SURVEYED,
    )


def whose(question: str, author: Names, known: Callable[[str], bool]) -> tuple[Names, str]:
    """Return the author, and the topic: "NAME on TOPIC" names both where there is such an author.

    Raises: UsageError where no author is named.
    """
    told = _X_ON_Y.fullmatch(question)
    names = {_name(one) for one in ([author] if isinstance(author, str) else author or ())}
    if told and (_name(told[1]) in names if names else known(told[1])):
        return author or told[1], told[2]
    if author:
        return author, question
    raise UsageError("whose timeline? no author is named that has comments here", 'qa timeline "TOPIC" --author NAME')


def lay_out(answer: Answer, count: int, vector_at: Callable[[Comment, int], NDArray[np.float32]]) -> Timeline:
    """Return the most relevant citations, at most count, in order of time, with what each seems to correct."""
    near = answer.citations if answer.abstained else _near(answer)
    cited = _numbered(sorted(near[:count], key=_moment))
    vectors = [vector_at(one.comment, one.start) for one in cited]
    corrects = tuple(_corrected(at, cited, vectors) for at in range(len(cited)))
    ordered = replace(answer, citations=cited, statements=())
    return Timeline(ordered, corrects, len(near) - len(cited))


def _near(answer: Answer) -> tuple[Citation, ...]:
    """Return the citations that speak of what is asked.

    They come at least half way from what questions about anything find to what is nearest to this one.
    """
    level = answer.explanation.level if answer.explanation else 0.0
    nearest = max((one.score for one in answer.citations), default=level)
    return tuple(one for one in answer.citations if one.score >= (level + max(level, nearest)) / 2)


def _corrected(at: int, cited: Sequence[Citation], vectors: Sequence[NDArray[np.float32]]) -> int | None:
    """Return the rank of the earlier citation, the nearest of those about the same thing, that a later one corrects."""
    later = cited[at]
    if later.comment.created_at is None or not _CORRECTS.search(later.comment.searched):
        return None
    best: tuple[float, int] | None = None
    for earlier, vector in zip(cited[:at], vectors[:at], strict=True):
        alike = float(vector @ vectors[at])
        thread = later.comment.thread_id is not None and earlier.comment.thread_id == later.comment.thread_id
        if alike >= (_SAME_THREAD if thread else _SAME_THING) and (best is None or alike > best[0]):
            best = (alike, earlier.rank)
    return best[1] if best else None


def _numbered(citations: Sequence[Citation]) -> tuple[Citation, ...]:
    return tuple(replace(one, rank=rank) for rank, one in enumerate(citations, start=1))


def _moment(citation: Citation) -> tuple[bool, datetime, int]:
    moment = citation.comment.created_at
    return moment is None, moment or datetime.min.replace(tzinfo=UTC), citation.rank


def _name(author: str) -> str:
    return author.strip().lstrip("@").casefold()
