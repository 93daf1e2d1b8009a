"""How much is taken on at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

import qa
from qa.web.limits import Limits

Open = Callable[..., TestClient]
QUESTION = "/api/ask?question=stone+oven"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Questions that are answered only when this is set."""
    go_on, ask = threading.Event(), qa.Assistant.ask

    def wait(self: qa.Assistant, question: str, **settings: Any) -> qa.Answer:
        if threading.current_thread() is not threading.main_thread():
            assert go_on.wait(30)
        return ask(self, question, **settings)

    monkeypatch.setattr(qa.Assistant, "ask", wait)
    return go_on


def finished(some: list[Future[Any]], count: int) -> list[Any]:
    """Wait until so many are done, and return them."""
    until = time.monotonic() + 30
    while sum(one.done() for one in some) < count and time.monotonic() < until:
        time.sleep(0.01)
    return [one.result() for one in some if one.done()]


def test_what_is_too_much_is_refused_at_once(open_web: Open, slow: threading.Event) -> None:
    limits = Limits(working=2, waiting=3, patience_s=20)
    with open_web(limits=limits) as web, ThreadPoolExecutor(9) as clients:
        asked = [clients.submit(web.get, QUESTION) for _ in range(9)]
        refused = finished(asked, 4)
        assert [one.status_code for one in refused] == [503] * 4
        assert refused[0].headers["retry-after"] == "2"
        assert refused[0].json() == {"error": "too many questions at once", "run": None}
        slow.set()
        assert sorted(one.result().status_code for one in asked) == [200] * 5 + [503] * 4
        assert web.get(QUESTION).status_code == 200


def test_who_waits_too_long_is_refused(open_web: Open, slow: threading.Event) -> None:
    limits = Limits(working=1, waiting=5, patience_s=0.1)
    with open_web(limits=limits) as web, ThreadPoolExecutor(2) as clients:
        asked = [clients.submit(web.get, address) for address in (QUESTION, "/?q=stone+oven")]
        (refused,) = finished(asked, 1)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        slow.set()
        assert sorted(one.result().status_code for one in asked) == [200, 503]


def test_a_client_that_asks_too_often_is_told_when_to_come_back(open_web: Open) -> None:
    web = open_web(limits=Limits(per_second=0.2, burst=3))
    served = [web.get("/api/authors") for _ in range(4)]
    assert [one.status_code for one in served] == [200, 200, 200, 429]
    assert served[3].headers["retry-after"] == "5"
    assert served[3].json() == {"error": "too many questions from this address", "run": None}
    assert web.get("/static/qa.css").status_code == 200  # costs nothing
