"""The command that opens the web door: serve."""

from __future__ import annotations

from typing import Annotated

import typer

from qa.cli import options
from qa.cli.telling import Telling
from qa.errors import QAError
from qa.render import safe_line


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command()(serve)


def serve(
    index: options.Index = options.DEFAULT,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; beyond this machine a token is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 for any free one.")] = 8000,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="NAME", help="Another name it goes by, as behind a proxy (repeatable)."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="QA_TOKEN", metavar="TEXT", help="What a client must know; made by default."),
    ] = None,
    offline: options.Offline = False,
) -> None:
    """Serve a page to ask on and a JSON API, for this machine alone unless --host says otherwise."""
    try:
        from qa.web.serving import Door
        from qa.web.serving import serve as serve_index
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "qa":
            raise
        raise QAError(f"qa serve needs the package {error.name}", "pip install 'comment-qa[web]'") from error
    with Telling() as telling:
        serve_index(index, Door(host, port, name or (), token), telling, _announce)


def _announce(address: str, token: str | None) -> None:
    print(f"qa answers on {safe_line(address)}  (API: {safe_line(address)}docs; Ctrl-C ends)", flush=True)
    if token is not None:
        print(f"open once to log in: {safe_line(address)}login?token={token}", flush=True)
        print(f"or send the header: Authorization: Bearer {token}", flush=True)
