"""The public Python API of an index: ask, look around, keep it up to date, as the command line does.

>>> import qa
>>> index = qa.open("indexes/default")                         # doctest: +SKIP
>>> answer = index.ask("Who disagreed?", author="marit_o")     # doctest: +SKIP
>>> answer.citations[0].quote                                  # doctest: +SKIP
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from qa.answer import compose
from qa.browsing import Browser
from qa.encoder import DEFAULT_MODEL, Encoder, Reranker, load_encoder, load_reranker
from qa.events import Events
from qa.index import IndexReader, Snapshot, encoder_name
from qa.questions import Moment, Names, checked_mode, checked_question, make_filters
from qa.records import Answer, Comment, Filters, IndexState, Mode, Passage
from qa.reports import Forgotten, Report, Status, Timeline, Voices
from qa.retrieval import rank, retrieve
from qa.sources import STDIN, stale
from qa.surveys import SURVEYED, gather_voices, lay_out, whose

if TYPE_CHECKING:
    from qa.updating import Request
    from qa.watching import Watch

# Reading and writing (`qa.updating`) are imported where they begin: a question needs neither, and they would be a fifth
# of its start-up.

DEFAULT_INDEX = "indexes/default"
_SILENT = Events()


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment with what surrounds it: what it answers, first of the thread first, its replies, its neighbours."""

    comment: Comment
    parents: tuple[Comment, ...]
    replies: tuple[Comment, ...]
    neighbours: tuple[Comment, ...]


def open(index: str | os.PathLike[str] = DEFAULT_INDEX, *, events: Events = _SILENT) -> Assistant:  # noqa: A001
    """Open an index that `build` made. Raises: IndexNotFound, IndexDamaged, IndexTooNew."""
    return Assistant(Path(index), events)


class Assistant:
    """Answers questions from one index. Each question sees the index as it is at that moment."""

    def __init__(self, folder: Path, events: Events = _SILENT) -> None:
        self.folder = folder
        self._events = events
        self._model = encoder_name(folder) or DEFAULT_MODEL
        self._idle: list[IndexReader] = []
        self._rerankers: dict[str, Reranker] = {}

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        """Give the index as it is now. What was opened is kept for the next question; threads do not share it."""
        reader = self._idle.pop() if self._idle else IndexReader(self.folder, self._events.notice)
        if not reader.current:
            reader.close()
            reader = IndexReader(self.folder, self._events.notice)
        try:
            with reader.snapshot() as snapshot:
                yield snapshot
        except BaseException:
            reader.close()
            raise
        self._idle.append(reader)

    @cached_property
    def _encoder(self) -> Encoder:
        return load_encoder(self._model, self._events.notice)

    def _reranker(self, name: str) -> Reranker:
        if name not in self._rerankers:
            self._rerankers[name] = load_reranker(name, self._events.notice)
        return self._rerankers[name]

    def ask(
        self,
        question: str,
        *,
        k: int = 5,
        author: Names = None,
        since: Moment = None,
        before: Moment = None,
        thread: Names = None,
        source: Names = None,
        mode: Mode = "hybrid",
        every: bool = False,
        rerank: str | None = None,
    ) -> Answer:
        """Return the passages that answer a question, each with its source; at most k, one for each comment.

        Comments that say the same fold into one, and a thread takes at most two places, unless every. mode ranks by
        meaning and words together, or by one side alone ("dense", "words"). rerank names a cross-encoder, by its folder
        or on the hub, that reads the first hits and decides their order. author, thread and source take one name or
        several; since is inclusive, before exclusive (ISO dates, UTC).
        Raises: UsageError, EncoderError, IndexStoreError.
        """
        started = time.perf_counter()
        filters = make_filters(author=author, since=since, before=before, thread=thread, source=source)
        question = checked_question(question, k)
        reranker = self._reranker(rerank) if rerank else None
        with self._snapshot() as snapshot:
            answer = self._answer(snapshot, question, filters, k, mode, every=every, reranker=reranker)
        return replace(answer, took_ms=(time.perf_counter() - started) * 1000)

    def _answer(
        self,
        snapshot: Snapshot,
        question: str,
        filters: Filters,
        k: int,
        mode: Mode = "hybrid",
        *,
        every: bool = True,
        reranker: Reranker | None = None,
    ) -> Answer:
        k = min(k, snapshot.comment_count)  # room is made for k hits before any is found
        found = retrieve(
            snapshot, self._encoder, question, filters, k, checked_mode(mode), every=every, reranker=reranker
        )
        return compose(question, found, _state(self.folder, snapshot))

    def voices(
        self,
        question: str,
        *,
        k: int = 10,
        since: Moment = None,
        before: Moment = None,
        thread: Names = None,
        source: Names = None,
    ) -> Voices:
        """Return the best passage of each author, at most k, and how many authors speak of what is asked.

        Counted are the 200 best comments, as far as they come at least half way from what questions about anything find
        to what is nearest to this one. Raises: as `ask`.
        """
        filters = make_filters(since=since, before=before, thread=thread, source=source)
        question = checked_question(question, k)
        with self._snapshot() as snapshot:
            return gather_voices(self._answer(snapshot, question, filters, SURVEYED), k)

    def timeline(
        self,
        question: str,
        *,
        k: int = 20,
        author: Names = None,
        since: Moment = None,
        before: Moment = None,
        thread: Names = None,
        source: Names = None,
    ) -> Timeline:
        """Return what one author said of something, in order of time, later corrections with what they correct.

        question is a topic, or "NAME on TOPIC". Of more than k comments the most relevant are kept. Raises: as `ask`;
        UsageError where no author is named.
        """
        with self._snapshot() as snapshot:
            named, topic = whose(checked_question(question, k), author, lambda name: snapshot.knows_author(name))
            filters = make_filters(author=named, since=since, before=before, thread=thread, source=source)
            answer = self._answer(snapshot, topic, filters, SURVEYED)
            return lay_out(replace(answer, question=question), k, snapshot.vector_at)

    def rank(self, question: str, count: int = 100, *, mode: Mode = "hybrid") -> tuple[Passage, ...]:
        """Return the best passage of each of the best `count` comments, before anything is folded or left out."""
        question = checked_question(question, count)
        with self._snapshot() as snapshot:
            return tuple(
                rank(snapshot, self._encoder, question, min(count, snapshot.comment_count), checked_mode(mode))
            )

    def update(self, *, prune: bool = False, dry_run: bool = False) -> Report:
        """Bring the index up to its sources; prune also removes sources whose root is gone."""
        from qa.updating import Request, bring_up_to_date

        return bring_up_to_date(self.folder, self._encoder, Request((), prune, dry_run), self._events)

    def forget(self, name: str) -> Forgotten:
        """Remove a source or a comment from the index and from the disk; it stays out though its file still holds it.

        Raises: CommentNotFound, IndexBusy.
        """
        from qa.upkeep import forget

        return forget(self.folder, self._encoder, name, self._events)

    def take_in_again(self, name: str) -> Report:
        """Take in again what was forgotten, as far as its file still holds it. Raises: CommentNotFound."""
        from qa.upkeep import take_in_again

        return take_in_again(self.folder, self._encoder, name, self._events)

    def watch(self, *, prune: bool = False, poll: bool = False) -> Watch:
        """Bring the index up to its sources, then again whenever they change; yield a report for each commit.

        Ends by `Watch.stop()`, which a thread or a signal's handler may call. prune is for the first run alone. poll
        looks for changes where the system reports none, as on network drives. What is read from standard input is not
        followed. Problems are told to the events, and watching goes on. Raises: UsageError, EncoderError,
        IndexStoreError.
        """
        from qa.updating import Request, bring_up_to_date
        from qa.watching import Watch

        def update(request: Request, events: Events) -> Report:
            return bring_up_to_date(self.folder, self._encoder, request, events)

        first, later = partial(update, Request((), prune)), partial(update, Request())
        return Watch(self.folder, first, later, self._events, poll)

    def status(self) -> Status:
        """Return what the index holds and which of its sources changed since."""
        with self._snapshot() as snapshot:
            first, last = snapshot.dates()
            return Status(
                index=_state(self.folder, snapshot),
                passages=snapshot.passage_count,
                authors=snapshot.count("authors"),
                threads=snapshot.count("threads"),
                encoder=self._model,
                size_bytes=sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()),
                first=first,
                last=last,
                sources=tuple(record.report() for record in snapshot.sources()),
            )

    def show(self, comment_id: str) -> Thread:
        """Return a whole comment with its thread and neighbours. Raises: CommentNotFound."""
        with self._snapshot() as snapshot:
            comment = snapshot.comment(comment_id)
            return Thread(
                comment,
                tuple(snapshot.parents(comment)),
                tuple(snapshot.replies(comment)),
                tuple(snapshot.neighbours(comment)),
            )

    @contextmanager
    def browse(self) -> Iterator[Browser]:
        """Give one state of the index to look around in: threads, authors, numbers over time."""
        with self._snapshot() as snapshot:
            yield Browser(snapshot)

    def comments(
        self,
        *,
        author: Names = None,
        since: Moment = None,
        before: Moment = None,
        thread: Names = None,
        source: Names = None,
        limit: int | None = None,
    ) -> list[Comment]:
        """Return the comments that the filters let through, source by source, in the order they stand there."""
        filters = make_filters(author=author, since=since, before=before, thread=thread, source=source)
        with self._snapshot() as snapshot:
            return snapshot.comments(filters, -1 if limit is None else min(limit, sys.maxsize))


def _state(folder: Path, snapshot: Snapshot) -> IndexState:
    known = ((name, path, seen) for name, path, seen in snapshot.fingerprints() if path != STDIN)
    return IndexState(str(folder), snapshot.comment_count, snapshot.updated_at, tuple(stale(known)))
