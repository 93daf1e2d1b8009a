"""Where the work is done: one assistant, opened once, and the gate before it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request

import qa
from qa.browsing import Conversation, Overview
from qa.events import Events
from qa.reports import AuthorCount
from qa.web.limits import Gate, Limits
from qa.web.mapping import Map

Result = TypeVar("Result")

_COMPLETED = 50


class Desk:
    """Answers from one index, so much at once. Every call but `run` works; give it to `run`."""

    def __init__(self, folder: Path, limits: Limits, events: Events) -> None:
        self.assistant = qa.open(folder, events=events)
        self.name = folder.name
        self.map = Map(self.assistant)
        self._gate = Gate(limits)
        self._choices: tuple[str, tuple[list[AuthorCount], list[str]]] | None = None

    async def run(self, request: Request, work: Callable[[], Result]) -> Result:
        """Do the work on a thread when its turn comes. Raises: Refused, and what the work raises."""
        return await self._gate.run(work, request.client.host if request.client else "")

    def warm(self) -> None:
        """Load what the first question would load."""
        self.assistant.ask("What is this about?", k=1)

    def authors(self, prefix: str = "", limit: int = _COMPLETED) -> list[AuthorCount]:
        """Return authors by the beginning of their names."""
        with self.assistant.browse() as browser:
            return browser.authors(prefix, limit)

    def conversation(self, comment_id: str) -> Conversation:
        """Return a comment amid its thread. Raises: CommentNotFound."""
        with self.assistant.browse() as browser:
            return browser.conversation(comment_id)

    def choices(self) -> tuple[list[AuthorCount], list[str]]:
        """Return the authors and sources that the filters offer; counted once for each state of the index."""
        with self.assistant.browse() as browser:
            if self._choices is None or self._choices[0] != browser.state:
                self._choices = browser.state, (browser.authors("", _COMPLETED), browser.sources())
            return self._choices[1]

    def overview(self) -> Overview:
        """Return the collection at a glance."""
        with self.assistant.browse() as browser:
            return browser.overview()
