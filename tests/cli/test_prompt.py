"""`qa ask` without a question: a prompt, driven in a terminal of its own."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import qa

pexpect = pytest.importorskip("pexpect", reason="no terminals to open here")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no terminals to open here")

ROWS = """id,author,text
1,marit,Rye bread rests a day before it is cut.
2,nell,Rye bread rests an hour.
3,bo,How rye bread rests is a matter of taste.
4,marit,Snow fell on the drums all night.
"""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


class Terminal:
    """A program in a terminal, and what it shows."""

    def __init__(self, index: Path, state: Path, *arguments: str) -> None:
        environment = {"XDG_STATE_HOME": str(state), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "HOME": str(state)}
        command = ["-m", "qa", "ask", "--index", str(index), *arguments]
        self.child = pexpect.spawn(
            sys.executable,
            command,
            env={**os.environ, **environment},
            encoding="utf-8",
            dimensions=(60, 110),
            timeout=60,
        )
        self.child.expect(":help")
        self.ready()

    def ready(self) -> str:
        """Wait for the prompt, which switches pasting on; return what was shown before it."""
        self.child.expect_exact("\x1b[?2004h")
        return _ESCAPES.sub("", self.child.before)

    def say(self, line: str) -> str:
        """Type a line; return what it brought."""
        self.child.send(line + "\r")
        return self.answered()

    def answered(self) -> str:
        """Wait for the line to be taken, which switches pasting off; return what it brought."""
        self.child.expect_exact("\x1b[?2004l")
        return self.ready()

    def left(self) -> int:
        """Return the exit code of the program that is ending."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    (tmp_path / "c.csv").write_text(ROWS, encoding="utf-8")
    qa.build([tmp_path / "c.csv"], tmp_path / "ix", model="hashing")
    return tmp_path / "ix"


@pytest.fixture
def terminal(index: Path, tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(index, tmp_path / "state", "-k", "1")
    yield opened
    opened.child.close(force=True)


def test_one_question_after_another(terminal: Terminal, index: Path) -> None:
    first = terminal.say("how long does rye bread rest")
    assert "c.csv" in first
    assert "[1]" in first
    assert "[2]" not in first
    assert "[2]" in terminal.say(":more")
    assert "words of the question, by rarity" in terminal.say(":why")
    assert "Nearby in c.csv" in terminal.say(":show 2")
    assert "error: no passage has the number 9" in terminal.say(":show 9")
    assert "error: there is no :zebra" in terminal.say(":zebra")
    nell = terminal.say(":author nell")
    assert "author nell" in nell
    assert "Rye bread rests an hour." in nell
    assert "no such day" not in terminal.say(":since soon")
    assert "author nell" in terminal.say(":filters")
    assert "everything" in terminal.say(":clear")
    (index.parent / "c.csv").write_text(ROWS + "5,zed,Kettles whistle in the dark.\n", encoding="utf-8")
    qa.open(index).update()
    assert "Kettles whistle" in terminal.say("kettles whistle in the dark")
    terminal.child.send(":quit\r")
    assert terminal.left() == 0


def test_ctrl_c_drops_the_line_and_ctrl_d_leaves(terminal: Terminal) -> None:
    terminal.child.send("half a quest")
    terminal.child.sendcontrol("c")
    terminal.ready()
    assert "[1]" in terminal.say("how long does rye bread rest")
    terminal.child.sendcontrol("d")
    assert terminal.left() == 0


def test_what_was_asked_is_remembered_for_the_user_alone(terminal: Terminal, index: Path, tmp_path: Path) -> None:
    terminal.say("how long does rye bread rest")
    terminal.child.sendcontrol("d")
    terminal.left()
    path = tmp_path / "state" / "comment-qa" / "questions"
    assert "+how long does rye bread rest" in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = Terminal(index, tmp_path / "state")
    again.child.send("\x1b[A")  # the arrow up
    again.child.expect("rest")
    again.child.send("\r")
    assert "[1]" in again.answered()
    again.child.close(force=True)


def test_without_a_terminal_a_question_is_needed(index: Path, run_qa: Callable[..., CompletedProcess[str]]) -> None:
    done = run_qa("ask", "--index", index)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'error: no question was given\nrun: qa ask "QUESTION"\n'
