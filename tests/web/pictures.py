"""Make the pictures of the README: python -m tests.web.pictures (Chromium and the real model are needed)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import qa
from tests.web.ovens import VIEWS
from tests.web.running import CHROMIUM, Server

FOLDER = Path(__file__).parent / "pictures"
SHOWN = {"answer": 760, "thread": 640, "map": 830, "collection": 640}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        index = Path(folder) / "demo"
        qa.build([str(Path(qa.__file__).parent / "sample" / "comments.jsonl")], index)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with Server(index) as server:
            for view, height in SHOWN.items():
                page = chromium.new_page(viewport={"width": 860, "height": height})
                page.goto(server.address.rstrip("/") + VIEWS[view])
                if view == "map":
                    page.wait_for_selector("[data-drawn]", timeout=90_000)
                page.wait_for_timeout(300)
                page.screenshot(path=FOLDER / f"{view}.png")
        chromium.close()


if __name__ == "__main__":
    main()
