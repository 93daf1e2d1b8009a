"""Commit a change set: compare what was read with what is stored, encode what is new, switch in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from qa.encoder import Encoder, PassageInput
from qa.errors import CommentNotFound, IndexNotWritable
from qa.faults import step
from qa.index.cutting import cut_comments
from qa.index.derived import bring_up
from qa.index.difference import Difference, paired
from qa.index.encoders import check_encoder
from qa.index.layout import store_path, write_lock
from qa.passages import sentence_spans
from qa.records import Comment
from qa.sources import Root
from qa.store import SourceRecord, Staging, StoreReader, StoreWriter, connect, record_hash
from qa.store.connection import mapped, scrub
from qa.store.rows import to_microseconds
from qa.store.salvage import settle
from qa.store.staging import Known
from qa.store.versions import settle_versions

# Passages encoded between two commits of vectors: what a killed run may have to encode again.
_BLOCK = 512


@dataclass(slots=True)
class _Met:
    """A comment that was met in a source: what is stored of it, and whether a version of it is staged."""

    old: Known | None
    staged: bool = False


class IndexWriter:
    """Collects changes to one index; nothing a reader sees changes until `commit`."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, encoder: Encoder) -> None:
        self._folder = folder
        self._encoder = encoder
        self._connection = connection
        self._writer = StoreWriter(connection)
        self._staging = Staging(connection)
        self._finish: list[Callable[[], None]] = []
        self.store = StoreReader(connection)

    @contextmanager
    def reading(self, *, keep: bool) -> Iterator[None]:
        """Stage inside; at the end keep what was staged, or, for a dry run, forget it."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT" if keep else "ROLLBACK")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Stage one source inside; if it fails, nothing of it stays staged."""
        self._connection.execute("SAVEPOINT source")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO source")
                self._connection.execute("RELEASE source")
            raise
        self._connection.execute("RELEASE source")

    def compare(self, name: str, path: str, comments: Iterable[Comment]) -> Difference:
        """Stage what differs between a source's comments and what is stored of it.

        A comment that comes again is a later version of it, in the same source.
        """
        key = self._writer.reserve_source(name, path)
        known = self._staging.known_comments(key)
        before, met = list(known), dict[str, _Met]()
        latest: datetime | None = None
        for position, comment in enumerate(comments):
            latest = _later(latest, comment.edited_at or comment.created_at)
            one = met.get(comment.comment_id) or _Met(known.pop(comment.comment_id, None))
            met[comment.comment_id] = one
            same = one.old is not None and one.old.record_hash == record_hash(comment)
            if same and not one.staged and one.old is not None:
                self._staging.move(comment, key, position, one.old)
                continue
            self._staging.put(comment, key, position, one.old.comment_key if one.old else None)
            one.staged = True
        for comment_id, gone in known.items():
            self._staging.remove(gone, comment_id, key)
        self._staging.note_read(key, to_microseconds(latest))
        added = {comment_id for comment_id, one in met.items() if one.old is None}
        pairs = paired(before, set(known), list(met), added)
        edited = sum(one.staged and one.old is not None for one in met.values())
        return Difference(len(added) - pairs, edited + pairs, len(known) - pairs, len(met) - len(added) - edited)

    def keep(self, name: str) -> Difference:
        """Count a source that did not change as unchanged."""
        key = self.store.source_key(name)
        return Difference(unchanged=self.store.count("comments", f"source_key = {key}") if key is not None else 0)

    def record(self, source: SourceRecord) -> None:
        """Remember, at the commit, what a source was when it was read."""
        self._finish.append(lambda: self._writer.put_source(source))

    def remember(self, root: Root) -> None:
        """Remember, at the commit, what the user named."""
        self._finish.insert(0, lambda: self._writer.put_root(root))

    def remember_now(self, roots: Sequence[Root]) -> None:
        """Remember roots at once, so that a first build that is cut short can be gone on with by an update."""
        with self._writer.transaction():
            for root in roots:
                self._writer.put_root(root)

    def forget(self, root: Root) -> None:
        """Forget, at the commit, a root."""
        self._finish.append(lambda: self._writer.drop_root(root))

    def forget_comment(self, comment_id: str) -> Difference:
        """Stage the removal of a comment; at the commit it is left out from then on. Raises: CommentNotFound."""
        key = self.store.comment_key(comment_id)
        if key is None:
            raise CommentNotFound(f"no comment and no source is called {comment_id}", "qa list; qa status")
        self._staging.remove_everywhere(key, comment_id)
        self._finish.append(lambda: self._writer.forget(comment_id))
        return Difference(deleted=1)

    def forget_source(self, name: str) -> Difference:
        """Stage the removal of a source and all its comments; at the commit it is left out from then on."""
        self._finish.append(lambda: self._writer.forget(name))
        return self.remove(name)

    def take_in_again(self, name: str) -> None:
        """Let in at the next update what was forgotten; every source is read again. Raises: CommentNotFound."""
        if name not in self.store.forgotten():
            raise CommentNotFound(f"nothing called {name} was forgotten", "qa status")
        with self._writer.transaction():
            self._writer.forget(name, undo=True)
            self._writer.read_again()

    def settle(self) -> int:
        """Drop every comment that is not whole; return how many. The next update reads every source again."""
        with mapped(store_path(self._folder)), self._writer.transaction():
            return settle(self._connection)

    def compact(self) -> None:
        """Rewrite the store without the gaps that deletions left."""
        with mapped(store_path(self._folder)):
            self._connection.execute("VACUUM")

    def scrub(self, notice: Callable[[str], None], patience_s: float) -> bool:
        """Take what was deleted off the disk: make anew what is derived, empty the store's log.

        Returns False while a reader still needs the log, for longer than patience_s.
        """
        with mapped(store_path(self._folder)):
            with self._writer.transaction():
                self._writer.drop_orphans()
            bring_up(self._folder, self.store, self._writer, notice, anew=True)
            return scrub(self._connection, patience_s)

    def remove(self, name: str) -> Difference:
        """Stage the removal of a source and all its comments."""
        key = self.store.source_key(name)
        self._finish.append(lambda: self._writer.drop_source(name))
        return Difference(deleted=self._staging.remove_source(key) if key is not None else 0)

    def settle_versions(self) -> Difference:
        """Choose one version of each comment that several sources hold; call once all are read.

        Returns what the differences of the sources, summed, have to be corrected by.
        """
        overlap = settle_versions(self._connection)
        return Difference(overlap.added, overlap.edited, overlap.deleted, overlap.unchanged)

    def elsewhere(self) -> dict[str, int]:
        """Return how many comments of each source, by its name, are in the index by another source's version."""
        counts = self._staging.elsewhere_after()
        return {self.store.source_name(key): count for key, count in counts.items()}

    def plan(self, done: Callable[[int], None]) -> tuple[int, int]:
        """Cut what was staged into passages, telling done how many.

        Returns how many of them have to be encoded, and of how many characters they are.
        """
        self._staging.stage_replies()
        staged = self._staging.comments()
        count = 0
        while block := list(islice(staged, _BLOCK)):
            for passages, hashes in cut_comments(self._encoder, block):
                self._staging.put_passages(passages, hashes)
            count += len(block)
            done(count)
        return self._staging.missing_vectors()

    def totals(self) -> tuple[int, int]:
        """Return how many comments and passages the index will have after the commit."""
        return self._staging.comments_after(), self._staging.passages_after()

    def encode(self, done: Callable[[int], None]) -> int:
        """Encode what has no vector yet, keeping each block as it is done; return how many were encoded."""
        encoded = at = 0
        while rows := self._staging.missing_after(at, _BLOCK):
            at = rows[-1][0]
            wanted = {key: (context, text) for _, key, context, text in rows}
            inputs = [PassageInput(context, text, tuple(sentence_spans(text))) for context, text in wanted.values()]
            vectors = self._encoder.encode_passages(inputs, done)
            self._writer.add_vectors(list(wanted), [one.vector for one in vectors], [one.sentences for one in vectors])
            encoded += len(wanted)
            step("encoded")
        return encoded

    def commit(self, notice: Callable[[str], None]) -> None:
        """Switch the index to what was staged, at once, then bring what is derived up to it."""
        with mapped(store_path(self._folder)):
            self._switch()
            step("switched")
            bring_up(self._folder, self.store, self._writer, notice)

    def keep_calibration(self, calibration: str) -> None:
        """Keep what `qa.confidence` found out about the index."""
        with self._writer.transaction():
            self._writer.set("calibration", calibration)

    def _switch(self) -> None:
        changed = not self._staging.is_empty()
        with self._writer.transaction():
            if changed:
                change = self.store.change + 1
                self._writer.apply(change)
                self._writer.set("change", str(change))
            for finish in self._finish:
                finish()
            self._writer.set("updated_at", datetime.now(UTC).isoformat())
            step("applied")

    def claim(self) -> None:
        """Check that the index was made by this encoder; a new index takes it. Raises: IndexMismatch."""
        stored = self.store.setting("encoder")
        if stored is None:
            with self._writer.transaction():
                self._writer.set("encoder", self._encoder.fingerprint)
                self._writer.set("encoder_name", self._encoder.name)
                self._writer.set("dimensions", str(self._encoder.dimensions))
        check_encoder(self.store, self._encoder)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return other if one is None or (other is not None and other > one) else one


@contextmanager
def open_writer(folder: Path, encoder: Encoder) -> Iterator[IndexWriter]:
    """Open the index in `folder` for writing, making it where there is none.

    Raises: IndexBusy, IndexDamaged, IndexMismatch, IndexNotWritable, IndexTooNew.
    """
    new = not store_path(folder).exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexNotWritable(f"cannot make {folder}: {error.strerror}", f"ls -ld {folder.parent}") from error
    with write_lock(folder), mapped(store_path(folder)):
        connection = connect(store_path(folder), write=True, create=True)
        writer = IndexWriter(folder, connection, encoder)
        try:
            writer.claim()
            step("created")
            yield writer
        finally:
            barren = new and writer.store.change == 0 and writer.store.count("vectors") == 0
            connection.close()
            if barren:
                _clear(folder)


def _clear(folder: Path) -> None:
    """Take away an index in which nothing was ever kept, and its folder where nothing else is in it."""
    for path in (*folder.glob("index.sqlite3*"), folder / "write.lock", folder / "writer.pid"):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
