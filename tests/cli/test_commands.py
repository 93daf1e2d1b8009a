"""What the commands print, where, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from qa.cli.app import app

Run = Callable[..., subprocess.CompletedProcess[str]]
AskJson = Callable[..., tuple[int, dict[str, Any]]]
QUESTION = "How long does a stone oven keep its heat?"

COMMENTS = [
    {"id": 1, "author": "marit_o", "date": "2024-01-05", "title": "Ovens", "text": "Is a stone oven worth the money?"},
    {"id": 2, "author": "oldgrep", "date": "2024-01-06", "title": "Ovens", "parent": 1, "url": "https://example.org/2",
     "text": "A stone oven keeps its heat for hours. It needs two hours of fire first."},
    {"id": 3, "author": "Marit_O", "date": "2024-02-01", "title": "Indexes", "text": "A stale index misleads."},
    {"id": 4, "author": "nell", "text": "Yes, exactly."},
    {"id": 5, "author": "nell", "text": "Yes, exactly."},
]  # fmt: skip
HIT_KEYS = [
    "rank", "score", "comment_id", "source", "line_start", "line_end", "author", "created_at", "url", "thread_title",
    "text", "start", "end", "highlights", "truncated", "stale", "record", "field", "edited_at", "votes", "asides",
    "said", "also", "more_in_thread", "answers_to",
]  # fmt: skip
COUNTS = ["comments", "passages", "encoded", "added", "edited", "deleted", "unchanged", "sources"]
SOURCE_KEYS = ["source", "format", "comments", "empty", "deleted", "duplicates", "unreadable", "notices", "elsewhere"]

STATUS_KEYS = [
    "path", "comments", "passages", "encoded", "added", "edited", "deleted", "unchanged", "authors", "threads",
    "first", "last", "updated_at", "encoder", "size_bytes", "stale_sources", "sources",
]  # fmt: skip


@pytest.fixture(scope="module")
def ovens(tmp_path_factory: pytest.TempPathFactory, run_qa: Run) -> Path:
    """An index in a folder with a space and letters beyond ASCII."""
    folder = tmp_path_factory.mktemp("Größe und Maß")
    (folder / "ovens.jsonl").write_text("".join(json.dumps(one) + "\n" for one in COMMENTS), encoding="utf-8")
    done = run_qa("index", folder / "ovens.jsonl", "--index", folder / "my index")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "+5 new  ~0 edited  -0 deleted  0 unchanged\n5 comments, 5 passages in the index; 4 passages newly encoded\n",
        "ovens.jsonl: JSON lines, each record is a comment: 5 comments\n",
    )
    return folder


def test_every_command_has_help(run_qa: Run) -> None:
    done = run_qa("--help")
    assert (done.returncode, done.stderr) == (0, "")
    commands = [
        "ask",
        "show",
        "list",
        "status",
        "timeline",
        "voices",
        "index",
        "update",
        "demo",
        "forget",
        "verify",
        "repair",
        "eval",
        "serve",
        "mcp",
        "models",
    ]
    assert re.findall(r"^│ (\w+)  ", done.stdout, re.MULTILINE) == commands
    for name in commands:
        shown = CliRunner().invoke(app, [name, "--help"])
        assert shown.exit_code == 0
        assert f" {name} [OPTIONS]" in shown.output
    for command in typer.main.get_command(app).commands.values():
        assert command.help
        assert [option.name for option in command.params if not option.help] == []


def test_a_completion_script_is_shown(run_qa: Run) -> None:
    # Without it, the shell is the one the tests were started from, where there is one.
    done = run_qa("--show-completion", "bash", env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "_QA_COMPLETE=complete_bash" in done.stdout


def test_completion_works(run_qa: Run) -> None:
    done = run_qa(env={"_QA_COMPLETE": "complete_bash", "COMP_WORDS": "qa st", "COMP_CWORD": "1"})
    assert (done.returncode, done.stdout.split()) == (0, ["status"])


def test_ask_prints_plain_text_to_a_pipe(run_qa: Run, ovens: Path) -> None:
    done = run_qa("ask", QUESTION, "-k", 1, "--index", ovens / "my index")
    assert done.returncode == 0
    assert done.stderr == ""
    heading, said, blank, place, reply, quote, url = done.stdout.splitlines()
    assert (heading, said, blank) == ("Answer:", "    »A stone oven keeps its heat for hours.« [1]", "")
    assert reply == "  in reply to marit_o, 2024-01-05: Is a stone oven worth the money?"
    assert place.startswith('[1] ovens.jsonl record 2 (line 2)  oldgrep  2024-01-06  "Ovens"  score 0.')
    assert place.endswith("  id ovens.jsonl#2")
    assert quote == "    »A stone oven keeps its heat for hours.« It needs two hours of fire first."
    assert url == "    https://example.org/2"


def test_ask_prints_one_json_object(ask_json: AskJson, ovens: Path) -> None:
    code, answer = ask_json(QUESTION, "--index", ovens / "my index")
    assert code == 0
    assert list(answer) == ["question", "abstained", "confidence", "answer", "hits", "index", "took_ms"]
    assert answer["abstained"] is False
    assert 0.5 <= answer["confidence"] <= 1
    assert list(answer["index"]) == ["path", "comments", "updated_at", "stale_sources"]
    assert (answer["index"]["comments"], answer["index"]["stale_sources"]) == (5, [])
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3, 4]  # two say the same
    best = answer["hits"][0]
    assert list(best) == HIT_KEYS
    text = COMMENTS[1]["text"]
    expected = {
        "comment_id": "ovens.jsonl#2", "source": "ovens.jsonl", "line_start": 2, "line_end": 2, "author": "oldgrep",
        "created_at": "2024-01-06T00:00:00Z", "url": "https://example.org/2", "thread_title": "Ovens", "text": text,
        "start": 0, "end": len(str(text)), "highlights": [[0, 38]], "truncated": False, "stale": False, "record": 2,
        "field": "text",
    }  # fmt: skip
    assert {key: best[key] for key in expected} == expected


def test_equal_text_stays_two_comments_in_one_place(run_qa: Run, ask_json: AskJson, ovens: Path) -> None:
    asked = ("Yes, exactly.", "-k", 2, "--index", ovens / "my index")
    _, answer = ask_json(*asked)
    assert [(hit["comment_id"], hit["said"], hit["also"]) for hit in answer["hits"]][:1] == [
        ("ovens.jsonl#4", 2, ["ovens.jsonl#5"])
    ]
    assert "\n    (said 2 times, also in ovens.jsonl#5)\n" in run_qa("ask", *asked).stdout
    _, answer = ask_json(*asked, "--all")
    assert [(hit["comment_id"], hit["said"]) for hit in answer["hits"]] == [("ovens.jsonl#4", 1), ("ovens.jsonl#5", 1)]


def test_a_reply_says_what_it_answers(ask_json: AskJson, ovens: Path) -> None:
    asked = (QUESTION, "-k", 1, "--index", ovens / "my index")
    _, answer = ask_json(*asked)
    assert answer["hits"][0]["answers_to"]["comment_id"] == "ovens.jsonl#1"


def test_the_answer_begins_with_the_sentence(run_qa: Run, ask_json: AskJson, ovens: Path) -> None:
    asked = (QUESTION, "--index", ovens / "my index")
    _, answer = ask_json(*asked)
    assert answer["answer"][0] == {"text": "A stone oven keeps its heat for hours.", "ranks": [1]}
    assert run_qa("ask", *asked).stdout.startswith("Answer:\n    »A stone oven keeps its heat for hours.« [1]\n")
    _, answer = ask_json("zyzzyva quokka xylophone", *asked[1:])
    assert answer["answer"] == []


def test_an_answer_is_explained(run_qa: Run, ask_json: AskJson, ovens: Path) -> None:
    asked = (QUESTION, "-k", 2, "--index", ovens / "my index", "--author", "oldgrep")
    shown = run_qa("ask", *asked, "--explain").stdout
    assert "\nWhy:\n  words of the question, by rarity: " in shown
    assert "of the 1 comments that the filters let through" in shown
    _, answer = ask_json(*asked, "--explain")
    assert [term["term"] for term in answer["explanation"]["terms"]][:2] == ["how", "long"]
    best = answer["explanation"]["hits"][0]
    assert (best["rank"], best["place"], best["word_rank"]) == (1, 1, 1)
    assert {"stone", "oven", "heat"} <= set(best["terms"])
    assert best["dense"] + best["words"] + best["thread"] + best["echo"] == pytest.approx(best["total"], abs=3e-4)
    _, answer = ask_json(*asked)
    assert "explanation" not in answer


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (("--author", "@MARIT_o"), {1, 3}),
        (("--author", "nell", "--author", "oldgrep"), {2, 4, 5}),
        (("--since", "2024-01-06"), {2, 3}),
        (("--since", "2024-01-06", "--before", "2024-02-01"), {2}),
        (("--since", "2024-02"), {3}),
        (("--thread", "oven"), {1, 2}),
        (("--source", "ovens.jsonl"), {1, 2, 3, 4, 5}),
        (("--source", "*.jsonl", "--thread", "Indexes"), {3}),
    ],
)
def test_scopes(ask_json: AskJson, ovens: Path, options: tuple[str, ...], ids: set[int]) -> None:
    _, answer = ask_json(QUESTION, "--all", *options, "--index", ovens / "my index")
    assert {hit["comment_id"] for hit in answer["hits"]} == {f"ovens.jsonl#{number}" for number in ids}


def test_a_scope_comes_before_the_best_are_chosen(run_qa: Run, ask_json: AskJson, tmp_path: Path) -> None:
    rows = [f"loud,a stone oven keeps its heat {number}" for number in range(300)]
    (tmp_path / "c.csv").write_text("\n".join(["author,text", *rows, "quiet,bread and water"]), encoding="utf-8")
    run_qa("index", tmp_path / "c.csv", "--index", tmp_path / "ix")
    _, answer = ask_json("a stone oven keeps its heat", "--author", "quiet", "-k", 1, "--index", tmp_path / "ix")
    assert [hit["text"] for hit in answer["hits"]] == ["bread and water"]


def test_an_empty_scope_is_no_answer_of_its_own_kind(run_qa: Run, ask_json: AskJson, ovens: Path) -> None:
    done = run_qa("ask", "anything", "--author", "nobody", "--index", ovens / "my index")
    assert (done.returncode, done.stdout) == (1, "0 of 5 comments match the filters.\n")
    code, answer = ask_json("anything", "--author", "nobody", "--index", ovens / "my index")
    assert (code, answer["abstained"], answer["hits"], answer["reason"]) == (1, True, [], "empty_scope")


def test_no_good_answer_keeps_the_nearest(run_qa: Run, ask_json: AskJson, ovens: Path) -> None:
    code, answer = ask_json("zyzzyva quokka xylophone", "-k", 2, "--index", ovens / "my index")
    assert (code, answer["abstained"], len(answer["hits"])) == (1, True, 2)
    assert "reason" not in answer
    done = run_qa("ask", "zyzzyva quokka xylophone", "--index", ovens / "my index")
    assert done.returncode == 1
    assert done.stdout.startswith("No good answer among 5 comments.\nNearest:\n")


def test_markdown_has_footnotes(run_qa: Run, ovens: Path) -> None:
    done = run_qa("ask", QUESTION, "-k", 1, "--markdown", "--index", ovens / "my index")
    assert done.stdout.startswith(
        "**How long does a stone oven keep its heat?**\n\nA stone oven keeps its heat for hours. [^1]\n\n> **A stone"
    )
    assert "[^1]: oldgrep, 2024-01-06, “Ovens”, [ovens.jsonl record 2 (line 2)](https://example.org/2)" in done.stdout


def test_show_list_and_status(run_qa: Run, ovens: Path) -> None:
    index = ("--index", ovens / "my index")
    shown = json.loads(run_qa("show", "ovens.jsonl#2", "--json", *index).stdout)
    assert shown["parents"][0]["comment_id"] == "ovens.jsonl#1"
    assert "Is a stone oven worth the money?" in run_qa("show", "ovens.jsonl#2", *index).stdout
    assert run_qa("list", "--author", "nell", *index).stdout.splitlines() == [
        "ovens.jsonl#4\tnell\t-\tYes, exactly.",
        "ovens.jsonl#5\tnell\t-\tYes, exactly.",
    ]
    status = json.loads(run_qa("status", "--json", *index).stdout)
    assert list(status) == STATUS_KEYS
    assert (status["comments"], status["unchanged"], status["first"]) == (5, 5, "2024-01-05T00:00:00Z")
    assert [list(source) for source in status["sources"]] == [[*SOURCE_KEYS, "stale"]]
    assert "5 comments (5 passages) by 4 authors in 2 threads, 2024-01-05 00:00 to" in run_qa("status", *index).stdout


def test_what_each_command_prints(run_qa: Run, ovens: Path) -> None:
    index = ("--index", ovens / "my index")
    shown = run_qa("show", "ovens.jsonl#2", *index)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == (
        "In reply to:\n"
        '  ovens.jsonl record 1 (line 1)  marit_o  2024-01-05  "Ovens"  id ovens.jsonl#1\n'
        "      Is a stone oven worth the money?\n"
        "\n"
        'ovens.jsonl record 2 (line 2)  oldgrep  2024-01-06  "Ovens"  id ovens.jsonl#2\n'
        "    A stone oven keeps its heat for hours. It needs two hours of fire first.\n"
        "    https://example.org/2\n"
    )
    status = run_qa("status", *index)
    assert (status.returncode, status.stderr) == (0, "")
    assert re.sub(r"updated [-\d]+ [:\d]+|\d+\.\d MB", "#", status.stdout) == (
        f"{ovens / 'my index'}: 5 comments (5 passages) by 4 authors in 2 threads, "
        "2024-01-05 00:00 to 2024-02-01 00:00\n"
        "#, encoder hashing, #\n"
        "  ovens.jsonl  jsonl  5 comments\n"
    )
    update = run_qa("update", *index)
    assert (update.returncode, update.stderr) == (0, "")
    assert update.stdout == (
        "+0 new  ~0 edited  -0 deleted  5 unchanged\n5 comments, 5 passages in the index; 0 passages newly encoded\n"
    )
    none = run_qa("list", "--author", "nobody", *index)
    assert (none.returncode, none.stdout, none.stderr) == (1, "", "")


def test_demo(run_qa: Run, tmp_path: Path) -> None:
    done = run_qa("demo", "--index", "my demo", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.splitlines()[0].startswith("comments.jsonl: JSON lines, ")
    lines = done.stdout.splitlines()
    assert lines[0] == "100 sample comments about searching text are in my demo."
    assert sum(line.startswith('$ qa ask "') and line.endswith(" --index 'my demo' -k 2") for line in lines) == 3
    assert lines[-3:] == [
        "  qa index PATH...",
        '  qa ask "a question in plain English"',
        "  qa update        # after the files changed",
    ]


def test_more_than_there_is(run_qa: Run, ask_json: AskJson, ovens: Path) -> None:
    index = ("--index", ovens / "my index")
    code, answer = ask_json("stone oven", "-k", 10**30, "--all", *index)
    assert (code, len(answer["hits"])) == (0, 5)
    assert len(run_qa("list", "--limit", 10**30, *index).stdout.splitlines()) == 5
    assert len(run_qa("list", "--limit", 2, *index).stdout.splitlines()) == 2


def test_names_beyond_ascii_links_and_another_working_directory(run_qa: Run, ask_json: AskJson, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "année 1", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "Ä ö 日本.txt").write_text("fresh bread on sundays\n", encoding="utf-8")
    (tmp_path / "a link.txt").symlink_to(folder / "Ä ö 日本.txt")
    done = run_qa("index", "année 1/Ä ö 日本.txt", "a link.txt", "--index", "ix", cwd=tmp_path)
    assert done.stdout.splitlines()[0] == "+2 new  ~0 edited  -0 deleted  0 unchanged"
    _, answer = ask_json("fresh bread on sundays", "--all", "--index", "../ix", cwd=elsewhere)
    assert sorted(hit["source"] for hit in answer["hits"]) == ["a link.txt", "Ä ö 日本.txt"]
    (folder / "Ä ö 日本.txt").write_text("stale bread on mondays\n", encoding="utf-8")
    report = json.loads(run_qa("update", "--json", "--index", "../ix", cwd=elsewhere).stdout)
    assert (report["edited"], report["encoded"], report["unchanged"]) == (2, 1, 0)


def test_standard_input_folders_globs_and_the_environment(run_qa: Run, ask_json: AskJson, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("fresh bread on sundays\n", encoding="utf-8")
    (folder / "deep" / "b.md").write_text("The oven is hot at noon.\n", encoding="utf-8")
    (folder / ".hidden.txt").write_text("hidden words\n", encoding="utf-8")
    env = {"env": {"QA_INDEX": str(tmp_path / "ix")}, "cwd": tmp_path}
    report = json.loads(
        run_qa("index", "notes", "*.none*", "-", "--json", stdin="from the pipe\n", **env).stdout or "{}"
    )
    assert report == {}
    report = json.loads(run_qa("index", "notes", "-", "--json", stdin="from the pipe\n", **env).stdout)
    assert list(report) == [*COUNTS, "vanished", "dry_run"]
    assert [list(source) for source in report["sources"]] == [SOURCE_KEYS] * 3
    assert [source["source"] for source in report["sources"]] == ["a.txt", "deep/b.md", "stdin"]
    _, answer = ask_json("from the pipe", "-k", 1, **env)
    assert (answer["hits"][0]["source"], answer["hits"][0]["line_start"]) == ("stdin", 1)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "ix")
    assert ask_json("from the pipe", "-k", 1, "--index", link)[1]["hits"] == answer["hits"]


def test_dry_run_writes_nothing(run_qa: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n", encoding="utf-8")
    done = run_qa("index", tmp_path / "a.txt", "--dry-run", "--index", tmp_path / "ix")
    assert done.stdout == (
        "+2 new  ~0 edited  -0 deleted  0 unchanged\ndry run: 2 passages would be encoded; nothing was changed\n"
    )
    assert not (tmp_path / "ix").exists()


_IMPORTS = """
import atexit, sys
from qa.cli import main
heavy = ("torch", "transformers", "sentence_transformers", "onnx", "sklearn", "pydantic")
atexit.register(lambda: print([name for name in heavy if name in sys.modules], file=sys.stderr))
main()
"""


def heavy_imports(*args: object, model: str = "hashing") -> str:
    command = [sys.executable, "-c", _IMPORTS, *map(str, args)]
    environment = {**os.environ, "QA_MODEL": model}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False).stderr


def test_help_and_ask_import_nothing_heavy(ovens: Path) -> None:
    assert heavy_imports("--help") == "[]\n"
    assert heavy_imports("ask", "stone oven", "--index", ovens / "my index") == "[]\n"


@pytest.mark.model
def test_demo_and_ask_with_the_real_model(run_qa: Run, tmp_path: Path) -> None:
    done = run_qa("demo", "--index", tmp_path / "demo", model="all-MiniLM-L6-v2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("$ qa ask ") == 3
    assert "qa index PATH..." in done.stdout
    question = ("ask", "Do I need HNSW for 80,000 vectors?", "--index", tmp_path / "demo")
    assert heavy_imports(*question, model="all-MiniLM-L6-v2") == "[]\n"
    other = run_qa("index", tmp_path, "--index", tmp_path / "demo", "--model", "hashing")
    assert other.returncode == 2
    assert "the index was made with all-MiniLM-L6-v2" in other.stderr


@pytest.mark.model
def test_an_index_is_not_mixed_with_another_model(run_qa: Run, ovens: Path) -> None:
    arguments = ("index", ovens / "ovens.jsonl", "--index", ovens / "my index", "--model", "all-MiniLM-L6-v2")
    done = run_qa(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    fact, hint = done.stderr.splitlines()[-2:]
    assert fact.startswith("error: the index was made with hashing (hashing-), the encoder now is all-MiniLM-L6-v2 (")
    assert hint == "run: qa index PATH... --index indexes/new --model all-MiniLM-L6-v2"
