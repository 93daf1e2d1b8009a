"""What the program tells of its work: runs, checks, repairs, the state of an index. All are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qa.records import IndexState


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a run found in one source. format is None, and problem says why, where it could not be read.

    comments counts those of this source, also where another source's version is the one in the index (elsewhere);
    notices were written by the platform, not by a person. aside: the file is no part of the export it lies in, and why.
    unreadable_at holds the lines of the first records that were unreadable.
    """

    source: str
    format: str | None
    comments: int
    empty: int = 0
    deleted: int = 0
    duplicates: int = 0
    unreadable: int = 0
    notices: int = 0
    elsewhere: int = 0
    decided: str = ""
    problem: str | None = None
    aside: str | None = None
    unreadable_at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a run changed, or would change. encoded counts passages that were (or would be) put through the model.

    comments and passages are the index's totals afterwards. vanished names sources whose root is gone; they are kept.
    """

    comments: int
    passages: int
    encoded: int
    added: int
    edited: int
    deleted: int
    unchanged: int
    sources: tuple[SourceReport, ...]
    vanished: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten: a source (whole) or one comment, and how many comments went.

    encoded counts replies that were encoded again because they quote what they answer. pending: a reader still holds
    the old state, so deleted text is on disk until the next repair.
    """

    name: str
    whole_source: bool
    comments: int
    encoded: int
    pending: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: the fact, and the command that mends it."""

    fact: str
    mend: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked and what is wrong. sampled counts passages that were encoded again."""

    findings: tuple[Finding, ...]
    comments: int
    passages: int
    sampled: int
    deep: bool


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did. dropped counts comments that were not whole; report is what reading the sources again gave.

    kept is where a store that could not be read whole was put. pending as in `Forgotten`.
    """

    dropped: int
    report: Report
    compacted: bool
    pending: bool
    kept: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """What an index holds. sources are as they were when they were last read."""

    index: IndexState
    passages: int
    authors: int
    threads: int
    encoder: str
    size_bytes: int
    first: datetime | None
    last: datetime | None
    sources: tuple[SourceReport, ...]
