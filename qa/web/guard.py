"""Who may talk to the server: its own pages, on its own names, and those who hold the token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.refusals import refusal
from qa.web.templates import render

COOKIE = "qa_session"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# A page without a script or a style of its own in the text, so that what a comment smuggles in is never run.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Access:
    """What is let in. hosts are the names the server goes by; any_address lets it also be called by any IP address.

    token is None where nobody needs one. command is what starts the server.
    """

    hosts: tuple[str, ...] = _LOOPBACK
    any_address: bool = False
    token: str | None = None
    command: str = "qa serve"


def is_loopback(host: str) -> bool:
    """Tell whether an address to bind to is reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def access_for(host: str, token: str | None, names: Sequence[str] = ()) -> Access:
    """Return what is let in by a server bound to a host, which also goes by names, as behind a proxy.

    An address cannot be rebound, since no name is asked for; only names have to be known.
    """
    known = {*_LOOPBACK, host.lower(), *(name.lower().rstrip(".") for name in names)}
    if is_loopback(host):
        return Access(tuple(known), False, token)
    own = socket.gethostname().lower()
    short = own.partition(".")[0]
    return Access((*known, own, short, f"{short}.local"), True, token)


class Guard:
    """Middleware that refuses what does not come from where it should, and sets the headers of every response."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = self._refusal(scope) or self._login(scope)
        await (refused or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return why a request is not let in, or None."""
        headers, path, command = Headers(scope=scope), str(scope["path"]), self._access.command
        host = headers.get("host", "")
        if not self._known(host) or len(headers.getlist("host")) > 1:
            return refusal(path, 421, "this server does not go by that name", f"{command} --name NAME")
        origin = headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] != host.lower():
            return refusal(path, 403, "requests from other sites are refused")
        elsewhere = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if elsewhere and headers.get("sec-fetch-mode") != "navigate":
            return refusal(path, 403, "requests from other sites are refused")
        open_to_all = path.startswith("/static/") or path == "/login"
        if not open_to_all and not self._may_enter(headers):
            fact = f"this index needs its token: see what {command} printed"
            return refusal(path, 401, fact, command, headers={"WWW-Authenticate": "Bearer"})
        return None

    def _known(self, host: str) -> bool:
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        if name.lower().rstrip(".") in self._access.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return self._access.any_address

    def _may_enter(self, headers: Headers) -> bool:
        token = self._access.token
        if token is None:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(given.strip(), token):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, session_of(token))

    def _login(self, scope: Scope) -> Response | None:
        """Answer the login link. Its page leads on by itself: a strict cookie is not sent along with a redirection."""
        token = self._access.token
        if token is None or scope["path"] != "/login":
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not _same(given, token):
            return refusal("/login", 401, "that is not the token of this index: open the link that qa serve printed")
        response = render("login.html", {})
        response.set_cookie(COOKIE, session_of(token), httponly=True, samesite="strict", path="/")
        return response


def session_of(token: str) -> str:
    """Return what the cookie holds: it proves the token and does not tell it."""
    return hmac.new(token.encode(), b"qa session", hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))
