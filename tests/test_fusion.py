"""How two searches become one ranking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.retrieval.fusion import deviation, lift, moved, worth

COSINES = st.floats(-1, 1, width=32)
PAIRS = st.lists(st.tuples(COSINES, st.floats(0, 60, width=32)), min_size=1, max_size=30)


def test_the_deviation_is_that_of_independent_words() -> None:
    assert deviation([]) == 0
    assert deviation([(2.0, 0.5)]) == pytest.approx(1.0)  # 0 or 2, each in half of the passages
    assert deviation([(2.0, 0.5), (4.0, 0.5)]) == pytest.approx(5**0.5)
    rng = np.random.default_rng(1)
    drawn = (rng.random((200_000, 2)) < [0.1, 0.01]) @ [3.0, 6.0]
    assert deviation([(3.0, 0.1), (6.0, 0.01)]) == pytest.approx(drawn.std(), rel=0.02)


def test_one_deviation_of_words_is_worth_a_little_of_meaning() -> None:
    words = np.array([0.0, 10.0, 20.0], np.float32)
    assert worth(words, 10.0).tolist() == pytest.approx([0, 0.03, 0.06])
    assert worth(words, 20.0).tolist() == pytest.approx([0, 0.015, 0.03])
    assert worth(words, 0.0).tolist() == [0, 0, 0]


@given(PAIRS, st.floats(0.125, 10))
def test_what_both_agree_on_stays(pairs: list[tuple[float, float]], spread: float) -> None:
    cosines, words = (np.array(side, np.float32) for side in zip(*pairs, strict=True))
    total = cosines + worth(words, spread)
    above = (cosines[:, None] >= cosines) & (words[:, None] >= words)
    assert not (above & (total[:, None] < total - 1e-4)).any()


def test_the_question_moves_towards_what_was_found() -> None:
    query, first = np.array([1, 0, 0], np.float32), np.array([[0, 1, 0], [0, 1, 0]], np.float32)
    there = moved(query, first)
    assert np.linalg.norm(there) == pytest.approx(1)
    assert there[0] > there[1] > 0 == there[2]
    assert moved(query, first[:0]).tolist() == query.tolist()
    assert np.isfinite(moved(np.zeros(3, np.float32), np.zeros((1, 3), np.float32))).all()


def test_a_thread_is_lifted_by_its_best() -> None:
    scores = np.array([0.2, 0.8, 0.4, 0.4], np.float32)
    raised = lift(scores, np.array([7, 7, -1, -1]))
    assert raised.tolist() == pytest.approx([0.2, 0, 0, 0])
    assert lift(scores[:0], np.array([], np.int64)).tolist() == []
