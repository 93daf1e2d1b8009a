"""Serve the application until Ctrl-C or SIGTERM, which let what is running finish."""

from __future__ import annotations

import secrets
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import uvicorn

from qa.errors import QAError, UsageError
from qa.events import Events
from qa.web.app import create_app
from qa.web.guard import Access, Guard, access_for, is_loopback
from qa.web.limits import Limits

_SHORTEST_TOKEN = 16
_FINISH_S = 30
# A question of 10,000 characters may take 12 bytes for each in an address.
_LONGEST_REQUEST = 192 * 1024
_RATE_FROM_ELSEWHERE = 20.0


@dataclass(frozen=True, slots=True)
class Door:
    """Where the server listens, the other names it goes by, the token that it was given, the command that starts it."""

    host: str
    port: int
    names: Sequence[str] = ()
    token: str | None = None
    command: str = "qa serve"


def serve(folder: Path, door: Door, events: Events, announce: Callable[[str, str | None], None]) -> None:
    """Answer with the page and the API, see `listen`. Raises: QAError."""
    listen(door, lambda access, limits: create_app(folder, access=access, limits=limits, events=events), announce)


def listen(door: Door, create: Callable[[Access, Limits], Guard], announce: Callable[[str, str | None], None]) -> None:
    """Serve what is created, on a port, until a signal ends it. announce takes the address and the token, if any.

    A server that is reached from beyond this machine, or by another name than its own, always needs a token; without
    one given it makes one. Raises: QAError.
    """
    host, token = door.host, door.token
    if token is not None and len(token) < _SHORTEST_TOKEN:
        fact = f"--token has {len(token)} characters; at least {_SHORTEST_TOKEN} are needed"
        raise UsageError(fact, f"{door.command} --host HOST   # makes a token and prints it")
    elsewhere = not is_loopback(host) or bool(door.names)
    token = token or (secrets.token_urlsafe(32) if elsewhere else None)
    limits = replace(Limits(), per_second=_RATE_FROM_ELSEWHERE if elsewhere else None)
    listening = _bound(door)
    with listening:
        app = create(replace(access_for(host, token, door.names), command=door.command), limits)
        server = uvicorn.Server(
            uvicorn.Config(
                app, http="h11", ws="none", lifespan="on", log_level="warning", access_log=False,
                server_header=False, proxy_headers=False, h11_max_incomplete_event_size=_LONGEST_REQUEST,
                timeout_graceful_shutdown=_FINISH_S,
            )
        )  # fmt: skip
        for one in (signal.SIGTERM, signal.SIGINT):  # while the server runs it has handlers of its own
            signal.signal(one, _leave)
        listening.listen(128)
        announce(_address(host, listening.getsockname()[1]), token)
        server.run([listening])


def _bound(door: Door) -> socket.socket:
    """Take the port before anything is loaded. Raises: QAError where it is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(door.host, door.port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # there it would let two servers share the port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        fact = f"cannot serve on {door.host} port {door.port}: {reason}"
        raise QAError(fact, f"{door.command} --port 0   # any free one") from error
    return found


def _address(host: str, port: int) -> str:
    """Return what to open; a server that listens on every address goes by the machine's name."""
    host = socket.gethostname() if host in ("0.0.0.0", "::") else host
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
