"""The short lines that every output shares: a place, a verdict, a change, an error; and the cut of a quote."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from qa.errors import QAError
from qa.records import Answer, Citation, Comment, IndexState
from qa.render.safe import clip, safe_line

TRUNCATED = "truncated by the page it was copied from"
STALE = "source changed since; run: qa update"

_AUTHOR_WIDTH = 60
_TITLE_WIDTH = 120
_REPLIED_WIDTH = 100
# How many comments that say the same are named.
_NAMED = 3


def place(item: Citation | Comment) -> str:
    """Say where it stands: ``notes.txt:17``, ``notes.txt:17-19`` or ``table.csv record 12 (line 15)``."""
    comment = item.comment if isinstance(item, Citation) else item
    source = safe_line(comment.source)
    first, last = item.line_start, item.line_end
    many = first is not None and last is not None and last > first
    lines = f"{first}-{last}" if many else f"{first}"
    if comment.record is not None:
        suffix = "" if first is None else f" ({'lines' if many else 'line'} {lines})"
        return f"{source} record {comment.record}{suffix}"
    return source if first is None else f"{source}:{lines}"


def author(comment: Comment) -> str | None:
    """Return the author's name as a safe line, if there is one."""
    return clip(comment.author, _AUTHOR_WIDTH) if comment.author else None


def day(moment: datetime | None) -> str | None:
    """Return the date in UTC, if there is one: ``2024-03-01``."""
    return None if moment is None else moment.astimezone(UTC).date().isoformat()


def title(comment: Comment) -> str | None:
    """Return the thread's title as a safe line, if there is one."""
    return clip(comment.thread_title, _TITLE_WIDTH) if comment.thread_title else None


def answered(comment: Comment) -> str:
    """Say what a reply answers, on one line: ``in reply to marit_o, 2024-03-01: How long does rye rest?``."""
    who = ", ".join(part for part in (author(comment), day(comment.created_at)) if part)
    return f"in reply to {who or safe_line(comment.comment_id)}: {clip(comment.text, _REPLIED_WIDTH)}"


def around(citation: Citation) -> list[str]:
    """List what is shown in one place with a quote: that others say the same, and what its thread holds beside it."""
    also = also_line(citation)
    found = [also] if also else []
    if citation.more_in_thread:
        found.append(f"+{citation.more_in_thread:,} more in this thread: --all")
    return found


def also_line(citation: Citation) -> str | None:
    """Say how many comments say the same, and which; None where no other does."""
    if not citation.also:
        return None
    ids = ", ".join(safe_line(other.comment_id) for other in citation.also[:_NAMED])
    more = f" and {len(citation.also) - _NAMED:,} more" if len(citation.also) > _NAMED else ""
    return f"said {1 + len(citation.also):,} times, also in {ids}{more}"


def notes(item: Citation | Comment) -> list[str]:
    """List what the reader of a quote must know: that it was cut off, that its source has changed."""
    comment = item.comment if isinstance(item, Citation) else item
    found = [TRUNCATED] if comment.truncated else []
    if isinstance(item, Citation) and item.stale:
        found.append(STALE)
    return found


def verdict_line(answer: Answer) -> str | None:
    """Say why there is no answer, or return None where there is one."""
    if answer.reason == "empty_scope":
        return f"0 of {_comments(answer.index.comments)} match the filters."
    if answer.abstained or not answer.citations:
        return f"No good answer among {_comments(answer.in_scope)}."
    return None


def stale_line(state: IndexState) -> str | None:
    """Say how many sources changed since they were indexed and what mends it, or return None."""
    count = len(state.stale_sources)
    if not count:
        return None
    changed = "1 source changed since it was" if count == 1 else f"{count:,} sources changed since they were"
    return f"{changed} indexed. run: qa update"


def change_line(added: int, edited: int, deleted: int, unchanged: int) -> str:
    """Sum up a change set: ``+12 new  ~3 edited  -1 deleted  9,984 unchanged``."""
    return f"+{added:,} new  ~{edited:,} edited  -{deleted:,} deleted  {unchanged:,} unchanged"


def error_lines(error: QAError) -> str:
    """Say the fact and, on its own line, the command that mends it."""
    fact = f"error: {safe_line(error.message)}"
    return f"{fact}\nrun: {safe_line(error.hint)}" if error.hint else fact


def segments(quote: str, highlights: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Cut a raw quote into pieces, each with whether it is highlighted; joined they are the quote.

    White space at the edge of a highlight is left outside it; highlights with only white space between meet.

    >>> segments("Hello. Yes. Bye.", [(7, 12)])
    [('Hello. ', False), ('Yes.', True), (' Bye.', False)]
    """
    pieces: list[tuple[str, bool]] = []
    position = 0
    for start, end in _joined(quote, highlights):
        pieces += [(quote[position:start], False), (quote[start:end], True)]
        position = end
    pieces.append((quote[position:], False))
    return [piece for piece in pieces if piece[0]]


def _joined(quote: str, highlights: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for first, last in sorted(highlights):
        start, end = max(0, first), min(last, len(quote))
        inner = quote[start:end]
        start += len(inner) - len(inner.lstrip())
        end -= len(inner) - len(inner.rstrip())
        if start >= end:
            continue
        if spans and not quote[spans[-1][1] : start].strip():
            start, end = spans[-1][0], max(end, spans.pop()[1])
        spans.append((start, end))
    return spans


def _comments(count: int) -> str:
    return f"{count:,} comment{'' if count == 1 else 's'}"
