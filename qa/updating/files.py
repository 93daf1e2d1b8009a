"""Which files changed since they were read; what lies in an archive counts as files of a folder."""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from pathlib import Path

from qa.errors import NoComments, SourceError, SourceUnreadable, UsageError
from qa.formats import PROSE, is_archive, unpacked
from qa.reports import SourceReport
from qa.sources import (
    STDIN,
    Fingerprint,
    Root,
    SourceFile,
    companions_unchanged,
    expand,
    files_below,
    fingerprint,
    is_gone,
    looks_unchanged,
)
from qa.store import SourceRecord
from qa.updating.reading import failed, note, one_source, prose, standard_input
from qa.updating.state import Found, Run


def read_files(run: Run) -> None:
    """Stage what differs in every source. Raises: SourceError where what was named cannot be read."""
    remembered = {root.path: root for root in run.writer.store.roots()}
    roots = {**remembered, **{root.path: root for root in run.request.roots}}
    known = {source.path: _name_of_file(source) for source in run.stored.values()}
    files = [file for file in expand(roots.values(), known) if not _is_forgotten(run, file)]
    present = {file.name for file in files}
    for source in run.stored.values():
        if _name_of_file(source) not in present:
            _missing(run, source, roots)
    stored: dict[str, list[SourceRecord]] = {}
    for source in run.stored.values():
        stored.setdefault(_name_of_file(source), []).append(source)
    for number, file in enumerate(files):
        run.events.progress("files read", number, len(files))
        _one_file(run, file, stored.get(file.name, []))
    for found in run.later:
        prose(run, found)
    if any(root.kind == "stdin" for root in run.request.roots):
        standard_input(run, roots[STDIN])
    run.events.progress("files read", len(files), len(files))
    if not any(report.comments for report in run.reports):
        _refuse_nothing(run)


def _name_of_file(source: SourceRecord) -> str:
    """Return the name of the file that a source is, or lies in."""
    return source.name.removesuffix("/" + source.member) if source.member else source.name


def _refuse_nothing(run: Run) -> None:
    """Raise where the paths named now gave no comment at all."""
    if not run.request.roots or run.difference.deleted:
        return
    named = ", ".join(root.path for root in run.request.roots)
    problems = [report.problem for report in run.reports if report.problem]
    detail = f" ({problems[0]})" if problems else ""
    raise NoComments(f"no comments in {named}{detail}", f"ls {shlex.quote(run.request.roots[0].path)}")


def _missing(run: Run, source: SourceRecord, roots: dict[str, Root]) -> None:
    """Remove a source that its root no longer has; keep one whose whole root is gone, unless pruning."""
    root = roots.get(source.root)
    if root is not None and root.kind == "stdin":
        if root not in run.request.roots:
            run.keep(source)
        return
    if root is not None and is_gone(root) and not run.request.prune:
        run.vanished.append(source.name)
        run.keep(source)
        return
    run.difference += run.writer.remove(source.name)
    if root is not None and is_gone(root):
        run.writer.forget(root)


def _one_file(run: Run, file: SourceFile, stored: list[SourceRecord]) -> None:
    """Read a file if it changed; an archive, member by member. stored is what the store holds of it."""
    found = Found(file, file.path, run.stored.get(file.name))
    try:
        _refuse_device(file.path)
        seen = _changed(run, file, stored)
        if seen is None:
            for source in stored:
                _unchanged(run, replace(found, stored=source), source)
        elif is_archive(file.path):
            _archive(run, file, seen, stored)
        else:
            for source in stored:
                if source.member:  # it was an archive
                    run.difference += run.writer.remove(source.name)
            one_source(run, replace(found, seen=seen))
    except SourceError as error:
        failed(run, found, error)


def _changed(run: Run, file: SourceFile, stored: list[SourceRecord]) -> Fingerprint | None:
    """Return None where a file is as it was and is read as it was, else what it is now."""
    if not stored or run.read_as.get(stored[0].root) != file.root.options:
        return fingerprint(file.path, time.time_ns())
    before = stored[0].fingerprint
    if looks_unchanged(file.path, before):
        return None
    seen = fingerprint(file.path, time.time_ns())
    if seen.sha256 != before.sha256 or not companions_unchanged(before):
        return seen
    for source in stored:
        now = replace(seen, beside=before.beside)
        run.writer.record(replace(source, path=str(file.path), root=file.root.path, fingerprint=now))
    return None


def _unchanged(run: Run, found: Found, source: SourceRecord) -> None:
    """Keep what is stored of a source, though prose only if it still is no part of an export."""
    if source.member:
        run.keep(source)
        return
    note(run, found, source.format, source.role)
    if source.format in PROSE and found.file.root.kind != "file":
        run.later.append(found)
    else:
        run.keep(source)


def _archive(run: Run, file: SourceFile, seen: Fingerprint, stored: list[SourceRecord]) -> None:
    """Read what lies in an archive."""
    with unpacked(file.path) as (folder, found):
        for refused in found.refused:
            run.tell(SourceReport(file.name, None, 0, problem=f"left in the archive: {refused}"))
        names = {path.as_posix() for path in found.files}
        for source in stored:
            if source.member not in names:
                run.difference += run.writer.remove(source.name)
        before, run.later = run.later, []
        for path in files_below(folder):
            name = path.relative_to(folder).as_posix()
            inner = SourceFile(f"{file.name}/{name}", file.path, file.root)
            if not _is_forgotten(run, inner):
                one_source(run, Found(inner, path, run.stored.get(inner.name), seen, name))
        for late in run.later:
            prose(run, late)
        run.later = before


def _refuse_device(path: Path) -> None:
    """Raise for what exists and is no file: a device or a pipe may never end."""
    if path.exists() and not path.is_file():
        raise SourceUnreadable(f"{path} is not a file", f"ls -ld {shlex.quote(str(path))}")


def _is_forgotten(run: Run, file: SourceFile) -> bool:
    if file.name not in run.forgotten:
        return False
    if file.root.path in run.named:
        raise UsageError(f"{file.name} was forgotten", f"qa forget --undo {shlex.quote(file.name)}")
    run.left_out += 1
    return True
