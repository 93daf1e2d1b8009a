"""The nouns of the program: Comment, Passage, Hit, Citation, Answer.

All are frozen. A `Passage` holds its `Comment`, so a piece of text can never lose its source, and its
text is a slice of the comment's text by construction.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

_INK = re.compile(r"[^\n]")

# How passages are ranked: by meaning and words together, or by one of them.
Mode = Literal["hybrid", "dense", "words"]


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment as its author wrote it: the unit that a citation names.

    text is verbatim. created_at and edited_at are timezone-aware, in UTC. parent_id is the comment_id of the comment
    that this one answers. asides are (start, end) offsets in text, sorted: what its author did not write (a quote of
    somebody else, a signature), shown and never searched. line_start and line_end are 1-based and inclusive, in the
    source file; a comment from a table has them for its whole record, and also record (1-based, counting every record
    of the source) and field (the column that held the text). truncated: the page this was copied from cut it off.
    """

    comment_id: str
    text: str
    source: str
    author: str | None = None
    created_at: datetime | None = None
    thread_id: str | None = None
    thread_title: str | None = None
    parent_id: str | None = None
    url: str | None = None
    truncated: bool = False
    line_start: int | None = None
    line_end: int | None = None
    record: int | None = None
    field: str | None = None
    edited_at: datetime | None = None
    votes: int | None = None
    asides: tuple[tuple[int, int], ...] = ()

    @property
    def searched(self) -> str:
        """The text with white space in place of its asides, so that offsets stay."""
        return blanked(self.text, self.asides)


def blanked(text: str, asides: tuple[tuple[int, int], ...]) -> str:
    r"""Return a text with white space in place of its asides; line ends stay.

    >>> blanked("> why?\nBecause.", ((0, 6),))
    '      \nBecause.'
    """
    if not asides:
        return text
    parts, at = [], 0
    for start, end in asides:
        parts += [text[at:start], _INK.sub(" ", text[start:end])]
        at = end
    return "".join((*parts, text[at:]))


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of one comment: the unit that is encoded and found.

    Units: start and end are str indices into comment.text, end exclusive. context is what the encoder and the
    word index read before the text (the thread's title, the parent's first words); it is never quoted.
    """

    comment: Comment
    start: int
    end: int
    context: str = ""

    @property
    def comment_id(self) -> str:
        """The id of the comment this is a slice of."""
        return self.comment.comment_id

    @property
    def text(self) -> str:
        """The slice itself, verbatim."""
        return self.comment.text[self.start : self.end]

    @property
    def searched(self) -> str:
        """The slice as it is encoded and looked for: white space in place of asides."""
        return self.comment.searched[self.start : self.end] if self.comment.asides else self.text

    @property
    def line_start(self) -> int | None:
        """The source line where the passage begins; for a table, where its record begins."""
        if self.comment.line_start is None or self.comment.record is not None:
            return self.comment.line_start
        return self.comment.line_start + self.comment.text.count("\n", 0, self.start)

    @property
    def line_end(self) -> int | None:
        """The source line where the passage ends; for a table, where its record ends."""
        if self.comment.line_end is None or self.comment.record is not None:
            return self.comment.line_end
        return self.comment.line_end - self.comment.text.count("\n", self.end)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which comments a question is about; an empty field lets everything through.

    Within a field any one value suffices, across fields all must hold. authors match without regard to case or a
    leading @; since is inclusive, before exclusive, both UTC; threads match a thread's id, or a part of its title;
    sources match a source's name, a folder above it, or a glob.
    """

    authors: tuple[str, ...] = ()
    since: datetime | None = None
    before: datetime | None = None
    threads: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is filtered at all."""
        return bool(self.authors or self.since or self.before or self.threads or self.sources)


@dataclass(frozen=True, slots=True)
class Scope:
    """What filters let through, as keys of one index. None lets everything through.

    Units: since inclusive and before exclusive, in microseconds since 1970.
    """

    authors: tuple[int, ...] | None = None
    threads: tuple[int, ...] | None = None
    sources: tuple[int, ...] | None = None
    since: int | None = None
    before: int | None = None


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a question, stemmed: how often it is asked, and the share of the passages that hold it (0 to 1)."""

    text: str
    asked: int
    share: float

    @property
    def weight(self) -> float:
        """Its inverse document frequency: -ln of the share."""
        return -math.log(self.share)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a question found.

    Units: score is the cosine of question and passage; rank counts from 1. sentences are spans of passage.text with
    their scores (`qa.sentences`). also are the comments that say the same, further down; more_in_thread counts those of
    its thread that were kept back; answers_to is the comment that this one replies to, where the index holds it.
    """

    passage: Passage
    score: float
    rank: int
    sentences: tuple[tuple[int, int, float], ...] = ()
    also: tuple[Comment, ...] = ()
    more_in_thread: int = 0
    answers_to: Comment | None = None
    reasons: Reasons | None = None


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a passage stands where it does: the sum of dense, words, thread and echo.

    Units: dense is the cosine to the question as the first hits moved it, words what BM25 is worth beside it, thread
    what the best passage of its thread lifts it by, echo what it loses for asking the same, 0 or below. dense_rank and
    word_rank are its ranks by either side alone among the candidates, None where no word matched; place its rank before
    folding and limits. rerank is a cross-encoder's figure, which then decides. bm25 is 0 where no word matched; terms
    are the question's words that it holds, stemmed.
    """

    dense: float
    words: float
    thread: float
    echo: float
    bm25: float
    dense_rank: int
    word_rank: int | None
    place: int
    terms: tuple[str, ...]
    rerank: float | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a question was weighed.

    Units: candidates counts the passages that either search found. nearest, worded, covered and level are what
    confidence rests on, see `qa.confidence`; worded is None where the question holds no word to look for. rerank_ms is
    what a second stage took.
    """

    terms: tuple[Term, ...]
    candidates: int
    nearest: float
    worded: float | None
    covered: float
    level: float
    rerank_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote with its source: ``quote == comment.text[start:end]``, always.

    Units: highlights are (start, end) offsets within quote. stale: the source changed since it was indexed. also are
    the comments that say the same and were folded into this one; more_in_thread counts further hits of its thread;
    answers_to is the comment that it replies to, where the index holds it.
    """

    comment: Comment
    quote: str
    start: int
    end: int
    rank: int
    score: float
    line_start: int | None
    line_end: int | None
    highlights: tuple[tuple[int, int], ...] = ()
    stale: bool = False
    also: tuple[Comment, ...] = ()
    more_in_thread: int = 0
    answers_to: Comment | None = None
    reasons: Reasons | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that answers, verbatim, and the ranks of the citations that hold it, or say the same."""

    text: str
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IndexState:
    """The index an answer came from. stale_sources: sources that changed or went since they were read."""

    path: str
    comments: int
    updated_at: datetime | None
    stale_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question brought back.

    statements are the sentences that answer, best first, each from the citations that it names; none where abstained.
    abstained: nothing found is good enough; citations then holds the nearest passages, kept for inspection.
    confidence is how likely it is that they answer the question, 0 to 1; below one half the answer abstains. reason is
    "empty_scope" where no comment matches the filters, else None. in_scope counts the comments that the filters let
    through.
    """

    question: str
    citations: tuple[Citation, ...]
    abstained: bool
    index: IndexState
    in_scope: int
    confidence: float = 0.0
    reason: str | None = None
    statements: tuple[Statement, ...] = ()
    explanation: Explanation | None = None
    took_ms: float = field(default=0.0, compare=False)
