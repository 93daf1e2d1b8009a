"""The model alone, which published figures measure: whole comments, cut at what the model reads, by cosine.

The product differs: a long comment is several passages, cut at sentence ends, the nearest of which counts; a passage
that fills the model leaves no room for the title.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.encoder import Encoder, PassageInput, cache_folder
from qa.events import Events
from qa.index import Snapshot
from qa.records import Comment, Filters

_BLOCK = 512


class Baseline:
    """Every comment of an index as one vector, all compared."""

    notes: tuple[str, ...] = ()

    def __init__(self, snapshot: Snapshot, encoder: Encoder, events: Events) -> None:
        snapshot.check(encoder)
        self._encoder = encoder
        comments = snapshot.comments(Filters())
        self._ids = [comment.comment_id for comment in comments]
        self._vectors = _kept_vectors([_whole(comment) for comment in comments], encoder, events)

    def answer(self, question: str) -> tuple[None, float]:
        """Return that it never abstains, and how long the nearest comments took in ms."""
        started = time.perf_counter()
        self.ranking(question, 5)
        return None, (time.perf_counter() - started) * 1000

    def ranking(self, question: str, count: int) -> list[str]:
        """Return the ids of the nearest comments, nearest first; equal ones in the order they stand."""
        scores = self._vectors @ self._encoder.encode_query(question)
        return [self._ids[at] for at in np.argsort(-scores, kind="stable")[:count]]


def _whole(comment: Comment) -> str:
    title = (comment.thread_title or "").strip()
    text = comment.searched.strip()
    return text if title == text else f"{title} {text}".strip()


def _kept_vectors(texts: Sequence[str], encoder: Encoder, events: Events) -> NDArray[np.float32]:
    """Return the vectors (n, d) of texts, encoded once and kept in the user's cache under a hash of all of them."""
    digest = hashlib.sha256(encoder.fingerprint.encode())
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    path = cache_folder() / "evaluations" / f"baseline-{digest.hexdigest()[:16]}.npy"
    if path.is_file():
        kept: NDArray[np.float32] = np.load(path)
        return kept
    vectors = _encoded(texts, encoder, events)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        np.save(file, vectors)
    Path(file.name).replace(path)  # a reader finds a whole file or none
    return vectors


def _encoded(texts: Sequence[str], encoder: Encoder, events: Events) -> NDArray[np.float32]:
    vectors = np.zeros((len(texts), encoder.dimensions), np.float32)
    for at in range(0, len(texts), _BLOCK):
        block = [PassageInput("", text, ()) for text in texts[at : at + _BLOCK]]
        vectors[at : at + len(block)] = [one.vector for one in encoder.encode_passages(block)]
        events.progress("whole comments encoded", at + len(block), len(texts))
    return vectors
