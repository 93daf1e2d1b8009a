"""Nearest-vector search against numpy, and what becomes of a file that is not whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import qa.vectors.index
from qa.errors import IndexDamaged, IndexNotWritable
from qa.vectors import VectorIndex, best, extend_vectors, lists_for, sample_size, write_vectors
from qa.vectors.probing import ExactNeighbours

Rows = NDArray[np.float32]
Ids = NDArray[np.int64]


def unit_rows(count: int, dimensions: int, seed: int = 0) -> Rows:
    rows = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    unit: Rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def written(path: Path, rows: Rows) -> VectorIndex:
    write_vectors(path, rows.shape[1], None, [rows])
    return VectorIndex.open(path, rows.shape[1])


def reference(rows: Rows, query: Rows) -> dict[int, float]:
    stored = rows.astype(np.float16).astype(np.float64)
    return dict(enumerate((stored @ query.astype(np.float64)).tolist()))


def assert_best(found: tuple[Ids, Rows], expected: dict[int, float], count: int) -> None:
    """Scores are those of the reference, and none left out is better; equal scores may stand for each other."""
    ids, scores = found
    assert len(ids) == len(set(ids.tolist())) == min(count, len(expected))
    np.testing.assert_allclose(scores, [expected[key] for key in ids.tolist()], atol=1e-5)
    np.testing.assert_allclose(scores, sorted(expected.values(), reverse=True)[: len(ids)], atol=1e-5)


@pytest.mark.parametrize("count", [1, 10, 300, 1000])
def test_few_rows_are_searched_exactly(tmp_path: Path, count: int) -> None:
    rows = unit_rows(300, 32)
    index = written(tmp_path / "v.faiss", rows)
    for query in unit_rows(5, 32, seed=1):
        assert_best(index.search(query, count), reference(rows, query), count)


def test_a_mask_restricts(tmp_path: Path) -> None:
    rows = unit_rows(300, 32)
    only = np.zeros(300, bool)
    only[[5, 17, 200, 299]] = True
    index = written(tmp_path / "v.faiss", rows)
    query = unit_rows(1, 32, seed=2)[0]
    everything = reference(rows, query)
    assert_best(index.search(query, 10, only), {key: everything[key] for key in (5, 17, 200, 299)}, 10)
    assert_best(index.search(query, 2, only), {key: everything[key] for key in (5, 17, 200, 299)}, 2)
    assert len(index.search(query, 2, np.zeros(300, bool))[0]) == 0


def test_blocks_make_one_file_and_more_can_follow(tmp_path: Path) -> None:
    rows = unit_rows(60, 16)
    write_vectors(tmp_path / "v.faiss", 16, None, [rows[:20], rows[20:50]])
    extend_vectors(tmp_path / "v.faiss", tmp_path / "w.faiss", [rows[50:55], rows[55:]])
    index = VectorIndex.open(tmp_path / "w.faiss", 16)
    assert index.rows == 60
    assert [int(index.search(row, 1)[0][0]) for row in rows] == list(range(60))
    assert VectorIndex.open(tmp_path / "v.faiss", 16).rows == 50


def test_an_empty_file_finds_nothing(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.faiss", 16, None, [])
    ids, scores = VectorIndex.open(tmp_path / "v.faiss", 16).search(unit_rows(1, 16)[0], 5)
    assert (len(ids), len(scores)) == (0, 0)


# Many rows are put into lists.


@pytest.fixture(scope="module")
def crowd() -> Rows:
    """Rows around centres that are themselves spread around fewer: near neighbours, and no sharp clusters."""
    chance = np.random.default_rng(3)
    centres = unit_rows(200, 48, seed=4)[chance.integers(0, 200, 6000)]
    rows = centres + 0.13 * chance.standard_normal((6000, 48))
    unit: Rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.fixture(scope="module")
def listed(crowd: Rows, tmp_path_factory: pytest.TempPathFactory) -> VectorIndex:
    path = tmp_path_factory.mktemp("listed") / "v.faiss"
    write_vectors(path, 48, crowd[::2][:2560], [crowd[:2500], crowd[2500:]])
    return VectorIndex.open(path, 48)


def test_lists_are_probed_until_recall_is_reached(crowd: Rows, listed: VectorIndex) -> None:
    queries = crowd[np.random.default_rng(5).integers(0, 6000, 100)] + 0.05 * unit_rows(100, 48, seed=6)
    found = 0
    for query in queries:
        exact = set(np.argsort(-(crowd @ query))[:10].tolist())
        found += len(exact & set(listed.search(query, 50)[0].tolist()))
    assert found / 1000 >= 0.98
    assert 1 <= listed._index.nprobe < listed._index.nlist == 64


def test_the_fewer_a_mask_lets_through_the_more_lists_are_probed(crowd: Rows, listed: VectorIndex) -> None:
    only = np.random.default_rng(7).random(6000) < 0.01
    for query in unit_rows(20, 48, seed=8):
        expected = [row for row in np.argsort(-(crowd @ query)) if only[row]][:10]
        found, scores = listed.search(query, 20, only)
        assert set(expected) <= set(found.tolist())
        np.testing.assert_allclose(scores, crowd[found] @ query, atol=0.02)
    assert only[found].all()


def test_lists_can_be_extended(crowd: Rows, tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.faiss", 48, crowd[:2560], [crowd[:5000]])
    extend_vectors(tmp_path / "v.faiss", tmp_path / "w.faiss", [crowd[5000:]])
    index = VectorIndex.open(tmp_path / "w.faiss", 48)
    assert index.rows == 6000
    assert [int(index.search(crowd[row], 1)[0][0]) for row in (0, 4999, 5000, 5999)] == [0, 4999, 5000, 5999]


def test_rows_are_scored_at_their_places(crowd: Rows, listed: VectorIndex, tmp_path: Path) -> None:
    places = listed.places()
    assert len(set(places.tolist())) == len(crowd)
    for query in unit_rows(3, crowd.shape[1], seed=7):
        rows, scores = listed.search(query, 50)
        np.testing.assert_allclose(listed.score(query, places[rows]), scores, rtol=1e-5, atol=1e-6)
    for outside in (-1, 10**12):
        with pytest.raises(IndexDamaged, match="no such rows"):
            listed.score(crowd[0], np.array([places[0], outside]))
    assert written(tmp_path / "few.faiss", crowd[:20]).places().tolist() == [-1] * 20


def test_the_head_is_all_but_the_rows(crowd: Rows, tmp_path: Path) -> None:
    """Bytes behind the head may flip: they move a row, and nothing breaks."""
    for name, sample in (("flat", None), ("lists", crowd[:2560])):
        path = tmp_path / name
        head = write_vectors(path, 48, sample, [crowd])
        content = bytearray(path.read_bytes())
        assert 50 < head < len(content) / 4
        content[head:] = bytes(255 - byte for byte in content[head:])
        path.write_bytes(content)
        ids, _ = VectorIndex.open(path, 48).search(crowd[0], 10)
        assert ((ids >= 0) & (ids < 6000)).all()


def test_lists_grow_with_the_rows() -> None:
    assert [lists_for(rows) for rows in (0, 50_000, 50_001, 300_000, 10_000_000)] == [0, 0, 1024, 2048, 16384]
    assert sample_size(1_000_000) == 4096 * 40


def test_recall_counts_equal_rows_for_each_other() -> None:
    rows = np.repeat(unit_rows(30, 16), 20, axis=0)
    exact = ExactNeighbours(rows)
    exact.look_at(rows[:70])
    exact.look_at(rows[70:])
    scores = exact.queries @ rows.T
    best_found = np.argsort(-scores, axis=1, kind="stable")[:, : exact.reach]
    assert exact.recall(best_found) == 1.0
    assert exact.recall(best_found[:, 10:20]) == 1.0  # the second ten of twenty equal rows are as good
    assert exact.recall(np.full_like(best_found, -1)) == 0.0
    assert exact.recall(best_found[:, :5]) == pytest.approx(0.5)


# What cannot be used.


def test_best_orders_by_score_then_id() -> None:
    ids = np.array([9, 2, 7, 4, 1], np.int64)
    scores = np.array([0.5, 0.5, 0.9, 0.5, 0.1], np.float32)
    found, values = best(ids, scores, 4)
    assert found.tolist() == [7, 2, 4, 9]
    assert values.tolist() == [np.float32(0.9), 0.5, 0.5, 0.5]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        VectorIndex.open(tmp_path / "v.faiss", 16)


@pytest.mark.parametrize("kept", [0, 3, 0.3])
def test_a_truncated_file_is_damaged(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "v.faiss"
    written(path, unit_rows(100, 16))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if 0 < kept < 1 else int(kept)])
    with pytest.raises(IndexDamaged, match=r"v\.faiss cannot be opened"):
        VectorIndex.open(path, 16)


def test_other_dimensions_are_damage(tmp_path: Path) -> None:
    written(tmp_path / "v.faiss", unit_rows(3, 16))
    with pytest.raises(IndexDamaged, match="16 dimensions, the store 32"):
        VectorIndex.open(tmp_path / "v.faiss", 32)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.faiss"
    written(path, unit_rows(3, 16))

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(qa.vectors.index.os, "fsync", fail)
    with pytest.raises(IndexNotWritable, match="No space left"):
        write_vectors(path, 16, None, [unit_rows(9, 16)])
    assert [one.name for one in tmp_path.iterdir()] == ["v.faiss"]
    assert VectorIndex.open(path, 16).rows == 3


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(IndexNotWritable):
        write_vectors(tmp_path / "absent/v.faiss", 16, None, [])
