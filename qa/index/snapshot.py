"""A consistent view of one index: what a question is answered from. It lives for one question.

The words are opened before the store, so they can only lag behind it; what they lack is searched in memory, and
whatever no longer stands in the store is dropped from every list of hits.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np

from qa.encoder import Encoder
from qa.errors import CommentNotFound, IndexBusy, IndexDamaged, IndexNotFound, IndexNotWritable
from qa.index.derived import Pointer, bring_up, open_words
from qa.index.layout import checkpoint_path, store_path, write_lock
from qa.index.writer import check_encoder
from qa.records import Comment, Filters, Scope
from qa.sources import Fingerprint
from qa.store import SourceRecord, StoredPassage, StoreReader, StoreWriter, connect, where
from qa.store.connection import mapped
from qa.vectors import Checkpoint, Ids, Rows, best
from qa.words import Words

# A scope of at most this many passages is scored row by row; a broader one is searched with a selector.
_SMALL_SCOPE = 20_000
_EVERYTHING = Scope(None, None, None, None, None)
Scored = list[tuple[int, float]]


class Snapshot:
    """Answers from one state of the index, whatever is written meanwhile."""

    def __init__(self, folder: Path, store: StoreReader, words: list[Words], checkpoint: Checkpoint | None) -> None:
        self.folder = folder
        self._store = store
        self._words = words
        self._checkpoint = checkpoint
        self._until = Pointer.read(store).until if checkpoint else 0
        self._scoped: tuple[Scope, Ids] | None = None

    def check(self, encoder: Encoder) -> None:
        """Raise IndexMismatch unless the index was made by this encoder."""
        check_encoder(self._store, encoder)

    @property
    def updated_at(self) -> datetime | None:
        """When the index was last brought up to its sources, UTC."""
        value = self._store.setting("updated_at")
        return datetime.fromisoformat(value) if value else None

    def count(self, table: str) -> int:
        """Return the number of comments, passages, authors or threads."""
        return self._store.count(table)

    def dates(self) -> tuple[datetime | None, datetime | None]:
        """Return the first and the last date of any comment."""
        return self._store.dates()

    def sources(self) -> list[SourceRecord]:
        """Return every source as it was when it was last read."""
        return self._store.sources()

    def fingerprints(self) -> list[tuple[str, str, Fingerprint]]:
        """Return every source's name, path and what it was when it was last read."""
        return self._store.fingerprints()

    def scope(self, filters: Filters) -> tuple[Scope, int]:
        """Return the filters as a scope of this index, and how many comments it holds."""
        scope = self._store.scope(filters) if filters else _EVERYTHING
        return scope, self._store.count("comments", where(scope))

    def search_vectors(self, query: Rows, count: int, scope: Scope) -> Scored:
        """Return the best (passage id, cosine) of a scope for a unit-norm query (d,), best first."""
        if scope == _EVERYTHING:
            return self._live(lambda wanted: self._nearest(query, wanted, None), count)
        ids = self._ids(scope)
        if len(ids) <= _SMALL_SCOPE:
            found, rows = self._store.vectors(ids.tolist())
            return _scored(*best(np.array(found, np.int64), rows @ query, count))
        return self._live(lambda wanted: self._nearest(query, wanted, ids), count)

    def search_words(self, question: str, count: int, scope: Scope) -> Scored:
        """Return the best (passage id, BM25) of a scope, best first."""

        def search(wanted: int) -> Scored:
            found = [pair for words in self._words for pair in words.search(question, wanted, scope)]
            return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:wanted]

        return self._live(search, count)

    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Return passages with their vectors, each text checked against its hash."""
        return self._store.passages(passage_ids)

    def comment(self, comment_id: str) -> Comment:
        """Return one comment. Raises: CommentNotFound."""
        found = self._store.comment(comment_id)
        if found is None:
            raise CommentNotFound(f"no comment has the id {comment_id}", "qa list")
        return found

    def comments(self, filters: Filters, limit: int = -1) -> list[Comment]:
        """Return the comments of a scope, source by source, in the order they stand there."""
        return self._store.comments(where(self.scope(filters)[0]), (), limit, "s.name, c.position")

    def parents(self, comment: Comment) -> list[Comment]:
        """Return what a comment answers, and what that answers, the first of the thread first."""
        chain: list[Comment] = []
        seen = {comment.comment_id}
        while comment.parent_id and comment.parent_id not in seen:
            seen.add(comment.parent_id)
            found = self._store.comment(comment.parent_id)
            if found is None:
                break
            chain.insert(0, found)
            comment = found
        return chain

    def replies(self, comment: Comment) -> list[Comment]:
        """Return the comments that answer a comment, in order of time."""
        return self._store.comments("c.parent_id = ?", (comment.comment_id,), order="c.created_at, c.position")

    def neighbours(self, comment: Comment, reach: int = 2) -> list[Comment]:
        """Return the comments around a comment in its source, itself left out."""
        here = "(SELECT position FROM comments WHERE comment_id = ?)"
        return self._store.comments(
            f"s.name = ? AND c.position BETWEEN {here} - {reach} AND {here} + {reach} AND c.comment_id <> ?",
            (comment.source, *[comment.comment_id] * 3),
        )

    def _ids(self, scope: Scope) -> Ids:
        if self._scoped is None or self._scoped[0] != scope:
            self._scoped = (scope, self._store.passage_ids(scope))
        return self._scoped[1]

    def _nearest(self, query: Rows, count: int, only: Ids | None) -> Scored:
        ids, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        if self._checkpoint is not None:
            found = self._checkpoint.search(query, count, only)
            ids.append(found[0])
            scores.append(found[1])
        for young, rows in self._store.vectors_after(self._until):
            kept = slice(None) if only is None else np.isin(young, only)
            ids.append(young[kept])
            scores.append(rows[kept] @ query)
        return _scored(*best(np.concatenate(ids), np.concatenate(scores), count))

    def _live(self, search: Callable[[int], Scored], count: int) -> Scored:
        """Return `count` hits that still stand, asking for more while dead ones take their places."""
        wanted = count
        while True:
            found = search(wanted)
            live = self._store.live([key for key, _ in found])
            kept = [pair for pair in found if pair[0] in live]
            if len(kept) >= count or len(found) < wanted:
                return kept[:count]
            wanted *= 2


def _scored(ids: Ids, scores: Rows) -> Scored:
    return list(zip(ids.tolist(), scores.tolist(), strict=True))


def encoder_name(folder: Path) -> str | None:
    """Return the name of the model the index in `folder` was made with; None for one that has none yet.

    Raises: IndexNotFound, IndexDamaged, IndexTooNew.
    """
    with mapped(store_path(folder)), contextlib.closing(connect(store_path(folder))) as connection:
        return StoreReader(connection).setting("encoder_name")


@contextmanager
def open_snapshot(folder: Path, notice: Callable[[str], None] = lambda line: None) -> Iterator[Snapshot]:
    """Open the index in `folder` for one question.

    What is derived and cannot be used is made again, where the folder can be written to, or else held in memory.
    Raises: IndexNotFound, IndexDamaged, IndexTooNew.
    """
    with mapped(store_path(folder)):
        connection = connect(store_path(folder))
        try:
            yield _take(folder, connection, notice)
        finally:
            connection.close()


def _take(folder: Path, connection: sqlite3.Connection, notice: Callable[[str], None]) -> Snapshot:
    for attempt in range(3):
        words_first = _open_words(folder, connection)
        connection.execute("BEGIN")
        store = StoreReader(connection)
        _check_complete(folder, store)
        words = _complete_words(words_first, store)
        checkpoint = _open_checkpoint(folder, store)
        if words is not None and (checkpoint is not None or store.count("passages") == 0):
            return Snapshot(folder, store, words, checkpoint)
        if attempt < 2:
            connection.execute("ROLLBACK")
            _repair(folder, notice)
    if words is None:
        words = [Words.in_memory(store.indexed_texts(0))]
    return Snapshot(folder, store, words, checkpoint)


def _open_words(folder: Path, connection: sqlite3.Connection) -> Words | None:
    store = StoreReader(connection)
    return open_words(folder, store.setting("index_id") or "", 2**62)


def _complete_words(words: Words | None, store: StoreReader) -> list[Words] | None:
    """Return the words, with those that they lag behind the store in memory beside them; None if unusable."""
    if words is None:
        return None
    marked, change = words.marker()[1], store.change
    if marked > change:
        return None
    return [words, Words.in_memory(store.indexed_texts(marked))] if marked < change else [words]


def _open_checkpoint(folder: Path, store: StoreReader) -> Checkpoint | None:
    pointer = Pointer.read(store)
    if pointer.generation == 0:
        return None
    try:
        checkpoint = Checkpoint.open(checkpoint_path(folder, pointer.generation), store.dimensions)
    except (FileNotFoundError, IndexDamaged):
        return None
    return checkpoint if checkpoint.size == pointer.size else None


def _check_complete(folder: Path, store: StoreReader) -> None:
    if store.change == 0:
        raise IndexNotFound(f"the first build of {folder} did not finish; what was encoded is kept", "qa index PATH...")


def _repair(folder: Path, notice: Callable[[str], None]) -> None:
    with contextlib.suppress(IndexBusy, IndexNotWritable), write_lock(folder):
        connection = connect(store_path(folder), write=True)
        try:
            bring_up(folder, StoreReader(connection), StoreWriter(connection), notice)
        finally:
            connection.close()
