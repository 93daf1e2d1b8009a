"""Measures against values computed by hand."""

from __future__ import annotations

from math import log2

import pytest

from qa.evaluation.judged import Judged
from qa.evaluation.measures import per_question
from qa.evaluation.significance import difference


def measures(relevant: dict[str, int], ranking: list[str]) -> dict[str, float]:
    found = per_question([Judged("q", "?", relevant)], {"q": ranking})
    return {name: value for name, (value,) in found.items()}


def test_by_hand() -> None:
    found = measures({"a": 2, "b": 1, "c": 1, "d": 0}, ["d", "a", "x", "b"])
    ideal = 2 / log2(2) + 1 / log2(3) + 1 / log2(4)
    assert found == pytest.approx(
        {
            "nDCG@10": (2 / log2(3) + 1 / log2(5)) / ideal,  # the gain is the grade itself, not 2 ** grade - 1
            "MRR@10": 1 / 2,
            "Recall@10": 2 / 3,
            "Recall@100": 2 / 3,
            "MAP": (1 / 2 + 2 / 4) / 3,
        }
    )


def test_what_stands_below_the_cut_counts_for_the_deeper_measures_alone() -> None:
    ranking = [f"x{n}" for n in range(10)] + ["a"]
    found = measures({"a": 1}, ranking)
    assert found == pytest.approx({"nDCG@10": 0, "MRR@10": 0, "Recall@10": 0, "Recall@100": 1, "MAP": 1 / 11})
    assert measures({"a": 1}, [f"x{n}" for n in range(100)] + ["a"])["Recall@100"] == 0


def test_an_order_is_kept_whatever_the_ids_are() -> None:
    for ids in ("abc", "cba", "bca"):
        found = measures({ids[0]: 1}, list(ids))
        assert found["MRR@10"] == found["nDCG@10"] == found["MAP"] == 1
    long = [str(n) for n in range(100)]
    assert [measures({one: 1}, long)["MAP"] for one in long] == pytest.approx([1 / n for n in range(1, 101)])


def test_a_question_that_finds_nothing_counts_as_zero() -> None:
    questions = [Judged("one", "?", {"a": 1}), Judged("two", "?", {"b": 1})]
    found = per_question(questions, {"one": ["a"], "two": []})
    assert found["nDCG@10"] == [1, 0]
    assert set(map(tuple, found.values())) == {(1.0, 0.0)}


def test_a_difference_that_is_none() -> None:
    gap = difference([0.5, 0.25, 1.0], [0.5, 0.25, 1.0])
    assert (gap.mean, gap.low, gap.high, gap.p) == (0, 0, 0, 1)


def test_a_difference_has_an_interval_and_a_chance() -> None:
    ours, theirs = [0.1] * 20, [0.4] * 20
    gap = difference(ours, theirs)
    assert (gap.mean, gap.low, gap.high) == pytest.approx((0.3, 0.3, 0.3))
    assert gap.p < 0.001  # 2 of 2 ** 20 sign patterns are as extreme
    assert difference(theirs, ours).mean == pytest.approx(-0.3)
    assert difference(ours, theirs) == gap
    three = difference([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    assert three.p == pytest.approx(2 / 8, abs=0.02)
    mixed = difference([0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0])
    assert (mixed.mean, mixed.p) == (0, 1)
    assert mixed.low < 0 < mixed.high
