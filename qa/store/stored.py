"""What the store gives back: a source as it was read, a passage with its vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.records import Passage
from qa.reports import SourceReport
from qa.sources import Fingerprint


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source as it was when it was last read.

    root is the path of the root it came from. member is its name inside the archive at path, "" for a plain file. role
    is "companion" for a file that completes others of its export and holds no comment, else "comments". elsewhere
    counts those of its comments that another source has a later version of.
    """

    name: str
    path: str
    root: str
    format: str
    decided: str
    fingerprint: Fingerprint
    comments: int = 0
    empty: int = 0
    deleted: int = 0
    duplicates: int = 0
    unreadable: int = 0
    notices: int = 0
    elsewhere: int = 0
    role: str = "comments"
    member: str = ""

    def report(self) -> SourceReport:
        """Return what a user is told of the source."""
        return SourceReport(
            source=self.name,
            format=self.format,
            comments=self.comments,
            empty=self.empty,
            deleted=self.deleted,
            duplicates=self.duplicates,
            unreadable=self.unreadable,
            notices=self.notices,
            elsewhere=self.elsewhere,
            decided=self.decided,
        )


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its vectors. Shapes: vector (d,), sentences (s, d)."""

    passage_id: int
    passage: Passage
    vector: NDArray[np.float32]
    sentences: NDArray[np.float32]
