"""Runs, status and listings -> text and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qa.records import Comment
from qa.render.jsons import moment_json
from qa.render.lines import author, change_line, day
from qa.render.safe import clip, safe_line
from qa.reports import Report, SourceReport, Status

_EXCERPT = 80
_SECONDS_WORTH_SAYING = 2


def report_json(report: Report) -> dict[str, Any]:
    """Return the object of ``qa index --json`` and ``qa update --json``."""
    counts = {
        "comments": report.comments,
        "passages": report.passages,
        "encoded": report.encoded,
        "added": report.added,
        "edited": report.edited,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
    }
    return {
        **counts,
        "sources": [_source_json(source) for source in report.sources],
        "vanished": list(report.vanished),
        "dry_run": report.dry_run,
    }


def report_plain(report: Report) -> str:
    """Return the change line, what it cost or would cost, and what needs the user's eye."""
    lines = [change_line(report.added, report.edited, report.deleted, report.unchanged)]
    encoded = f"{report.encoded:,} {_plural(report.encoded, 'passage')}"
    if report.dry_run:
        lines.append(f"dry run: {encoded} would be encoded{_cost(report.encoded)}; nothing was changed")
    else:
        lines.append(
            f"{report.comments:,} {_plural(report.comments, 'comment')}, {report.passages:,} "
            f"{_plural(report.passages, 'passage')} in the index; {encoded} newly encoded"
        )
    for what, count in _totals(report).items():
        if count:
            lines.append(f"{count:,} {what}")
    if report.vanished:
        names = ", ".join(safe_line(name) for name in report.vanished[:5])
        more = f" and {len(report.vanished) - 5} more" if len(report.vanished) > 5 else ""
        lines.append(f"gone, but kept: {names}{more}\nrun: qa update --prune")
    return "\n".join(lines)


def _totals(report: Report) -> dict[str, int]:
    """Return what became of the records that are no comments of the index, over all sources."""
    sources = report.sources
    return {
        "notices of platforms left out (joins, labels and the like)": sum(one.notices for one in sources),
        "comments also in another source, whose version is later": sum(one.elsewhere for one in sources),
        "records that could not be read": sum(one.unreadable for one in sources if one.problem is None),
        "file(s) left aside, no part of the export beside them": sum(one.aside is not None for one in sources),
    }


def commit_json(report: Report, moment: datetime) -> dict[str, Any]:
    """Return the object of one line of ``qa update --watch --json``: when, and what changed."""
    return {"at": moment.isoformat(timespec="seconds"), **report_json(report)}


def commit_plain(report: Report, moment: datetime) -> str:
    """Return one line of ``qa update --watch``: ``14:03:05  +1 new  ~0 edited  -0 deleted  1,257 unchanged``."""
    return f"{moment:%H:%M:%S}  {change_line(report.added, report.edited, report.deleted, report.unchanged)}"


def status_json(status: Status) -> dict[str, Any]:
    """Return the object of ``qa status --json``; the counts of a run are those of nothing having changed."""
    unchanged = {"encoded": 0, "added": 0, "edited": 0, "deleted": 0, "unchanged": status.index.comments}
    stale = set(status.index.stale_sources)
    return {
        "path": status.index.path,
        "comments": status.index.comments,
        "passages": status.passages,
        **unchanged,
        "authors": status.authors,
        "threads": status.threads,
        "first": moment_json(status.first),
        "last": moment_json(status.last),
        "updated_at": moment_json(status.index.updated_at),
        "encoder": status.encoder,
        "size_bytes": status.size_bytes,
        "stale_sources": list(status.index.stale_sources),
        "sources": [{**_source_json(source), "stale": source.source in stale} for source in status.sources],
    }


def status_plain(status: Status) -> str:
    """Return what the index holds, a line for each source."""
    span = f", {_date(status.first)} to {_date(status.last)}" if status.first else ""
    lines = [
        f"{safe_line(status.index.path)}: {status.index.comments:,} {_plural(status.index.comments, 'comment')} "
        f"({status.passages:,} {_plural(status.passages, 'passage')}) by {status.authors:,} "
        f"{_plural(status.authors, 'author')} in {status.threads:,} {_plural(status.threads, 'thread')}{span}",
        f"updated {_date(status.index.updated_at)}, encoder {safe_line(status.encoder)}, "
        f"{status.size_bytes / 1e6:,.1f} MB",
    ]
    stale = set(status.index.stale_sources)
    for source in status.sources:
        mark = "  changed since" if source.source in stale else ""
        counts = "".join(f", {count:,} {name}" for name, count in _left_out(source).items() if count)
        lines.append(
            f"  {safe_line(source.source)}  {source.format}  {source.comments:,} "
            f"{_plural(source.comments, 'comment')}{counts}{mark}"
        )
    if stale:
        lines.append("run: qa update")
    return "\n".join(lines)


def listing_plain(comment: Comment) -> str:
    """Return a comment on one line: id, author, date, first words, tabs between."""
    parts = (safe_line(comment.comment_id), author(comment) or "-", day(comment.created_at) or "-")
    return "\t".join((*parts, clip(comment.text, _EXCERPT)))


def _source_json(source: SourceReport) -> dict[str, Any]:
    found: dict[str, Any] = {"source": source.source, "format": source.format, "comments": source.comments}
    found.update(_left_out(source))
    told = {"problem": source.problem, "aside": source.aside, "unreadable_at": list(source.unreadable_at)}
    return found | {name: value for name, value in told.items() if value}


def _left_out(source: SourceReport) -> Mapping[str, int]:
    return {
        "empty": source.empty,
        "deleted": source.deleted,
        "duplicates": source.duplicates,
        "unreadable": source.unreadable,
        "notices": source.notices,
        "elsewhere": source.elsewhere,
    }


def _cost(passages: int) -> str:
    """Return a rough time: some 100 short passages a second on two cores."""
    seconds = passages / 100
    return f", about {seconds:,.0f} s" if seconds >= _SECONDS_WORTH_SAYING else ""


def _plural(count: int, name: str) -> str:
    return name if count == 1 else f"{name}s"


def _date(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "never"
