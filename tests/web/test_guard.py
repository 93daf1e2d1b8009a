"""Who may talk to the server."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from qa.web.guard import Access, access_for, is_loopback, session_of

Open = Callable[..., TestClient]
TOKEN = "a token of forty characters, made by hand"
QUESTION = "/api/ask?question=stone+oven"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:8000", 200), ("127.0.0.1:8000", 200), ("[::1]:8000", 200), ("LOCALHOST", 200),
        ("localhost.", 200), ("evil.example", 421), ("evil.example:8000", 421), ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421), ("192.168.1.5", 421), ("0.0.0.0", 421), ("", 421), ("[::1.evil.example]", 421),
        ("localhost@evil.example", 421),
    ],
)  # fmt: skip
@pytest.mark.parametrize("address", ["/", QUESTION, "/static/qa.css"])
def test_a_server_of_this_machine_goes_by_its_own_names_alone(
    web: TestClient, address: str, host: str, status: int
) -> None:
    assert web.get(address, headers={"host": host}).status_code == status


def test_a_server_for_others_goes_by_its_name_and_by_addresses(open_web: Open) -> None:
    web = open_web(access=access_for("box.lan", None))
    hosts = {"box.lan:80": 200, "192.168.1.5:8000": 200, "[fe80::1]:80": 200, "localhost": 200, "evil.example": 421}
    assert {host: web.get("/", headers={"host": host}).status_code for host in hosts} == hosts


def test_behind_a_proxy_it_goes_by_the_names_that_it_is_given(open_web: Open) -> None:
    web = open_web(access=access_for("127.0.0.1", None, ["Qa.Example.org"]))
    hosts = {"qa.example.org": 200, "localhost": 200, "evil.example": 421, "192.168.1.5": 421}
    assert {host: web.get("/", headers={"host": host}).status_code for host in hosts} == hosts
    through = {"host": "qa.example.org", "origin": "https://qa.example.org"}
    assert web.get(QUESTION, headers=through).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://localhost"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://localhost:3000"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
        ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, 200),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, 403),
    ],
)
def test_other_sites_may_link_and_nothing_else(web: TestClient, headers: dict[str, str], status: int) -> None:
    served = web.get(QUESTION, headers=headers)
    assert served.status_code == status
    assert "access-control-allow-origin" not in served.headers


def test_without_the_token_nothing_is_told(open_web: Open) -> None:
    web = open_web(access=Access(token=TOKEN))
    for address in (
        "/",
        QUESTION,
        "/api/status",
        "/collection",
        "/docs",
        "/openapi.json",
        "/comments/ovens.jsonl%23b2",
    ):
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": f"Basic {TOKEN}"},
            {"authorization": b"Bearer \xe9\xff"},
            {"cookie": "qa_session=wrong"},
            {"cookie": f"qa_session={TOKEN[:5]}; ;=;"},
        ):
            served = web.get(address, headers=headers)
            assert (served.status_code, served.headers["www-authenticate"]) == (401, "Bearer")
            assert not re.search("oven", served.text)
    error = "this index needs its token: see what qa serve printed"
    assert web.get(QUESTION).json() == {"error": error, "run": "qa serve"}


def test_the_token_lets_in(open_web: Open) -> None:
    web = open_web(access=Access(token=TOKEN))
    assert web.get(QUESTION, headers={"authorization": f"bearer {TOKEN}"}).status_code == 200
    assert web.get("/login", params={"token": "wrong"}).status_code == 401
    assert web.get("/").status_code == 401
    entered = web.get("/login", params={"token": TOKEN})
    assert entered.status_code == 200
    cookie = entered.headers["set-cookie"]
    assert cookie == f"qa_session={session_of(TOKEN)}; HttpOnly; Path=/; SameSite=strict"
    assert TOKEN not in cookie
    assert web.get("/").status_code == 200
    assert web.get(QUESTION).status_code == 200


def test_without_a_token_there_is_no_login(web: TestClient) -> None:
    assert web.get("/login", params={"token": ""}).status_code == 404


@pytest.mark.parametrize("address", ["/", QUESTION, "/docs", "/nowhere", "/static/qa.js", "/api/comments/nobody"])
def test_every_response_says_what_a_browser_may_do_with_it(web: TestClient, address: str) -> None:
    headers = web.get(address).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
        "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-store" if "static" not in address else headers["cache-control"])


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.8.0.1", True), ("0.0.0.0", False), ("::", False),
     ("192.168.1.5", False), ("box.lan", False), ("localhost.lan", False)],
)  # fmt: skip
def test_which_addresses_are_of_this_machine_alone(host: str, here: bool) -> None:
    assert is_loopback(host) is here
