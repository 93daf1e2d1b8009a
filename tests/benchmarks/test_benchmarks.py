"""The benchmarks run, on next to nothing. How fast anything is, is not asserted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import measuring
import numpy as np
import pytest
from corpus import SAMPLE, spread
from invented import Invention
from likeness import Likeness, unit

import qa
from tests.evaluation.tiny import QUERIES, write_beir
from tests.web.running import CHROMIUM

FOLDER = Path(__file__).parent
# Stands in for the baseline, which takes long to start.
_STUB = """
import pathlib, sys
if sys.argv[1] == "ask":
    print(pathlib.Path(sys.argv[2] + ".json").read_text(), sys.argv[3])
else:
    pathlib.Path(sys.argv[3] + ".json").write_text(pathlib.Path(sys.argv[2]).read_text())
"""
_ASK = ["wall time, s", "CPU time, s", "peak memory, MiB"]
_ENCODE = ["encoding, passages/s", "whole index command, s", "its peak memory, MiB"]
_UPDATE = ["passages encoded", "wall time, s", "CPU time, s"]
_SCALE = ["passages/s", "`qa ask`, files in memory, s", "recall@10: vectors like passages, questions"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="they measure as Linux counts")


def test_comments_are_spread_and_never_alike() -> None:
    assert spread(["a", "b", "c", "d"], 2) == ["a", "c"]
    assert spread(["a", "b"], 5) == ["a", "b", "a [2]", "b [2]", "a [3]"]


def test_a_table_shows_medians_and_which_side_is_better() -> None:
    rows = [
        measuring.Row("wall time, s", [1.0, 3.0, 1.5], [6.0, 4.5, 5.0]),
        measuring.Row("passages/s", [300.0], [100.0], more_is_better=True),
    ]
    assert measuring.table(rows).splitlines() == [
        "                            qa          baseline  better by",
        "wall time, s  1.50 (1.00-3.00)  5.00 (4.50-6.00)      3.33x",
        "passages/s       300 (300-300)     100 (100-100)      3.00x",
    ]


@linux
def test_a_process_is_measured_whole() -> None:
    size = 300 << 20
    measured = measuring.run([sys.executable, "-c", f"print(len(b'x' * {size}))"], {})
    assert measured.output == f"{size}\n"
    assert measured.peak >= 300


@linux
def test_a_failure_is_told() -> None:
    with pytest.raises(SystemExit, match="ended with 3"):
        measuring.run([sys.executable, "-c", "raise SystemExit(3)"], {})


def check(rows: list[str], script: str, *arguments: str) -> None:
    """Run a script and look for the rows of its table."""
    command = [sys.executable, str(FOLDER / script), str(SAMPLE), "--runs", "1", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    for row in rows:
        assert re.search(rf"^{re.escape(row)} .*\dx$", ended.stdout, re.MULTILINE), ended.stdout


@linux
@pytest.mark.model
def test_ask_runs(tmp_path: Path) -> None:
    stub = tmp_path / "stub.py"
    stub.write_text(_STUB, encoding="utf-8")
    check(_ASK, "ask.py", "--limit", "20", "--baseline", str(stub))


@linux
def test_update_runs() -> None:
    check(_UPDATE, "update.py", "--limit", "120", "--model", "hashing")


@linux
def test_scale_runs(tmp_path: Path) -> None:
    measured = tmp_path / "measured.json"
    given = [str(SAMPLE), "--sizes", "300", "--runs", "1", "--model", "hashing", "--limit", "100", "--alone"]
    command = [
        sys.executable,
        str(FOLDER / "scale.py"),
        *given,
        "--drop",
        "files",
        "--questions",
        "25",
        "--json",
        str(measured),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    for row in _SCALE:
        assert re.search(rf"^\| {re.escape(row)} \| [^|]*\d", ended.stdout, re.MULTILINE), ended.stdout
    found = json.loads(measured.read_text(encoding="utf-8"))["300"]
    assert found["built"]["comments"] == 300
    assert [one["encoded"] for one in found["update"] + found["commit"]] == [1, 1]


def test_made_comments_and_vectors_are_the_same_each_time() -> None:
    one, other = ([row for thread in Invention(200).threads() for row in thread.rows] for _ in range(2))
    assert one == other
    assert len({row["id"] for row in one}) == 200
    assert len(set(Invention(200).questions(250))) == 250
    likeness = Likeness.of(unit(np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)))
    texts = ["a comment", "another one", "a third"]
    assert (likeness.vectors(texts)[1:] == likeness.vectors(texts[1:])).all()


@linux
@pytest.mark.model
@pytest.mark.long
def test_ask_runs_beside_the_baseline() -> None:
    check(_ASK, "ask.py", "--limit", "20")


@linux
@pytest.mark.model
@pytest.mark.long
def test_encode_runs_beside_the_baseline() -> None:
    check(_ENCODE, "encode.py", "--limit", "10")


@linux
def test_importers_are_timed() -> None:
    command = [sys.executable, str(FOLDER / "importers.py"), "--mb", "0.05", "--runs", "1"]
    done = subprocess.run([*command, "hackernews", "table", "mbox"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()[2:]
    names = ["hackernews", "table", "mbox", "  the standard", "  ours is"]
    assert [line.startswith(name) for line, name in zip(lines, names, strict=True)] == [True] * len(names)
    assert all(float(line[26:].split()[0]) > 0 for line in lines[:-1])


@linux
def test_serving_is_timed(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("The ferry leaves at nine.\nThe oven is hot.\n", encoding="utf-8")
    qa.build([str(source)], tmp_path / "ix", model="hashing")
    command = [sys.executable, str(FOLDER / "serve.py"), "--index", str(tmp_path / "ix"), "--clients", "3"]
    done = subprocess.run([*command, "--seconds", "0.2"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["passages"], found["exit_code"]) == (2, 0)
    assert list(found["crowd"]["statuses"]) == ["200"]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set QA_CHROMIUM")
def test_the_map_is_moved() -> None:
    command = [sys.executable, str(FOLDER / "map.py"), "--points", "300", "--chromium", str(CHROMIUM)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["points"] == 300
    assert found["dragged_frame_ms"]["p50"] > 0


def test_quality_is_measured(tmp_path: Path) -> None:
    """Each row of the table has a figure for each folder and their mean."""
    folders = [write_beir(tmp_path / name) for name in ("one", "two")]
    (question, text), answer = next(iter(QUERIES.items())), "A stone oven keeps its heat for hours."
    marked = {"question": text, "comment_ids": ["d1"], "sentences": [answer], "id": question}
    (folders[0] / "answer_sentences_dev.jsonl").write_text(json.dumps(marked) + "\n", encoding="utf-8")
    command = [sys.executable, str(FOLDER / "quality.py"), *map(str, folders), "--model", "hashing"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in done.stdout.splitlines()]
    assert head == ["", "one", "two", "mean"]
    rows = {name: [float(cell) for cell in cells if cell] for name, *cells in lines}
    assert rows["nDCG@10, words"][0] == rows["nDCG@10, words"][1] == rows["nDCG@10, words"][2] > 0.5
    assert rows["best sentence among those marked"] == [1.0, 1.0]
    assert rows["removed: AUROC of confidence"][0] > 0.5
    assert len(rows["refused, foreign"]) == 3
