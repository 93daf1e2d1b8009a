"""What every encoder offers, and the values that go in and come out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
Vectors = NDArray[np.float32]
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def encodable(text: str) -> str:
    """Return text with a character that has UTF-8, which tokenizers take, for each lone surrogate; its length stays."""
    return _LONE_SURROGATE.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class PassageInput:
    """One passage to encode. Units: sentences are (start, end) offsets within text."""

    context: str
    text: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Shapes: vector (d,), sentences (s, d), one row for each sentence of the input. All unit-norm."""

    vector: Vector
    sentences: Vectors


class Encoder(Protocol):
    """Turns text into unit-norm float32 vectors of `dimensions`."""

    @property
    def name(self) -> str:
        """The name to load this encoder by."""

    @property
    def fingerprint(self) -> str:
        """What the vectors depend on, hashed: weights, tokenizer, pooling, length, recipe."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    @property
    def max_tokens(self) -> int:
        """How many tokens of text fit into one passage."""

    @property
    def characters_per_second(self) -> float | None:
        """How many characters of passages are encoded in a second, measured once on this machine; None: not known."""

    def token_offsets(self, texts: Sequence[str]) -> list[Sequence[tuple[int, int]]]:
        """Return for each text the (start, end) offsets in it of each of its tokens, special tokens left out."""

    def encode_query(self, question: str) -> Vector:
        """Return the question's vector, shape (d,)."""

    def encode_passages(
        self, passages: Sequence[PassageInput], done: Callable[[int], None] = lambda count: None
    ) -> list[Encoded]:
        """Return one `Encoded` for each passage, in order; done is told how many passages each batch held."""
