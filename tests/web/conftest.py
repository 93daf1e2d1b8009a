from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from qa.web.app import create_app
from tests.web.ovens import build_ovens

Open = Callable[..., TestClient]


@pytest.fixture(scope="session")
def ovens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_ovens(tmp_path_factory.mktemp("ovens"))


@pytest.fixture
def open_web(ovens: Path) -> Open:
    """Return a client of an application, by default of the ovens and as a browser on this machine has it."""

    def opened(index: Path = ovens, *, base_url: str = "http://localhost", **settings: Any) -> TestClient:
        return TestClient(create_app(index, **settings), base_url=base_url, raise_server_exceptions=False)

    return opened


@pytest.fixture
def web(open_web: Open) -> TestClient:
    return open_web()
