"""The SDK's own client, for tests that are not asynchronous themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
from mcp import Client

Result = TypeVar("Result")


def conversation(server: Any, speak: Callable[[Client], Awaitable[Result]]) -> Result:
    """Connect the SDK's own client to a server, say something, and return what came of it."""

    async def connected() -> Result:
        async with Client(server) as client:
            return await speak(client)

    return anyio.run(connected)
