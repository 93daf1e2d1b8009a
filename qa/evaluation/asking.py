"""Ask every question in one mode: its ranking, whether the answer abstained, how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qa.assistant import Assistant
from qa.evaluation.judged import Judged
from qa.evaluation.measures import DEPTH, per_question
from qa.events import Events
from qa.records import Answer, Mode
from qa.reports import METRICS, ModeScores


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one mode gave. values holds each measure of each question that has an answer; empty where none has."""

    scores: ModeScores
    values: Mapping[str, Sequence[float]]
    notes: tuple[str, ...] = ()


def ask_all(assistant: Assistant, questions: Sequence[Judged], mode: Mode, events: Events) -> Outcome:
    """Ask every question twice: for its answer, which is timed, and for its ranking, which is deeper."""
    assistant.ask(questions[0].text, mode=mode)  # opens what later questions find open
    answers: list[Answer] = []
    rankings: dict[str, list[str]] = {}
    for done, question in enumerate(questions, 1):
        answers.append(assistant.ask(question.text, mode=mode))
        rankings[question.key] = _ranking(assistant, question, mode) if question.answerable else []
        events.progress(f"questions asked, {mode}", done, len(questions))
    answerable = [question for question in questions if question.answerable]
    values = per_question(answerable, rankings) if answerable else {}
    stale = answers[-1].index.stale_sources
    notes = (f"the index is behind its sources ({', '.join(stale[:3])}): qa update",) if stale else ()
    return Outcome(_scores(mode, questions, answers, values), values, notes)


def _ranking(assistant: Assistant, question: Judged, mode: Mode) -> list[str]:
    hits = assistant.rank(question.text, DEPTH + (question.itself is not None), mode=mode)
    ids = [hit.passage.comment_id for hit in hits if hit.passage.comment_id != question.itself]
    return ids[:DEPTH]


def _scores(
    mode: Mode, questions: Sequence[Judged], answers: Sequence[Answer], values: Mapping[str, Sequence[float]]
) -> ModeScores:
    p50, p95 = np.percentile([answer.took_ms for answer in answers], (50, 95)).tolist()
    refused = [(question.answerable, answer.abstained) for question, answer in zip(questions, answers, strict=True)]
    return ModeScores(
        mode=mode,
        metrics={name: float(np.mean(values[name])) if values else None for name in METRICS},
        latency_p50=p50,
        latency_p95=p95,
        refused=_share([abstained for _, abstained in refused]) or 0.0,
        refused_answerable=_share([abstained for answerable, abstained in refused if answerable]),
        refused_unanswerable=_share([abstained for answerable, abstained in refused if not answerable]),
    )


def _share(told: Sequence[bool]) -> float | None:
    return sum(told) / len(told) if told else None
