"""Bring what is derived (words, checkpoint) up to the store. Call only while holding the write lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qa.errors import IndexDamaged
from qa.faults import step
from qa.index.checkpoint import Pointer, extend_checkpoint, write_checkpoint
from qa.index.layout import words_path
from qa.store import StoreReader, StoreWriter
from qa.vectors import lists_for
from qa.words import Words

# A checkpoint is extended once this many passages are younger than it, or died since.
_DELTA_PASSAGES = 2_000
# ... and written anew once more than these, and this share of it, are dead.
_DEAD_PASSAGES = 100
_DEAD_SHARE = 0.2


def bring_up(
    folder: Path, reader: StoreReader, writer: StoreWriter, notice: Callable[[str], None], *, anew: bool = False
) -> None:
    """Make the words current and the checkpoint near enough, rebuilding whichever cannot be used, or, anew, both."""
    _bring_up_words(folder, reader, notice, anew)
    step("words")
    with writer.transaction():
        writer.forget_removed(reader.change, Pointer.read(reader).until)
    _bring_up_checkpoint(folder, reader, writer, notice, anew)


def open_words(folder: Path) -> tuple[Words, str, int] | None:
    """Return the folder's words with their marker, or None where they are missing or damaged."""
    try:
        words = Words.open(words_path(folder))
        return words, *words.marker()
    except IndexDamaged:
        return None


def _bring_up_words(folder: Path, reader: StoreReader, notice: Callable[[str], None], anew: bool) -> None:
    change = reader.change
    token = reader.token(change) or ""
    words, marked_token, marked = open_words(folder) or (None, "", -1)
    if words is None or anew or reader.token(marked) != marked_token:
        if not anew and (Pointer.read(reader).generation or words_path(folder).exists()):
            notice(f"{words_path(folder)} cannot be used: making it again from the store")
        Words.create(words_path(folder)).commit(reader.indexed_texts(0), [], token, change)
        return
    if marked < change:
        words.commit(reader.indexed_texts(marked), reader.removed_after(marked), token, change)


def _bring_up_checkpoint(
    folder: Path, reader: StoreReader, writer: StoreWriter, notice: Callable[[str], None], anew: bool
) -> None:
    before = Pointer.read(reader)
    misfit = before.misfit(folder)
    if misfit and not anew:
        notice(f"{misfit} cannot be used: making it again from the store")
    if anew or misfit or not before.generation or _outworn(before, reader):
        if reader.last_passage() == 0 and not before.generation:
            return
        pointer = write_checkpoint(folder, before.generation + 1, reader)
    elif _outgrown(before, reader):
        pointer = extend_checkpoint(folder, before, reader)
    else:
        sweep(folder, before.generation)
        return
    step("renamed")
    with writer.transaction():
        writer.set("checkpoint", str(pointer))
        writer.forget_removed(reader.change, 0)
        if not lists_for(pointer.rows) or not pointer.dead:  # it looks at every vector
            writer.drop_orphans()
    step("pointed")
    sweep(folder, pointer.generation)


def _outgrown(before: Pointer, reader: StoreReader) -> bool:
    young = reader.count("passages", f"passage_id > {before.until}")
    return max(young, reader.count("removed", f"passage_id <= {before.until}")) > _DELTA_PASSAGES


def _outworn(before: Pointer, reader: StoreReader) -> bool:
    """Tell whether too much of the checkpoint is dead, or it grew far beyond what its lists were made for."""
    dead = before.dead + reader.count("removed", f"passage_id <= {before.until}")
    lists = lists_for(before.rows + reader.count("passages", f"passage_id > {before.until}"))
    return dead > max(_DEAD_PASSAGES, _DEAD_SHARE * before.rows) or lists > 2 * lists_for(before.trained)


def sweep(folder: Path, generation: int) -> None:
    """Take away every checkpoint but one."""
    for pattern in ("vectors-*", "columns-*"):
        for path in folder.glob(pattern):
            if path.suffix == ".unfinished" or path.stem != f"{pattern[:-1]}{generation}":
                path.unlink(missing_ok=True)
