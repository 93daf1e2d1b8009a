"""What the program tells of its work: runs, checks, repairs, the state of an index. All are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qa.records import Answer, IndexState


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


@dataclass(frozen=True, slots=True)
class AuthorCount:
    """An author and how many comments are theirs."""

    name: str
    comments: int


@dataclass(frozen=True, slots=True)
class ThreadCount:
    """A thread, the comment_id of its first comment, and how many comments it has."""

    title: str | None
    first: str
    comments: int


@dataclass(frozen=True, slots=True)
class MonthCount:
    """A month, UTC, and how many comments were written in it."""

    year: int
    month: int
    comments: int


@dataclass(frozen=True, slots=True)
class Voices:
    """Who speaks of something. answer cites the best passage of each author, best first.

    Units: comments counts what each of them said of it; authors and found count all that speak of it, among those that
    were looked at; nameless are the comments of found that name no author. complete: no more were there to look at.
    """

    answer: Answer
    comments: tuple[int, ...]
    authors: int
    found: int
    nameless: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """What one author said of something. answer cites it in order of time; what has no time comes last.

    corrects holds, for each citation, the rank of the earlier one that it seems to correct; left_out counts comments
    that are less relevant than those cited.
    """

    answer: Answer
    corrects: tuple[int | None, ...]
    left_out: int


# Not a mode of the product: what it is compared with, the model alone.
BASELINE = "baseline"
# What an evaluation measures of a ranking.
METRICS = ("nDCG@10", "MRR@10", "Recall@10", "Recall@100", "MAP")


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of one mode's measure minus another's, over the same questions.

    low and high bound its 95 % interval; p is how likely chance alone gives a difference as large.
    """

    mean: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class ModeScores:
    """How one mode did, or the baseline, which never abstains: its refused is None.

    metrics are means over the questions that have an answer; None where none has.
    Units: latencies in ms, those of a whole answer from a warm program; refused is the share of questions for which it
    abstained: of all, of those with an answer, of those without. against holds this mode's measures minus the first's.
    """

    mode: str
    metrics: Mapping[str, float | None]
    latency_p50: float
    latency_p95: float
    refused: float | None
    refused_answerable: float | None
    refused_unanswerable: float | None
    against: Mapping[str, Difference] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good the answers of an index are. modes holds the one asked for first, then those it is compared with.

    silver: the questions came from the collection itself, and nobody judged them. sentence is the share of the
    questions with marked sentences whose best sentence is among those, None without such. notes say what was left out.
    """

    name: str
    index: str
    split: str | None
    silver: bool
    questions: int
    answerable: int
    modes: tuple[ModeScores, ...]
    sentence: float | None = None
    notes: tuple[str, ...] = ()
