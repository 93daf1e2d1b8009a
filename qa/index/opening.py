"""Open an index for questions: what has changed since the last one is opened again, the rest is kept.

The words are opened before the store's snapshot is taken, so they can only lag behind it.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qa.errors import IndexBusy, IndexNotFound, IndexNotWritable
from qa.index.checkpoint import Checkpoint, Pointer
from qa.index.derived import bring_up, open_words
from qa.index.layout import store_path, write_lock
from qa.index.snapshot import Snapshot
from qa.index.young import Young
from qa.store import StoreReader, StoreWriter, connect, mapped
from qa.words import Words

_ATTEMPTS = 4


class IndexReader:
    """Takes snapshots of one index, one at a time.

    What is derived and cannot be used is made again, where the folder can be written to, or else held in memory.
    """

    def __init__(self, folder: Path, notice: Callable[[str], None] = lambda line: None) -> None:
        """Open the store. Raises: IndexNotFound, IndexDamaged, IndexTooNew, IndexNotWritable."""
        self.folder = folder
        self._notice = notice
        self._connection = connect(store_path(folder))
        self._file = _identity(store_path(folder))
        self._store = StoreReader(self._connection)
        self._change = -1
        self._words: list[Words] = []
        self._checkpoint: Checkpoint | None = None
        self._young: Young | None = None

    def close(self) -> None:
        """Let go of the store."""
        self._connection.close()

    @property
    def current(self) -> bool:
        """Tell whether the store is still the file that was opened, not another one made in its place."""
        return _identity(store_path(self.folder)) == self._file

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Give one state of the index. Raises: IndexNotFound, IndexDamaged."""
        with mapped(store_path(self.folder)):
            try:
                yield self._take()
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _take(self) -> Snapshot:
        """Open what changed. What cannot be used may just have been replaced: it is tried again, then made again."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._connection.execute("ROLLBACK")
            if attempt > 1:
                self._repair()
            if self._follow_store() and self._follow_checkpoint():
                break
        if not self._words:
            self._words = [Words.in_memory(self._store.indexed_texts(0))]
        if self._young is None:
            self._young = Young(self._store, self._checkpoint.pointer.until if self._checkpoint else 0)
        return Snapshot(self.folder, self._store, self._words, self._checkpoint, self._young)

    def _follow_store(self) -> bool:
        """Begin a snapshot of the store, with words that fit it; tell whether there are such words."""
        self._connection.execute("BEGIN")
        if self._store.change == self._change:
            return True
        self._connection.execute("ROLLBACK")
        words, token, marked = open_words(self.folder) or (None, "", -1)
        self._connection.execute("BEGIN")
        self._change, self._words, self._young = -1, [], None
        change = self._store.change
        if change == 0:
            raise IndexNotFound(
                f"the first build of {self.folder} did not finish; what was encoded is kept",
                f"qa update --index {shlex.quote(str(self.folder))}",
            )
        if words is None or self._store.token(marked) != token:
            return False
        if marked == change:  # words that lag are opened again for the next question
            self._change = change
        self._words = [words] if marked == change else [words, Words.in_memory(self._store.indexed_texts(marked))]
        return True

    def _follow_checkpoint(self) -> bool:
        """Open the checkpoint that the store's snapshot names; tell whether it can be used."""
        pointer = Pointer.read(self._store)
        if self._checkpoint is None or self._checkpoint.pointer != pointer:
            self._checkpoint = Checkpoint.open(self.folder, pointer, self._store.dimensions)
            self._young = None
        return self._checkpoint is not None or self._store.total("passages") == 0

    def _repair(self) -> None:
        with contextlib.suppress(IndexBusy, IndexNotWritable), write_lock(self.folder):
            connection = connect(store_path(self.folder), write=True)
            try:
                bring_up(self.folder, StoreReader(connection), StoreWriter(connection), self._notice)
            finally:
                connection.close()


def encoder_name(folder: Path) -> str | None:
    """Return the name of the model the index in `folder` was made with; None for one that has none yet.

    Raises: IndexNotFound, IndexDamaged, IndexTooNew.
    """
    with mapped(store_path(folder)), contextlib.closing(connect(store_path(folder))) as connection:
        return StoreReader(connection).setting("encoder_name")


@contextmanager
def open_snapshot(folder: Path, notice: Callable[[str], None] = lambda line: None) -> Iterator[Snapshot]:
    """Open the index in `folder` for one question.

    Raises: IndexNotFound, IndexDamaged, IndexTooNew.
    """
    with mapped(store_path(folder)):
        reader = IndexReader(folder, notice)
        try:
            with reader.snapshot() as snapshot:
                yield snapshot
        finally:
            reader.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a plain call: this is asked before every question
    except OSError:
        return None
    return found.st_dev, found.st_ino
