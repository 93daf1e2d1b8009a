"""Streams that are closed, full, or left by whoever read them; a key that interrupts."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt" or shutil.which("bash") is None, reason="needs a POSIX shell")

Run = Callable[..., subprocess.CompletedProcess[str]]
INTERRUPTED = "interrupted; what was encoded is kept, run the same command to go on\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, run_qa: Run) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    (folder / "c.txt").write_text("fresh bread on sundays\nstale bread on mondays\n", encoding="utf-8")
    assert run_qa("index", "c.txt", "--index", "ix", cwd=folder).returncode == 0
    return folder


def in_shell(folder: Path, command: str, *, unbuffered: bool = False) -> tuple[int, str, str]:
    """Run a line of shell in which $QA is the program; return the exit code of its first command."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    environment = {**inherited, "QA_MODEL": "hashing", "QA_INDEX": "ix", "QA": f"{sys.executable} -m qa"}
    environment |= {"PYTHONUNBUFFERED": "1"} if unbuffered else {}
    line = f"{command}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("command", ["ask bread --json", "--help"])
def test_a_reader_that_left_is_no_error(folder: Path, command: str, unbuffered: bool) -> None:
    # The reader is gone before anything is written: the pipe's other end is closed at once.
    line = f"$QA {command} | exec 0<&-"
    assert in_shell(folder, line, unbuffered=unbuffered) == (0, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_full_disk_is_an_error(folder: Path, unbuffered: bool) -> None:
    found = in_shell(folder, "$QA ask bread > /dev/full", unbuffered=unbuffered)
    assert found == (2, "", "error: the operating system refuses: No space left on device\nrun: df -h .\n")


def test_streams_that_are_closed(folder: Path) -> None:
    assert in_shell(folder, "$QA index - <&-") == (
        2, "", "error: standard input is closed\nrun: qa index - < FILE\n"
    )  # fmt: skip
    assert in_shell(folder, "$QA ask 'fresh bread on sundays' >&-") == (0, "", "")
    assert in_shell(folder, "$QA ask bread --index nowhere 2>&-") == (2, "", "")


def test_an_interrupted_run_says_so_and_leaves_the_index_as_it_was(folder: Path) -> None:
    """A first line on standard input holds the run up until it is interrupted."""
    command = [sys.executable, "-m", "qa", "index", "-", "--index", "ix"]
    environment = {**os.environ, "QA_MODEL": "hashing"}
    run = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A suite that runs in the background may have been told to ignore interrupts, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not (folder / "ix" / "writer.pid").exists():  # the lock is held: the run is reading
        assert run.poll() is None
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    output, errors = run.communicate()
    assert (run.returncode, output, errors.decode()) == (130, b"", INTERRUPTED)
    assert in_shell(folder, "$QA update")[:2] == (
        0,
        "+0 new  ~0 edited  -0 deleted  2 unchanged\n2 comments, 2 passages in the index; 0 passages newly encoded\n",
    )


def test_an_interrupt_while_the_program_loads_is_no_error() -> None:
    program = """
import sys

class Interrupted:
    def find_spec(self, name, path, target=None):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
from qa.cli import main
main()
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (130, b"", b"")
