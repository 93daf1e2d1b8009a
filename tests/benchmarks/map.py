"""How smooth the map of `qa serve` is: so many points laid out, sent, and moved in Chromium.

python tests/benchmarks/map.py --points 50000

The comments are invented: random vectors around 40 topics. A frame is the time between two pictures while the map is
dragged, and while it is drawn nearer; without a graphics card Chromium draws with the processor.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import measuring
import numpy as np
from playwright.sync_api import sync_playwright

import qa
from qa.browsing import Points
from qa.web.mapping import encoded, positions_of

_TOPICS, _DIMENSIONS, _AUTHORS = 40, 384, 500
_MOVE = """async () => {
    const canvas = document.querySelector("canvas");
    const {x, y} = canvas.getBoundingClientRect();
    const send = (kind, at) => canvas.dispatchEvent(
        new PointerEvent(kind, {clientX: x + at, clientY: y + at, pointerId: 1, bubbles: true}));
    canvas.setPointerCapture = () => {};
    const frames = async (move) => {
        const took = [];
        let last = performance.now();
        for (let at = 0; at < 90; at++) {
            move(at);
            await new Promise(requestAnimationFrame);
            took.push(performance.now() - last);
            last = performance.now();
        }
        return took.slice(5);
    };
    send("pointerdown", 200);
    const dragged = await frames((at) => send("pointermove", 200 + at));
    send("pointercancel", 290);
    const nearer = await frames((at) => canvas.dispatchEvent(new WheelEvent(
        "wheel", {deltaY: at < 45 ? -40 : 40, clientX: x + 300, clientY: y + 300, cancelable: true})));
    return {dragged, nearer};
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=50_000)
    chromium = os.environ.get("QA_CHROMIUM") or shutil.which("chromium")
    parser.add_argument("--chromium", default=chromium, metavar="PROGRAM", help="the browser (default: %(default)s)")
    arguments = parser.parse_args()
    points = invented(arguments.points)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        body = encoded(points, positions_of(points, Path(folder) / "kept.npz"))
        laid_out = time.perf_counter() - begun
        begun = time.perf_counter()
        positions_of(points, Path(folder) / "kept.npz")
        again = time.perf_counter() - begun
        frames = moved(body, Path(folder) / "demo", arguments.chromium)
    shown = {
        "points": arguments.points,
        "laid_out_s": round(laid_out, 1),
        "laid_out_again_s": round(again, 1),
        "sent_mb": round(len(body) / 1e6, 1),
        **{f"{how}_frame_ms": summary(times) for how, times in frames.items()},
    }
    print(json.dumps(shown, indent=2))


def invented(count: int) -> Points:
    """Return points as an index of so many comments gives them."""
    drawn = np.random.default_rng(0)
    topics = drawn.normal(size=(_TOPICS, _DIMENSIONS))
    rows = topics[drawn.integers(_TOPICS, size=count)] + 1.2 * drawn.normal(size=(count, _DIMENSIONS))
    authors = [f"author {one}" for one in drawn.zipf(1.5, size=count) % _AUTHORS]
    years = drawn.integers(2010, 2026, size=count).tolist()
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return Points([f"forum#{at}" for at in range(count)], list(authors), ["forum"] * count, years, vectors, count)


def moved(body: bytes, index: Path, chromium: str | None) -> dict[str, list[float]]:
    """Return how long each picture took, in ms, while a map was moved."""
    qa.build([str(Path(qa.__file__).parent / "sample" / "comments.jsonl")], index, model="hashing")
    with measuring.serving(index) as (_, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        page.route("**/map/points", lambda route: route.fulfill(body=body, content_type="application/json"))
        page.goto(f"{address}map")
        page.wait_for_selector("[data-drawn]")
        frames: dict[str, list[float]] = page.evaluate(_MOVE)
        browser.close()
    return frames


def summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50": round(statistics.median(ordered), 1), "p95": round(ordered[int(len(ordered) * 0.95)], 1)}


if __name__ == "__main__":
    main()
