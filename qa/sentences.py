"""Which sentence of a passage answers a question: by meaning, in context, by words, and whether it states anything."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from qa.index import Snapshot
from qa.passages import is_question, sentence_spans
from qa.store import StoredPassage

# (start, end, score) in the passage's text.
Scored = tuple[int, int, float]

# Where a sentence stands is no part of its score: abstracts conclude at their end, comments as often begin with it.
# What the question's words, all together, are worth beside a cosine; what a sentence gains that tells of a finding;
# what one loses that leaves something open, and one that asks: more than any other can be better by.
_WORDS, _FINDING_GAIN, _OPEN_COST, _ASKING_COST = 0.5, 0.05, 0.2, 4.0
# A second sentence that comes as near as this to the best is marked too, where at least one is then left unmarked.
_NEAR = 0.03
_MOST_MARKED = 2

_WORD = re.compile(r"\w+")
# Words that make a question and say nothing of what it is about; in comments some are rare enough to count.
_ASKING = frozenset(
    _WORD.findall(
        """
        i me my we us our you your he him his she her it its they them their this these those that there who
        whom whose which what when where why how am is are was were be been being do does did done have has had
        can could shall should will would may might must any anyone anybody someone somebody anything something
        please thanks thank hi hello know knows tell about from than then so
        """
    )
)
# Both are searched for in lower case, which is twice as fast as leaving case to the pattern.
_FINDING = re.compile(
    r"""
    \b(?: thus | therefore | hence | consequently | in\ (?:short|summary|conclusion|sum|fact|the\ end)
    | conclu(?:de|sion)\w* | turn(?:s|ed)\ out | it\ follows | this\ means
    | (?:we|i|they|results?|data|findings?|study|studies|this|these)\ (?:\w+\ ){0,3}
      (?:show|suggest|indicat|demonstrat|reveal|impl[iy]|found|find|prov|confirm|establish|observ|identif)\w* )\b
    """,
    re.VERBOSE,
)
_OPEN = re.compile(
    r"""
    # nobody knows
    \b(?: unknown | unclear | uncertain | elusive | controversial | remains?\ to\ be | (?:no|any)\ idea
    | not\ (?:been\ )? (?:\w+\ )? (?:known|clear|understood|sure|certain|determined|established|studied|explored)
    | (?:poorly|incompletely|little|barely)\ (?:is\ )? (?:understood|known|studied|defined|characteri[sz]ed)
    | (?:do|does|did) (?:\ not|n[o'’]?t)\ (?:know|understand) | any(?:one|body)\ (?:know|have|tried) )\b
    # it is asked in other words
    | \b(?: wonder\w* | ask(?:ed|ing)? | sure | curious | let\ (?:me|us)\ know
    | (?:we|i)\ (?:\w+\ )? (?:investigat|examin|test|stud|explor|assess|evaluat)\w* )\b
      [^.;]{0,40}\ (?:whether|if|how|why)\b
    # it is what somebody set out to find
    | \b(?: aim(?:s|ed)?\ (?:of|to|was|is) | (?:objective|purpose|goal)s?\ of\ (?:this|our|the\ (?:present|current))
    | we\ (?:\w+\ )? (?:aimed|sought|investigated?|examined?|asked|explored?|hypothesi[sz]ed?|set\ out) )\b
    """,
    re.VERBOSE,
)


class SentenceScorer:
    """Scores sentences for one question."""

    def __init__(self, snapshot: Snapshot, question: str, query: NDArray[np.float32]) -> None:
        """Take a question and its vector. Shapes: query (d,)."""
        self._snapshot = snapshot
        words = " ".join(word for word in _WORD.findall(question) if word.lower() not in _ASKING)
        self._weights = {term.text: 1 - term.share for term in snapshot.terms(words)}
        self._query = query

    def score(self, stored: StoredPassage) -> tuple[Scored, ...]:
        """Return the sentences of a passage, in their order; they are told by words alone where no vectors fit them.

        Units: score is the cosine to the question and half the share of its words, more for a finding, less for what is
        left open; it compares between passages.
        """
        text = stored.passage.searched
        spans = sentence_spans(text)
        texts = [text[start:end] for start, end in spans]
        held = np.array([self._held(one) for one in texts])
        near = stored.sentences @ self._query if len(stored.sentences) == len(spans) else np.zeros(len(spans))
        scores = near + _WORDS * held + np.array([_gain(one) for one in texts])
        return tuple((start, end, score) for (start, end), score in zip(spans, scores.tolist(), strict=True))

    def _held(self, text: str) -> float:
        """Return the share of the question's words that a text holds; a word counts by the passages that lack it."""
        held = sum(self._weights.get(word, 0.0) for word in self._snapshot.words_of(text))
        return held / max(sum(self._weights.values()), 1e-9)


def best(sentences: tuple[Scored, ...]) -> Scored | None:
    """Return the sentence that scores best; of equal ones the first."""
    return max(sentences, key=lambda one: one[2], default=None)


def chosen(sentences: tuple[Scored, ...]) -> tuple[tuple[int, int], ...]:
    """Return the (start, end) of the best sentence, and of the second best where it is near as good; in text order.

    >>> chosen(((0, 9, 0.51), (10, 18, 0.2), (19, 25, 0.5)))
    ((0, 9), (19, 25))
    """
    ranked = sorted(sentences, key=lambda one: -one[2])  # equal ones stay in the order of the text
    near = [one for one in ranked[:_MOST_MARKED] if one[2] >= ranked[0][2] - _NEAR]
    marked = near if len(ranked) > _MOST_MARKED else near[:1]
    return tuple(sorted((start, end) for start, end, _ in marked))


def leaves_open(sentence: str) -> bool:
    """Tell whether a sentence says that something is not known, or what is to be found out, rather than what is.

    >>> leaves_open("I wonder whether it scales."), leaves_open("It scales.")
    (True, False)
    """
    return _OPEN.search(sentence.lower()) is not None


def _gain(sentence: str) -> float:
    if is_question(sentence):
        return -_ASKING_COST
    return -_OPEN_COST if leaves_open(sentence) else _FINDING_GAIN * (_FINDING.search(sentence.lower()) is not None)
