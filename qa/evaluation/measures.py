"""Rankings and judgements -> nDCG, MRR, recall, average precision, by ir-measures (trec_eval's code underneath)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qa.evaluation.judged import Judged
from qa.reports import METRICS

# What trec_eval calls them. To the last four a comment is relevant from grade 1 on; nDCG takes the grade as the gain.
_THEIRS = dict(zip(METRICS, ("nDCG@10", "RR@10", "R@10", "R@100", "AP"), strict=True))
# How many comments of a ranking are judged: MAP counts what stands below as not found.
DEPTH = 100


def per_question(questions: Sequence[Judged], rankings: Mapping[str, Sequence[str]]) -> dict[str, list[float]]:
    """Return each measure of each question's ranking (comment ids, best first), in the questions' order.

    A relevant comment that no ranking can hold counts as not found. Source: Järvelin and Kekäläinen, Cumulated
    gain-based evaluation of IR techniques, 2002 (nDCG, gain = grade, discount log2).
    """
    import ir_measures

    # Places, not scores: among equal scores trec_eval would order by id, whatever the ranking was.
    run = {
        question.key: {comment_id: float(-place) for place, comment_id in enumerate(rankings[question.key])}
        for question in questions
    }
    qrels = {question.key: dict(question.relevant) for question in questions}
    names = {ir_measures.parse_measure(theirs): ours for ours, theirs in _THEIRS.items()}
    values: dict[str, dict[str, float]] = {ours: {} for ours in METRICS}
    for one in ir_measures.iter_calc(list(names), qrels, run):
        values[names[one.measure]][one.query_id] = float(one.value)
    return {ours: [found.get(question.key, 0.0) for question in questions] for ours, found in values.items()}
