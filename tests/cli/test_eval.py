"""`qa eval`: what it prints, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evaluation.tiny import write_beir, write_lines

Run = Callable[..., subprocess.CompletedProcess[str]]
METRICS = ["nDCG@10", "MRR@10", "Recall@10", "Recall@100", "MAP"]
COMMENTS = [
    {"id": 1, "author": "ann", "text": "How long does rye bread rest before it is cut?"},
    {"id": 2, "author": "bob", "text": "Rye bread is to rest long, a day, before it is cut.", "parent": 1},
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eval place")
    write_beir(folder / "tiny")
    return folder


@pytest.fixture
def run_eval(run_qa: Run, place: Path) -> Run:
    def run(*args: object) -> subprocess.CompletedProcess[str]:
        return run_qa("eval", *args, cwd=place, env={"QA_CACHE": str(place / "cache")})

    return run


def test_json_has_the_figures(run_eval: Run, place: Path) -> None:
    done = run_eval("tiny", "--mode", "dense", "--json", "--compare", "words", "--compare", "hybrid")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert list(found)[:5] == ["mode", "questions", "metrics", "refused", "latency_ms"]
    assert (found["mode"], found["questions"], found["silver"], found["split"]) == ("dense", 3, False, "dev")
    assert list(found["metrics"]) == METRICS
    assert list(found["latency_ms"]) == ["p50", "p95"]
    assert (found["answerable"], found["unanswerable"], found["sentence"]) == (3, 0, None)
    assert found["index"].startswith(str(place / "cache" / "evaluations" / "tiny-"))
    assert [one["mode"] for one in found["compared"]] == ["words", "hybrid"]
    for one in found["compared"]:
        assert list(one["metrics"]) == list(one["differences"]) == METRICS
        gap = one["differences"]["nDCG@10"]
        assert gap["difference"] == pytest.approx(one["metrics"]["nDCG@10"] - found["metrics"]["nDCG@10"], abs=2e-6)
        assert gap["low"] <= gap["difference"] <= gap["high"]
        assert 0 < gap["p"] <= 1
    alone = json.loads(run_eval("tiny", "--mode", "words", "--json").stdout)
    assert alone["metrics"] == found["compared"][0]["metrics"]
    assert alone["compared"] == []


def test_a_table_for_people(run_eval: Run, place: Path) -> None:
    done = run_eval("tiny", "--compare", "dense,words")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "tiny, split dev: 3 questions"
    assert lines[2].split() == ["mode", *METRICS, "refused", "p50", "ms", "p95", "ms"]
    assert [line.split()[0] for line in lines[3:6]] == ["hybrid", "dense", "words"]
    assert len([line for line in lines if line.startswith(("dense - hybrid", "words - hybrid"))]) == 10
    assert lines[-1] == "note: 1 question left out: without a judgement in the split dev"
    assert f"{place}/tiny/corpus.jsonl: " in done.stderr
    assert "kept for the next evaluation" in done.stderr


def test_a_bar_that_is_not_reached_is_exit_code_1(run_eval: Run) -> None:
    assert run_eval("tiny", "--fail-under", "0.1", "--fail-under", "MAP=0.1").returncode == 0
    done = run_eval("tiny", "--fail-under", "1.1", "--fail-under", "Recall@100=1", "--json")
    assert done.returncode == 1
    assert list(json.loads(done.stdout)["metrics"]) == METRICS
    assert done.stderr.splitlines()[-1].endswith(", under 1.1")
    assert "Recall@100" not in done.stderr
    assert run_eval("tiny", "--fail-under", "sentence=0.5").stderr.endswith("sentence is not measured, under 0.5\n")
    for wrong, fact in (
        ("much", "neither a number"),
        ("nan", "neither a number"),
        ("AP=0.5", "no metric is called 'AP'"),
    ):
        done = run_eval("tiny", "--fail-under", wrong)
        assert (done.returncode, done.stdout) == (2, "")
        assert fact in done.stderr


def test_questions_of_a_file_and_silver(run_eval: Run, run_qa: Run, place: Path) -> None:
    write_lines(place / "c.jsonl", COMMENTS)
    assert run_qa("index", "c.jsonl", "--index", "ix", cwd=place).returncode == 0
    questions = [{"question": "rye bread rest", "comment_ids": ["2"]}, {"question": "zebra", "lines": []}]
    write_lines(place / "q.jsonl", questions)
    done = run_eval("q.jsonl", "--index", "ix")
    assert done.returncode == 0
    assert done.stdout.startswith("q.jsonl: 2 questions, 1 of them without an answer\n")
    assert " of the questions with an answer, 1.0000 of those without\n" in done.stdout
    done = run_eval("--mine", "--index", "ix")
    assert done.stdout.startswith("ix: SILVER, ")
    found = json.loads(run_eval("--mine", "--index", "ix", "--json").stdout)
    assert (found["silver"], found["questions"], found["metrics"]["MRR@10"]) == (True, 1, 1)


def test_errors_are_one_line_with_a_command(run_eval: Run) -> None:
    for arguments, fact in (
        (["tiny", "--split", "test"], "has no split 'test'; it has: dev"),
        (["nowhere.jsonl"], "no such file"),
        ([], "questions come from a path"),
        (["tiny", "--compare", "sparse"], "no mode is called 'sparse'"),
    ):
        done = run_eval(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert fact in done.stderr
        assert "\nrun: " in done.stderr
    assert run_eval("tiny", "--mode", "sparse").returncode == 2


def test_asking_imports_nothing_that_evaluates(run_qa: Run, place: Path) -> None:
    code = (
        "import sys, qa.cli.app as one\n"
        "try: one.app(['ask', 'snow', '--index', sys.argv[1], '--mode', 'dense'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('ir_measures', 'scipy', 'qa.evaluation') if name in sys.modules], file=sys.stderr)"
    )
    assert run_qa("index", "tiny/corpus.jsonl", "--index", "ax", cwd=place).returncode == 0
    command = [sys.executable, "-c", code, str(place / "ax")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
    assert "drums" in done.stdout
