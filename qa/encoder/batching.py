"""Passages -> batches of model input of similar length, made ready beside the running of the ones before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from qa.encoder.interface import PassageInput

if TYPE_CHECKING:
    from concurrent.futures import Future

# Padded tokens in one batch. Measured on two cores, small batches that stay in the processor's cache are the
# faster ones: 1,024 took 18 s where 4,096 took 25 s and sentence-transformers' own batches of 32 texts 37 s.
BATCH_TOKENS = 1024
# Passages made ready at a time: enough for some batches, few enough that the first is soon at work.
_GROUP = 128

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Row:
    """Model input for the passage at `place`. Units: sentences are (start, end) token positions."""

    place: int
    ids: list[int]
    sentences: list[tuple[int, int]]


def groups_by_length(passages: Sequence[PassageInput]) -> list[list[int]]:
    """Return the places of all passages, the longest text first, in groups; characters stand for tokens.

    >>> groups_by_length([PassageInput("", text, ()) for text in ("a", "a b c", "a b")])
    [[1, 2, 0]]
    """
    order = sorted(range(len(passages)), key=lambda place: -len(passages[place].context) - len(passages[place].text))
    return [order[at : at + _GROUP] for at in range(0, len(order), _GROUP)]


def batches(rows: Iterable[Row], tokens: int = BATCH_TOKENS) -> Iterator[list[Row]]:
    """Yield the rows in batches of at most `tokens` tokens, padding included; a longer row is a batch of its own."""
    batch: list[Row] = []
    width = 0
    for row in rows:
        wider = max(width, len(row.ids))
        if batch and wider * (len(batch) + 1) > tokens:
            yield batch
            batch, wider = [], len(row.ids)
        batch.append(row)
        width = wider
    if batch:
        yield batch


def ahead(make: Callable[[_Part], _Made], parts: Iterable[_Part]) -> Iterator[_Made]:
    """Yield make(part) for each part in order; while one is used, the next is made in a thread.

    What `make` raises is raised where its part would have been yielded.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, "qa-ahead") as worker:
        coming: Future[_Made] | None = None
        for part in parts:
            after = worker.submit(make, part)
            if coming is not None:
                yield coming.result()
            coming = after
        if coming is not None:
            yield coming.result()
