"""Questions from the collection itself: comments that ask, answered by their replies. Silver: nobody judged them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from qa.errors import UsageError
from qa.evaluation.judged import Judged
from qa.index import Snapshot
from qa.passages import is_question, sentence_spans
from qa.records import Comment, Filters

_MOST = 300
# A longer comment says more than it asks: of it, only the sentences that ask are the question.
_LONG_WORDS = 60
_FEWEST_WORDS = 4
# "Thanks, that worked!" answers nothing.
_REPLY_WORDS = 6


def mine(snapshot: Snapshot) -> list[Judged]:
    """Return at most 300 questions that comments ask and others reply to, drawn evenly, the same at every call.

    A reply names the comment as its parent; in a thread, comments that name none reply to the one that opens it.
    Raises: UsageError where no question has a reply.
    """
    comments = snapshot.comments(Filters())
    replies = _replies(comments)
    found = [one for comment in comments if (one := _judged(comment, replies.get(comment.comment_id, ())))]
    if not found:
        fact = f"no comment of {snapshot.folder} asks something that another one replies to"
        raise UsageError(fact, "qa eval questions.jsonl")
    drawn = random.Random(0).sample(range(len(found)), min(_MOST, len(found)))
    return [found[at] for at in sorted(drawn)]


def _replies(comments: Sequence[Comment]) -> dict[str, list[Comment]]:
    known = {comment.comment_id for comment in comments}
    opening = _openings(comments)
    replies: dict[str, list[Comment]] = {}
    for comment in comments:
        to = comment.parent_id if comment.parent_id in known else opening.get(comment.thread_id or "")
        if to is not None and to != comment.comment_id:
            replies.setdefault(to, []).append(comment)
    return replies


def _openings(comments: Sequence[Comment]) -> Mapping[str, str]:
    """Return the first comment of each thread, by date, and by place where dates are equal or missing."""
    dated = sorted(comments, key=lambda one: one.created_at.timestamp() if one.created_at else 0.0)
    opening: dict[str, str] = {}
    for comment in dated:
        if comment.thread_id is not None:
            opening.setdefault(comment.thread_id, comment.comment_id)
    return opening


def _judged(comment: Comment, replies: Sequence[Comment]) -> Judged | None:
    text = _question(comment.searched)
    answers = [one for one in replies if _answers(one, comment)] if text else []
    if not answers:
        return None
    relevant = dict.fromkeys((one.comment_id for one in answers), 1)
    return Judged(comment.comment_id, text, relevant, itself=comment.comment_id)


def _question(text: str) -> str:
    """Return what a comment asks: all of it where it is short, else the sentences that ask; "" for nothing."""
    sentences = list(_sentences(text))
    asking = [one for one in sentences if is_question(one)]
    asked = " ".join(sentences if len(text.split()) <= _LONG_WORDS else asking)
    return asked if asking and _FEWEST_WORDS <= len(asked.split()) <= 2 * _LONG_WORDS else ""


def _answers(reply: Comment, to: Comment) -> bool:
    sentences = list(_sentences(reply.searched))
    by_another = reply.author is None or reply.author != to.author
    return by_another and len(reply.searched.split()) >= _REPLY_WORDS and not is_question(sentences[-1])


def _sentences(text: str) -> Iterator[str]:
    yield from (" ".join(text[start:end].split()) for start, end in sentence_spans(text))
