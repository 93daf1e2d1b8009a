"""The pages: ask, read a thread, see the collection at a glance."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from qa.errors import UsageError
from qa.questions import LONGEST_QUESTION
from qa.records import Answer
from qa.render import answer_markdown, stale_line
from qa.web import asked
from qa.web.assets import asset
from qa.web.charts import HEIGHT, WIDTH, bars
from qa.web.desk import Desk
from qa.web.limits import LONGEST_ID, Refused
from qa.web.templates import query, render
from qa.web.views import shown_answer, shown_thread

_MOST_SOURCES = 200
Typed = Annotated[str, Query(max_length=LONGEST_QUESTION)]
Offset = Annotated[int, Query(ge=0)]


class Asked:
    """The question and the filters of an address; those that a form left empty are none."""

    def __init__(
        self,
        q: Typed = "",
        k: asked.Count = 5,
        author: asked.Names = [],  # noqa: B006 - read only
        since: asked.Since = None,
        before: asked.Before = None,
        thread: asked.Names = [],  # noqa: B006
        source: asked.Names = [],  # noqa: B006
        mode: asked.Ranking = "hybrid",
        every: asked.All = False,
    ) -> None:
        self.question = q.strip()
        self.k, self.mode, self.every = k, mode, every
        self.author, self.thread, self.source = map(asked.without_blanks, (author, thread, source))
        self.since, self.before = (since or "").strip() or None, (before or "").strip() or None

    @property
    def scope(self) -> dict[str, Any]:
        """The filters as `Assistant.ask` takes them."""
        named = {"author": self.author, "thread": self.thread, "source": self.source}
        return {**named, "since": self.since, "before": self.before}

    @property
    def query(self) -> str:
        """The question and its filters as an address has them, for a link to the same answer."""
        return query(q=self.question, **self.scope, **self._more)

    @property
    def api_query(self) -> str:
        """The same for the API."""
        return query(question=self.question, **self.scope, **self._more)

    @property
    def _more(self) -> dict[str, Any]:
        return {
            "k": self.k if self.k != 5 else None,
            "mode": self.mode if self.mode != "hybrid" else None,
            "all": "true" if self.every else None,
        }


def routes(desk: Desk) -> APIRouter:
    """Return the routes of the pages."""
    pages = APIRouter(include_in_schema=False)

    @pages.get("/")
    async def home(request: Request, wanted: Annotated[Asked, Depends()]) -> Response:
        return await desk.run(request, partial(_home, desk, wanted))

    @pages.get("/answer.md")
    async def markdown(request: Request, wanted: Annotated[Asked, Depends()]) -> Response:
        answer = await desk.run(request, partial(_ask, desk, wanted))
        return PlainTextResponse(answer_markdown(answer), media_type="text/markdown")

    @pages.get("/comments/{comment_id:path}")
    async def thread(
        request: Request, comment_id: Annotated[str, Path(max_length=LONGEST_ID)], start: Offset = 0, end: Offset = 0
    ) -> Response:
        return await desk.run(request, partial(_thread, desk, comment_id, start, end))

    @pages.get("/collection")
    async def collection(request: Request) -> Response:
        return await desk.run(request, partial(_collection, desk))

    @pages.get("/map")
    async def shown_map(wanted: Annotated[Asked, Depends()]) -> Response:
        return render("map.html", {"index": desk.name, "wanted": wanted})

    @pages.get("/map/points")
    async def points(request: Request) -> Response:
        drawn = await desk.run(request, desk.map.get)
        if drawn is None:
            raise Refused(503, "the map is being drawn", 2)
        return Response(drawn, media_type="application/json")

    @pages.get("/docs")
    async def docs() -> Response:
        return render("docs.html", {"index": desk.name})

    @pages.get("/static/{name}")
    async def static(name: str) -> Response:
        found = asset(name)
        if found is None:
            raise HTTPException(404)
        return found

    return pages


def _ask(desk: Desk, wanted: Asked) -> Answer:
    return desk.assistant.ask(wanted.question, k=wanted.k, mode=wanted.mode, every=wanted.every, **wanted.scope)


def _home(desk: Desk, wanted: Asked) -> Response:
    authors, sources = desk.choices()
    values = {"index": desk.name, "wanted": wanted, "authors": authors, "sources": sources[:_MOST_SOURCES]}
    values |= {"shown": None, "fact": None, "stale": None, "held": None}
    if not wanted.question:
        return render("home.html", values | {"held": desk.assistant.status()})
    try:
        answer = _ask(desk, wanted)
    except UsageError as error:
        return render("home.html", values | {"fact": error.message}, 422)
    shown = shown_answer(answer)
    return render("home.html", values | {"shown": shown, "stale": stale_line(answer.index)})


def _thread(desk: Desk, comment_id: str, start: int, end: int) -> Response:
    found = desk.conversation(comment_id)
    said = shown_thread(found, start, end)
    return render("thread.html", {"index": desk.name, "found": found, "said": said})


def _collection(desk: Desk) -> Response:
    status, overview = desk.assistant.status(), desk.overview()
    values = {"index": desk.name, "held": status, "overview": overview, "stale": stale_line(status.index)}
    values |= {"bars": bars(overview.months), "width": WIDTH, "height": HEIGHT}
    return render("collection.html", values | {"sources": status.sources[:_MOST_SOURCES]})
