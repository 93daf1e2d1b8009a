"""The pages in a real browser: Debian's Chromium, driven by Playwright.

Pictures of every view stay in build/screenshots/, to be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import qa
from tests.web.attacks import ATTACKS, build_hostile
from tests.web.ovens import SAMPLE_QUESTION, VIEWS
from tests.web.running import CHROMIUM, Server

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set QA_CHROMIUM"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The sample collection, served."""
    folder = tmp_path_factory.mktemp("sample") / "demo"
    qa.build([str(Path(qa.__file__).parent / "sample" / "comments.jsonl")], folder, model="hashing")
    with Server(folder) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Visits:
    """Opens contexts as visitors have them, and notes what should not happen: errors, and requests to elsewhere."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self.wrong: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(self, path: str = "", **settings: Any) -> Page:
        context = self._browser.new_context(base_url=self._address, **settings)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("dialog", lambda dialog: self._note(dialog.message))
        page.on("request", lambda sent: None if sent.url.startswith((self._address, "data:")) else self._note(sent.url))
        page.goto(path or "/")
        return page

    def _note(self, what: str) -> None:
        if not re.search("status of (404|503)", what):  # one of the views is of nothing, and a map takes its time
            self.wrong.append(what)


@pytest.fixture
def visits(browser: Browser, server: Server) -> Iterator[Visits]:
    visits = Visits(browser, server.address)
    yield visits
    for context in visits.contexts:
        context.close()
    assert visits.wrong == []


def test_ask_and_read_the_answer(visits: Visits) -> None:
    page = visits.open()
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    page.keyboard.type(SAMPLE_QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".passages > li")).to_have_count(5)
    expect(page.locator(".passages > li").first.locator("mark").first).to_be_visible()
    expect(page.locator(".statements li").first).to_be_visible()
    assert "author=" not in page.url  # empty filters stay out of an address that is shared


def test_an_address_shows_the_same_answer_to_somebody_else(visits: Visits) -> None:
    page = visits.open()
    page.get_by_label("Question", exact=True).fill(SAMPLE_QUESTION)
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Author").press_sequentially("MARI")
    expect(page.locator("#authors option")).to_have_count(1)
    assert page.locator("#authors option").get_attribute("value") == "marit_o"
    page.get_by_label("Author").fill("marit_o")
    page.get_by_label("Since").fill("2023-06-01")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".passages strong").first).to_have_text("marit_o")
    assert page.url.endswith("&author=marit_o&since=2023-06-01")
    found = page.locator(".passages blockquote").all_inner_texts()
    other = visits.open(page.url)
    assert other.locator(".passages blockquote").all_inner_texts() == found
    expect(other.get_by_label("Since")).to_have_value("2023-06-01")
    expect(other.get_by_label("Since")).to_be_visible()


def test_a_passage_opens_its_thread_with_the_comment_in_view(visits: Visits) -> None:
    page = visits.open(VIEWS["answer"], viewport={"width": 900, "height": 500})
    quoted = page.locator(".passages > li").nth(1).locator("mark").first.inner_text()
    page.locator(".passages > li").nth(1).get_by_text("Whole thread").click()
    cited = page.locator("#cited")
    expect(cited).to_be_in_viewport()
    assert cited.locator("mark").first.inner_text() == quoted
    assert page.locator(".conversation li").count() > 3


def test_the_keyboard_suffices(visits: Visits) -> None:
    page = visits.open(VIEWS["answer"])
    page.keyboard.press("/")
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#p2")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#p1")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#cited")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.locator("#cited a").first).to_be_focused()


def test_recent_questions_are_kept_in_the_browser(visits: Visits) -> None:
    page = visits.open(VIEWS["answer"] + "&author=oldgrep")
    page.goto("/")
    link = page.get_by_role("link", name=SAMPLE_QUESTION)
    expect(link).to_be_visible()
    link.click()
    expect(page.get_by_label("Author")).to_have_value("oldgrep")
    page.goto("/")
    page.get_by_role("button", name="Forget them").click()
    expect(page.get_by_role("link", name=SAMPLE_QUESTION)).to_have_count(0)


def test_an_answer_is_copied_as_markdown(visits: Visits) -> None:
    page = visits.open(VIEWS["answer"])
    visits.contexts[0].grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("Copy as Markdown").click()
    expect(page.locator("#copied")).to_have_text("Copied as Markdown")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"**{SAMPLE_QUESTION}**\n\n")
    assert "\n> " in copied


def test_without_scripts_questions_are_answered_too(visits: Visits) -> None:
    page = visits.open(java_script_enabled=False)
    page.get_by_label("Question", exact=True).fill(SAMPLE_QUESTION)
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Author").fill("tensorgoat")
    page.keyboard.press("Enter")
    expect(page.locator(".passages strong").first).to_have_text("tensorgoat")
    page.get_by_text("Whole thread").first.click()
    expect(page.locator("#cited")).to_be_in_viewport()
    page.get_by_role("link", name="Collection").click()
    expect(page.get_by_role("heading", name="Comments over time")).to_be_visible()


def test_the_map_shows_what_answers_and_opens_it(visits: Visits) -> None:
    page = visits.open(VIEWS["map"], viewport={"width": 1000, "height": 900})
    page.wait_for_selector("[data-drawn='100']", timeout=90_000)
    expect(page.locator("#said")).to_contain_text("100 comments")
    expect(page.locator(".lit li")).to_have_count(5)
    assert page.locator(".legend li").all_inner_texts()[0] in ("halfbyte", "jonas-b", "tensorgoat")
    page.get_by_label("Colour by").select_option("year")
    assert page.locator(".legend li").all_inner_texts() == ["2023", "2024", "2025"]
    expected = page.locator(".lit a").first.get_attribute("href")
    x, y = page.evaluate("""async () => {
        const map = await (await fetch("/map/points")).json();
        const id = decodeURIComponent(document.querySelector(".lit a").getAttribute("href").split(/[/#]/)[2]);
        const at = map.ids.indexOf(id);
        const canvas = document.querySelector("canvas").getBoundingClientRect();
        return [canvas.x + map.positions[2 * at] / 65535 * canvas.width,
            canvas.y + map.positions[2 * at + 1] / 65535 * canvas.height];
    }""")
    page.mouse.move(x, y)
    expect(page.locator(".tip")).to_be_visible()
    assert page.locator(".tip").inner_text()
    page.mouse.click(x, y)
    page.wait_for_url("**/comments/**")
    assert page.url.endswith(expected or "?")


def test_what_comments_carry_is_not_obeyed(browser: Browser, tmp_path: Path) -> None:
    with Server(build_hostile(tmp_path)) as server:
        visits = Visits(browser, server.address)
        page = visits.open("/?q=what+does+an+oven+say%3F&k=50")
        assert f"An oven says: {ATTACKS[0]} It is hot." in page.locator(".passages").inner_text()
        for link in page.locator("a.open").evaluate_all("links => links.map((link) => link.getAttribute('href'))"):
            page.goto(link)
            expect(page.locator("#cited")).to_be_in_viewport()
        page.goto("/collection")
        page.goto("/map?q=what+does+an+oven+say%3F&k=50")
        page.wait_for_selector("[data-drawn]", timeout=90_000)
        expect(page.locator(".lit li")).to_have_count(len(ATTACKS))
        shown = page.locator("main").inner_text()
        assert ATTACKS[0] in shown
        assert not re.search("[\x1b\u202e]", shown)
        page.context.close()
        assert visits.wrong == []


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_readable_by_everybody(visits: Visits, view: str) -> None:
    """Hold each view against axe-core's rules, by day, by night and on a phone; keep a picture of each."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for kind, width, scheme in (("day", 1000, "light"), ("night", 1000, "dark"), ("phone", 375, "light")):
        page = visits.open(VIEWS[view], viewport={"width": width, "height": 800}, color_scheme=scheme)
        if view == "docs":
            page.wait_for_selector(".opblock")
        if view == "map":
            page.wait_for_selector("[data-drawn]", timeout=90_000)
            page.wait_for_timeout(200)
        page.screenshot(path=PICTURES / f"{view}-{kind}.png", full_page=True)
        # Swagger UI is not ours to mend.
        context = {"exclude": [["#swagger"]]} if view == "docs" else None
        found = Axe().run(page, context=context).response["violations"]
        grave = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert grave == [], kind
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{kind}: scrolls sideways"
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (light == "rgb(22, 24, 27)") is (scheme == "dark")
