"""Forgetting takes text off the disk; verifying finds what is wrong, wherever it is; repairing mends it."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from contents import contents

import qa

Run = Callable[..., subprocess.CompletedProcess[str]]

ROWS = """id,author,date,thread,title,parent,text
1,nell,2024-01-01,t1,Ovens,,Stone ovens keep their heat.
2,marit,2024-01-02,t1,Ovens,1,Nobody should ever read this xylophone again.
3,bob,2024-01-03,t1,Ovens,2,I agree with that.
4,zygmunt,2024-01-04,t9,Quetzals,,A quetzal is a bird.
"""
LINES = "Sourdough needs patience.\nRye needs less of it.\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "in/b.txt").write_text(LINES, encoding="utf-8")
    qa.build([tmp_path / "in"], tmp_path / "ix", model="hashing")
    return tmp_path


def on_disk(index: Path, word: str) -> list[str]:
    """Return the files of an index that hold a word, as it is written or as tantivy's terms spell it."""
    return [
        path.name for path in index.rglob("*") if path.is_file() and word.lower().encode() in path.read_bytes().lower()
    ]


def assert_well(run_qa: Run, index: Path) -> None:
    done = run_qa("verify", "--deep", "--index", index)
    assert (done.returncode, done.stdout[:11]) == (0, "all is well"), done.stdout


# Forgetting.


def test_a_forgotten_comment_is_off_the_disk_and_stays_out(run_qa: Run, place: Path) -> None:
    index = place / "ix"
    assert on_disk(index, "xylophone")
    done = run_qa("forget", "a.csv#2", "--index", index)
    assert done.returncode == 0
    assert done.stdout == (
        "forgot a.csv#2: 1 comment gone from the index\n"
        "encoded again, as they quoted it: 1 replies\n"
        "its text is off the disk\n"
        "it stays out of every update; to take it in again: qa forget --undo 'a.csv#2'\n"
    )
    assert on_disk(index, "xylophone") == []
    assert_well(run_qa, index)
    (place / "in/a.csv").write_text(ROWS + "5,ann,,,,,Something new.\n", encoding="utf-8")
    report = json.loads(run_qa("update", "--json", "--index", index).stdout)
    assert (report["added"], report["comments"]) == (1, 6)
    assert [one["deleted"] for one in report["sources"]] == [1, 0]  # left out, and counted
    assert on_disk(index, "xylophone") == []
    assert run_qa("show", "a.csv#2", "--index", index).returncode == 2
    assert_well(run_qa, index)


def test_a_forgotten_comment_can_be_taken_in_again(run_qa: Run, place: Path) -> None:
    index = place / "ix"
    before = contents(index)
    run_qa("forget", "a.csv#2", "--index", index)
    done = run_qa("forget", "--undo", "a.csv#2", "--index", index)
    assert done.stdout.startswith("+1 new  ~0 edited  -0 deleted  5 unchanged\n")
    assert contents(index) == before
    again = run_qa("forget", "--undo", "a.csv#2", "--index", index)
    assert (again.returncode, again.stderr) == (
        2,
        "error: nothing called a.csv#2 was forgotten\nrun: qa status\n",
    )


@pytest.mark.parametrize("by_path", [False, True])
def test_a_forgotten_source(run_qa: Run, place: Path, by_path: bool) -> None:
    index = place / "ix"
    done = run_qa("forget", place / "in/a.csv" if by_path else "a.csv", "--index", index)
    assert done.stdout.startswith("forgot the source a.csv: 4 comments gone from the index\nits text is off the disk\n")
    for word in ("xylophone", "quetzal", "zygmunt", "marit"):
        assert on_disk(index, word) == []
    assert run_qa("index", place / "in", "--index", index).stdout.startswith("+0 new  ~0 edited  -0 deleted  2 unch")
    named = run_qa("index", place / "in/a.csv", "--index", index)
    assert (named.returncode, named.stderr) == (2, "error: a.csv was forgotten\nrun: qa forget --undo a.csv\n")
    assert_well(run_qa, index)
    assert run_qa("forget", "--undo", "a.csv", "--index", index).stdout.startswith("+4 new")


def test_what_is_not_there_cannot_be_forgotten(run_qa: Run, place: Path) -> None:
    done = run_qa("forget", "c.txt", "--index", place / "ix")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: no comment and no source is called c.txt\nrun: qa list; qa status\n"


def test_forgetting_waits_for_readers_and_says_when_it_cannot(run_qa: Run, place: Path) -> None:
    index = place / "ix"
    with closing(sqlite3.connect(index / "index.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM comments").fetchone()
        done = run_qa("forget", "a.csv#2", "--index", index)
        assert done.returncode == 0
        assert "pending: another process still reads the old state" in done.stdout
        assert json.loads(run_qa("list", "--json", "--index", index).stdout.splitlines()[1])["comment_id"] == "a.csv#3"
    assert run_qa("repair", "--index", index).returncode == 0
    assert on_disk(index, "xylophone") == []


def test_edited_text_goes_with_the_next_compaction(run_qa: Run, place: Path) -> None:
    index = place / "ix"
    (place / "in/a.csv").write_text(ROWS.replace("xylophone", "piano"), encoding="utf-8")
    run_qa("update", "--index", index)
    assert run_qa("repair", "--compact", "--index", index).returncode == 0
    assert on_disk(index, "xylophone") == []
    assert on_disk(index, "piano")
    assert_well(run_qa, index)


# Verifying.


def findings(run_qa: Run, index: Path, *options: str) -> list[str]:
    done = run_qa("verify", "--json", *options, "--index", index)
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["ok"] else 2)
    assert found["ok"] == (not found["findings"])
    assert all(one["mend"].startswith("qa ") for one in found["findings"])
    return [one["fact"] for one in found["findings"]]


def alter(index: Path, statement: str) -> None:
    with closing(sqlite3.connect(index / "index.sqlite3")) as store:
        assert store.execute(statement).rowcount > 0
        store.commit()


ALTERED = {
    "UPDATE comments SET text = 'Other words.' WHERE comment_id = 'a.csv#1'": "text or record of a.csv#1",
    "UPDATE comments SET created_at = created_at + 1 WHERE comment_id = 'a.csv#3'": "text or record of a.csv#3",
    "UPDATE authors SET name = 'Nell' WHERE name = 'nell'": "text or record of a.csv#1",
    "DELETE FROM authors WHERE name = 'bob'": "1 comments name an author who is missing",
    "DELETE FROM passages WHERE passage_id = 2": "1 comments have no passage",
    "DELETE FROM vectors WHERE vector_key = 2": "1 passages have no vector",
    "DELETE FROM comments WHERE comment_id = 'a.csv#4'": "1 passages belong to no comment",
    "UPDATE settings SET value = 7 WHERE name = 'comments'": "6 comments are stored, 7 are on record",
    "UPDATE vectors SET vector = zeroblob(128)": "is not what hashing gives",
    "DELETE FROM changes": "belongs to another index, or to another state of this one",
}


@pytest.mark.parametrize("statement", ALTERED)
def test_what_does_not_agree_is_found_and_mended(run_qa: Run, place: Path, statement: str) -> None:
    index = place / "ix"
    before = contents(index)
    alter(index, statement)
    assert any(ALTERED[statement] in fact for fact in findings(run_qa, index)), findings(run_qa, index)
    plain = run_qa("verify", "--index", index)
    assert (plain.returncode, plain.stdout.splitlines()[1]) == (2, f"  run: qa repair --index {index}")
    assert run_qa("repair", "--index", index).returncode == 0
    assert_well(run_qa, index)
    assert contents(index) == before


def test_citations_are_compared_with_their_sources(run_qa: Run, place: Path) -> None:
    index = place / "ix"
    (place / "in/a.csv").write_text(ROWS.replace("Stone", "Brick"), encoding="utf-8")
    assert findings(run_qa, index) == [f"{place}/in/a.csv changed since it was read"]
    run_qa("update", "--index", index)
    (place / "in/b.txt").unlink()
    assert findings(run_qa, index) == [f"{place}/in/b.txt is gone; its comments cannot be compared"]
    run_qa("update", "--index", index)
    assert findings(run_qa, index) == []


@pytest.mark.parametrize("kind", ["vectors-*", "columns-*", "words/*.fieldnorm", "words/*.idx", "words/*.store"])
def test_a_flipped_bit_in_what_is_derived_is_found_and_mended(run_qa: Run, place: Path, kind: str) -> None:
    index = place / "ix"
    (path,) = index.glob(kind)
    content = bytearray(path.read_bytes())
    content[2 if kind.startswith("words") else -1] ^= 0x10
    path.write_bytes(content)
    told = str(path) if kind[0] in "vc" else str(index / "words")
    assert any(told in fact for fact in findings(run_qa, index, "--deep"))
    assert run_qa("repair", "--index", index).returncode == 0
    assert_well(run_qa, index)


_FLIPS = """
import random, shutil, sys
from pathlib import Path
import qa
from qa.errors import QAError
from contents import contents

whole, work, seed, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
expected, content = contents(whole), (whole / "index.sqlite3").read_bytes()
chance = random.Random(seed)
for number in range(rounds):
    index = work / str(number)
    shutil.copytree(whole, index)
    flipped = bytearray(content)
    at = chance.randrange(100, len(content))
    flipped[at] ^= 1 << chance.randrange(8)
    (index / "index.sqlite3").write_bytes(flipped)
    found = qa.verify(index, deep=True)
    if not found.findings:
        assert contents(index) == expected, f"byte {at} of {len(content)} is not noticed"
    qa.repair(index)
    assert not qa.verify(index, deep=True).findings, f"byte {at}: not mended"
    # The first page says where the tables are: what it no longer finds cannot be saved.
    assert at < 4096 or contents(index) == expected, f"byte {at}: something is lost"
    shutil.rmtree(index)
"""


@pytest.mark.parametrize("rounds", [25, pytest.param(500, marks=pytest.mark.long)])
def test_a_flipped_bit_in_the_store_is_found_and_mended(place: Path, rounds: int) -> None:
    """Wherever it falls: either nothing that is answered from changed, or it is found; and a repair restores all."""
    folder = Path(__file__).parent
    command = [sys.executable, "-c", _FLIPS, place / "ix", place / "work", random.randrange(10**9), rounds]
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


# Repairing.


def test_the_model_is_the_one_that_the_saved_store_names(run_qa: Run, place: Path) -> None:
    index = place / "ix"
    before, path = contents(index), index / "index.sqlite3"
    content = path.read_bytes()
    assert content.count(b"CREATE TABLE settings") == 1
    path.write_bytes(content.replace(b"CREATE TABLE settings", b"CREATE TABLE settingz"))
    done = run_qa("repair", "--index", index, model="no-such-model")
    assert (done.returncode, done.stderr.count("error")) == (0, 0)
    assert contents(index) == before


def test_a_store_that_cannot_be_read_is_saved_as_far_as_it_can_be(run_qa: Run, place: Path) -> None:
    """What its source no longer has is kept from the damaged store itself."""
    index = place / "ix"
    before = contents(index)
    with closing(sqlite3.connect(index / "index.sqlite3")) as store:
        (page,) = store.execute("SELECT rootpage FROM sqlite_master WHERE name = 'passages_by_comment'").fetchone()
        (size,) = store.execute("PRAGMA page_size").fetchone()
    with (index / "index.sqlite3").open("rb+") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    shutil.move(place / "in", place / "elsewhere")
    done = run_qa("repair", "--index", index)
    assert done.returncode == 0, done.stderr
    assert f"the damaged file stays as {index}/index.sqlite3.damaged" in done.stderr
    assert contents(index).comments == before.comments
    shutil.move(place / "elsewhere", place / "in")
    run_qa("update", "--index", index)
    assert contents(index) == before
    assert_well(run_qa, index)


def test_a_damaged_store_names_the_repair(run_qa: Run, place: Path) -> None:
    index = place / "ix"
    (index / "index.sqlite3").write_bytes(b"no database at all" * 100)
    done = run_qa("ask", "ovens", "--index", index)
    assert done.returncode == 2
    assert done.stderr.endswith(f"run: qa repair --index {index}\n")
    assert run_qa("verify", "--index", index).returncode == 2


def test_there_must_be_an_index(run_qa: Run, tmp_path: Path) -> None:
    for command in ("verify", "repair", "forget x"):
        done = run_qa(*command.split(), "--index", tmp_path / "none")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"error: no index at {tmp_path}/none\nrun: qa index PATH...\n"


def test_compacting_leaves_the_same_rankings_as_a_build(place: Path) -> None:
    index = place / "ix"
    words = ["oven", "rye", "bird", "heat", "patience"]
    for turn in range(6):
        rows = [f"{turn}{number},ann,,,,,{words[(number + turn) % 5]} and {words[number % 5]}." for number in range(9)]
        (place / "in/a.csv").write_text("\n".join([ROWS.splitlines()[0], *rows]), encoding="utf-8")
        qa.open(index).update()
    qa.repair(index, compact=True)
    qa.build([place / "in"], place / "fresh", model="hashing")
    for question in (*words, "bird heat rye"):
        answers = [qa.open(folder).ask(question, k=20, every=True) for folder in (index, place / "fresh")]
        first, second = [sorted((round(one.score, 6), one.comment.comment_id) for one in a.citations) for a in answers]
        assert first == second
