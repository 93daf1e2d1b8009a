"""Forget a source or a comment: it goes from index and disk, and stays out though its file still holds it."""

from __future__ import annotations

from pathlib import Path

from qa.encoder import Encoder
from qa.events import Events
from qa.index import IndexWriter, open_writer
from qa.index.difference import Difference
from qa.reports import Forgotten, Report
from qa.updating import Request, bring_up_to_date

# How long readers that still hold the old state are waited for.
_PATIENCE_S = 5.0


def forget(folder: Path, encoder: Encoder, name: str, events: Events) -> Forgotten:
    """Remove the source, or else the comment, that is called name. Raises: CommentNotFound, IndexStoreError."""
    with open_writer(folder, encoder) as writer:
        with writer.reading(keep=True):
            source = _source(writer, name)
            gone = writer.forget_source(source) if source else writer.forget_comment(name)
            writer.plan(lambda count: None)  # replies quote what they answer: they are cut again
        return _carry_out(writer, source, name, gone, events)


def _carry_out(writer: IndexWriter, source: str | None, name: str, gone: Difference, events: Events) -> Forgotten:
    encoded = writer.encode(lambda count: None)
    writer.commit(events.notice)
    clean = writer.scrub(events.notice, _PATIENCE_S)
    return Forgotten(source or name, source is not None, gone.deleted, encoded, pending=not clean)


def _source(writer: IndexWriter, name: str) -> str | None:
    """Return the name of the source called by its name or its path."""
    for known, path, _ in writer.store.fingerprints():
        if name in (known, path) or str(Path(name).expanduser().absolute()) == path:
            return known
    return None


def take_in_again(folder: Path, encoder: Encoder, name: str, events: Events) -> Report:
    """Take in again what was forgotten, as far as its file still holds it. Raises: CommentNotFound, IndexStoreError."""
    with open_writer(folder, encoder) as writer:
        writer.take_in_again(name)
    return bring_up_to_date(folder, encoder, Request(), events)
