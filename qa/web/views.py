"""Answers and threads -> what the templates show. Texts are raw here: the templates make them harmless."""

from __future__ import annotations

from dataclasses import dataclass

from qa.browsing import Conversation
from qa.records import Answer, Citation, Comment
from qa.render import author, day, notes, place, segments, title, verdict_line
from qa.web.templates import comment_address

Pieces = list[tuple[str, bool]]
# How many of those that say the same are named.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Passage:
    """A cited passage as the page shows it. before and after: the comment goes on there.

    also: who says the same, as far as they are named, and the address of where.
    """

    rank: int
    citation: Citation
    comment: Comment
    author: str | None
    day: str | None
    title: str | None
    place: str
    pieces: Pieces
    before: bool
    after: bool
    notes: list[str]
    also: list[tuple[str, str]]
    address: str


@dataclass(frozen=True, slots=True)
class Said:
    """A comment of a thread as the page shows it. Units: depth counts the comments it answers, one after another."""

    comment: Comment
    author: str | None
    place: str
    pieces: Pieces
    depth: int
    cited: bool
    parent: Comment | None
    address: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as the page shows it."""

    answer: Answer
    verdict: str | None
    passages: list[Passage]


def shown_answer(answer: Answer) -> Shown:
    """Return the answer, sentences first."""
    return Shown(answer, verdict_line(answer), [_passage(one) for one in answer.citations])


def _passage(citation: Citation) -> Passage:
    comment = citation.comment
    lit = citation.highlights
    start, end = (citation.start + lit[0][0], citation.start + lit[-1][1]) if lit else (citation.start, citation.end)
    return Passage(
        rank=citation.rank,
        citation=citation,
        comment=comment,
        author=author(comment),
        day=day(comment.created_at),
        title=title(comment),
        place=place(citation),
        pieces=segments(citation.quote, lit),
        before=bool(comment.text[: citation.start].strip()),
        after=bool(comment.text[citation.end :].strip()),
        notes=notes(citation),
        also=[(author(one) or "nobody named", comment_address(one.comment_id)) for one in citation.also[:_NAMED]],
        address=comment_address(comment.comment_id, start, end),
    )


def shown_thread(found: Conversation, start: int, end: int) -> list[Said]:
    """Return a thread, each reply below what it answers; text[start:end] of the comment in view is marked."""
    here = {one.comment_id: one for one in found.comments}
    return [
        Said(
            comment=one,
            author=author(one),
            place=place(one),
            pieces=segments(one.text, [(start, end)] if one is cited else []),
            depth=depth,
            cited=one is cited,
            parent=here.get(one.parent_id or ""),
            address=comment_address(one.comment_id),
        )
        for cited in [here[found.comment.comment_id]]
        for one, depth in _conversed(found.comments)
    ]


def _conversed(comments: tuple[Comment, ...]) -> list[tuple[Comment, int]]:
    """Return comments as a conversation reads, each with how deep it stands in it; siblings keep their order."""
    here = {one.comment_id for one in comments}
    replies: dict[str | None, list[Comment]] = {}
    for one in comments:
        replies.setdefault(one.parent_id if one.parent_id in here else None, []).append(one)
    ordered: list[tuple[Comment, int]] = []
    waiting = [(one, 0) for one in reversed(replies.pop(None, []))]
    while waiting:
        one, depth = waiting.pop()
        ordered.append((one, depth))
        waiting += [(reply, depth + 1) for reply in reversed(replies.pop(one.comment_id, []))]
    return ordered + [(one, 0) for some in replies.values() for one in some]  # those that answer each other in a ring
