"""Nearest-vector search against numpy, and what becomes of a file that is not whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import qa.vectors
from qa.errors import IndexDamaged, IndexNotWritable
from qa.vectors import Checkpoint, best, write_checkpoint

Rows = NDArray[np.float32]
Ids = NDArray[np.int64]


def unit_rows(count: int, dimensions: int, seed: int = 0) -> Rows:
    rows = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    unit: Rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def checkpoint(path: Path, ids: Ids, rows: Rows) -> Checkpoint:
    assert write_checkpoint(path, rows.shape[1], [(ids, rows)]) == len(ids)
    return Checkpoint.open(path, rows.shape[1])


def reference(ids: Ids, rows: Rows, query: Rows) -> dict[int, float]:
    stored = rows.astype(np.float16).astype(np.float64)
    return dict(zip(ids.tolist(), (stored @ query.astype(np.float64)).tolist(), strict=True))


def assert_best(found: tuple[Ids, Rows], expected: dict[int, float], count: int) -> None:
    """Scores are those of the reference, and none left out is better; equal scores may stand for each other."""
    ids, scores = found
    assert len(ids) == len(set(ids.tolist())) == min(count, len(expected))
    np.testing.assert_allclose(scores, [expected[key] for key in ids.tolist()], atol=1e-5)
    np.testing.assert_allclose(scores, sorted(expected.values(), reverse=True)[: len(ids)], atol=1e-5)


@pytest.mark.parametrize("count", [1, 10, 300, 1000])
def test_search_is_exact(tmp_path: Path, count: int) -> None:
    rows = unit_rows(300, 32)
    ids = np.arange(300, dtype=np.int64) * 7 + 3
    index = checkpoint(tmp_path / "v.faiss", ids, rows)
    for query in unit_rows(5, 32, seed=1):
        assert_best(index.search(query, count), reference(ids, rows, query), count)


def test_only_restricts(tmp_path: Path) -> None:
    rows = unit_rows(300, 32)
    ids = np.arange(1, 301, dtype=np.int64)
    only = np.array([5, 17, 200, 299, 4000], np.int64)
    index = checkpoint(tmp_path / "v.faiss", ids, rows)
    query = unit_rows(1, 32, seed=2)[0]
    everything = reference(ids, rows, query)
    assert_best(index.search(query, 10, only), {key: everything[key] for key in (5, 17, 200, 299)}, 10)
    assert_best(index.search(query, 2, only), {key: everything[key] for key in (5, 17, 200, 299)}, 2)
    assert len(index.search(query, 2, np.empty(0, np.int64))[0]) == 0


def test_blocks_make_one_checkpoint(tmp_path: Path) -> None:
    rows = unit_rows(50, 16)
    ids = np.arange(50, dtype=np.int64)
    assert write_checkpoint(tmp_path / "v.faiss", 16, [(ids[:20], rows[:20]), (ids[20:], rows[20:])]) == 50
    index = Checkpoint.open(tmp_path / "v.faiss", 16)
    assert index.size == 50
    assert [int(index.search(row, 1)[0][0]) for row in rows] == ids.tolist()


def test_an_empty_checkpoint_finds_nothing(tmp_path: Path) -> None:
    assert write_checkpoint(tmp_path / "v.faiss", 16, []) == 0
    ids, scores = Checkpoint.open(tmp_path / "v.faiss", 16).search(unit_rows(1, 16)[0], 5)
    assert (len(ids), len(scores)) == (0, 0)


def test_best_orders_by_score_then_id() -> None:
    ids = np.array([9, 2, 7, 4, 1], np.int64)
    scores = np.array([0.5, 0.5, 0.9, 0.5, 0.1], np.float32)
    found, values = best(ids, scores, 4)
    assert found.tolist() == [7, 2, 4, 9]
    assert values.tolist() == [np.float32(0.9), 0.5, 0.5, 0.5]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Checkpoint.open(tmp_path / "v.faiss", 16)


@pytest.mark.parametrize("kept", [0, 3, 0.3, 0.9])
def test_a_truncated_file_is_damaged(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "v.faiss"
    checkpoint(path, np.arange(100, dtype=np.int64), unit_rows(100, 16))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if 0 < kept < 1 else int(kept)])
    with pytest.raises(IndexDamaged, match=r"v\.faiss cannot be opened"):
        Checkpoint.open(path, 16)


def test_other_dimensions_are_damage(tmp_path: Path) -> None:
    checkpoint(tmp_path / "v.faiss", np.arange(3, dtype=np.int64), unit_rows(3, 16))
    with pytest.raises(IndexDamaged, match="16 dimensions, the store 32"):
        Checkpoint.open(tmp_path / "v.faiss", 32)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.faiss"
    checkpoint(path, np.arange(3, dtype=np.int64), unit_rows(3, 16))

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(qa.vectors.os, "fsync", fail)
    with pytest.raises(IndexNotWritable, match="No space left"):
        write_checkpoint(path, 16, [(np.arange(9, dtype=np.int64), unit_rows(9, 16))])
    assert [one.name for one in tmp_path.iterdir()] == ["v.faiss"]
    assert Checkpoint.open(path, 16).size == 3


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(IndexNotWritable):
        write_checkpoint(tmp_path / "absent/v.faiss", 16, [])
