from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluation.tiny import write_beir


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    return write_beir(tmp_path / "tiny")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Evaluations keep what they make in a cache that goes with the test, unless the real model is needed compiled."""
    monkeypatch.delenv("QA_INDEX", raising=False)
    if "model" not in request.keywords:
        monkeypatch.setenv("QA_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("QA_MODEL", "hashing")
