"""Repair an index with what is left of it: save what can be read, read the rest again from its sources."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qa.encoder import Encoder
from qa.events import Events
from qa.index import open_writer, save_store
from qa.reports import Repaired
from qa.updating import Request, bring_up_to_date

# How long readers that still hold the old state are waited for.
_PATIENCE_S = 5.0


def repair(folder: Path, load: Callable[[], Encoder], events: Events, *, compact: bool = False) -> Repaired:
    """Save what can be read, drop what does not agree, read the sources again, make anew what is derived.

    load gives the encoder that the saved store names. compact also rewrites the store without the gaps that deletions
    left. A store that SQLite cannot read is kept beside the new one. Raises: IndexNotFound, IndexBusy, IndexTooNew,
    IndexNotWritable, SourceError.
    """
    kept = save_store(folder, events.notice)
    encoder = load()
    with open_writer(folder, encoder) as writer:
        dropped = writer.settle()
    report = bring_up_to_date(folder, encoder, Request(), events)
    with open_writer(folder, encoder) as writer:
        if compact:
            writer.compact()
        clean = writer.scrub(events.notice, _PATIENCE_S)
    return Repaired(dropped, report, compact, pending=not clean, kept=str(kept) if kept else None)
