"""The commands that open a door to others: serve, mcp."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from qa.cli import options
from qa.cli.telling import Telling
from qa.errors import QAError, UsageError
from qa.render import safe_line

Name = Annotated[
    list[str] | None,
    typer.Option("--name", metavar="NAME", help="Another name it goes by, as behind a proxy (repeatable)."),
]
Token = Annotated[
    str | None,
    typer.Option("--token", envvar="QA_TOKEN", metavar="TEXT", help="What a client must know; made by default."),
]
_HERE = "127.0.0.1"


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(serve)
    app.command()(mcp)


def serve(
    index: options.Index = options.DEFAULT,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; beyond this machine a token is needed.")
    ] = _HERE,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 for any free one.")] = 8000,
    name: Name = None,
    token: Token = None,
    offline: options.Offline = False,
) -> None:
    """Serve a page to ask on and a JSON API, for this machine alone unless --host says otherwise."""
    with _needing("qa serve", "web"):
        from qa.web.serving import Door
        from qa.web.serving import serve as serve_index
    with Telling() as telling:
        serve_index(index, Door(host, port, name or (), token), telling, _announce)


def mcp(
    index: options.Index = options.DEFAULT,
    http: Annotated[
        bool, typer.Option("--http", help="Listen on a port; by default it talks to the program that started it.")
    ] = False,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="ADDRESS", help="Where --http listens; beyond this machine a token is needed."),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="The port of --http, 8001; 0 for any free one.")
    ] = None,
    name: Name = None,
    token: Token = None,
    offline: options.Offline = False,
) -> None:
    """Let an AI assistant ask: tools and resources of the Model Context Protocol."""
    if not http and (host, port, name) != (None, None, None):
        raise UsageError("--host, --port and --name say where --http listens, and there is no --http", "qa mcp --http")
    with _needing("qa mcp", "mcp"):
        from qa.mcp.serving import serve_http, serve_stdio
        from qa.web.serving import Door
    with Telling() as telling:
        if http:
            door = Door(host or _HERE, 8001 if port is None else port, name or (), token, "qa mcp --http")
            serve_http(index, door, telling, _announce_tools)
        else:
            serve_stdio(index, telling)


@contextmanager
def _needing(command: str, extra: str) -> Iterator[None]:
    """Say what to install where a package is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "qa":
            raise
        raise QAError(f"{command} needs the package {error.name}", f"pip install 'comment-qa[{extra}]'") from error


def _announce(address: str, token: str | None) -> None:
    print(f"qa answers on {safe_line(address)}  (API: {safe_line(address)}docs; Ctrl-C ends)", flush=True)
    if token is not None:
        print(f"open once to log in: {safe_line(address)}login?token={token}", flush=True)
        print(f"or send the header: Authorization: Bearer {token}", flush=True)


def _announce_tools(address: str, token: str | None) -> None:
    print(f"qa answers assistants on {safe_line(address)}mcp  (Ctrl-C ends)", flush=True)
    if token is not None:
        print(f"they send the header: Authorization: Bearer {token}", flush=True)
