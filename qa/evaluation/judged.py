"""A question whose answers are known: as a file names them, and as an index holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as its file has it.

    relevant maps the name of a comment to its grade, 1 or more where it answers; lines are lines of the source instead.
    Neither means that the collection holds no answer. sentences are those that answer, in the one comment named.
    """

    key: str
    text: str
    relevant: Mapping[str, int] = field(default_factory=dict)
    lines: tuple[int, ...] = ()
    source: str | None = None
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with the ids of the comments that answer it, each with its grade.

    No comment of grade 1 or more means that the collection holds no answer. itself is the comment the question was
    taken from, which does not count as found.
    """

    key: str
    text: str
    relevant: Mapping[str, int]
    sentences: tuple[str, ...] = ()
    itself: str | None = None

    @property
    def answerable(self) -> bool:
        """Tell whether any comment answers it."""
        return any(grade >= 1 for grade in self.relevant.values())


@dataclass(frozen=True, slots=True)
class Gathered:
    """Questions, and in words what was left out of them and why."""

    questions: tuple[Asked, ...]
    notes: tuple[str, ...] = ()


def counted(count: int, one: str, several: str) -> str:
    """Return a count with its noun.

    >>> counted(1, "question", "questions"), counted(1200, "question", "questions")
    ('1 question', '1,200 questions')
    """
    return f"{count:,} {one if count == 1 else several}"
