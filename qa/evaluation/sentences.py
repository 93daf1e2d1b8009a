"""Is the sentence that a comment is highlighted by one of those that people marked?"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Encoder
from qa.evaluation.judged import Judged
from qa.index import Snapshot
from qa.passages import is_question, sentence_spans
from qa.store import StoredPassage

Span = tuple[int, int]


def rightly_chosen(question: Judged, snapshot: Snapshot, encoder: Encoder) -> bool | None:
    """Tell whether the best sentence of the comment that answers is marked; None where the marked are not in it.

    It is, where at least half of it lies in what is marked: sentences may be cut otherwise there.
    """
    comment_id = next(iter(question.relevant))
    passages = snapshot.passages_of(comment_id)
    if not passages:
        return None
    text = passages[0].passage.comment.text
    marked = [span for sentence in question.sentences if (span := _find(sentence, text))]
    chosen = best_sentence(passages, encoder.encode_query(question.text))
    if not marked or chosen is None:
        return None
    return 2 * sum(_shared(chosen, span) for span in marked) >= chosen[1] - chosen[0]


def best_sentence(passages: Sequence[StoredPassage], query: NDArray[np.float32]) -> Span | None:
    """Return the [start, end) in its comment of the sentence nearest to a question; one that asks only for want of all.

    Shapes: query (d,).
    """
    best: tuple[bool, float, Span] | None = None
    for stored in passages:
        passage = stored.passage
        spans = sentence_spans(passage.searched)
        if len(spans) != len(stored.sentences):
            continue
        for (start, end), score in zip(spans, (stored.sentences @ query).tolist(), strict=True):
            states = not is_question(passage.text[start:end])
            one = (states, score, (passage.start + start, passage.start + end))
            best = one if best is None or one[:2] > best[:2] else best
    return best[2] if best else None


def _find(sentence: str, text: str) -> Span | None:
    found = re.search(r"\s+".join(map(re.escape, sentence.split())), text)
    return found.span() if found else None


def _shared(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))
