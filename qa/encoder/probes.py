"""Texts on which a compiled model is held against the original: how alike their vectors are, and how fast it is."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from qa.encoder.interface import Encoder, PassageInput, Vectors

PROBES = [
    "What is the difference between cosine similarity and the dot product?",
    "Yes, exactly.",
    "I was wrong about this in March: the index had been stale for a week, and nobody noticed. " * 4,
]
# The lowest cosine to the original's vectors that is let through: int8 weights give 0.975 to 0.993 on these texts.
LEAST_AGREEMENT = 0.9999
LEAST_AGREEMENT_FAST = 0.97
# Comments are between a line and a paragraph long.
_TIMED = [(PROBES[2] * 2)[: 40 + 16 * number] for number in range(36)]
_ROUNDS = 3


def write_probes(folder: Path, vectors: Vectors) -> None:
    """Keep the original's vectors of the probe texts beside the compiled model."""
    rows = [[round(float(number), 6) for number in row] for row in vectors]
    (folder / "probes.json").write_text(json.dumps(rows), encoding="utf-8")


def agreement(encoder: Encoder, folder: Path) -> float:
    """Return the lowest cosine of the encoder's vectors to those kept in the folder."""
    expected = np.array(json.loads((folder / "probes.json").read_text(encoding="utf-8")), np.float32)
    found = encoder.encode_passages([PassageInput("", text, ()) for text in PROBES])
    return min(float(row @ one.vector) for row, one in zip(expected, found, strict=True))


def characters_per_second(encoder: Encoder) -> float:
    """Return how many characters of passages the encoder takes in a second here, in the fastest of some rounds."""
    passages = [PassageInput("", text, ()) for text in _TIMED]
    encoder.encode_passages(passages[-8:])
    rounds = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        encoder.encode_passages(passages)
        rounds.append(time.perf_counter() - begun)
    return round(sum(map(len, _TIMED)) / min(rounds), 1)
