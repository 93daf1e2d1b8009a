"""Read a source and stage what differs from what is stored of it.

Files of a folder are read in two rounds. What a platform or a table's columns recognise comes first; what could be
anybody's prose comes after it, since beside an export a README is no comment.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from qa.errors import NoComments, QAError, SourceError, UnknownFormat, UsageError, WrongColumns
from qa.events import Events
from qa.formats import PROSE, TABLES, CommentReader, ReadOptions, read_comments
from qa.records import Comment
from qa.reports import SourceReport
from qa.sources import STDIN, Root, SourceFile, fingerprint, state_of
from qa.store import SourceRecord
from qa.updating.state import Found, Run

_TELL_EVERY = 500
# Prose that comes with an export and is not part of it.
_ABOUT = re.compile(r"(?:readme|licen[cs]e|copying|notice|changelog|contributing|authors)\b", re.IGNORECASE)


def one_source(run: Run, found: Found) -> None:
    """Read a source; prose of a folder is put off."""
    root = found.file.root
    several = root.kind != "file" or bool(found.member)
    try:
        reader = read_comments(found.lies, found.file.name, ReadOptions.from_json(root.options))
        note(run, found, reader.format, reader.role)
        if several and reader.format in PROSE:
            run.later.append(found)
        else:
            _read(run, found, reader)
    except (UnknownFormat, WrongColumns) as error:
        if not several:
            failed(run, found, error)
        run.later.append(found)
    except SourceError as error:
        failed(run, found, error)


def note(run: Run, found: Found, name: str, role: str) -> None:
    """Note that a folder holds a platform's export."""
    if name not in PROSE and name not in TABLES:
        run.exports.setdefault(found.lies.parent, name)
    if role == "companion":
        run.whole.add(found.lies.parent)


def prose(run: Run, found: Found) -> None:
    """Read what no platform recognised, unless it is no part of the export that it lies in."""
    export = run.exports.get(found.lies.parent)
    about = _ABOUT.match(found.lies.name) is not None
    if found.lies.parent in run.whole or (export is not None and about):
        if found.stored is not None:
            run.difference += run.writer.remove(found.file.name)
        kind = export or "table of comments"
        report = SourceReport(found.file.name, None, 0, aside=f"no part of the {kind} export it lies in")
        run.tell(report)
        return
    if found.seen is None and found.stored is not None:
        run.keep(found.stored)
        return
    try:
        options = ReadOptions.from_json(found.file.root.options)
        _read(run, found, read_comments(found.lies, found.file.name, options))
    except SourceError as error:
        failed(run, found, error)


def _read(run: Run, found: Found, reader: CommentReader) -> None:
    """Stage what a file says now."""
    name = found.file.name
    with run.writer.attempt():
        left_out = run.left_out
        difference = run.writer.compare(name, str(found.file.path), _told(_remembered(run, reader), run.events))
    left_out = run.left_out - left_out
    counts = reader.counts
    seen = found.seen or fingerprint(found.file.path, time.time_ns())
    beside = "[]" if found.member else state_of(reader.beside)
    record = SourceRecord(
        name=name,
        path=str(found.file.path),
        root=found.file.root.path,
        format=reader.format,
        decided=reader.decided,
        fingerprint=replace(seen, beside=beside),
        comments=counts.comments - left_out,
        empty=counts.empty,
        deleted=counts.deleted + left_out,
        duplicates=counts.duplicates,
        unreadable=counts.unreadable,
        notices=counts.notices,
        role=reader.role,
        member=found.member,
    )
    run.writer.record(record)
    run.difference += difference
    report = replace(record.report(), unreadable_at=tuple(counts.unreadable_at))
    run.tell(report)


def _remembered(run: Run, comments: Iterable[Comment]) -> Iterator[Comment]:
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


def failed(run: Run, found: Found, error: SourceError) -> None:
    """Report a file that could not be read; what the index holds of it is kept, unless it is empty by now.

    Raises: the error, where the file itself was named.
    """
    _rename(error, str(found.lies), str(found.file.path / found.member) if found.member else str(found.file.path))
    if found.file.root.path in run.named and not found.member:
        raise error
    stored = found.stored
    if stored and isinstance(error, NoComments):
        run.difference += run.writer.remove(stored.name)
    elif stored:
        run.difference += run.writer.keep(stored.name)
    held = stored.comments if stored and not isinstance(error, NoComments) else 0
    report = SourceReport(found.file.name, None, held, unreadable=1, problem=error.message)
    run.tell(report)


def standard_input(run: Run, root: Root) -> None:
    """Read standard input, which can be read only once, from a copy on disk."""
    if sys.stdin is None:
        raise UsageError("standard input is closed", "qa index - < FILE")
    with tempfile.TemporaryDirectory() as spool, _renamed(Path(spool) / STDIN, STDIN):
        path = Path(spool) / STDIN
        with path.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        found = Found(SourceFile(STDIN, Path(STDIN), root), path, None, fingerprint(path, time.time_ns()))
        _read(run, found, read_comments(path, STDIN, ReadOptions.from_json(root.options)))


@contextmanager
def _renamed(path: Path, name: str) -> Iterator[None]:
    """Let an error name a source as the user knows it."""
    try:
        yield
    except QAError as error:
        _rename(error, str(path), name)
        raise


def _rename(error: QAError, path: str, name: str) -> None:
    error.message = error.message.replace(path, name)
    error.args = (error.message,)
    error.hint = (error.hint or "").replace(path, "-" if name == STDIN else name) or None
