"""How many comments a run adds, edits, deletes and leaves as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

# An id that a reader derived from the text: an edit there is a removal and an addition, paired for the report.
_DERIVED_ID = re.compile(r"#[0-9a-f]{12}(-\d+)?$")


@dataclass(frozen=True, slots=True)
class Difference:
    """How many comments a run adds, edits, deletes and leaves as they are."""

    added: int = 0
    edited: int = 0
    deleted: int = 0
    unchanged: int = 0

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.added + other.added,
            self.edited + other.edited,
            self.deleted + other.deleted,
            self.unchanged + other.unchanged,
        )


def paired(before: list[str], gone: set[str], after: list[str], added: set[str]) -> int:
    """Return how many of the gone and the added stand in the same gap between comments that stayed: edits."""

    def gaps(order: list[str], odd: set[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        anchor = ""
        for one in order:
            if one not in odd:
                anchor = one
            elif _DERIVED_ID.search(one):
                counts[anchor] = counts.get(anchor, 0) + 1
        return counts

    old, new = gaps(before, gone), gaps(after, added)
    return sum(min(count, new.get(anchor, 0)) for anchor, count in old.items())
