"""A run in progress: what it is to do, what it has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa.events import Events
from qa.index import IndexWriter
from qa.index.difference import Difference
from qa.reports import SourceReport
from qa.sources import Fingerprint, Root, SourceFile
from qa.store import SourceRecord


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is to do. roots are those named now; the remembered ones are always brought up too."""

    roots: Sequence[Root] = ()
    prune: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Run:
    """One run in progress. exports maps each folder in which a platform was recognised to that platform's name.

    whole holds those of them that are an export of several kinds of files: nothing else in them is a comment.
    """

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
    exports: dict[Path, str] = field(default_factory=dict)
    whole: set[Path] = field(default_factory=set)
    later: list[Found] = field(default_factory=list)

    def keep(self, source: SourceRecord) -> None:
        """Leave a source as it is stored."""
        self.difference += self.writer.keep(source.name)
        self.reports.append(source.report())

    def tell(self, report: SourceReport) -> None:
        """Note and tell what was found in a source."""
        self.reports.append(report)
        self.events.decided(report)


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read, where it lies now, and what is stored of it.

    seen: its fingerprint, where that has been taken; of what lies in an archive it is the archive's. member is its name
    in there.
    """

    file: SourceFile
    lies: Path
    stored: SourceRecord | None
    seen: Fingerprint | None = None
    member: str = ""
