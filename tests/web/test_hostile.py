"""What comments carry is shown, never obeyed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import lxml.html
import pytest
from starlette.testclient import TestClient

import qa
from qa.render.safe import UNSAFE
from tests.web.attacks import ATTACKS, build_hostile

_RAW = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_hostile(tmp_path_factory.mktemp("hostile"))


def pages(web: TestClient, index: Path) -> Iterator[str]:
    """Yield every page on which a comment, or what a visitor typed, stands."""
    yield "/collection"
    for attack in ATTACKS:
        given = quote(attack, errors="replace")
        yield f"/?q={given}"
        yield f"/?q=oven&author={given}&thread={given}&source={given}&since={given}"
        yield f"/?q=oven&k=50&author={given}"
        yield f"/comments/{given}"
        yield f"/{given}"
        yield f"/login?token={given}"
    for comment in qa.open(index).comments():
        yield f"/comments/{quote(comment.comment_id, safe='', errors='replace')}?start=3&end=9"


def test_nothing_of_it_becomes_markup(
    hostile: Path, open_web: Callable[..., TestClient], subtests: pytest.Subtests
) -> None:
    web = open_web(hostile)
    for address in pages(web, hostile):
        with subtests.test(address):
            served = web.get(address)
            assert served.status_code in (200, 404, 422)
            assert not _RAW.search(served.text)
            check(lxml.html.fromstring(served.text))


def check(page: lxml.html.HtmlElement) -> None:
    """Assert that a page holds nothing but what its template has."""
    for element in page.iter():
        assert element.tag is not lxml.etree.Comment, lxml.html.tostring(element)
        assert element.tag not in ("style", "img", "iframe", "object", "base")
        if element.tag == "script":
            assert element.get("src", "").startswith("/static/")
            assert not element.text
        if element.tag == "form":
            assert element.get("action") == "/"
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src", "action"):
                assert value.startswith(("/", "#", "https://ok.example/", "http://[broken")), value
                assert not value.startswith("//")


def test_it_is_shown_as_it_was_written(hostile: Path, open_web: Callable[..., TestClient]) -> None:
    served = open_web(hostile).get("/", params={"q": "oven", "author": ATTACKS[0]})
    quoted = lxml.html.fromstring(served.text).xpath("//blockquote")[0].text_content()
    assert quoted == f"An oven says: {ATTACKS[0]} It is hot. {ATTACKS[0]}"
    served = open_web(hostile).get("/", params={"q": "oven", "author": ATTACKS[12]})
    assert "␛[31mred␛]8;;https://evil.example" in served.text


def test_the_map_makes_visible_what_the_pages_do() -> None:
    """Its script has the characters of `qa.render.safe` written out again."""
    script = (files("qa.web") / "static" / "map.js").read_text(encoding="utf-8")
    written = re.search(r"const UNSAFE = /(.*)/gu;", script)
    assert written
    there = re.sub(r"\\u\{(\w+)\}", lambda code: f"\\U{code[1]:0>8}", written[1]).replace(r"\p{Cs}", r"\ud800-\udfff")
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    assert list(filter(re.compile(there).match, every)) == list(filter(UNSAFE.match, every))


def test_the_api_sends_it_as_data(hostile: Path, open_web: Callable[..., TestClient]) -> None:
    served = open_web(hostile).get("/api/ask", params={"question": "oven", "k": 50})
    assert served.headers["content-type"] == "application/json"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert not _RAW.search(served.text)
    assert {hit["author"] for hit in served.json()["hits"]} == {
        comment.author for comment in qa.open(hostile).comments()
    }
