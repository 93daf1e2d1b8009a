"""Fixtures that every part of the suite shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
