"""Is one mode better than another, or were the questions kind to it? Paired: the same questions for both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa.reports import Difference

_ROUNDS = 10_000
_BLOCK = 500
_SEED = 20_240_501


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Difference:
    """Return the mean of theirs minus ours, with its 95 % interval and how likely chance alone gives as much.

    Both hold one value for each question, in the same order. The interval is a percentile bootstrap over questions, p
    that of a two-sided randomisation test; the seed is fixed.
    Source: Smucker, Allan and Carterette, A Comparison of Statistical Significance Tests for Information Retrieval
    Evaluation, 2007; Sakai, Evaluating evaluation metrics based on the bootstrap, 2006.
    """
    gaps = np.asarray(theirs, np.float64) - np.asarray(ours, np.float64)
    observed = float(gaps.mean())
    chance = np.random.default_rng(_SEED)
    means: list[float] = []
    extreme = 0
    for _ in range(_ROUNDS // _BLOCK):
        means += gaps[chance.integers(0, len(gaps), (_BLOCK, len(gaps)))].mean(axis=1).tolist()
        flipped = (gaps * chance.choice((-1.0, 1.0), (_BLOCK, len(gaps)))).mean(axis=1)
        extreme += int(np.count_nonzero(np.abs(flipped) >= abs(observed) - 1e-12))
    low, high = np.percentile(means, (2.5, 97.5)).tolist()
    return Difference(observed, low, high, (extreme + 1) / (_ROUNDS + 1))
