"""`qa serve` as a process: how it starts, what it says, how it ends."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

import qa
from tests.web.running import Server, imported_by_asking

Run = Callable[..., subprocess.CompletedProcess[str]]
# Some answers take their time, and say on stderr when they are begun.
_SLOW = """
import sys, time
import qa, qa.assistant
from qa.cli import main
ask = qa.Assistant.ask
def slow(self, question, **settings):
    seconds = {"slow oven": 1, "crowded oven": 0.05}.get(question)
    if seconds:
        print("begun", file=sys.stderr, flush=True)
        time.sleep(seconds)
    return ask(self, question, **settings)
qa.Assistant.ask = slow
main()
"""


def get(address: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as served:
            return served.status, served.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_answers_and_says_where(ovens: Path) -> None:
    with Server(ovens) as server:
        assert server.address == f"http://127.0.0.1:{server.port}/"
        status, body = get(f"{server.address}api/ask?question=stone+oven")
        assert status == 200
        assert json.loads(body)["hits"][0]["thread_title"] == "Ovens"
        with socket.socket() as other:
            # Nothing is reached by another address of this machine.
            assert other.connect_ex(("127.0.0.2", server.port)) != 0


def test_a_name_that_another_site_points_here_is_refused(ovens: Path) -> None:
    with Server(ovens) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", "/api/status", headers={"Host": f"evil.example:{server.port}"})
        assert connection.getresponse().status == 421


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_what_runs_finish(ovens: Path, ending: signal.Signals) -> None:
    with Server(ovens, code=_SLOW) as server:
        answers: list[tuple[int, str]] = []
        asking = threading.Thread(
            target=lambda: answers.append(get(f"{server.address}api/ask?question=slow+oven")), daemon=True
        )
        asking.start()
        assert server.process.stderr
        assert server.process.stderr.readline() == "begun\n"
        server.process.send_signal(ending)
        asking.join(30)
        assert answers[0][0] == 200
        assert server.process.wait(30) == 0
        with socket.socket() as late:
            assert late.connect_ex(("127.0.0.1", server.port)) != 0
        assert server.process.stderr.read() == ""


def test_beyond_this_machine_a_token_is_made_and_told_once(ovens: Path) -> None:
    with Server(ovens, "--host", "0.0.0.0") as server:
        login = re.fullmatch(r"open once to log in: http://\S+/login\?token=(\S{43})\n", server.line())
        assert login
        token = login.group(1)
        assert server.line() == f"or send the header: Authorization: Bearer {token}\n"
        here = f"http://127.0.0.1:{server.port}/"
        assert get(f"{here}api/status")[0] == 401
        assert get(f"{here}api/status", Authorization=f"Bearer {token}")[0] == 200
        assert get(f"{here}login?token={token}")[0] == 200


def test_behind_a_proxy_a_token_is_needed_too(ovens: Path) -> None:
    with Server(ovens, "--name", "qa.example.org") as server:
        assert get(f"{server.address}api/status", Host="qa.example.org")[0] == 401


def test_a_token_of_ones_own(ovens: Path, run_qa: Run) -> None:
    with Server(ovens, "--token", "0123456789abcdef") as server:
        assert get(f"{server.address}api/status")[0] == 401
        assert get(f"{server.address}api/status", Authorization="Bearer 0123456789abcdef")[0] == 200
    done = run_qa("serve", "--index", ovens, "--token", "short")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --token has 5 characters; at least 16 are needed\nrun: ")


def test_what_prevents_serving_is_said(ovens: Path, tmp_path: Path, run_qa: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run_qa("serve", "--index", ovens, "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: cannot serve on 127.0.0.1 port {port}: ")
    assert done.stderr.endswith("\nrun: qa serve --port 0   # any free one\n")
    done = run_qa("serve", "--index", tmp_path / "none", "--port", "0")
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)
    assert done.stderr.startswith("error: no index at ")


def test_without_the_extra_it_says_what_to_install(ovens: Path, run_qa: Run, tmp_path: Path) -> None:
    (tmp_path / "fastapi.py").write_text("raise ModuleNotFoundError('No module', name='fastapi')", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), str(Path(qa.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    done = run_qa("serve", "--index", ovens, env={"PYTHONPATH": path})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: qa serve needs the package fastapi\nrun: pip install 'comment-qa[web]'\n"


def test_asking_imports_nothing_of_it(ovens: Path) -> None:
    heavy = ("fastapi", "starlette", "uvicorn", "jinja2", "pydantic", "anyio", "qa.web")
    assert imported_by_asking(ovens, heavy) == "[]\n"


def crowd(clients: list[threading.Thread]) -> None:
    for one in clients:
        one.start()
    for one in clients:
        one.join(120)


def test_connections_that_ask_nothing_keep_nobody_out(ovens: Path) -> None:
    with Server(ovens) as server:
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(600)]
        assert get(f"{server.address}api/ask?question=stone+oven")[0] == 200
        for one in idle:
            one.close()


def test_a_crowd_is_answered(ovens: Path) -> None:
    with Server(ovens) as server:
        statuses: list[int] = []

        def ask(client: int) -> None:
            for at in range(10):
                statuses.append(get(f"{server.address}api/ask?question=stone+oven+{client}+{at}")[0])

        crowd([threading.Thread(target=ask, args=(client,)) for client in range(30)])
        assert statuses == [200] * 300


def test_what_is_too_much_is_told_to_come_back(ovens: Path) -> None:
    """300 at once are more than are let wait; whoever is refused is told when to come back."""
    with Server(ovens, code=_SLOW) as server:
        answered: list[tuple[int, str | None]] = []
        begin = threading.Barrier(300)

        def ask() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            begin.wait(60)
            connection.request("GET", "/api/ask?question=crowded+oven")
            served = connection.getresponse()
            answered.append((served.status, served.getheader("Retry-After")))
            served.read()
            connection.close()

        crowd([threading.Thread(target=ask) for _ in range(300)])
        assert len(answered) == 300
        assert set(answered) == {(200, None), (503, "2")}
        assert answered.count((200, None)) >= 128
        assert get(f"{server.address}api/ask?question=stone+oven")[0] == 200
