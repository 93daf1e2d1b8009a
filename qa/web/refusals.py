"""Errors -> responses: the fact and the command that mends it, never a trace of the program."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qa.errors import CommentNotFound, IndexBusy, QAError, UsageError
from qa.render import dump_json
from qa.web.limits import Refused
from qa.web.templates import render

_FOR_PROGRAMS = ("/openapi.json", "/map/points", "/mcp")
_FACTS = {404: "there is nothing at this address", 405: "only GET is answered"}


def refusal(
    path: str, status: int, fact: str, run: str | None = None, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error as the API tells it, ``{"error", "run"}``, or as a page, by what was asked for."""
    if path.startswith("/api/") or path in _FOR_PROGRAMS:
        body = dump_json({"error": fact, "run": run})
        return Response(body, status, dict(headers or {}), media_type="application/json")
    response = render("refusal.html", {"fact": fact, "run": run}, status)
    response.headers.update(headers or {})
    return response


def register(app: FastAPI) -> None:
    """Answer every error that may come out of a request."""
    for kind in (QAError, Refused, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    path = request.url.path
    if isinstance(error, QAError):
        return refusal(path, _status(error), error.message, error.hint, headers=_retry(5, isinstance(error, IndexBusy)))
    if isinstance(error, Refused):
        return refusal(path, error.status, error.fact, headers=_retry(error.retry_after_s))
    if isinstance(error, RequestValidationError):
        return refusal(path, 422, _misused(error))
    if isinstance(error, HTTPException):
        return refusal(path, error.status_code, _FACTS.get(error.status_code, "refused"), headers=error.headers)
    return refusal(path, 500, "the server failed; what happened is in its own output")


def _status(error: QAError) -> int:
    statuses = ((CommentNotFound, 404), (UsageError, 422), (IndexBusy, 503))
    return next((status for kind, status in statuses if isinstance(error, kind)), 500)


def _retry(seconds: int, wanted: bool = True) -> dict[str, str]:
    return {"Retry-After": str(seconds)} if wanted else {}


def _misused(error: RequestValidationError) -> str:
    """Name each parameter that cannot be used, and why."""
    found = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
    return "; ".join(found)
