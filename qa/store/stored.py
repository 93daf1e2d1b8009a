"""What the store gives back: a source as it was read, a passage with its vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.records import Passage, SourceReport
from qa.sources import Fingerprint


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source as it was when it was last read. root is the path of the root it came from."""

    name: str
    path: str
    root: str
    format: str
    decided: str
    fingerprint: Fingerprint
    comments: int
    empty: int
    deleted: int
    duplicates: int
    unreadable: int

    def report(self) -> SourceReport:
        """Return what a user is told of the source."""
        return SourceReport(
            self.name,
            self.format,
            self.comments,
            self.empty,
            self.deleted,
            self.duplicates,
            self.unreadable,
            self.decided,
        )


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its vectors. Shapes: vector (d,), sentences (s, d)."""

    passage_id: int
    passage: Passage
    vector: NDArray[np.float32]
    sentences: NDArray[np.float32]
