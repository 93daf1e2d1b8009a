"""Bring an index up to its sources: which files changed, what in them differs, what that costs."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from qa.encoder import Encoder
from qa.errors import NoComments, QAError, SourceError, SourceUnreadable, UsageError
from qa.events import Events
from qa.faults import step
from qa.formats import Counts, ReadOptions, read_comments
from qa.index import IndexWriter, open_writer
from qa.index.difference import Difference
from qa.records import Comment, Report, SourceReport
from qa.sources import STDIN, Root, SourceFile, expand, fingerprint, is_gone, looks_unchanged
from qa.store import SourceRecord

_TELL_EVERY = 500
# Work that takes longer is announced.
_LONG_S = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is to do. roots are those named now; the remembered ones are always brought up too."""

    roots: Sequence[Root] = ()
    prune: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class _Run:
    """One run in progress."""

    writer: IndexWriter
    request: Request
    events: Events
    stored: dict[str, SourceRecord]
    read_as: dict[str, str]
    named: set[str]
    forgotten: set[str]
    left_out: int = 0
    difference: Difference = field(default_factory=Difference)
    reports: list[SourceReport] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)


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
            _read_files(run)
            to_encode, characters = writer.plan(lambda count: events.progress("comments cut", count, 0))
            comments, passages = writer.totals()
        step("staged")
        if request.dry_run:
            encoded = to_encode
        else:
            _announce(to_encode, characters, encoder, events)
            encoded = _encode(writer, to_encode, events)
            writer.commit(events.notice)
    difference = run.difference
    return Report(
        comments=comments,
        passages=passages,
        encoded=encoded,
        added=difference.added,
        edited=difference.edited,
        deleted=difference.deleted,
        unchanged=difference.unchanged,
        sources=tuple(run.reports),
        vanished=tuple(run.vanished),
        dry_run=request.dry_run,
    )


@contextmanager
def _existing_or_trial(folder: Path, dry_run: bool) -> Iterator[Path]:
    """Give the index's folder, or for a dry run without an index a folder that is thrown away."""
    if not dry_run or (folder / "index.sqlite3").exists():
        yield folder
        return
    with tempfile.TemporaryDirectory() as trial:
        yield Path(trial)


def _begin(writer: IndexWriter, request: Request, events: Events) -> _Run:
    read_as = {root.path: root.options for root in writer.store.roots()}
    for root in request.roots:
        writer.remember(root)
    return _Run(
        writer=writer,
        request=request,
        events=events,
        stored={source.name: source for source in writer.store.sources()},
        read_as=read_as,
        named={root.path for root in request.roots if root.kind == "file"},
        forgotten=writer.store.forgotten(),
    )


def _read_files(run: _Run) -> None:
    remembered = {root.path: root for root in run.writer.store.roots()}
    roots = {**remembered, **{root.path: root for root in run.request.roots}}
    known = {source.path: name for name, source in run.stored.items()}
    files = [file for file in expand(roots.values(), known) if not _is_forgotten(run, file)]
    present = {file.name for file in files}
    for source in run.stored.values():
        if source.name not in present:
            _missing(run, source, roots)
    for number, file in enumerate(files):
        run.events.progress("files read", number, len(files))
        _one_file(run, file)
    if any(root.kind == "stdin" for root in run.request.roots):
        _standard_input(run, roots[STDIN])
    run.events.progress("files read", len(files), len(files))
    if not run.reports or not any(report.comments for report in run.reports):
        _refuse_nothing(run)


def _refuse_nothing(run: _Run) -> None:
    """Raise where the paths named now gave no comment at all."""
    if not run.request.roots or run.difference.deleted:
        return
    named = ", ".join(root.path for root in run.request.roots)
    problems = [report.problem for report in run.reports if report.problem]
    detail = f" ({problems[0]})" if problems else ""
    raise NoComments(f"no comments in {named}{detail}", f"ls {shlex.quote(run.request.roots[0].path)}")


def _missing(run: _Run, source: SourceRecord, roots: dict[str, Root]) -> None:
    """Remove a source that its root no longer has; keep one whose whole root is gone, unless pruning."""
    root = roots.get(source.root)
    if root is not None and root.kind == "stdin":
        if root not in run.request.roots:
            _keep(run, source)
        return
    if root is not None and is_gone(root) and not run.request.prune:
        run.vanished.append(source.name)
        _keep(run, source)
        return
    run.difference += run.writer.remove(source.name)
    if root is not None and is_gone(root):
        run.writer.forget(root)


def _keep(run: _Run, source: SourceRecord) -> None:
    run.difference += run.writer.keep(source.name)
    run.reports.append(source.report())


def _one_file(run: _Run, file: SourceFile) -> None:
    stored = run.stored.get(file.name)
    unchanged_options = stored is not None and run.read_as.get(stored.root) == file.root.options
    if stored and unchanged_options and looks_unchanged(file.path, stored.fingerprint):
        _keep(run, stored)
        return
    try:
        _refuse_device(file.path)
        seen = fingerprint(file.path, time.time_ns())
        if stored and unchanged_options and seen.sha256 == stored.fingerprint.sha256:
            run.writer.record(replace(stored, path=str(file.path), root=file.root.path, fingerprint=seen))
            _keep(run, stored)
            return
        _read(run, file, SourceRecord(file.name, str(file.path), file.root.path, "", "", seen, 0, 0, 0, 0, 0))
    except SourceError as error:
        if file.root.path in run.named:
            raise
        _problem(run, file, stored, error)


def _refuse_device(path: Path) -> None:
    """Raise for what exists and is no file: a device or a pipe may never end."""
    if path.exists() and not path.is_file():
        raise SourceUnreadable(f"{path} is not a file", f"ls -ld {shlex.quote(str(path))}")


def _read(run: _Run, file: SourceFile, blank: SourceRecord) -> None:
    """Stage what a file says now."""
    reader = read_comments(file.path, file.name, ReadOptions.from_json(file.root.options))
    with run.writer.attempt():
        left_out = run.left_out
        difference = run.writer.compare(file.name, blank.path, _told(_remembered(run, reader), run.events))
    counts: Counts = reader.counts
    left_out = run.left_out - left_out
    record = replace(
        blank,
        format=reader.format,
        decided=reader.decided,
        comments=counts.comments - left_out,
        empty=counts.empty,
        deleted=counts.deleted + left_out,
        duplicates=counts.duplicates,
        unreadable=counts.unreadable,
    )
    run.writer.record(record)
    run.difference += difference
    run.reports.append(record.report())
    run.events.decided(record.report())


def _is_forgotten(run: _Run, file: SourceFile) -> bool:
    if file.name not in run.forgotten:
        return False
    if file.root.path in run.named:
        raise UsageError(f"{file.name} was forgotten", f"qa forget --undo {shlex.quote(file.name)}")
    run.left_out += 1
    return True


def _remembered(run: _Run, comments: Iterable[Comment]) -> Iterator[Comment]:
    for comment in comments:
        if comment.comment_id in run.forgotten:
            run.left_out += 1
        else:
            yield comment


def _told(comments: Iterable[Comment], events: Events) -> Iterator[Comment]:
    """Give the comments on, telling now and then how many there were."""
    for count, comment in enumerate(comments):
        if count % _TELL_EVERY == 0:
            events.progress("comments read", count, 0)
        yield comment


def _problem(run: _Run, file: SourceFile, stored: SourceRecord | None, error: SourceError) -> None:
    """Report a file that could not be read; what the index holds of it is kept, unless it is empty by now."""
    if stored and isinstance(error, NoComments):
        run.difference += run.writer.remove(file.name)
    elif stored:
        run.difference += run.writer.keep(file.name)
    held = stored.comments if stored and not isinstance(error, NoComments) else 0
    report = SourceReport(file.name, None, held, unreadable=1, problem=error.message)
    run.reports.append(report)
    run.events.decided(report)


def _standard_input(run: _Run, root: Root) -> None:
    """Read standard input, which can be read only once, from a copy on disk."""
    if sys.stdin is None:
        raise UsageError("standard input is closed", "qa index - < FILE")
    with tempfile.TemporaryDirectory() as spool:
        path = Path(spool) / STDIN
        with path.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        seen = fingerprint(path, time.time_ns())
        blank = SourceRecord(STDIN, STDIN, root.path, "", "", seen, 0, 0, 0, 0, 0)
        try:
            _read(run, SourceFile(STDIN, path, root), blank)
        except QAError as error:
            error.message = error.message.replace(str(path), STDIN)
            error.args = (error.message,)
            error.hint = (error.hint or "").replace(str(path), "-") or None
            raise


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
