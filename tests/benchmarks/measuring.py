"""Run programs in turns, measure each whole process, print medians side by side. Linux; the standard library only."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BASELINE = Path(__file__).with_name("baseline.py")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a program. Units: wall and cpu in seconds (cpu: user and system, all threads), peak in MiB."""

    wall: float
    cpu: float
    peak: float
    output: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what, in which unit, and what each run of either side measured; less of it is better."""

    what: str
    ours: Sequence[float]
    theirs: Sequence[float]
    more_is_better: bool = False

    def factor(self) -> float:
        """Return by what factor our median is the better one."""
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        return ours / theirs if self.more_is_better else theirs / ours


@contextmanager
def serving(index: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Give a process of `qa serve` that listens on a free port, and its address, which ends in a slash."""
    command = [sys.executable, "-m", "qa", "serve", "--index", str(index), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:
        try:
            assert server.stdout
            found = re.search(r"http://\S+/", server.stdout.readline())
            assert found
            yield server, found.group()
        finally:
            server.terminate()


def add_arguments(parser: argparse.ArgumentParser, runs: int) -> None:
    """Add the arguments that say how to measure."""
    parser.add_argument("--runs", type=int, default=runs, help="turns of each side (default: %(default)s)")
    parser.add_argument(
        "--threads", type=int, default=len(os.sched_getaffinity(0)), help="for both sides (default: all)"
    )


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names another baseline."""
    parser.add_argument(
        "--baseline", type=Path, default=BASELINE, help="a script with the commands of baseline.py (default: that)"
    )


def fair(threads: int) -> dict[str, str]:
    """Confine this process and its children to so many processors; return the environment that every child gets."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    same = dict.fromkeys(_THREADS, str(threads))
    # Bytecode is written, as an installation does: or all of the program would be compiled at every start.
    left_out = ("QA_INDEX", "QA_MODEL", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, **same, "HF_HUB_OFFLINE": "1"}


def qa() -> str:
    """Return the path of the installed program."""
    found = shutil.which("qa", path=sysconfig.get_path("scripts")) or shutil.which("qa")
    if found is None:
        raise SystemExit("qa is not installed: pip install -e .")
    return found


def baseline(script: Path, *arguments: str) -> list[str]:
    """Return the command line of the baseline."""
    return [sys.executable, str(script), *arguments]


def run(command: Sequence[str], env: Mapping[str, str], succeeds: Sequence[int] = (0,)) -> Measured:
    """Run a program to its end and measure it with all it waited for.

    A child's peak memory is never below that of the process that started it (Linux takes it over at exec), so this
    process must load nothing large before it measures.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=dict(env))
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode not in succeeds:
            raise SystemExit(f"{' '.join(command)}\nended with {child.returncode}:\n{err.read()}")
        return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read())


def in_turns(runs: int, *sides: Callable[[], Measured]) -> list[list[Measured]]:
    """Run the sides one after another, `runs` times; return what each measured."""
    measured: list[list[Measured]] = [[] for _ in sides]
    for turn in range(runs):
        for side, results in zip(sides, measured, strict=True):
            _tell(f"turn {turn + 1} of {runs}")
            results.append(side())
    _tell("")
    return measured


def _tell(progress: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)


def table(rows: Sequence[Row], names: tuple[str, str] = ("qa", "baseline")) -> str:
    """Return medians with least and most in brackets, and by what factor the first side's median is better."""
    lines = [("", *names, "better by")]
    lines += [(row.what, _summed(row.ours), _summed(row.theirs), f"{row.factor():,.2f}x") for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in lines
    )


def _summed(values: Sequence[float]) -> str:
    shown = (statistics.median(values), min(values), max(values))
    digits = 0 if shown[1] >= 100 or all(value == int(value) for value in shown) else 2
    middle, least, most = (f"{value:,.{digits}f}" for value in shown)
    return f"{middle} ({least}-{most})"
