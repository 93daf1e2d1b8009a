"""Bring what is derived (words, checkpoint) up to the store. Call only while holding the write lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qa.errors import IndexDamaged
from qa.faults import step
from qa.index.layout import checkpoint_path, words_path
from qa.store import StoreReader, StoreWriter
from qa.vectors import Checkpoint, write_checkpoint
from qa.words import Words

# A checkpoint is written anew once this many passages are younger than it, or this share of it.
_DELTA_PASSAGES = 2_000
_DELTA_SHARE = 0.05
# ... or once this share of it is dead.
_DEAD_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which checkpoint is current: it covers the passages with ids up to `until`. Stored as "generation until size"."""

    generation: int
    until: int
    size: int

    @classmethod
    def read(cls, store: StoreReader) -> Pointer:
        """Return the store's pointer; generation 0 stands for no checkpoint."""
        return cls(*map(int, (store.setting("checkpoint") or "0 0 0").split()))

    def __str__(self) -> str:
        return f"{self.generation} {self.until} {self.size}"


def bring_up(folder: Path, reader: StoreReader, writer: StoreWriter, notice: Callable[[str], None]) -> None:
    """Make the words current and the checkpoint near enough, rebuilding whichever cannot be used."""
    _bring_up_words(folder, reader, notice)
    step("words")
    with writer.transaction():
        writer.forget_removed(reader.change)
    _bring_up_checkpoint(folder, reader, writer, notice)


def open_words(folder: Path, index_id: str, change: int) -> Words | None:
    """Return the folder's words, or None where they are missing, damaged, of another index or ahead of the store."""
    try:
        words = Words.open(words_path(folder))
        marked_id, marked = words.marker()
    except IndexDamaged:
        return None
    return words if marked_id == index_id and marked <= change else None


def _bring_up_words(folder: Path, reader: StoreReader, notice: Callable[[str], None]) -> None:
    index_id, change = reader.setting("index_id") or "", reader.change
    words = open_words(folder, index_id, change)
    if words is None:
        if Pointer.read(reader).generation or words_path(folder).exists():
            notice(f"{words_path(folder)} cannot be used: making it again from the store")
        Words.create(words_path(folder)).commit(reader.indexed_texts(0), [], index_id, change)
        return
    marked = words.marker()[1]
    if marked < change:
        words.commit(reader.indexed_texts(marked), reader.removed_after(marked), index_id, change)


def _bring_up_checkpoint(folder: Path, reader: StoreReader, writer: StoreWriter, notice: Callable[[str], None]) -> None:
    pointer = Pointer.read(reader)
    if pointer.generation and not _usable(folder, pointer, reader.dimensions):
        notice(f"{checkpoint_path(folder, pointer.generation)} cannot be used: making it again from the store")
    elif not _outgrown(pointer, reader):
        _sweep(folder, pointer.generation)
        return
    generation = pointer.generation + 1
    until = reader.last_passage()
    size = write_checkpoint(checkpoint_path(folder, generation), reader.dimensions, reader.vectors_after(0, until))
    step("renamed")
    with writer.transaction():
        writer.set("checkpoint", str(Pointer(generation, until, size)))
        writer.drop_orphans()
    step("pointed")
    _sweep(folder, generation)


def _usable(folder: Path, pointer: Pointer, dimensions: int) -> bool:
    try:
        return Checkpoint.open(checkpoint_path(folder, pointer.generation), dimensions).size == pointer.size
    except (FileNotFoundError, IndexDamaged):
        return False


def _outgrown(pointer: Pointer, reader: StoreReader) -> bool:
    live = reader.count("passages", f"passage_id <= {pointer.until}")
    delta = reader.count("passages", f"passage_id > {pointer.until}")
    dead = pointer.size - live
    if pointer.generation == 0:
        return delta > 0
    return delta > max(_DELTA_PASSAGES, _DELTA_SHARE * pointer.size) or dead > max(100, _DEAD_SHARE * pointer.size)


def _sweep(folder: Path, generation: int) -> None:
    current = checkpoint_path(folder, generation)
    for path in folder.glob("vectors-*.faiss*"):
        if path != current:
            path.unlink(missing_ok=True)
