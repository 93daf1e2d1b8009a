"""What questions about anything and everything find in a collection: the level above which an answer begins."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from qa.encoder import Encoder
from qa.index import Snapshot
from qa.records import EVERYTHING

_QUESTIONS = Path(__file__).with_name("off_topic.txt")
_NEAREST = 3
# Of how much the number of passages must have changed since the last time.
_CHANGED = 0.2


@dataclass(frozen=True, slots=True)
class Calibration:
    """A collection's own level.

    Units: off_topic is the median, over questions about anything, of the mean cosine of the three nearest passages;
    unrelated is the median cosine of two of those questions: what the encoder gives for texts that have nothing to do
    with each other. passages is how many there were. The defaults are those of the default model in a mixed collection.
    """

    off_topic: float = 0.25
    unrelated: float = 0.05
    passages: int = 0

    @classmethod
    def read(cls, snapshot: Snapshot) -> Calibration:
        """Return the calibration of an index, or the default where it has none."""
        try:
            stored = cls(**json.loads(snapshot.calibration or "{}"))
            sound = math.isfinite(stored.off_topic) and stored.unrelated < 1
        except (ValueError, TypeError):
            return cls()
        return stored if sound else cls()

    def scaled(self, cosine: float) -> float:
        """Return a cosine on a scale on which unrelated texts are at 0 and equal ones at 1."""
        return (cosine - self.unrelated) / (1 - self.unrelated)

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def needs_calibration(snapshot: Snapshot) -> bool:
    """Tell whether the collection changed so much since the last time that its level may have."""
    before, now = Calibration.read(snapshot).passages, snapshot.passage_count
    return now > 0 and abs(now - before) > _CHANGED * before


def calibrate(snapshot: Snapshot, encoder: Encoder) -> Calibration:
    """Ask questions about anything, and see how near they come."""
    questions = _QUESTIONS.read_text(encoding="utf-8").splitlines()
    asked = np.stack([encoder.encode_query(question) for question in questions])
    levels = []
    for query in asked:
        _, vectors = snapshot.search_vectors(query, _NEAREST, EVERYTHING)
        levels.append(float((vectors @ query).mean()))
    between = (asked @ asked.T)[np.triu_indices(len(asked), 1)]
    return Calibration(round(float(np.median(levels)), 4), round(float(np.median(between)), 4), snapshot.passage_count)
