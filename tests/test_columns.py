"""The columns that scopes look at, against a filter in plain Python; and the seals of derived files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qa.errors import IndexDamaged
from qa.index.columns import ABSENT, NEVER, Columns, write_columns
from qa.index.seals import Seal
from qa.records import Scope

PASSAGES = np.array([2, 3, 5, 8, 9, 12])
TABLE = np.array(
    [
        PASSAGES,
        [1, 1, 2, 3, 4, 5],  # comment
        [7, 7, ABSENT, 8, 7, 9],  # author
        [1, 1, 2, 2, ABSENT, 3],  # thread
        [1, 1, 1, 2, 2, 2],  # source
        [100, 100, NEVER, 200, 300, 0],  # time
        [0, 8, 16, 24, 32, 40],  # place
    ],
    np.int64,
)
NOBODY = np.empty(0, np.int64)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), [2, 3, 5, 8, 9, 12]),
        (Scope((7,), None, None, None, None), [2, 3, 9]),
        (Scope((8, 9, 4000), None, None, None, None), [8, 12]),
        (Scope((), None, None, None, None), []),
        (Scope(None, (2,), None, None, None), [5, 8]),
        (Scope((7,), (1,), (1,), None, None), [2, 3]),
        (Scope(None, None, (2,), 200, None), [8, 9]),
        (Scope(None, None, None, None, 200), [2, 3, 12]),
        (Scope(None, None, None, 0, 101), [2, 3, 12]),
    ],
)
def test_masks(tmp_path: Path, scope: Scope, expected: list[int]) -> None:
    write_columns(tmp_path / "c.npy", TABLE)
    columns = Columns.open(tmp_path / "c.npy")
    assert columns.passage_ids[columns.mask(scope, NOBODY)].tolist() == expected
    alive = columns.mask(scope, np.array([3, 8, 77]))
    assert columns.passage_ids[alive].tolist() == [one for one in expected if one not in (3, 8)]


def test_comments_are_counted_once() -> None:
    columns = Columns(TABLE)
    assert columns.comments(np.ones(6, bool)) == 5
    assert columns.comments(np.array([1, 1, 0, 0, 0, 1], bool)) == 2
    assert columns.comments(np.zeros(6, bool)) == 0


def test_passages_among_the_masked() -> None:
    columns = Columns(TABLE)
    mask = np.array([1, 1, 0, 0, 1, 0], bool)
    assert columns.among(np.array([9, 77, 5, 2, 1, 12]), mask).tolist() == [9, 2]
    assert columns.among(NOBODY, mask).tolist() == []


def test_threads_of_passages() -> None:
    columns = Columns(TABLE)
    assert columns.threads(np.array([12, 2, 9, 8])).tolist() == [3, 1, ABSENT, 2]
    assert columns.threads(NOBODY).tolist() == []


def test_growing_marks_the_dead() -> None:
    columns = Columns(TABLE)
    more = TABLE[:6] + np.array([[20], [10], [0], [0], [0], [0]])
    grown = Columns(columns.grown(more, np.arange(12), np.array([5, 9])))
    assert grown.places.tolist() == list(range(12))
    assert (len(grown), grown.dead, columns.dead) == (12, 2, 0)
    everything = Scope()
    left = [2, 3, 8, 12, *(PASSAGES + 20).tolist()]
    assert grown.passage_ids[grown.mask(everything, NOBODY)].tolist() == left
    assert grown.rows_of(np.array([1, 2, 12, 32, 99])).tolist() == [0, 5, 11]


@pytest.mark.parametrize("content", [b"", b"not columns", b"\x93NUMPY\x01\x00v\x00{}"])
def test_another_file_is_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.npy").write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"c\.npy cannot be opened"):
        Columns.open(tmp_path / "c.npy")


def test_an_array_of_another_shape_is_damage(tmp_path: Path) -> None:
    write_columns(tmp_path / "c.npy", TABLE[:6])
    with pytest.raises(IndexDamaged, match="other columns"):
        Columns.open(tmp_path / "c.npy")


def test_seals(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"head" + b"x" * 1000)
    seal = Seal.of(path, 4)
    assert seal.fits(path)
    assert seal.holds(path)
    path.write_bytes(b"head" + b"x" * 999 + b"y")
    assert seal.fits(path)
    assert not seal.holds(path)
    for other in (b"heaD" + b"x" * 1000, b"head" + b"x" * 999, b""):
        path.write_bytes(other)
        assert not seal.fits(path)
        assert not seal.holds(path)
    path.unlink()
    assert not seal.fits(path)
    assert not seal.holds(path)
