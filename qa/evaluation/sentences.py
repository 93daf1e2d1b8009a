"""Is the sentence that a comment is highlighted by one of those that people marked?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.encoder import Encoder
from qa.evaluation.judged import Judged
from qa.index import Snapshot
from qa.sentences import SentenceScorer
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
    chosen = best_sentence(passages, SentenceScorer(snapshot, question.text, encoder.encode_query(question.text)))
    if not marked or chosen is None:
        return None
    return 2 * sum(_shared(chosen, span) for span in marked) >= chosen[1] - chosen[0]


def best_sentence(passages: Sequence[StoredPassage], scorer: SentenceScorer) -> Span | None:
    """Return the [start, end) in its comment of the sentence that scores best in any of the comment's passages."""
    scored = [(one.passage.start, sentence) for one in passages for sentence in scorer.score(one)]
    if not scored:
        return None
    offset, (start, end, _) = max(scored, key=lambda one: one[1][2])
    return offset + start, offset + end


def _find(sentence: str, text: str) -> Span | None:
    found = re.search(r"\s+".join(map(re.escape, sentence.split())), text)
    return found.span() if found else None


def _shared(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))
