"""Comment -> passages with exact offsets, and passage -> sentences.

One comment is one unit: a comment that fits the encoder is one passage. A longer one is cut at paragraph, then
sentence, then word boundaries, as late as the encoder allows, each passage repeating the end of the one before it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from qa.records import Comment, Passage

# The part of a passage that its successor repeats, so that a thought at the cut is whole in one of them.
_OVERLAP = 1 / 8
# A paragraph or sentence boundary is taken only in the last part of a passage: an earlier one wastes the encoder.
_EARLIEST_PARAGRAPH = 0.5
_EARLIEST_SENTENCE = 0.3
_PARENT_WORDS = 16

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_WORD_START = re.compile(r"(?<=\s)(?=\S)")
# A sentence ends at . ! ? … with closing quotes and brackets, before white space and a likely beginning; or with its
# line.
_SENTENCE_END = re.compile(r"(?:[.!?…]+[\"'”’»)\]]*(?=\s+[^\sa-z,;:.)\]])|[。！？]+[」』”]*|\n+)\s*")
_ASKING = ("?", "？")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|cf|vs|al|etc|mr|mrs|ms|dr|prof|st|no|fig|eq|sec|approx|resp|[A-Z])\.$", re.IGNORECASE
)


def context_of(thread_title: str | None, parent_text: str | None) -> str:
    r"""Return what is read before a comment's text: its thread's title and the first words of what it answers.

    >>> context_of("Stemming", "Does it help at all?")
    'Stemming\nDoes it help at all?'
    """
    title = " ".join((thread_title or "").split())
    parent = " ".join((parent_text or "").split(None, _PARENT_WORDS)[:_PARENT_WORDS])
    return "\n".join(part for part in (title, parent) if part)


def surely_fits(text: str, max_tokens: int) -> bool:
    """Tell whether a text is so short that it has no more tokens than fit; False where it has to be tokenized.

    A token takes at least one character of ASCII; one more may stand for the beginning.
    """
    return len(text) < max_tokens and text.isascii()


def cut(comment: Comment, context: str, offsets: Sequence[tuple[int, int]] | None, max_tokens: int) -> list[Passage]:
    """Return the comment's passages, in order; together they cover every word of it.

    Units: offsets are those of the tokens of comment.searched, end exclusive, None where it surely fits; max_tokens
    counts the encoder's tokens, special tokens left out. A comment of white space alone gives no passage.
    """
    text = comment.searched
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if start >= end:
        return []
    solid = [(a, b) for a, b in offsets or () if b > a]
    if len(solid) <= max_tokens:
        return [Passage(comment, start, end, context)]
    return [Passage(comment, a, b, context) for a, b in _windows(text, start, end, solid, max_tokens)]


def _windows(
    text: str, start: int, end: int, offsets: Sequence[tuple[int, int]], max_tokens: int
) -> Iterator[tuple[int, int]]:
    starts = [a for a, _ in offsets]
    stop = start
    while True:
        first = bisect_left(starts, start)
        if first + max_tokens >= len(offsets):
            yield start, end
            return
        limit = starts[first + max_tokens]
        before, stop = stop, _boundary(text, start, limit)
        if stop <= before:  # only the repeated words fit before what follows: it begins without them
            start = stop = before
            continue
        yield start, start + len(text[start:stop].rstrip())
        start = _restart(text, start, stop, starts, int(max_tokens * _OVERLAP))


def _boundary(text: str, start: int, limit: int) -> int:
    """Return the best place in text[start:limit] to end a passage: the last paragraph, sentence or word boundary."""
    window = text[start:limit]
    for pattern, earliest in ((_PARAGRAPH, _EARLIEST_PARAGRAPH), (_SENTENCE_END, _EARLIEST_SENTENCE)):
        ends = [match.end() for match in pattern.finditer(text, start, min(len(text), limit + 2))]
        ends = [at - start for at in ends if at <= limit]
        if ends and ends[-1] > earliest * len(window):
            return start + ends[-1]
    words = [match.start() for match in _WORD_START.finditer(text, start + 1, limit + 1)]
    return words[-1] if words else limit


def _restart(text: str, start: int, stop: int, starts: Sequence[int], overlap: int) -> int:
    """Return where the passage after text[start:stop] begins: a little before stop, at a sentence or a word."""
    at = bisect_left(starts, stop) - overlap
    earliest = starts[at] if at > bisect_left(starts, start) else stop
    for a, _ in sentence_spans(text[earliest:stop]):
        if a > 0:
            return earliest + a
    word = _WORD_START.search(text, earliest, stop)
    return word.start() if word and word.start() > start else stop


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) offsets of the sentences of text, white space around them left out.

    >>> sentence_spans("It works. Does it? (Yes.)")
    [(0, 9), (10, 18), (19, 25)]
    """
    spans = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if "\n" not in match.group() and _ABBREVIATION.search(text[max(0, match.start() - 12) : match.start() + 1]):
            continue
        spans.append((start, match.end()))
        start = match.end()
    spans.append((start, len(text)))
    trimmed = [(a + len(text[a:b]) - len(text[a:b].lstrip()), a + len(text[a:b].rstrip())) for a, b in spans]
    return [(a, b) for a, b in trimmed if a < b]


def is_question(sentence: str) -> bool:
    """Tell whether a sentence asks something."""
    return sentence.rstrip("\"'”’»)] ").endswith(_ASKING)


def asks(text: str) -> bool:
    """Tell whether any sentence of a text may be a question."""
    return any(mark in text for mark in _ASKING)
