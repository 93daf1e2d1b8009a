"""The application: routes, limits and guards put together."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from qa.events import Events
from qa.web import api, pages, refusals
from qa.web.desk import Desk
from qa.web.guard import Access, Guard
from qa.web.limits import Limits

_SILENT = Events()


def create_app(
    folder: Path,
    *,
    access: Access = Access(),  # noqa: B008 - frozen
    limits: Limits = Limits(),  # noqa: B008
    events: Events = _SILENT,
) -> Guard:
    """Return the application for one index, which is opened once and follows its updates by itself.

    Raises: IndexStoreError, EncoderError.
    """
    from qa import __version__

    desk = Desk(folder, limits, events)
    desk.warm()
    app = FastAPI(
        title="qa",
        version=__version__,
        description="Ask your comments, get cited answers.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(api.routes(desk))
    app.include_router(pages.routes(desk))
    refusals.register(app)
    return Guard(app, access)  # around everything, so that what a failure answers has its headers too
