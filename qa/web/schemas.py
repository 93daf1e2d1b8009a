"""What the API's documents say of its answers: the objects that ``--json`` prints, field by field.

They describe and do not convert: the text of a response is what the command line would print.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

Span = tuple[int, int]


class Place(BaseModel):
    """Where a comment comes from. record and field: of a table, counting from 1, and the column that held the text."""

    comment_id: str
    source: str
    line_start: int | None
    line_end: int | None
    author: str | None
    created_at: str | None = Field(description="ISO 8601, UTC")
    url: str | None = Field(description="as the source has it: not checked to be an address of the web")
    thread_title: str | None
    text: str = Field(description="verbatim")
    truncated: bool = Field(description="the page it was copied from cut it off")
    record: int | None
    field: str | None
    edited_at: str | None
    votes: int | None
    asides: list[Span] = Field(description="offsets in the comment of what its author did not write")


class CommentRecord(Place):
    """A comment."""

    thread_id: str | None
    parent_id: str | None


class AnswerHit(Place):
    """A quote of one comment."""

    rank: int
    score: float = Field(description="cosine of question and passage; need not fall with rank")
    start: int = Field(description="where the quote begins in its comment")
    end: int
    highlights: list[Span] = Field(description="offsets in text of the sentences that answer")
    stale: bool = Field(description="the source changed since it was indexed")
    said: int = Field(description="how many of the comments found say the same, itself included")
    also: list[str] = Field(description="the ids of the others that say the same")
    more_in_thread: int = Field(description="how many comments of its thread were found and kept back")
    answers_to: CommentRecord | None = Field(description="the comment that it replies to")


class AnswerStatement(BaseModel):
    """A sentence that answers."""

    text: str = Field(description="verbatim, white space at its ends left out")
    ranks: list[int] = Field(description="the hits that hold it")


class AnswerIndex(BaseModel):
    """The index that answered."""

    path: str
    comments: int
    updated_at: str | None
    stale_sources: list[str]


class AskAnswer(BaseModel):
    """What ``qa ask --json`` prints."""

    question: str
    abstained: bool = Field(description="no good answer: hits holds the nearest passages")
    confidence: float = Field(description="how likely it is that the hits answer, 0 to 1")
    answer: list[AnswerStatement] = Field(description="the sentences that answer; none where it abstains")
    hits: list[AnswerHit]
    index: AnswerIndex
    took_ms: float
    explanation: dict[str, Any] | None = Field(
        default=None, description="where it was asked for: as `--explain` prints"
    )
    reason: str | None = Field(default=None, description='"empty_scope" where no comment matches the filters')


class CommentAmidThread(CommentRecord):
    """What ``qa show --json`` prints."""

    parents: list[CommentRecord] = Field(description="what it answers, the first of the thread first")
    replies: list[CommentRecord]
    neighbours: list[CommentRecord]


class StatusSource(BaseModel):
    """A source and what was read of it."""

    source: str
    format: str | None
    comments: int
    empty: int
    deleted: int
    duplicates: int
    unreadable: int
    notices: int
    elsewhere: int
    stale: bool


class IndexStatus(BaseModel):
    """What ``qa status --json`` prints."""

    path: str
    comments: int
    passages: int
    encoded: int
    added: int
    edited: int
    deleted: int
    unchanged: int
    authors: int
    threads: int
    first: str | None
    last: str | None
    updated_at: str | None
    encoder: str
    size_bytes: int
    stale_sources: list[str]
    sources: list[StatusSource]


class Author(BaseModel):
    """An author and how many comments are theirs."""

    name: str
    comments: int


class Authors(BaseModel):
    """Authors, those of most comments first."""

    authors: list[Author]


class Problem(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="the fact")
    run: str | None = Field(description="the command that mends it")
