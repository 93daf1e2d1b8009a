"""Check that everything in an index agrees: with itself, with its sources, with its encoder."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import groupby
from pathlib import Path

import numpy as np

from qa.encoder import Encoder, PassageInput
from qa.errors import CitationError, IndexDamaged, QAError
from qa.events import Events
from qa.formats import ReadOptions, read_comments, unpacked
from qa.index import check_derived, check_store
from qa.index.layout import store_path
from qa.passages import sentence_spans
from qa.reports import Finding, Verification
from qa.sources import STDIN, is_stale
from qa.store import SourceRecord, StoredPassage, StoreReader, connect, mapped, record_hash

# Passages that are encoded again, and how near to the stored vector the new one has to be.
_SAMPLE, _DEEP_SAMPLE = 20, 200
_LEAST_AGREEMENT = 0.98


def verify(folder: Path, encoder: Encoder, events: Events, *, deep: bool = False) -> Verification:
    """Check an index; deep, every byte of it that can be checked.

    Raises: IndexNotFound, IndexTooNew, IndexMismatch, EncoderError.
    """
    try:
        with mapped(store_path(folder)), closing(connect(store_path(folder))) as connection:
            connection.execute("BEGIN")
            store = StoreReader(connection)
            findings = [*check_store(folder, connection, deep), *check_derived(folder, store, deep)]
            findings += _sources(folder, store, events)
            sample = _DEEP_SAMPLE if deep else _SAMPLE
            findings += _encoded_again(folder, store, encoder, sample)
            return Verification(tuple(findings), store.count("comments"), store.count("passages"), sample, deep)
    except IndexDamaged as error:
        return Verification((Finding(error.message, _repair(folder)),), 0, 0, 0, deep)


def _repair(folder: Path) -> str:
    return f"qa repair --index {shlex.quote(str(folder))}"


def _sources(folder: Path, store: StoreReader, events: Events) -> Iterator[Finding]:
    """Read every source again and compare it, comment by comment, with what is cited from it."""
    options = {root.path: root.options for root in store.roots()}
    forgotten = store.forgotten()
    update = f"qa update --index {shlex.quote(str(folder))}"
    sources = sorted(store.sources(), key=lambda source: source.path)
    done = 0
    for path, group in groupby(sources, key=lambda source: source.path):
        several = list(group)
        events.progress("sources compared", done, len(sources))
        done += len(several)
        if path == STDIN:
            continue
        if not Path(path).exists():
            yield Finding(f"{path} is gone; its comments cannot be compared", f"{update} --prune")
        elif any(is_stale(Path(path), source.fingerprint) for source in several):
            yield Finding(f"{path} changed since it was read", update)
        else:
            with _opened(Path(path), archive=any(source.member for source in several)) as place:
                for source in several:
                    lies = place / source.member if source.member else place
                    yield from _compared(folder, store, source, lies, options.get(source.root, "{}"), forgotten)


@contextmanager
def _opened(path: Path, archive: bool) -> Iterator[Path]:
    """Give the file itself, or the folder that an archive is unpacked in."""
    if not archive:
        yield path
        return
    with unpacked(path) as (place, _):
        yield place


def _compared(
    folder: Path, store: StoreReader, source: SourceRecord, lies: Path, options: str, forgotten: set[str]
) -> Iterator[Finding]:
    held = store.record_hashes(source.name)
    differ = missing = 0
    try:
        for comment in read_comments(lies, source.name, ReadOptions.from_json(options)):
            if comment.comment_id in forgotten:
                continue
            stored = held.pop(comment.comment_id, None)
            missing += stored is None
            differ += stored is not None and stored != record_hash(comment)
    except QAError as error:
        yield Finding(f"{source.path} cannot be read any more: {error.message}", error.hint or _repair(folder))
        return
    for count, fact in ((differ, "differ from"), (missing, "are missing of"), (len(held), "do not stand in")):
        if count:
            yield Finding(f"{count:,} comments {fact} {source.path}, which did not change", _repair(folder))


def _encoded_again(folder: Path, store: StoreReader, encoder: Encoder, count: int) -> Iterator[Finding]:
    """Encode some passages again and compare the vectors."""
    stored = list(_whole(store, count))
    texts = [one.passage.searched for one in stored]
    inputs = [
        PassageInput(one.passage.context, text, tuple(sentence_spans(text)))
        for one, text in zip(stored, texts, strict=True)
    ]
    vectors = [one.vector for one in encoder.encode_passages(inputs)] if inputs else []
    for one, vector in zip(stored, vectors, strict=True):
        agreement = float(np.dot(one.vector, vector))
        if agreement < _LEAST_AGREEMENT:
            yield Finding(
                f"the vector of a passage of {one.passage.comment_id} is not what {encoder.name} gives "
                f"(cosine {agreement:.3f})",
                _repair(folder),
            )


def _whole(store: StoreReader, count: int) -> Iterator[StoredPassage]:
    """Yield the passages of a sample, but for those of comments that are found to be damaged anyway."""
    for passage_id in store.sampled_passages(count):
        with suppress(CitationError):
            yield from store.passages([passage_id]).values()
