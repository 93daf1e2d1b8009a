"""Vectors -> a map: points of the plane, near each other where the vectors are.

A sample, the landmarks, is laid out by t-SNE; every other point is put among the landmarks nearest to it. So a map of
50,000 comments takes seconds, and stays as it is when a few comments come.
Source: van der Maaten and Hinton 2008; landmarks as in van der Maaten 2014.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Positions = NDArray[np.float32]

MOST_LANDMARKS = 2000
_PERPLEXITY = 30
_NEIGHBOURS = 3
# How much nearer landmarks outweigh farther ones, in cosine, and how far apart points of equal vectors are put.
_SHARPNESS = 0.04
_SCATTER = 0.004
_BLOCK = 4096


def lay_out(landmarks: Vectors) -> Positions:
    """Return a position for each landmark. Shapes: (m, d) unit-norm -> (m, 2), in [0, 1]. The same for the same."""
    count = len(landmarks)
    if count <= 4:
        angles = np.arange(count) * (2 * np.pi / max(1, count))
        return np.stack([0.5 + 0.3 * np.cos(angles), 0.5 + 0.3 * np.sin(angles)], axis=1).astype(np.float32)
    from sklearn.manifold import TSNE  # takes a second, and only a map needs it
    from threadpoolctl import threadpool_limits

    perplexity = min(_PERPLEXITY, (count - 1) / 3)
    drawn = TSNE(2, perplexity=perplexity, init="pca", metric="cosine", max_iter=500, random_state=0)
    with threadpool_limits(1):  # more threads mostly wait for each other, and take what questions need
        return _stretched(drawn.fit_transform(landmarks))


def place(vectors: Vectors, landmarks: Vectors, positions: Positions) -> Positions:
    """Return where vectors stand among landmarks. Shapes: (n, d), (m, d), (m, 2) -> (n, 2), in [0, 1]."""
    near = min(_NEIGHBOURS, len(landmarks))
    placed = [_among(vectors[at : at + _BLOCK], landmarks, positions, near) for at in range(0, len(vectors), _BLOCK)]
    joined = np.concatenate([np.empty((0, 2), np.float32), *placed])
    scatter = np.random.default_rng(0).normal(0, _SCATTER, joined.shape)
    return np.clip(joined + scatter, 0, 1).astype(np.float32)


def _among(vectors: Vectors, landmarks: Vectors, positions: Positions, near: int) -> Positions:
    cosines = vectors @ landmarks.T
    nearest = np.argpartition(-cosines, near - 1, axis=1)[:, :near]
    found = np.take_along_axis(cosines, nearest, axis=1)
    weights = np.exp((found - found.max(axis=1, keepdims=True)) / _SHARPNESS)
    weights /= weights.sum(axis=1, keepdims=True)
    placed: Positions = np.einsum("nk,nkx->nx", weights, positions[nearest]).astype(np.float32)
    return placed


def _stretched(drawn: Positions) -> Positions:
    """Fit positions into the unit square with a margin; a few that lie far out do not press the others together."""
    low, high = np.percentile(drawn, [1, 99], axis=0)
    scaled = 0.08 + 0.84 * (drawn - low) / np.maximum(high - low, 1e-9)
    fitted: Positions = np.clip(scaled, 0.01, 0.99).astype(np.float32)
    return fitted
