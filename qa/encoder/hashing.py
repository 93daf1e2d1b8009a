"""An encoder without a model: each word is hashed to a fixed direction, a text is the sum of its words.

Shared words make texts alike, nothing else does. It is a pure function of the text, needs no file and no time, and so
serves tests; the feature hashing is that of Weinberger et al. 2009.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from qa.encoder.interface import Encoded, PassageInput, Vector

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_DIMENSIONS = 64


class HashingEncoder:
    """Encode text as the unit-norm sum of its words' hashed directions."""

    name = "hashing"
    fingerprint = "hashing-1"
    dimensions = _DIMENSIONS
    max_tokens = 64
    characters_per_second: float | None = None

    def token_offsets(self, texts: Sequence[str]) -> list[Sequence[tuple[int, int]]]:
        """Return the offsets of words and of single punctuation marks."""
        return [[match.span() for match in _TOKEN.finditer(text)] for text in texts]

    def encode_query(self, question: str) -> Vector:
        """Return the question's vector."""
        return _direction(question)

    def encode_passages(
        self, passages: Sequence[PassageInput], done: Callable[[int], None] = lambda count: None
    ) -> list[Encoded]:
        """Return each passage's vector and those of its sentences."""
        encoded = [self._encode(passage) for passage in passages]
        done(len(passages))
        return encoded

    def _encode(self, passage: PassageInput) -> Encoded:
        sentences = [_direction(passage.text[start:end]) for start, end in passage.sentences]
        rows = np.stack(sentences) if sentences else np.zeros((0, _DIMENSIONS), np.float32)
        return Encoded(_direction(f"{passage.context}\n{passage.text}"), rows)


def _direction(text: str) -> Vector:
    total = np.zeros(_DIMENSIONS, np.float32)
    for word in _WORD.findall(text.lower()):
        total += _word_direction(word)
    norm = float(np.linalg.norm(total))
    if norm == 0.0:
        total[0] = norm = 1.0
    return total / norm


@lru_cache(maxsize=65536)
def _word_direction(word: str) -> Vector:
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=_DIMENSIONS).digest()
    return (np.frombuffer(digest, np.uint8).astype(np.float32) - 127.5) / 127.5
