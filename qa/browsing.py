"""Look around in an index: a comment amid its whole thread, the authors, numbers over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qa.index import Points, Snapshot
from qa.records import Comment
from qa.reports import AuthorCount, MonthCount, ThreadCount

__all__ = ["Browser", "Conversation", "Overview", "Points"]

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Conversation:
    """A comment amid what was said around it, in order of time.

    around says what that is: its thread, what it answers and its replies, or its neighbours in the source. earlier and
    later count the comments of the thread before and behind those here.
    """

    comment: Comment
    comments: tuple[Comment, ...]
    around: Literal["thread", "replies", "neighbours"]
    earlier: int = 0
    later: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """A collection at a glance. undated counts the comments without a time; authors and threads are the largest."""

    months: tuple[MonthCount, ...]
    undated: int
    authors: tuple[AuthorCount, ...]
    threads: tuple[ThreadCount, ...]


class Browser:
    """Looks around in one state of an index."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def comment(self, comment_id: str) -> Comment:
        """Return one comment. Raises: CommentNotFound."""
        return self._snapshot.comment(comment_id)

    def conversation(self, comment_id: str, most: int = _AT_ONCE) -> Conversation:
        """Return a comment amid its thread, of which about `most` comments around it. Raises: CommentNotFound."""
        comment = self._snapshot.comment(comment_id)
        ids = self._snapshot.collection.thread_of(comment_id)
        if len(ids) > 1:
            first = max(0, min(ids.index(comment_id) - most // 2, len(ids) - most))
            shown = tuple(self._snapshot.listed(ids[first : first + most]))
            return Conversation(comment, shown, "thread", first, max(0, len(ids) - first - most))
        parents, replies = self._snapshot.parents(comment), self._snapshot.replies(comment)
        if parents or replies:
            return Conversation(comment, (*parents[-most:], comment, *replies[:most]), "replies")
        beside = (comment, *self._snapshot.neighbours(comment))
        return Conversation(comment, tuple(sorted(beside, key=_place)), "neighbours")

    def authors(self, prefix: str = "", limit: int = 20) -> list[AuthorCount]:
        """Return the authors whose names begin with a prefix, those of most comments first."""
        return self._snapshot.collection.authors(prefix, limit)

    def sources(self) -> list[str]:
        """Return the names of all sources."""
        return [name for name, _, _ in self._snapshot.fingerprints()]

    @property
    def state(self) -> str:
        """What names this state of the index: another one has another name."""
        return self._snapshot.state

    def points(self, most: int) -> Points:
        """Return at most so many comments as points, each with its vector."""
        return self._snapshot.points(most)

    def overview(self, largest: int = 15) -> Overview:
        """Return the collection at a glance, with so many of its largest authors and threads."""
        collection = self._snapshot.collection
        months = tuple(collection.months())
        return Overview(
            months=months,
            undated=self._snapshot.comment_count - sum(one.comments for one in months),
            authors=tuple(collection.authors("", largest)),
            threads=tuple(collection.threads(largest)),
        )


def _place(comment: Comment) -> tuple[int, int]:
    return comment.record or 0, comment.line_start or 0
