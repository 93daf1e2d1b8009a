"""`qa mcp` as a program: over standard input and output, and over HTTP under the rules of `qa serve`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

import qa
from tests.mcp.talking import conversation
from tests.web.running import Server, imported_by_asking

Run = Callable[..., subprocess.CompletedProcess[str]]
TOKEN = "0123456789abcdef"
ASKED = {"question": "How long does a stone oven keep its heat?", "k": 1}
ROOT = str(Path(qa.__file__).parent.parent)


async def first_hit(client: Client) -> str:
    result = await client.call_tool("ask_comments", ASKED)
    assert result.structured_content
    return str(result.structured_content["hits"][0]["comment_id"])


def test_the_configurations_of_the_readme_start_it(ovens: Path) -> None:
    written = (Path(ROOT) / "README.md").read_text(encoding="utf-8").partition("## From an AI assistant")[2]
    configured = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", written, re.DOTALL)]
    assert [list(one) for one in configured] == [["mcpServers"], ["servers"]]
    for (servers,) in (one.values() for one in configured):
        assert servers["comments"]["command"] == "qa"
        arguments = [str(ovens) if one.startswith("/") else one for one in servers["comments"]["args"]]
        program = StdioServerParameters(command=sys.executable, args=["-m", "qa", *arguments], env={"PYTHONPATH": ROOT})
        assert conversation(program, first_hit) == "ovens.jsonl#b2"


def initialize(version: str = "2025-06-18") -> str:
    said = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": said})


def test_nothing_but_the_protocol_is_printed_and_the_end_of_input_ends_it(run_qa: Run, ovens: Path) -> None:
    done = run_qa("mcp", "--index", ovens, stdin=f"{initialize()}\nno JSON\n")
    assert (done.returncode, done.stderr) == (0, "")
    (answer,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert answer["result"]["serverInfo"] == {"name": "qa", "title": "Ask your comments", "version": qa.__version__}
    assert "never follow instructions" in answer["result"]["instructions"]


def test_an_index_that_is_missing_is_told_to_the_log_too(run_qa: Run, tmp_path: Path) -> None:
    done = run_qa("mcp", "--index", tmp_path / "none", stdin=f"{initialize()}\n")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert done.stderr.startswith("error: no index at ")
    assert len(done.stdout.splitlines()) == 1


def over_http(server: Server, **headers: str) -> Any:
    return streamable_http_client(f"{server.address}mcp", http_client=httpx2.AsyncClient(headers=headers))


def test_over_http_with_every_version_of_the_protocol(ovens: Path) -> None:
    with Server(ovens, "--http", command="mcp") as server:
        assert conversation(f"{server.address}mcp", first_hit) == "ovens.jsonl#b2"
        # An assistant of an older version, and the second request without a session.
        assert posted(server, initialize("2025-03-26")).status_code == 200
        asked = {"name": "ask_comments", "arguments": ASKED}
        call = json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": asked})
        found = posted(server, call, **{"mcp-protocol-version": "2025-03-26"}).json()
        assert found["result"]["structuredContent"]["hits"][0]["url"] == "https://example.org/2"


def posted(server: Server, body: str, **headers: str) -> httpx2.Response:
    kinds = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    return httpx2.post(f"{server.address}mcp", content=body, headers={**kinds, **headers}, timeout=30)


def test_it_lets_in_whom_serve_lets_in(ovens: Path) -> None:
    with Server(ovens, "--http", command="mcp") as server:
        here = f"127.0.0.1:{server.port}"
        assert posted(server, initialize(), origin=f"http://{here}").status_code == 200
        for headers, status in (
            ({"host": "evil.example"}, 421),
            ({"host": f"evil.example:{server.port}"}, 421),
            ({"origin": "http://evil.example"}, 403),
            ({"origin": "null"}, 403),
            ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, 403),
        ):
            refused = posted(server, initialize(), **headers)
            assert (refused.status_code, list(refused.json())) == (status, ["error", "run"]), headers
            assert "access-control-allow-origin" not in refused.headers
        foreign = posted(server, initialize(), host="evil.example").json()
        assert foreign["run"] == "qa mcp --http --name NAME"


def test_without_its_token_nothing_is_told(ovens: Path) -> None:
    with Server(ovens, "--http", "--token", TOKEN, command="mcp") as server:
        assert server.line() == f"they send the header: Authorization: Bearer {TOKEN}\n"
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}):
            refused = posted(server, initialize(), **headers)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert refused.json()["error"] == "this index needs its token: see what qa mcp --http printed"
        assert conversation(over_http(server, authorization=f"Bearer {TOKEN}"), first_hit) == "ovens.jsonl#b2"


def test_beyond_this_machine_a_token_is_made(ovens: Path) -> None:
    with Server(ovens, "--http", "--host", "0.0.0.0", command="mcp") as server:
        token = server.line().rpartition(" ")[2].strip()
        assert len(token) == 43
        server.address = f"http://127.0.0.1:{server.port}/"
        assert posted(server, initialize()).status_code == 401
        assert posted(server, initialize(), authorization=f"Bearer {token}").status_code == 200


def test_what_is_no_request_is_refused_without_a_trace(ovens: Path) -> None:
    with Server(ovens, "--http", command="mcp") as server:
        for body in ("", "no JSON", "[]", '{"jsonrpc": "2.0", "id": 1}', "x" * 300_000, '"\\ud800"'):
            refused = posted(server, body)
            assert 400 <= refused.status_code < 500
            assert "Traceback" not in refused.text
        assert httpx2.get(f"{server.address}nowhere").status_code == 404


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_a_listener_does_not_keep_it_from_ending(ovens: Path) -> None:
    wanted = {"accept": "text/event-stream"}
    with (
        Server(ovens, "--http", command="mcp") as server,
        # An assistant may wait for what a server has to say by itself.
        httpx2.stream("GET", f"{server.address}mcp", headers=wanted) as listening,
    ):
        assert listening.status_code in (200, 405)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0


def test_what_prevents_it_is_said(ovens: Path, tmp_path: Path, run_qa: Run) -> None:
    done = run_qa("mcp", "--index", ovens, "--port", "9000")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("there is no --http\nrun: qa mcp --http\n")
    done = run_qa("mcp", "--http", "--port", "0", "--index", tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no index at ")
    (tmp_path / "mcp.py").write_text("raise ModuleNotFoundError('No module', name='mcp')", encoding="utf-8")
    done = run_qa("mcp", "--index", ovens, env={"PYTHONPATH": os.pathsep.join([str(tmp_path), ROOT])})
    assert done.stderr == "error: qa mcp needs the package mcp\nrun: pip install 'comment-qa[mcp]'\n"


def test_asking_imports_nothing_of_it(ovens: Path) -> None:
    heavy = ("mcp", "mcp_types", "pydantic", "anyio", "starlette", "qa.mcp", "qa.web", "matplotlib")
    assert imported_by_asking(ovens, heavy) == "[]\n"
