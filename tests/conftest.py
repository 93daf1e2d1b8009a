"""Fixtures that every part of the suite shares."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

_ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests that take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="takes minutes: run with --long"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real exports and benchmarks."""
    folder = Path(os.environ.get("QA_TEST_DATA") or _ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set QA_TEST_DATA")
    return folder


def _run_qa(
    *args: object,
    stdin: str | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    model: str = "hashing",
) -> subprocess.CompletedProcess[str]:
    """Run the installed program in a process of its own; with the hashing encoder unless another model is named."""
    ours = ("QA_INDEX", "PYTHONUNBUFFERED", "NO_COLOR", "COLUMNS")
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-m", "qa", *map(str, args)],
        input="" if stdin is None else stdin,
        cwd=cwd,
        env={**inherited, "QA_MODEL": model, **(env or {})},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def run_qa() -> Run:
    return _run_qa
