"""The map: what is near in meaning is near on it, and it stays as it is when little changes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import qa
from qa.layout import lay_out, place
from qa.web import mapping
from tests.web.ovens import write

Open = Callable[..., TestClient]
TOPICS = ("oven bread heat flour", "ferry harbour tide boat", "index vector query recall")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def said(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [
        {"id": f"c{at}", "author": f"a{at % 3}", "date": f"{2020 + at % 2}-05-01",
         "text": f"{TOPICS[at % 3]} {TOPICS[at % 3].split()[at % 4]} number {at}"}
        for at in range(first, first + count)
    ]  # fmt: skip


def build(folder: Path, comments: list[dict[str, Any]]) -> Path:
    qa.build([str(write(folder / "said.jsonl", comments))], folder / "ix", model="hashing")
    return folder / "ix"


def wait_for_map(web: TestClient) -> dict[str, Any]:
    for _ in range(600):
        served = web.get("/map/points")
        if served.status_code == 200:
            return json.loads(served.text)
        assert (served.status_code, served.headers["retry-after"]) == (503, "2")
        assert served.json() == {"error": "the map is being drawn", "run": None}
        time.sleep(0.1)
    raise AssertionError("no map in a minute")


def test_comments_of_one_topic_stand_together(tmp_path: Path, open_web: Open) -> None:
    drawn = wait_for_map(open_web(build(tmp_path, said(60))))
    positions = np.array(drawn["positions"]).reshape(-1, 2)
    assert drawn["ids"] == [f"said.jsonl#c{at}" for at in range(60)]
    assert drawn["total"] == 60
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    assert np.mean(nearest % 3 == np.arange(60) % 3) > 0.95
    assert drawn["colours"]["author"] == {"names": ["a0", "a1", "a2"], "of": [at % 3 for at in range(60)]}
    assert drawn["colours"]["year"]["names"] == ["2020", "2021"]


def test_a_few_new_comments_leave_the_others_where_they_are(tmp_path: Path, open_web: Open, cache: Path) -> None:
    index = build(tmp_path, said(60))
    web = open_web(index)
    before = wait_for_map(web)
    build(tmp_path, said(63))
    while len((after := wait_for_map(web))["ids"]) != 63:
        time.sleep(0.05)
    apart = np.abs(np.array(before["positions"]) - np.array(after["positions"][:120]))
    assert apart.max() < 0.05 * 65535
    assert len(list((cache / "maps").iterdir())) == 1


def test_what_is_kept_holds_no_vector_and_may_be_damaged(tmp_path: Path) -> None:
    with qa.open(build(tmp_path, said(60))).browse() as browser:
        points = browser.points(100)
    kept = tmp_path / "kept.npz"
    first = mapping.positions_of(points, kept)
    assert kept.stat().st_size < 60 * 60
    assert (mapping.positions_of(points, kept) == first).all()
    for damage in (b"", b"PK\x03\x04", kept.read_bytes()[:-40], b"\x93NUMPY"):
        kept.write_bytes(damage)
        assert (mapping.positions_of(points, kept) == first).all()


def test_of_very_many_comments_some_are_taken(tmp_path: Path) -> None:
    with qa.open(build(tmp_path, said(60))).browse() as browser:
        points = browser.points(25)
    assert (len(points.comment_ids), points.total) == (20, 60)


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 9])
def test_few_comments_have_places_too(count: int) -> None:
    vectors = np.eye(10, dtype=np.float32)[:count]
    positions = lay_out(vectors)
    assert positions.shape == (count, 2)
    if count:
        placed = place(np.eye(10, dtype=np.float32), vectors, positions)
        assert ((placed >= 0) & (placed <= 1)).all()


def test_what_prevents_a_map_is_said(tmp_path: Path, open_web: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise qa.QAError("the disk is gone", "df -h")

    web = open_web(build(tmp_path, said(6)))
    monkeypatch.setattr(mapping, "positions_of", fail)
    for _ in range(200):
        served = web.get("/map/points")
        if served.status_code != 503:
            break
        time.sleep(0.05)
    assert (served.status_code, served.json()) == (500, {"error": "the disk is gone", "run": "df -h"})
    monkeypatch.undo()
    assert len(wait_for_map(web)["ids"]) == 6
