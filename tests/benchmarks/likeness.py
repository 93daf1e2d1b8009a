"""Vectors that lie to each other as those of real comments do, made from a text without a model: `LikeReal`.

A vector is a mix of a real one with some of its near neighbours, plus noise of the real covariance (flattened a
little). How much noise is fitted so that the median cosine to the nearest neighbour is that of a real collection of the
same size. For sizes that no real collection at hand has, the distance to the nearest neighbour is taken to fall by the
same factor with each doubling, as it does within the real ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Encoded, Encoder, PassageInput

Rows = NDArray[np.float32]

_NEIGHBOURS, _MIX = 25, 4
_AMPLITUDE_SPREAD = 0.5
_FLATTENED = 0.6
_FIT_ROWS, _FIT_QUERIES = 100_000, 400
_SENTENCE_NOISE = 0.57  # tangent of the median angle between a real passage and its sentences: cosine 0.87
_SENTENCE_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Likeness:
    """Real vectors to mix, and how much noise. Shapes: seeds (n, d) unit-norm, near (n, k) rows, noise (d, d)."""

    seeds: Rows
    mean: Rows
    near: NDArray[np.int64]
    noise: Rows
    amplitude: float

    @classmethod
    def of(cls, seeds: Rows, amplitude: float = 1.0) -> Likeness:
        """Return the likeness of real vectors."""
        cosines = seeds @ seeds.T
        np.fill_diagonal(cosines, -2)
        near = np.argsort(-cosines, axis=1)[:, : min(_NEIGHBOURS, len(seeds) - 1)]
        values, axes = np.linalg.eigh(np.cov(seeds.T))
        spread = np.maximum(values, 0) ** (_FLATTENED / 2)
        noise = (axes * spread).T / np.sqrt((spread**2).sum())
        return cls(seeds, seeds.mean(axis=0), near, noise.astype(np.float32), amplitude)

    def vectors(self, texts: Sequence[str]) -> Rows:
        """Return each text's vector, shape (n, d); it depends on nothing but the text."""
        return self._placed(*self._drawn(texts), self.amplitude)

    def fitted(self, size: int, tell: Callable[[str], None]) -> Likeness:
        """Return it with the noise at which `size` vectors have the nearest neighbours of as many real ones."""
        wanted = extrapolated(self.seeds, size)
        rows = min(size, _FIT_ROWS)
        drawn = self._drawn([f"to fit {at}" for at in range(rows)])
        low, high = 0.0, 4.0
        for _ in range(10):
            middle = (low + high) / 2
            found = extrapolated(self._placed(*drawn, middle), size)
            low, high = (middle, high) if found > wanted else (low, middle)
        tell(f"noise {middle:.3f}: nearest neighbour's median cosine {found:.3f}, wanted {wanted:.3f} at {size:,}")
        return Likeness(self.seeds, self.mean, self.near, self.noise, middle)

    def _drawn(self, texts: Sequence[str]) -> tuple[Rows, Rows]:
        """Return each text's mix of real vectors and its noise, shapes (n, d)."""
        dimensions = self.seeds.shape[1]
        chosen = np.empty((len(texts), _MIX), np.int64)
        weights, noise = np.empty((len(texts), _MIX), np.float32), np.empty((len(texts), dimensions + 1), np.float32)
        for at, text in enumerate(texts):
            rng = np.random.Generator(np.random.Philox(key=_number(text)))
            numbers = rng.random(2 * _MIX)
            first = int(numbers[0] * len(self.seeds))
            chosen[at, 0] = first
            chosen[at, 1:] = self.near[first, (numbers[1:_MIX] * self.near.shape[1]).astype(np.int64)]
            weights[at] = -np.log1p(-numbers[_MIX:])  # normed, these are spread evenly over the simplex
            rng.standard_normal(out=noise[at], dtype=np.float32)
        mixed = np.zeros((len(texts), dimensions), np.float32)
        for column in range(_MIX):
            mixed += (self.seeds[chosen[:, column]] - self.mean) * weights[:, column : column + 1]
        grown = np.exp(_AMPLITUDE_SPREAD * noise[:, -1:])
        return unit(mixed), grown * (noise[:, :-1] @ self.noise)

    def _placed(self, mixed: Rows, noise: Rows, amplitude: float) -> Rows:
        around = unit(mixed + np.float32(amplitude) * noise)
        return unit(self.mean + np.float32(np.sqrt(1 - self.mean @ self.mean)) * around)


class LikeReal:
    """An encoder whose questions and tokens are a real encoder's and whose passages are those of a `Likeness`."""

    def __init__(self, real: Encoder, likeness: Likeness) -> None:
        self._real = real
        self._likeness = likeness
        self._few = likeness.vectors([f"for sentences {at}" for at in range(_SENTENCE_ROWS)])
        self.name, self.fingerprint = real.name, real.fingerprint
        self.dimensions, self.max_tokens = real.dimensions, real.max_tokens
        self.seconds = 0.0

    def token_offsets(self, texts: Sequence[str]) -> list[Sequence[tuple[int, int]]]:
        """Return the real encoder's."""
        return self._real.token_offsets(texts)

    def encode_query(self, question: str) -> Rows:
        """Return the real encoder's."""
        return self._real.encode_query(question)

    def encode_passages(
        self, passages: Sequence[PassageInput], done: Callable[[int], None] = lambda count: None
    ) -> list[Encoded]:
        """Return vectors that depend on each passage's text alone; its sentences' lie around it."""
        started = time.perf_counter()
        vectors = self._likeness.vectors([passage.text for passage in passages])
        encoded = [
            Encoded(vector, self._sentences(vector, passage)) for vector, passage in zip(vectors, passages, strict=True)
        ]
        done(len(passages))
        self.seconds += time.perf_counter() - started
        return encoded

    def _sentences(self, vector: Rows, passage: PassageInput) -> Rows:
        count = len(passage.sentences)
        if count < 2:
            return np.repeat(vector[None], count, axis=0)
        first = _number(passage.text) % _SENTENCE_ROWS
        other = self._few[(first + np.arange(count)) % _SENTENCE_ROWS]
        across = other - (other @ vector)[:, None] * vector
        return unit(vector + _SENTENCE_NOISE * unit(across))


def unit(rows: Rows) -> Rows:
    """Return the rows at length one."""
    scaled: Rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def nearest(rows: Rows, queries: int, sizes: Sequence[int]) -> list[Rows]:
    """Return, for each size, the cosines of the first rows to their nearest neighbour among that many rows."""
    some = rows[: min(queries, *sizes)]
    best, found, start = np.full(len(some), -1, np.float32), [], 0
    for size in sorted(sizes):
        for at in range(start, size, 20_000):
            cosines = some @ rows[at : min(size, at + 20_000)].T
            own = np.arange(len(some))
            inside = (own >= at) & (own < at + cosines.shape[1])
            cosines[own[inside], own[inside] - at] = -1
            best = np.maximum(best, cosines.max(axis=1))
        start = size
        found.append(best.copy())
    return found


def extrapolated(rows: Rows, size: int) -> float:
    """Return the median cosine to the nearest neighbour, were there `size` such rows (in no particular order).

    The logarithm of the distance falls with that of the number along a line, fitted to an eighth up to all of the rows.
    """
    sizes = [len(rows) // 8, len(rows) // 4, len(rows) // 2, len(rows)]
    medians = [float(np.median(some)) for some in nearest(rows, _FIT_QUERIES, sizes)]
    line = np.polyfit(np.log(sizes), np.log(np.sqrt(np.maximum(2 - 2 * np.array(medians), 1e-6))), 1)
    return float(1 - np.exp(2 * np.polyval(line, np.log(size))) / 2)


def save(path: Path, likeness: Likeness) -> None:
    """Keep a likeness whole: finding the neighbours again takes memory that would be counted as the program's."""
    one = likeness
    np.savez(path, seeds=one.seeds, mean=one.mean, near=one.near, noise=one.noise, amplitude=one.amplitude)


def load(path: Path) -> Likeness:
    """Return what was saved."""
    with np.load(path) as kept:
        return Likeness(kept["seeds"], kept["mean"], kept["near"], kept["noise"], float(kept["amplitude"]))


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())
