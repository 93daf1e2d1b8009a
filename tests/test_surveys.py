"""Who says what, and what one author said over time; with the installed program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import qa
from qa.errors import UsageError

Run = Callable[..., CompletedProcess[str]]

ROWS = """id,author,created_at,thread_id,text
1,marit,2024-01-01,a,Rye bread rests a day before it is cut.
2,oldgrep,2024-01-02,a,Rye bread rests an hour and no more.
3,Marit,2024-03-01,b,I was wrong: rye bread rests two days before it is cut.
4,marit,2024-02-01,c,Snow fell on the drums all night.
5,nell,2024-01-03,a,Rye bread rests until morning.
6,,2024-01-04,a,Somebody said that rye bread rests.
7,nell,2023-01-03,a,How rye bread rests is a matter of taste.
8,bo,2024-01-05,d,Kettles whistle in the dark.
9,marit,2024-01-02,a,Rye bread rests a day before it is cut and sold.
"""


@pytest.fixture
def index(tmp_path: Path) -> Path:
    (tmp_path / "c.csv").write_text(ROWS, encoding="utf-8")
    qa.build([tmp_path / "c.csv"], tmp_path / "ix", model="hashing")
    return tmp_path / "ix"


def test_each_author_has_one_place(index: Path) -> None:
    found = qa.open(index).voices("rye bread rests")
    authors = [one.comment.author.lower() for one in found.answer.citations]
    assert sorted(authors) == ["marit", "nell", "oldgrep"]
    assert [one.rank for one in found.answer.citations] == [1, 2, 3]
    assert (found.authors, found.found, found.nameless, found.complete) == (3, 7, 1, True)
    assert dict(zip(authors, found.comments, strict=True)) == {"marit": 3, "nell": 2, "oldgrep": 1}
    fewer = qa.open(index).voices("rye bread rests", k=2, since="2024")
    assert (len(fewer.answer.citations), fewer.authors, fewer.found) == (2, 3, 6)


def test_a_timeline_puts_a_correction_beside_the_claim(index: Path, run_qa: Run) -> None:
    found = qa.open(index).timeline("marit on rye bread rests")
    assert [one.comment.comment_id for one in found.answer.citations] == ["c.csv#1", "c.csv#9", "c.csv#3"]
    assert found.corrects == (None, None, 1)
    done = run_qa("timeline", "rye bread rests", "--author", "@marit", "--index", index)
    assert (done.returncode, done.stderr) == (0, "")
    first, *blocks = done.stdout.split("\n\n")
    assert first == "3 comments, 2024-01-01 to 2024-03-01"
    assert "\n    (seems to be corrected by [3], 2024-03-01)" in blocks[0]
    assert "\n    (seems to correct [1])" in blocks[2]
    shown = json.loads(run_qa("timeline", "rye bread rests", "--author", "marit", "--index", index, "--json").stdout)
    assert [hit["corrects"] for hit in shown["hits"]] == [None, None, 1]


def test_the_most_relevant_stay_where_there_are_more(index: Path) -> None:
    found = qa.open(index).timeline("rye bread rests a day before it is cut", author="marit", k=1)
    assert [one.comment.comment_id for one in found.answer.citations] == ["c.csv#1"]
    assert found.left_out == 2


def test_somebody_must_be_named(index: Path, run_qa: Run) -> None:
    with pytest.raises(UsageError, match="whose timeline"):
        qa.open(index).timeline("thoughts on rye")
    done = run_qa("timeline", "bread", "--index", index)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith('run: qa timeline "TOPIC" --author NAME\n')
    nobody = run_qa("timeline", "bread", "--author", "zed", "--index", index)
    assert (nobody.returncode, nobody.stdout) == (1, "0 of 9 comments match the filters.\n")


def test_voices_are_printed_with_their_number(index: Path, run_qa: Run) -> None:
    done = run_qa("voices", "rye bread rests", "--index", index)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 authors in 7 comments near the question, 1 of them without an author\n\n[1] ")
    assert "    (3 comments by " in done.stdout
    nothing = run_qa("voices", "zebras graze quietly", "--index", index)
    assert nothing.returncode == 1
    assert nothing.stdout.startswith("No good answer among 9 comments.\nNearest:")
    shown = json.loads(run_qa("voices", "rye bread rests", "--index", index, "--json").stdout)
    assert (shown["authors"], shown["found"], len(shown["hits"])) == (3, 7, 3)
    assert sorted(hit["comments"] for hit in shown["hits"]) == [1, 2, 3]
