"""The JSON API: what the commands print with ``--json``, byte for byte."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from qa.render import answer_json, comment_json, dump_json, explanation_json, status_json
from qa.web import asked
from qa.web.desk import Desk
from qa.web.limits import LONGEST_ID
from qa.web.schemas import AskAnswer, Authors, CommentAmidThread, IndexStatus, Problem

Prefix = Annotated[str, Query(max_length=500, description="What the name begins with, without regard to case.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many authors to return at most.")]


def _responses(model: type, **problems: str) -> dict[int | str, dict[str, Any]]:
    always = {
        401: "The token is missing or wrong.",
        403: "The request comes from another site.",
        421: "The server does not go by that name.",
        429: "Too many requests from this address; Retry-After says when to come back.",
        500: "The index cannot be used.",
        503: "Too many requests at once; Retry-After says when to come back.",
    }
    told = {**always, **{int(status[1:]): text for status, text in problems.items()}}
    return {200: {"model": model}, **{code: {"model": Problem, "description": text} for code, text in told.items()}}


_MISUSED = "A parameter cannot be used as it is."


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the API."""
    api = APIRouter(prefix="/api", tags=["qa"])
    assistant = desk.assistant

    @api.get("/ask", responses=_responses(AskAnswer, _422=_MISUSED), summary="Ask a question")
    async def ask(
        request: Request,
        question: asked.Question,
        k: asked.Count = 5,
        author: asked.Names = [],  # noqa: B006 - read only
        since: asked.Since = None,
        before: asked.Before = None,
        thread: asked.Names = [],  # noqa: B006
        source: asked.Names = [],  # noqa: B006
        mode: asked.Ranking = "hybrid",
        every: asked.All = False,
        explain: asked.Explain = False,
    ) -> Response:
        """Return the passages that answer, best first, each with its source: what `qa ask --json` prints."""
        scoped = partial(assistant.ask, author=author, since=since, before=before, thread=thread, source=source)
        answer = await desk.run(request, partial(scoped, question, k=k, mode=mode, every=every))
        why = {"explanation": explanation_json(answer)} if explain else {}
        return _json({**answer_json(answer), **why})

    @api.get(
        "/comments/{comment_id:path}",
        responses=_responses(CommentAmidThread, _404="No comment has the id.", _422=_MISUSED),
        summary="Show a comment",
    )
    async def show(
        request: Request,
        comment_id: Annotated[
            str, Path(max_length=LONGEST_ID, description="As ask and list give it; percent-encoded.")
        ],
    ) -> Response:
        """Return a whole comment with what it answers, its replies, its neighbours: what `qa show --json` prints."""
        found = await desk.run(request, partial(assistant.show, comment_id))
        return _json(comment_json(found.comment, found.parents, found.replies, found.neighbours))

    @api.get("/status", responses=_responses(IndexStatus), summary="What the index holds")
    async def status(request: Request) -> Response:
        """Return what the index holds, from which sources, and which of them changed: `qa status --json`."""
        return _json(status_json(await desk.run(request, assistant.status)))

    @api.get("/authors", responses=_responses(Authors, _422=_MISUSED), summary="Complete an author's name")
    async def authors(request: Request, prefix: Prefix = "", limit: Limit = 20) -> Response:
        """Return the authors whose names begin with a prefix, those of most comments first."""
        found = await desk.run(request, partial(desk.authors, prefix, limit))
        return _json({"authors": [{"name": one.name, "comments": one.comments} for one in found]})

    return api


def _json(shown: dict[str, Any]) -> Response:
    return Response(dump_json(shown), media_type="application/json")
