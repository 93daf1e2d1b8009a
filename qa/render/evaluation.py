"""How good the answers are, as a table and as JSON."""

from __future__ import annotations

from typing import Any

from qa.render.safe import safe_line
from qa.reports import Difference, Evaluation, ModeScores


def evaluation_plain(found: Evaluation) -> str:
    """Return a line for each mode, each difference with its interval, and what was left out."""
    split = f", split {safe_line(found.split)}" if found.split else ""
    silver = "SILVER, replies to the collection's own questions, judged by nobody; " if found.silver else ""
    without = found.questions - found.answerable
    answerless = f", {without:,} of them without an answer" if without else ""
    lines = [f"{safe_line(found.name)}{split}: {silver}{found.questions:,} questions{answerless}", ""]
    metrics = list(found.modes[0].metrics)
    lines.append("mode    " + "".join(f"{name:>11}" for name in (*metrics, "refused", "p50 ms", "p95 ms")))
    lines += [_row(scores) for scores in found.modes]
    lines += [_against(found.modes[0], scores, name) for scores in found.modes[1:] for name in scores.against]
    lines += _refusals(found) if without and found.answerable else []
    if found.sentence is not None:
        lines.append(f"best sentence among those marked: {found.sentence:.4f}")
    return "\n".join([*lines, *(f"note: {safe_line(note)}" for note in found.notes)])


def _row(scores: ModeScores) -> str:
    values = [_number(value) for value in (*scores.metrics.values(), scores.refused)]
    times = [f"{time:.1f}" for time in (scores.latency_p50, scores.latency_p95)]
    return f"{scores.mode:<8}" + "".join(f"{value:>11}" for value in (*values, *times))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _against(first: ModeScores, scores: ModeScores, name: str) -> str:
    gap = scores.against[name]
    interval = f"95% [{gap.low:+.4f}, {gap.high:+.4f}]"
    return f"{scores.mode} - {first.mode}  {name:<10} {gap.mean:+.4f}  {interval}  p {gap.p:.4f}"


def _refusals(found: Evaluation) -> list[str]:
    return [
        f"{scores.mode}: refused {_number(scores.refused_answerable)} of the questions with an answer, "
        f"{_number(scores.refused_unanswerable)} of those without"
        for scores in found.modes
    ]


def evaluation_json(found: Evaluation) -> dict[str, Any]:
    """Return the object of ``qa eval --json``: the first mode's figures on top, the others under compared."""
    first, *others = found.modes
    return {
        "mode": first.mode,
        "questions": found.questions,
        **_scores(first),
        "answerable": found.answerable,
        "unanswerable": found.questions - found.answerable,
        "sentence": _rounded(found.sentence),
        "silver": found.silver,
        "split": found.split,
        "index": found.index,
        "notes": list(found.notes),
        "compared": [
            {
                "mode": one.mode,
                **_scores(one),
                "differences": {name: _difference(gap) for name, gap in one.against.items()},
            }
            for one in others
        ],
    }


def _scores(scores: ModeScores) -> dict[str, Any]:
    return {
        "metrics": {name: _rounded(value) for name, value in scores.metrics.items()},
        "refused": _rounded(scores.refused),
        "latency_ms": {"p50": round(scores.latency_p50, 1), "p95": round(scores.latency_p95, 1)},
        "refused_answerable": _rounded(scores.refused_answerable),
        "refused_unanswerable": _rounded(scores.refused_unanswerable),
    }


def _difference(gap: Difference) -> dict[str, float | None]:
    values = {"difference": gap.mean, "low": gap.low, "high": gap.high, "p": gap.p}
    return {name: _rounded(value) for name, value in values.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
