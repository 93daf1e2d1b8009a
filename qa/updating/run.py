"""One run from beginning to end: read what changed, encode what is new, commit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from qa.confidence import calibrate, needs_calibration
from qa.encoder import Encoder
from qa.events import Events
from qa.faults import step
from qa.index import IndexWriter, open_snapshot, open_writer
from qa.reports import Report
from qa.updating.files import read_files
from qa.updating.state import Request, Run

__all__ = ["Request", "bring_up_to_date"]

# Work that takes longer is announced.
_LONG_S = 60.0


def bring_up_to_date(folder: Path, encoder: Encoder, request: Request, events: Events) -> Report:
    """Read what changed in the sources of the index in `folder`, encode what is new, and commit.

    A source named directly that cannot be read is an error; one inside a folder, or remembered, is reported and what
    the index holds of it is kept. Raises: SourceError, IndexStoreError.
    """
    with _existing_or_trial(folder, request.dry_run) as place, open_writer(place, encoder) as writer:
        if not request.dry_run and writer.store.change == 0:
            writer.remember_now(request.roots)
        with writer.reading(keep=not request.dry_run):
            run = _begin(writer, request, events)
            read_files(run)
            run.difference += writer.settle_versions()
            elsewhere = writer.elsewhere()
            to_encode, characters = writer.plan(lambda count: events.progress("comments cut", count, 0))
            comments, passages = writer.totals()
        step("staged")
        if request.dry_run:
            encoded = to_encode
        else:
            _announce(to_encode, characters, encoder, events)
            encoded = _encode(writer, to_encode, events)
            writer.commit(events.notice)
            _calibrate(folder, writer, encoder)
    difference = run.difference
    return Report(
        comments=comments,
        passages=passages,
        encoded=encoded,
        added=difference.added,
        edited=difference.edited,
        deleted=difference.deleted,
        unchanged=difference.unchanged,
        sources=tuple(
            replace(one, elsewhere=elsewhere.get(one.source, 0))
            for one in sorted(run.reports, key=lambda one: one.source)
        ),
        vanished=tuple(run.vanished),
        dry_run=request.dry_run,
    )


def _calibrate(folder: Path, writer: IndexWriter, encoder: Encoder) -> None:
    """Measure what questions about anything find, where the collection is new or changed much."""
    with open_snapshot(folder) as snapshot:
        calibration = calibrate(snapshot, encoder) if needs_calibration(snapshot) else None
    if calibration is not None:
        writer.keep_calibration(str(calibration))


@contextmanager
def _existing_or_trial(folder: Path, dry_run: bool) -> Iterator[Path]:
    """Give the index's folder, or for a dry run without an index a folder that is thrown away."""
    if not dry_run or (folder / "index.sqlite3").exists():
        yield folder
        return
    with tempfile.TemporaryDirectory() as trial:
        yield Path(trial)


def _begin(writer: IndexWriter, request: Request, events: Events) -> Run:
    read_as = {root.path: root.options for root in writer.store.roots()}
    for root in request.roots:
        writer.remember(root)
    return Run(
        writer=writer,
        request=request,
        events=events,
        stored={source.name: source for source in writer.store.sources()},
        read_as=read_as,
        named={root.path for root in request.roots if root.kind == "file"},
        forgotten=writer.store.forgotten(),
    )


def _announce(passages: int, characters: int, encoder: Encoder, events: Events) -> None:
    """Say beforehand how long long work will take."""
    seconds = characters / encoder.characters_per_second if encoder.characters_per_second else 0.0
    if seconds >= _LONG_S:
        spent = f"{seconds / 60:,.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"
        events.notice(f"{passages:,} passages to encode, about {spent}; stopped, it goes on where it was")


def _encode(writer: IndexWriter, total: int, events: Events) -> int:
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        events.progress("passages encoded", done, total)

    if total:
        events.progress("passages encoded", 0, total)
    return writer.encode(count)
