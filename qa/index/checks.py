"""What must agree within an index: checksums, counts, references; in the store, and between it and what is derived."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from qa.errors import IndexDamaged
from qa.index.checkpoint import Checkpoint, Pointer
from qa.index.derived import open_words
from qa.index.layout import words_path
from qa.reports import Finding
from qa.store import StoreReader, damaged_comments, damaged_vectors
from qa.words import damaged_files

# What no row may be, each counted by a query.
_STRAYS = (
    ("passages belong to no comment", "passages p LEFT JOIN comments c USING (comment_key) WHERE c.comment_id IS NULL"),
    ("passages have no vector", "passages p LEFT JOIN vectors v USING (vector_key) WHERE v.hash IS NULL"),
    ("comments have no passage", "comments c WHERE comment_key NOT IN (SELECT comment_key FROM passages)"),
    ("comments belong to no source", "comments c WHERE source_key NOT IN (SELECT source_key FROM sources)"),
    ("comments name an author who is missing", "comments c LEFT JOIN authors a USING (author_key) "
     "WHERE c.author_key IS NOT NULL AND a.name IS NULL"),
    ("comments name a thread that is missing", "comments c WHERE thread_key IS NOT NULL "
     "AND thread_key NOT IN (SELECT thread_key FROM threads)"),
)  # fmt: skip


def check_store(folder: Path, connection: sqlite3.Connection, deep: bool) -> Iterator[Finding]:
    """Check the store with itself: SQLite's own check, every text against its hash, references, counts."""
    repair = f"qa repair --index {shlex.quote(str(folder))}"
    pragma = "integrity_check" if deep else "quick_check"
    problems = [row[0] for row in connection.execute(f"PRAGMA {pragma}(3)") if row[0] != "ok"]
    for problem in problems:
        yield Finding(f"the store: {' '.join(problem.split())}", repair)
    if problems:
        return
    for comment_id in damaged_comments(connection):
        yield Finding(f"the stored text or record of {comment_id} does not match its hash", repair)
    if deep:
        damaged = len(set(damaged_vectors(connection)))
        if damaged:
            yield Finding(f"{damaged:,} vectors do not match their checksums or their passages", repair)
    for fact, rows in _STRAYS:
        count = connection.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]
        if count:
            yield Finding(f"{count:,} {fact}", repair)
    store = StoreReader(connection)
    for table in ("comments", "passages"):
        if store.count(table) != store.total(table):
            yield Finding(f"{store.count(table):,} {table} are stored, {store.total(table):,} are on record", repair)


def check_derived(folder: Path, store: StoreReader, deep: bool) -> Iterator[Finding]:
    """Check the words and the checkpoint with the store; deep, every byte of their files."""
    repair = f"qa repair --index {shlex.quote(str(folder))}"
    yield from (Finding(fact, repair) for fact in _words_faults(folder, store, deep))
    yield from (Finding(fact, repair) for fact in _checkpoint_faults(folder, store, deep))


def _words_faults(folder: Path, store: StoreReader, deep: bool) -> Iterator[str]:
    path = words_path(folder)
    opened = open_words(folder)
    if opened is None:
        yield f"{path} cannot be read"
        return
    words, token, marked = opened
    if store.token(marked) != token:
        yield f"{path} belongs to another index, or to another state of this one"
    elif marked < store.change:
        yield f"{path} lags behind the store by {store.change - marked} changes"
    else:
        try:
            if words.passage_count != store.count("passages"):
                yield f"{path} holds {words.passage_count:,} passages, the store {store.count('passages'):,}"
        except IndexDamaged as error:
            yield error.message
    if deep:
        yield from (f"{one} does not match its checksum" for one in damaged_files(path))


def _checkpoint_faults(folder: Path, store: StoreReader, deep: bool) -> Iterator[str]:
    pointer = Pointer.read(store)
    if not pointer.generation:
        if store.count("passages"):
            yield f"{folder} has no checkpoint of its vectors"
        return
    for path, seal in pointer.sealed(folder):
        if not (seal.holds(path) if deep else seal.fits(path)):
            yield f"{path} is not as it was written"
    checkpoint = Checkpoint.open(folder, pointer, store.dimensions)
    if checkpoint is None:
        return
    dead = store.removed_until(pointer.until)
    alive = checkpoint.columns.living(dead)
    if not np.array_equal(alive, store.passage_ids_until(pointer.until)):
        yield f"checkpoint {pointer.generation} covers other passages than the store holds"
