"""Many readers while one process writes: every answer is that of one state, and states only go forward."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import qa

Run = Callable[..., subprocess.CompletedProcess[str]]

READERS = 8
GROUP = 12
PATIENCE_S = 60
# Ask without pause until told to stop; report what is wrong, one line each, and at the end how often it asked.
READER = """
import re, sys, traceback
from pathlib import Path
import qa

index, stop, group = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
wrong, asked, last, states = [], 0, -1, set()
opened = qa.open(index)
try:
    while not (done := stop.exists()) or asked == 0:
        if asked % 3 == 0:
            texts = [one.text for one in opened.comments(source="group.csv")]
        else:
            found = opened.ask("the tide table at revision", source="group.csv", k=50, every=True)
            texts = [one.quote for one in found.citations]
        everywhere = opened.ask("the tide table at revision", k=5)
        asked += 1
        revisions = {int(re.search(r"revision (\\d+)", text).group(1)) for text in texts}
        if len(texts) != group or len(revisions) != 1:
            wrong.append(f"half a state: {len(texts)} comments of revisions {sorted(revisions)}")
        elif min(revisions) < last:
            wrong.append(f"back from revision {last} to {min(revisions)}")
        last = max(revisions, default=last)
        states.add(last)
        if len(everywhere.citations) != 5 or everywhere.abstained:
            wrong.append(f"an empty answer: {len(everywhere.citations)} citations")
except Exception:
    wrong.append(traceback.format_exc())
print(asked, len(states), last)
print("\\n".join(wrong[:5]), end="")
"""


def write_group(folder: Path, revision: int) -> None:
    """Rewrite a group of comments, all of which say which revision they are; some come and go."""
    rows = [f"{number + revision % 3},Tide table {number} at revision {revision}." for number in range(GROUP)]
    (folder / "group.csv").write_text("\n".join(["id,text", *rows]), encoding="utf-8")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [f"The weather on day {number} was much like that on day {number - 1}." for number in range(300)]
    (folder / "others.txt").write_text("\n".join(lines), encoding="utf-8")
    write_group(folder, 0)
    return folder


def read_while(source: Path, index: Path, commits: int) -> None:
    """Let readers ask while the group is rewritten and committed again and again."""
    stop = source.parent / "stop"
    command = [sys.executable, "-c", READER, str(index), str(stop), str(GROUP)]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        for _ in range(READERS)
    ]
    programs: list[subprocess.CompletedProcess[str]] = []
    try:
        writer = qa.open(index)
        for revision in range(1, commits + 1):
            write_group(source, revision)
            report = writer.update()
            assert report.encoded == GROUP
            if revision % max(1, commits // 4) == 0:
                programs.append(ask_program(index))
    finally:
        stop.touch()
        said = []
        for reader in readers:
            try:
                said.append(reader.communicate(timeout=PATIENCE_S)[0])
            except subprocess.TimeoutExpired:
                reader.kill()
                said.append(f"no answer within {PATIENCE_S} s")
    counts = [re.match(r"(\d+) (\d+) (\d+)\n\Z", one) for one in said]
    assert [one for one, count in zip(said, counts, strict=True) if count is None] == []
    numbers = [tuple(map(int, count.groups())) for count in counts if count is not None]
    assert sum(asked for asked, _, _ in numbers) > READERS * 3
    assert sum(states for _, states, _ in numbers) > READERS  # they did see it change
    for done in programs:
        assert (done.returncode, done.stderr) == (0, "")
        assert len(set(re.findall(r"revision (\d+)", done.stdout))) == 1
    texts = [one.text for one in qa.open(index).comments(source="group.csv")]
    assert [text.partition(" at ")[2] for text in texts] == [f"revision {commits}."] * GROUP


def ask_program(index: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qa", "ask", "the tide table at revision", "--source", "group.csv", "-k", "50"]
    return subprocess.run(
        [*command, "--index", str(index)], capture_output=True, encoding="utf-8", timeout=PATIENCE_S, check=False
    )


def test_readers_see_one_state_at_a_time(source: Path, tmp_path: Path) -> None:
    qa.build([source], tmp_path / "ix", model="hashing")
    read_while(source, tmp_path / "ix", commits=25)


@pytest.mark.long
def test_readers_see_one_state_at_a_time_for_long(source: Path, tmp_path: Path) -> None:
    qa.build([source], tmp_path / "ix", model="hashing")
    read_while(source, tmp_path / "ix", commits=200)


def test_a_second_writer_is_told_who_writes(source: Path, tmp_path: Path, run_qa: Run) -> None:
    """A real update in progress, not a lock held by hand: it waits for standard input."""
    index = tmp_path / "ix"
    qa.build([source], index, model="hashing")
    writer = subprocess.Popen(
        [sys.executable, "-m", "qa", "index", "-", "--index", str(index)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "QA_MODEL": "hashing"},
    )
    try:
        until = time.monotonic() + PATIENCE_S
        while not (index / "writer.pid").exists() or not (index / "writer.pid").read_text(encoding="utf-8"):
            assert time.monotonic() < until
            time.sleep(0.01)
        for command in (("update",), ("index", source)):
            done = run_qa(*command, "--index", index)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr == (
                f"error: {index} is being written by another process (id {writer.pid})\nrun: ps -p {writer.pid}\n"
            )
        assert run_qa("ask", "tide table 3 at revision 0", "--index", index).returncode == 0
        assert writer.stdin is not None
        writer.stdin.write(b"one more comment\n")
        writer.stdin.close()
        assert writer.wait(PATIENCE_S) == 0
    finally:
        writer.kill()
    assert run_qa("update", "--index", index).returncode == 0
    assert len(qa.open(index).comments()) == 300 + GROUP + 1


@pytest.mark.parametrize("place", ["spaces and Größe 你好", "linked", "relative"])
def test_wherever_the_index_is(source: Path, tmp_path: Path, run_qa: Run, place: str) -> None:
    """The index is built, asked, updated and asked again at a place that programs stumble over."""
    real = tmp_path / ("real" if place == "linked" else place)
    (real / "sub dir").mkdir(parents=True)
    comments = source.rename(real / "comments é")
    if place == "linked":
        (tmp_path / place).symlink_to(real, target_is_directory=True)
    base, cwd = tmp_path / place, None
    if place == "relative":
        base, cwd = Path(".."), real / "sub dir"
    index = ("--index", base / "my index")
    assert run_qa("index", base / "comments é", *index, cwd=cwd).returncode == 0
    asked = run_qa("ask", "the tide table at revision", "-k", 3, *index, cwd=cwd)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout.partition("\n[1] ")[2].count("at revision 0.") == 3
    write_group(comments, 1)
    assert run_qa("update", *index, cwd=cwd).stdout.startswith("+")
    elsewhere = run_qa("ask", "the tide table at revision", "-k", 3, "--index", real / "my index", cwd=tmp_path)
    assert (elsewhere.returncode, elsewhere.stderr) == (0, "")
    assert elsewhere.stdout.partition("\n[1] ")[2].count("at revision 1.") == 3
    through = run_qa("update", "--index", real / "my index", cwd=tmp_path)
    assert through.stdout.startswith(f"+0 new  ~0 edited  -0 deleted  {300 + GROUP} unchanged\n")


def test_readers_of_a_linked_index_see_one_state_at_a_time(source: Path, tmp_path: Path) -> None:
    """Written through a link, read through the folder it leads to."""
    real, link = tmp_path / "real ß", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real, target_is_directory=True)
    qa.build([source], link / "ix", model="hashing")
    opened = qa.open(real / "ix")
    for revision in (1, 2, 3):
        write_group(source, revision)
        qa.open(link / "ix").update()
        texts = {
            one.quote.partition(" at ")[2] for one in opened.ask("tide", source="group.csv", k=50, every=True).citations
        }
        assert texts == {f"revision {revision}."}
