"""`qa update --watch`: edits are made while it runs, and what it prints is read line by line."""

from __future__ import annotations

import io
import json
import os
import queue
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import IO

import pytest

import qa
from qa.cli.app import app
from qa.index.layout import write_lock

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX does")

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., "Program"]
PATIENCE_S = 10.0
# Longer than it takes a change to be heard, to come to rest and to be committed.
QUIET_S = 0.9
INTERRUPTED = "interrupted; what was encoded is kept, run the same command to go on"


class Program:
    """`qa update --watch` in a process of its own; its lines are waited for, never longer than PATIENCE_S."""

    def __init__(self, folder: Path, *options: str, index: str = "ix", **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "qa", "update", "--watch", "--index", index, *options],
            cwd=folder,
            env={**os.environ, "QA_MODEL": "hashing", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            # A suite that runs in the background may have been told to ignore interrupts, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._out, self._err = _lines(self.process.stdout), _lines(self.process.stderr)

    def out(self) -> str:
        """Return the next line of stdout without its time."""
        line = _next(self._out)
        assert re.match(r"\d\d:\d\d:\d\d  ", line), line
        return line[10:]

    def raw(self) -> str:
        return _next(self._out)

    def err(self) -> str:
        return _next(self._err)

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal; return the exit code, having checked that nothing more was printed."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        assert (_rest(self._out), _rest(self._err)) == ([], [])
        return code


def _lines(stream: IO[str]) -> queue.Queue[str]:
    found: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in stream:
            found.put(line.rstrip("\n"))
        found.put("(end)")

    threading.Thread(target=read, daemon=True).start()
    return found


def _next(lines: queue.Queue[str]) -> str:
    return lines.get(timeout=PATIENCE_S)


def _rest(lines: queue.Queue[str]) -> list[str]:
    return list(iter(lambda: _next(lines), "(end)"))


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Program] = []

    def begin(*args: object, **settings: str) -> Program:
        started.append(Program(*args, **settings))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for program in started:
        program.process.kill()
        program.process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of comments, as yet in no index."""
    (tmp_path / "c").mkdir()
    write(tmp_path / "c" / "a.txt", "the oven is hot", "bread on sundays")
    return tmp_path


def write(path: Path, *lines: str) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def index(folder: Path, *paths: object, to: str = "ix") -> None:
    qa.build([folder / str(path) for path in paths], folder / to, model="hashing")


def texts(folder: Path, to: str = "ix") -> list[str]:
    return sorted(comment.text for comment in qa.open(folder / to).comments())


def updated(index: Path) -> datetime | None:
    """Return when the index was last brought up to its sources, changed or not."""
    return qa.open(index).status().index.updated_at


def replace(path: Path, *lines: str) -> None:
    """Save as an editor does: a new file takes the place of the old one."""
    new = path.with_name("." + path.name + ".new")
    write(new, *lines)
    new.replace(path)


def test_edits_are_committed_as_they_come(folder: Path, run_qa: Run, start: Start) -> None:
    index(folder, "c")
    write(folder / "c" / "b.txt", "made before it began")
    program = start(folder)
    assert program.out() == "+1 new  ~0 edited  -0 deleted  2 unchanged"
    assert "b.txt: plain text" in program.err()
    assert program.err() == "watching 2 sources of ix; Ctrl-C ends"
    write(folder / "c" / "a.txt", "the oven is hot", "bread on sundays", "the walrus ate pancakes")
    time.sleep(0.15)
    write(folder / "c" / "b.txt", "made before it began, then edited")
    assert program.out() == "+1 new  ~1 edited  -0 deleted  2 unchanged"
    assert "the walrus ate pancakes" in run_qa("ask", "walrus pancakes", "--index", folder / "ix").stdout
    (folder / "c" / "b.txt").unlink()
    assert program.out() == "+0 new  ~0 edited  -1 deleted  3 unchanged"
    before = updated(folder / "ix")
    os.utime(folder / "c" / "a.txt")
    while updated(folder / "ix") == before:
        time.sleep(0.05)
    time.sleep(QUIET_S)
    assert program.end() == 0
    assert not (folder / "ix" / "writer.pid").exists()


def test_what_an_editor_does_to_a_file_is_one_edit(folder: Path, start: Start) -> None:
    path = folder / "c" / "a.txt"
    (folder / "link.txt").symlink_to("c/a.txt")
    index(folder, "link.txt")
    program = start(folder)
    assert program.err() == "watching 1 source of ix; Ctrl-C ends"
    replace(path, "the oven is cold", "bread on sundays")
    assert program.out() == "+0 new  ~1 edited  -0 deleted  1 unchanged"
    path.unlink()
    time.sleep(0.1)
    write(path, "the oven is cold", "bread on mondays")
    assert program.out() == "+0 new  ~1 edited  -0 deleted  1 unchanged"
    assert program.end(signal.SIGTERM) == 0


def test_an_index_inside_the_folder_and_hidden_files_are_not_followed(folder: Path, start: Start) -> None:
    (folder / "c" / "deep").mkdir()
    index(folder, "c", to="c/ix")
    program = start(folder / "c")
    assert program.err() == "watching 1 source of ix; Ctrl-C ends"
    write(folder / "c" / "deep" / "b.txt", "in a folder below")
    assert program.out() == "+1 new  ~0 edited  -0 deleted  2 unchanged"
    assert "deep/b.txt: plain text" in program.err()
    seen = updated(folder / "c" / "ix")
    write(folder / "c" / ".hidden.txt", "hidden")
    (folder / "c" / ".git").mkdir()
    write(folder / "c" / ".git" / "c.txt", "hidden too")
    time.sleep(QUIET_S)
    assert updated(folder / "c" / "ix") == seen  # it did not even look
    (folder / "c" / "new" / "er").mkdir(parents=True)
    write(folder / "c" / "new" / "er" / "d.txt", "in folders just made")
    assert program.out() == "+1 new  ~0 edited  -0 deleted  3 unchanged"
    assert "new/er/d.txt: plain text" in program.err()
    assert program.end() == 0


def test_new_matches_of_a_glob_and_new_sources_are_followed(folder: Path, start: Start) -> None:
    index(folder, "c/*.txt")
    write(folder / "else.txt", "another root")
    program = start(folder)
    assert program.err() == "watching 1 source of ix; Ctrl-C ends"
    write(folder / "c" / "b.md", "no match")
    write(folder / "c" / "b.txt", "a new match")
    assert program.out() == "+1 new  ~0 edited  -0 deleted  2 unchanged"
    assert "b.txt: plain text" in program.err()
    index(folder, "else.txt")  # as another process would
    seen = updated(folder / "ix")
    while updated(folder / "ix") == seen:
        assert program.process.poll() is None
        time.sleep(0.05)
    write(folder / "else.txt", "another root, edited")
    assert program.out() == "+0 new  ~1 edited  -0 deleted  3 unchanged"
    assert program.end() == 0


def test_a_root_that_is_missing_is_followed_once_it_is_there(folder: Path, start: Start) -> None:
    index(folder, "c")
    (folder / "c" / "a.txt").rename(folder / "kept.txt")
    (folder / "c").rmdir()
    program = start(folder)
    assert program.err() == "gone, but kept: a.txt. run: qa update --prune"
    assert program.err() == "watching 1 source of ix; Ctrl-C ends"
    (folder / "c").mkdir()
    (folder / "kept.txt").rename(folder / "c" / "a.txt")
    write(folder / "c" / "b.txt", "here again")
    assert program.out() == "+1 new  ~0 edited  -0 deleted  2 unchanged"
    assert "b.txt: plain text" in program.err()
    (folder / "c").rename(folder / "away")
    assert program.err() == "gone, but kept: a.txt, b.txt. run: qa update --prune"
    (folder / "away").rename(folder / "c")
    write(folder / "c" / "b.txt", "here again", "and followed")
    assert program.out() == "+1 new  ~0 edited  -0 deleted  3 unchanged"
    assert program.end() == 0


def test_a_malformed_file_is_told_once_and_read_when_mended(folder: Path, start: Start) -> None:
    records = folder / "c" / "r.json"
    records.write_text('[{"id": 1, "text": "stone ovens"}]', encoding="utf-8")
    index(folder, "c")
    program = start(folder)
    assert program.err() == "watching 2 sources of ix; Ctrl-C ends"
    records.write_text('[{"id": 1, "text": "stone ovens"}, {"id": 2, "te', encoding="utf-8")
    assert program.err().startswith("r.json: not read: ")
    write(folder / "c" / "a.txt", "the oven is hot")
    assert program.out() == "+0 new  ~0 edited  -1 deleted  2 unchanged"
    records.write_text('[{"id": 1, "text": "stone ovens"}, {"id": 2, "text": "brick ovens"}]', encoding="utf-8")
    assert program.out() == "+1 new  ~0 edited  -0 deleted  2 unchanged"
    assert program.err().startswith("r.json: a JSON array")
    assert program.end() == 0


def test_while_another_process_writes_it_waits(folder: Path, start: Start) -> None:
    index(folder, "c")
    program = start(folder, "--json")
    assert program.err() == "watching 1 source of ix; Ctrl-C ends"
    with write_lock(folder / "ix"):
        write(folder / "c" / "a.txt", "the oven is hot")
        busy = f"ix is being written by another process (id {os.getpid()}); waiting until it is done"
        assert program.err() == busy
        time.sleep(0.5)
    report = json.loads(program.raw())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", report["at"])
    assert (report["deleted"], report["comments"], report["sources"][0]["source"]) == (1, 1, "a.txt")
    with write_lock(folder / "ix"):
        write(folder / "c" / "a.txt", "the oven is cold")
        assert program.err() == busy
        assert program.end() == 0
    assert texts(folder) == ["the oven is hot"]


def test_a_signal_during_encoding_ends_as_an_interrupted_update(folder: Path, run_qa: Run, start: Start) -> None:
    index(folder, "c")
    program = start(folder)
    assert program.err() == "watching 1 source of ix; Ctrl-C ends"
    many = [f"comment number {number} about nothing much" for number in range(6_000)]
    write(folder / "c" / "a.txt", *many)
    with closing(sqlite3.connect(folder / "ix" / "index.sqlite3")) as store:
        while store.execute("SELECT count(*) FROM vectors").fetchone()[0] < 500:
            assert program.process.poll() is None
            time.sleep(0.005)
    program.process.send_signal(signal.SIGTERM)
    assert program.err() == INTERRUPTED
    assert program.process.wait(PATIENCE_S) == 130
    assert (program.raw(), program.err()) == ("(end)", "(end)")
    assert texts(folder) == ["bread on sundays", "the oven is hot"]
    report = json.loads(run_qa("update", "--dry-run", "--index", "ix", "--json", cwd=folder).stdout)
    assert (report["comments"], report["encoded"] < 5_500) == (6_000, True)


def test_folders_can_be_looked_through_where_nothing_is_reported(folder: Path, start: Start) -> None:
    index(folder, "c")
    program = start(folder, "--poll", WATCHFILES_POLL_DELAY_MS="100")
    assert program.err() == "watching 1 source of ix; Ctrl-C ends"
    time.sleep(1 - time.time() % 1)  # both edits come in one second, which is as fine as polling sees
    write(folder / "c" / "a.txt", "the oven is hot", "bread on mondays")
    assert program.out() == "+0 new  ~1 edited  -0 deleted  1 unchanged"
    write(folder / "c" / "a.txt", "the oven is hot", "bread on tuesday")
    assert program.out() == "+0 new  ~1 edited  -0 deleted  1 unchanged"
    assert program.end() == 0


@pytest.mark.parametrize(
    ("options", "fact", "hint"),
    [
        (["--watch", "--dry-run"], "--watch follows changes as they come, --dry-run changes nothing",
         "qa update --dry-run"),
        (["--poll"], "--poll says how to watch, and there is no --watch", "qa update --watch --poll"),
        (["--watch", "--index", "typed"], "typed follows no file or folder", "qa index PATH..."),
        (["--watch", "--index", "nowhere"], "no index at nowhere", "qa index PATH..."),
    ],
)  # fmt: skip
def test_what_cannot_be_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], fact: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "in").open("wb+") as typed, io.TextIOWrapper(typed) as stdin:
        typed.write(b"a comment typed in\n")
        typed.seek(0)
        monkeypatch.setattr(sys, "stdin", stdin)
        qa.build(["-"], "typed", model="hashing")
    with pytest.raises(qa.QAError) as caught:
        app(["update", *options])
    assert (caught.value.message, caught.value.hint) == (fact, hint)
