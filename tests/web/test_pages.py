"""The pages as they are sent: read without a browser, so without scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from starlette.testclient import TestClient

import qa
from tests.web.ovens import write

Open = Callable[..., TestClient]


def read(web: TestClient, address: str, **parameters: Any) -> lxml.html.HtmlElement:
    page = web.get(address, params=parameters or None)
    assert page.status_code == 200, page.text
    return lxml.html.fromstring(page.text)


def texts(page: lxml.html.HtmlElement, selector: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in page.xpath(selector)]


PASSAGES = "//ol[contains(@class, 'passages')]/li"


def test_an_answer_has_its_sentences_first_then_its_passages(web: TestClient) -> None:
    page = read(web, "/", q="does a stone oven keep its heat for hours?")
    first = page.xpath(PASSAGES)[0]
    assert texts(page, "//ul[@class='statements']/li")[0] == "A stone oven keeps its heat for hours. 1"
    assert texts(first, ".//mark") == ["A stone oven keeps its heat for hours."]
    assert texts(first, ".//blockquote") == ["A stone oven keeps its heat for hours. It needs two hours of fire first."]
    assert texts(first, ".//*[@class='who']") == ["oldgrep 2024-01-06 10:30 UTC"]
    assert texts(first, ".//*[@class='thread']") == ["Ovens"]
    assert texts(first, ".//*[@class='parent']") == ["in reply to marit_o: Is a stone oven worth the money?"]
    assert texts(first, ".//*[@class='place']") == ["ovens.jsonl record 2 (line 2)"]
    link = first.xpath(".//a[contains(text(), 'Original')]")[0]
    assert (link.get("href"), link.get("rel")) == ("https://example.org/2", "noopener noreferrer external")
    assert page.xpath("//input[@id='q']")[0].get("value") == "does a stone oven keep its heat for hours?"


def test_who_says_the_same_and_what_else_its_thread_holds_is_told(open_web: Open, tmp_path: Path) -> None:
    same = "A stone oven keeps its heat for many hours."
    said = [{"id": name, "author": name, "thread_id": name, "text": same} for name in ("ann", "bo", "cy", "di", "ed")]
    said += [{"id": f"x{at}", "thread_id": "x", "text": f"Stone oven number {at} is {word}."}
             for at, word in enumerate(("hot", "warm", "cold", "blue"))]  # fmt: skip
    qa.build([str(write(tmp_path / "a.jsonl", said))], tmp_path / "ix", model="hashing")
    page = read(open_web(tmp_path / "ix"), "/", q="does a stone oven keep its heat for many hours?")
    first = page.xpath(PASSAGES)[0]
    assert texts(first, ".//*[@class='around']") == ["said 5 times, also by bo, cy, di and 1 more"]
    link = first.xpath(".//*[@class='around']/a")[0].get("href")
    assert texts(read(open_web(tmp_path / "ix"), link), "//li[@aria-current]//strong") == ["bo"]
    assert "+2 more in this thread" in texts(page, "//*[@class='around']")


def test_the_empty_page_has_the_question_in_focus(web: TestClient) -> None:
    page = read(web, "/")
    box = page.xpath("//input[@id='q']")[0]
    assert box.get("autofocus") is not None
    assert texts(page, "//label[@for='q']") == ["Question"]
    assert page.xpath("//form")[0].get("method") == "get"
    assert any(one.startswith("5 comments by 4 authors in 2 threads") for one in texts(page, "//p"))


def test_filters_of_an_address_hold_and_are_shown(web: TestClient) -> None:
    page = read(web, "/", q="stone oven", author="nell", since="2024-01-07", before="2024-02-01", source="ovens.jsonl")
    assert texts(page, "//strong") == ["nell"]
    filled = {one.get("name"): one.get("value") for one in page.xpath("//form//input")}
    assert (filled["author"], filled["since"], filled["source"]) == ("nell", "2024-01-07", "ovens.jsonl")
    assert page.xpath("//details")[0].get("open") is not None
    # What a form left empty filters nothing, and several of a name are kept.
    page = read(web, "/?q=stone+oven&author=nell&author=oldgrep&since=&before=&source=&thread=")
    assert set(texts(page, "//strong")) == {"nell", "oldgrep"}
    assert [one.get("value") for one in page.xpath("//input[@name='author']")] == ["nell", "oldgrep"]


def test_no_good_answer_is_said_and_the_nearest_are_called_so(web: TestClient) -> None:
    page = read(web, "/", q="zeppelin quasar marzipan")
    assert texts(page, "//h2[@class='verdict']") == ["No good answer among 5 comments."]
    assert texts(page, "//h3") == ["Nearest, though they may not answer"]
    assert page.xpath(PASSAGES)
    assert not page.xpath("//ul[@class='statements']")
    page = read(web, "/", q="stone oven", author="somebody else")
    assert texts(page, "//h2[@class='verdict']") == ["0 of 5 comments match the filters."]
    assert not page.xpath(PASSAGES)


def test_a_date_that_is_none_is_said_on_the_page(web: TestClient) -> None:
    served = web.get("/", params={"q": "oven", "since": "soon"})
    assert served.status_code == 422
    assert texts(lxml.html.fromstring(served.text), "//p[@class='verdict']") == ["--since 'soon' is not a date"]


def test_a_passage_leads_to_its_thread_with_the_sentence_marked(web: TestClient) -> None:
    page = read(web, "/", q="does a stone oven keep its heat for hours?")
    address = page.xpath("//a[@class='open']")[0].get("href")
    assert address == "/comments/ovens.jsonl%23b2?start=0&end=38#cited"
    thread = read(web, address)
    assert texts(thread, "//li//strong") == ["marit_o", "oldgrep", "nell"]
    assert [one.get("class") for one in thread.xpath("//ol/li")] == ["depth0", "depth1", "depth2"]
    assert texts(thread, "//li[@id='cited']//mark") == ["A stone oven keeps its heat for hours."]
    assert texts(thread, "//h1") == ["Ovens"]


def test_a_comment_without_a_thread_is_shown_amid_its_neighbours(web: TestClient) -> None:
    page = read(web, "/comments/ovens.jsonl%23b5")
    assert texts(page, "//p[@class='held']") == ["Its neighbours in ovens.jsonl"]
    assert len(page.xpath("//ol/li")) == 3
    assert texts(page, "//li[@id='cited']//blockquote") == ["Rain in the harbour."]


def test_a_long_thread_is_shown_around_the_comment(tmp_path: Path, open_web: Open) -> None:
    said = [{"id": f"c{at}", "thread_id": "t", "date": f"2024-01-01T{at // 60:02}:{at % 60:02}:00Z",
             "text": f"Remark number {at}."} for at in range(500)]  # fmt: skip
    qa.build([str(write(tmp_path / "long.jsonl", said))], tmp_path / "ix", model="hashing")
    web = open_web(tmp_path / "ix")
    for at, earlier, later in ((0, 0, 300), (250, 150, 150), (499, 300, 0)):
        page = read(web, f"/comments/long.jsonl%23c{at}")
        assert len(page.xpath("//ol/li")) == 200
        assert texts(page, "//li[@id='cited']//blockquote") == [f"Remark number {at}."]
        more = [f"{earlier} earlier comments"] * bool(earlier) + [f"{later} later comments"] * bool(later)
        assert texts(page, "//p[@class='more']") == more


def test_a_hit_whose_source_changed_is_marked(tmp_path: Path, open_web: Open) -> None:
    source = tmp_path / "notes.txt"
    source.write_text("The ferry leaves at nine.\n", encoding="utf-8")
    qa.build([str(source)], tmp_path / "ix", model="hashing")
    source.write_text("Nothing.\n", encoding="utf-8")
    page = read(open_web(tmp_path / "ix"), "/", q="when does the ferry leave at nine?")
    assert texts(page, "//p[contains(@class, 'stale')]") == [
        "1 source changed since it was indexed. run: qa update", "source changed since; run: qa update",
    ]  # fmt: skip
    page = read(open_web(tmp_path / "ix"), "/collection")
    assert texts(page, "//td/span[contains(@class, 'stale')]") == ["changed since"]


def test_markdown_is_what_ask_prints(web: TestClient, run_qa: Callable[..., Any], ovens: Path) -> None:
    served = web.get("/answer.md", params={"q": "stone oven", "author": "nell"})
    printed = run_qa("ask", "stone oven", "--author", "nell", "--markdown", "--index", ovens)
    assert served.text == printed.stdout.rstrip("\n")


def test_the_collection_at_a_glance(web: TestClient) -> None:
    page = read(web, "/collection")
    assert texts(page, "//dt") == ["comments", "authors", "threads", "source"]
    assert texts(page, "//dd") == ["5", "4", "2", "1"]
    assert texts(page, "//*[name()='rect']/*[name()='title']") == ["2024-01: 3", "2024-02: 0", "2024-03: 1"]
    assert texts(page, "//figcaption") == ["1 comments have no date."]
    assert page.xpath("//a[text()='2024-01']")[0].get("href") == "/?since=2024-01-01&before=2024-02-01"
    assert texts(page, "//section[.//h2='Authors']//th/a") == ["Marit_O", "marit_o", "nell", "oldgrep"]
    assert texts(page, "//section[.//h2='Threads']//tbody/tr") == ["Ovens3", "Indexes1"]
    assert page.xpath("//a[text()='Ovens']")[0].get("href") == "/comments/ovens.jsonl%23b1#cited"
    assert texts(page, "//section[.//h2='Sources']//tbody/tr") == [
        "ovens.jsonlJSON lines, each record is a comment 5 up to date"
    ]


def test_many_years_are_shown_by_the_year(tmp_path: Path, open_web: Open) -> None:
    said = [{"id": str(year), "date": f"{year}-12-31", "text": f"In {year}."} for year in (1999, 1999 + 8)]
    qa.build([str(write(tmp_path / "old.jsonl", said))], tmp_path / "ix", model="hashing")
    page = read(open_web(tmp_path / "ix"), "/collection")
    bars = texts(page, "//*[name()='rect']/*[name()='title']")
    assert (bars[0], bars[1], bars[-1], len(bars)) == ("1999: 1", "2000: 0", "2007: 1", 9)


@pytest.mark.parametrize("address", ["/nowhere", "/comments/nobody", "/static/qa.py", "/static/..%2Fapp.py"])
def test_what_is_not_there_is_a_page_that_says_so(web: TestClient, address: str) -> None:
    served = web.get(address)
    assert (served.status_code, served.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_the_filters_offer_who_wrote_where_and_follow_an_update(open_web: Open, tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", [{"id": "1", "author": "ann", "text": "A stone oven is hot."}])
    qa.build([str(tmp_path)], tmp_path / "ix", model="hashing")
    web = open_web(tmp_path / "ix")

    def offered() -> list[list[str]]:
        page = read(web, "/")
        return [[one.get("value") for one in page.xpath(f"//datalist[@id='{name}']/option")]
                for name in ("authors", "sources")]  # fmt: skip

    assert offered() == [["ann"], ["a.jsonl"]]
    write(source.with_name("b.jsonl"), [{"id": "2", "author": "bo", "text": "A gas oven is warm."}])
    qa.open(tmp_path / "ix").update()
    assert offered() == [["ann", "bo"], ["a.jsonl", "b.jsonl"]]
