"""The public Python API: build, open, ask, update, as the command line uses them.

>>> import qa
>>> report = qa.build(["comments.csv"], "indexes/default")     # doctest: +SKIP
>>> index = qa.open("indexes/default")                         # doctest: +SKIP
>>> answer = index.ask("Who disagreed?", author="marit_o")     # doctest: +SKIP
>>> answer.citations[0].quote                                  # doctest: +SKIP
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from qa.answer import compose
from qa.browsing import Browser
from qa.encoder import DEFAULT_MODEL, Encoder, Reranker, fast_name, load_encoder, load_reranker
from qa.errors import IndexDamaged, IndexNotFound
from qa.events import Events
from qa.index import IndexReader, Snapshot, encoder_name
from qa.questions import Moment, Names, checked_mode, checked_question, make_filters
from qa.records import Answer, Comment, Filters, Hit, IndexState, Mode
from qa.reports import Forgotten, Repaired, Report, Status, Verification
from qa.retrieval import retrieve
from qa.sources import STDIN, root_of, stale

if TYPE_CHECKING:
    from qa.formats import ReadOptions
    from qa.updating import Request
    from qa.watching import Watch

# Reading and writing (`qa.formats`, `qa.updating`) are imported where they begin: a question needs neither, and they
# would be a fifth of its start-up.

DEFAULT_INDEX = "indexes/default"
_SILENT = Events()


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment with what surrounds it: what it answers, first of the thread first, its replies, its neighbours."""

    comment: Comment
    parents: tuple[Comment, ...]
    replies: tuple[Comment, ...]
    neighbours: tuple[Comment, ...]


def build(
    paths: Sequence[str | os.PathLike[str]],
    index: str | os.PathLike[str] = DEFAULT_INDEX,
    *,
    model: str | None = None,
    fast: bool = False,
    options: ReadOptions | None = None,
    prune: bool = False,
    dry_run: bool = False,
    events: Events = _SILENT,
) -> Report:
    """Read the comments in paths (files, folders, globs, "-" for standard input) into an index; remember the paths.

    Run again, it updates. model is a name for `qa.encoder.load_encoder`; by default the one the index was made with.
    A hub model that is named here is fetched where it is not cached, unless QA_OFFLINE=1. fast takes the model's int8
    form. dry_run reads and counts, and changes nothing. Raises: SourceError, EncoderError, IndexStoreError.
    """
    from qa.formats import ReadOptions
    from qa.updating import Request, bring_up_to_date

    folder = Path(index)
    read_as = (options or ReadOptions()).to_json()
    roots = [root_of(os.fspath(path), read_as) for path in paths]
    encoder = load_encoder(*_model_for(folder, model, fast, events))
    return bring_up_to_date(folder, encoder, Request(roots, prune, dry_run), events)


def _model_for(folder: Path, given: str | None, fast: bool, events: Events) -> tuple[str, Callable[[str], None], bool]:
    """Return what to load: a model that a user names may be fetched, one that only an index names may not."""
    try:
        recorded = None if given else encoder_name(folder)
    except (IndexNotFound, IndexDamaged):
        recorded = None
    name = recorded or given or os.environ.get("QA_MODEL") or DEFAULT_MODEL
    return fast_name(name) if fast else name, events.notice, recorded is None


def open(index: str | os.PathLike[str] = DEFAULT_INDEX, *, events: Events = _SILENT) -> Assistant:  # noqa: A001
    """Open an index that `build` made. Raises: IndexNotFound, IndexDamaged, IndexTooNew."""
    return Assistant(Path(index), events)


def verify(
    index: str | os.PathLike[str] = DEFAULT_INDEX, *, deep: bool = False, events: Events = _SILENT
) -> Verification:
    """Check that everything agrees: checksums, counts, every citation with its source, vectors encoded again.

    deep checks every byte that has a checksum. Raises: IndexNotFound, IndexTooNew.
    """
    from qa.upkeep import verify

    folder = Path(index)
    return verify(folder, load_encoder(*_model_for(folder, None, False, events)), events, deep=deep)


def repair(
    index: str | os.PathLike[str] = DEFAULT_INDEX, *, compact: bool = False, events: Events = _SILENT
) -> Repaired:
    """Mend an index with what is left of it: save what can be read, read the rest again from its sources.

    compact also rewrites the store without the gaps that deletions left. Raises: IndexNotFound, IndexBusy.
    """
    from qa.upkeep import repair

    folder = Path(index)
    return repair(folder, lambda: load_encoder(*_model_for(folder, None, False, events)), events, compact=compact)


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
        with self._snapshot() as snapshot:
            k = min(k, snapshot.comment_count)  # room is made for k hits before any is found
            reranker = self._reranker(rerank) if rerank else None
            found = retrieve(
                snapshot, self._encoder, question, filters, k, checked_mode(mode), every=every, reranker=reranker
            )
            answer = compose(question, found, _state(self.folder, snapshot))
        return replace(answer, took_ms=(time.perf_counter() - started) * 1000)

    def rank(self, question: str, count: int = 100, *, mode: Mode = "hybrid") -> tuple[Hit, ...]:
        """Return the best passage of each of the best `count` comments, before anything is folded or left out."""
        question = checked_question(question, count)
        with self._snapshot() as snapshot:
            count = min(count, snapshot.comment_count)
            return retrieve(snapshot, self._encoder, question, Filters(), count, checked_mode(mode), every=True).hits

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
