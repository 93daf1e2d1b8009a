"""What a question found -> how likely it is that the collection answers it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.confidence.calibration import Calibration
from qa.records import Term

# Below this confidence there is no good answer.
BAR = 0.5
# Chosen on four collections (CACM, StackFAQ, SciFact, SemEval 2016 3 C), one setting for all, and flat around it. At
# the bar, at most 4 of 100 answerable questions are refused in each, and at most 4 of 100 about something else are not.
_WORDED, _COVERED, _OFF_TOPIC = 0.5, 0.21, 0.5
_MIDDLE = 0.435
# How fast confidence rises: the most likely value where, for four answerable questions and four about something else,
# there is one whose answers were taken away.
_WIDTH = 0.18


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer being among what was found.

    Units: nearest is the mean cosine of the three nearest passages; worded the highest cosine among the three best by
    words, None where the question holds no word to look for; covered the share of the question's words, weighed by
    their rarity, that one of the five nearest passages holds.
    """

    nearest: float
    worded: float | None
    covered: float


def confidence(evidence: Evidence, calibration: Calibration) -> float:
    """Return how likely it is that the question is answered by what was found, between 0 and 1.

    A logistic function of the evidence above what questions about something else find in this collection.
    """
    worded = evidence.nearest if evidence.worded is None else evidence.worded
    total = (
        calibration.scaled(evidence.nearest)
        + _WORDED * calibration.scaled(worded)
        + _COVERED * evidence.covered
        - _OFF_TOPIC * calibration.scaled(calibration.off_topic)
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, (total - _MIDDLE) / _WIDTH))))


def covered(terms: Sequence[Term], held: Iterable[frozenset[str]]) -> float:
    """Return the largest share of a question's words, weighed by their rarity, that one of the passages holds."""
    shares = (sum(term.weight for term in terms if term.text in words) for words in held)
    return max(shares, default=0.0) / max(sum(term.weight for term in terms), 1e-9)
