"""Ask every question in one mode: its ranking, whether the answer abstained, how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qa.assistant import Assistant
from qa.evaluation.judged import Judged
from qa.evaluation.measures import DEPTH, per_question
from qa.events import Events
from qa.records import Mode
from qa.reports import METRICS, ModeScores


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one mode gave. values holds each measure of each question that has an answer; empty where none has."""

    scores: ModeScores
    values: Mapping[str, Sequence[float]]
    notes: tuple[str, ...] = ()


class Asker(Protocol):
    """What answers questions: the product in one of its modes, or what it is compared with."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures must know."""

    def answer(self, question: str) -> tuple[bool | None, float]:
        """Return whether it abstained, None where it never does, and how long it took in ms."""

    def ranking(self, question: str, count: int) -> list[str]:
        """Return the ids of the best comments, best first, nothing folded."""


class Product:
    """The index as a user asks it, in one mode."""

    def __init__(self, assistant: Assistant, mode: Mode) -> None:
        self._assistant = assistant
        self._mode = mode
        self._stale: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Say which sources changed since they were read."""
        return (f"the index is behind its sources ({', '.join(self._stale[:3])}): qa update",) if self._stale else ()

    def answer(self, question: str) -> tuple[bool, float]:
        """Ask as `qa ask` does."""
        answer = self._assistant.ask(question, mode=self._mode)
        self._stale = answer.index.stale_sources
        return answer.abstained, answer.took_ms

    def ranking(self, question: str, count: int) -> list[str]:
        """Rank before anything is folded."""
        return [passage.comment_id for passage in self._assistant.rank(question, count, mode=self._mode)]


def ask_all(asker: Asker, mode: str, questions: Sequence[Judged], events: Events) -> Outcome:
    """Ask every question twice: for its answer, which is timed, and for its ranking, which is deeper."""
    asker.answer(questions[0].text)  # opens what later questions find open
    answers: list[tuple[bool | None, float]] = []
    rankings: dict[str, list[str]] = {}
    for done, question in enumerate(questions, 1):
        answers.append(asker.answer(question.text))
        rankings[question.key] = _ranking(asker, question) if question.answerable else []
        events.progress(f"questions asked, {mode}", done, len(questions))
    answerable = [question for question in questions if question.answerable]
    values = per_question(answerable, rankings) if answerable else {}
    return Outcome(_scores(mode, questions, answers, values), values, asker.notes)


def _ranking(asker: Asker, question: Judged) -> list[str]:
    ids = asker.ranking(question.text, DEPTH + (question.itself is not None))
    return [comment_id for comment_id in ids if comment_id != question.itself][:DEPTH]


def _scores(
    mode: str,
    questions: Sequence[Judged],
    answers: Sequence[tuple[bool | None, float]],
    values: Mapping[str, Sequence[float]],
) -> ModeScores:
    p50, p95 = np.percentile([took_ms for _, took_ms in answers], (50, 95)).tolist()
    refused = [
        (question.answerable, abstained)
        for question, (abstained, _) in zip(questions, answers, strict=True)
        if abstained is not None
    ]
    return ModeScores(
        mode=mode,
        metrics={name: float(np.mean(values[name])) if values else None for name in METRICS},
        latency_p50=p50,
        latency_p95=p95,
        refused=_share([abstained for _, abstained in refused]),
        refused_answerable=_share([abstained for answerable, abstained in refused if answerable]),
        refused_unanswerable=_share([abstained for answerable, abstained in refused if not answerable]),
    )


def _share(told: Sequence[bool]) -> float | None:
    return sum(told) / len(told) if told else None
