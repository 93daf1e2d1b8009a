"""Carry the tools over standard input and output, or over HTTP under the rules of `qa serve`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from qa.errors import QAError
from qa.events import Events
from qa.mcp.counter import Counter
from qa.mcp.server import create_server
from qa.render import error_lines
from qa.web.guard import Access, Guard
from qa.web.limits import Limits
from qa.web.serving import Door, listen

PATH = "/mcp"
_LONGEST_BODY = 256 * 1024
# The guard has checked names and origins before.
_GUARDED = TransportSecuritySettings(enable_dns_rebinding_protection=False)


def serve_stdio(folder: Path, events: Events) -> None:
    """Answer the assistant that started the program, until it closes our input.

    An index that cannot be opened is told by every tool until it can: an assistant shows what a tool says, and of a
    program that ended nothing.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is written; a thread that reads could not be interrupted
    counter = Counter(folder, events)
    server = create_server(counter, Limits())
    if sys.stdin.isatty():
        events.notice("waiting for an assistant on standard input; the README shows how to configure one (Ctrl-C ends)")
    try:
        _ = counter.assistant
    except QAError as error:
        events.notice(error_lines(error))

    async def run() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    anyio.run(run)


def serve_http(folder: Path, door: Door, events: Events, announce: Callable[[str, str | None], None]) -> None:
    """Answer on a port until a signal ends it, as `qa.web.serving.serve` does. Raises: QAError."""
    listen(door, lambda access, limits: create_app(folder, access, limits, events), announce)


def create_app(folder: Path, access: Access, limits: Limits, events: Events) -> Guard:
    """Return the application. Raises: IndexStoreError, EncoderError."""
    counter = Counter(folder, events)
    counter.ask({"question": "What is this about?", "k": 1})  # loads what the first question would load
    server = create_server(counter, limits)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=_LONGEST_BODY,
        transport_security=_GUARDED,
    )
    return Guard(app, access)
