from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from qa.events import Events
from qa.mcp.counter import Counter
from qa.mcp.server import create_server
from qa.web.limits import Limits
from tests.mcp.talking import conversation
from tests.web.ovens import build_ovens

Speak = Callable[..., Any]


@pytest.fixture(scope="session")
def ovens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_ovens(tmp_path_factory.mktemp("ovens"))


@pytest.fixture
def speak(ovens: Path) -> Speak:
    """Say something to the tools of an index, by default of the ovens, in this process."""

    def spoken(said: Callable[[Client], Awaitable[Any]], index: Path = ovens, **limits: Any) -> Any:
        return conversation(create_server(Counter(index, Events()), Limits(**limits)), said)

    return spoken


@pytest.fixture
def call(speak: Speak) -> Speak:
    """Call a tool and return its result."""

    def called(tool: str, arguments: dict[str, Any], **settings: Any) -> Any:
        return speak(lambda client: client.call_tool(tool, arguments), **settings)

    return called
