"""A terminal is a device that obeys what is written to it: what comments hold must not reach it raw."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")

Run = Callable[..., subprocess.CompletedProcess[str]]

HOSTILE = (
    "stone ovens \x1b[2J\x1b]0;owned\x07 \x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\ keep\rhidden "
    "\u202eflipped\u202c \x9b31m [red]not markup[/red] \u2066isolated\u2069 \x08\x00 heat"
)
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def in_terminal(*args: object, columns: int, **environment: str) -> str:
    """Return what the program writes to a terminal of that width."""
    import fcntl
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    variables |= {"QA_MODEL": "hashing", "TERM": "xterm-256color", **environment}
    command = [sys.executable, "-m", "qa", *map(str, args)]
    child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=variables)
    os.close(slave)
    written = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        written += piece
    os.close(master)
    child.wait()
    return written.decode("utf-8").replace("\r\n", "\n")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, run_qa: Run) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    rows = [
        {"id": "\x1b[31mid", "author": "\u202ereversed", "title": "a\x1b]0;title\x07b", "text": HOSTILE},
        {"id": "wide", "title": "石窯" * 40, "text": "stone ovens " + "石窯は熱を長く保つ。" * 30},
        {"id": "long", "text": "Stone ovens keep their heat. " + "They need wood and patience and a dry shed. " * 40},
    ]
    (folder / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run_qa("index", folder / "c.jsonl", "--index", folder / "ix").returncode == 0
    return folder / "ix"


def assert_harmless(written: str) -> None:
    plain = STYLE.sub("", written)
    bad = [character for character in plain if ord(character) < 32 and character not in "\n\t"]
    bad += [one for one in plain if one in "\x7f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"]
    bad += [one for one in plain if "\x80" <= one <= "\x9f"]
    assert bad == []


@pytest.mark.parametrize("columns", [80, 200])
def test_hostile_comments_print_harmlessly(hostile: Path, columns: int) -> None:
    written = in_terminal("ask", "stone ovens keep heat", "--index", hostile, columns=columns)
    assert "[red]not markup[/red]" in " ".join(STYLE.sub("", written).split())
    assert_harmless(written)
    assert_harmless(in_terminal("show", "c.jsonl#\x1b[31mid", "--index", hostile, columns=columns))
    assert_harmless(in_terminal("show", "\x1b[31mnot there", "--index", hostile, columns=columns))
    assert_harmless(in_terminal("list", "--index", hostile, columns=columns))


def test_hostile_comments_are_harmless_in_pipes(run_qa: Run, hostile: Path) -> None:
    for options in ((), ("--json",), ("--markdown",)):
        assert_harmless(run_qa("ask", "stone ovens keep heat", "--index", hostile, *options).stdout)
    answer = json.loads(run_qa("ask", "stone ovens keep heat", "--json", "--index", hostile).stdout)
    assert HOSTILE in [hit["text"] for hit in answer["hits"]]


@pytest.mark.parametrize("columns", [80, 200])
def test_lines_fit_the_terminal(hostile: Path, columns: int) -> None:
    written = STYLE.sub("", in_terminal("ask", "wood and patience", "-k", 1, "--index", hostile, columns=columns))
    assert "whole comment: qa show 'c.jsonl#long'" in written
    assert max(cell_len(line) for line in written.splitlines()) <= min(columns, 100)
    for arguments in (("ask", "stone ovens", "--full"), ("show", "c.jsonl#wide"), ("show", "c.jsonl#long")):
        written = STYLE.sub("", in_terminal(*arguments, "--index", hostile, columns=columns))
        assert "stone ovens" in written.lower()
        assert max(cell_len(line) for line in written.splitlines()) <= min(columns, 100)


def test_colour_is_for_those_who_want_it(hostile: Path) -> None:
    coloured = in_terminal("ask", "stone ovens", "--index", hostile, columns=80)
    plain = in_terminal("ask", "stone ovens", "--index", hostile, columns=80, NO_COLOR="1")
    assert "\x1b[1;32m" in coloured
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", plain)
    assert "\x1b[1m" in plain
