"""How the program does with ten thousand, a hundred thousand and a million comments, beside the baseline.

python tests/benchmarks/scale.py [COMMENTS] [--sizes 10000,100000,1000000] [--keep DIR] [--json FILE]

The collections are made, not encoded: see `collection.py`. With --keep they stay in DIR and are used again; --rebuild
builds their indexes anew. Prints a Markdown table, says on stderr what it does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import corpus
import measuring
import scale_table
from measuring import Measured

HERE = Path(__file__).parent
ANSWERED = (0, 1)
_CHUNK = 25
_SCOPED = 60
_DROP = Path("/proc/sys/vm/drop_caches")


@dataclass(frozen=True, slots=True)
class Bench:
    """One collection and how to measure it. baseline None: the program alone."""

    folder: Path
    env: Mapping[str, str]
    runs: int
    questions: int
    baseline: Path | None

    @property
    def index(self) -> str:
        return str(self.folder / "index")

    @property
    def about(self) -> dict[str, Any]:
        about: dict[str, Any] = json.loads((self.folder / "about.json").read_text(encoding="utf-8"))
        return about

    def run(self, script: str, *arguments: object) -> Measured:
        """Run one of the scripts beside this one."""
        return measuring.run([sys.executable, str(HERE / script), *map(str, arguments)], self.env)


def tell(line: str) -> None:
    """Say what is being done."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def prepare(bench: Bench, size: int, seeds: Path, rebuild: bool) -> None:
    """Make the collection and build its index, unless that has been done."""
    if not (bench.folder / "about.json").exists():
        tell(f"{size:,}: making the collection")
        model = json.loads(seeds.with_suffix(".json").read_text(encoding="utf-8"))["model"]
        tell(bench.run("collection.py", "make", bench.folder, size, "--seeds", seeds, "--model", model).output.strip())
    if rebuild or not (bench.folder / "built.json").exists():
        tell(f"{size:,}: building the index")
        shutil.rmtree(bench.folder / "index", ignore_errors=True)
        measured = bench.run("collection.py", "index", bench.folder)
        built = json.loads((bench.folder / "built.json").read_text(encoding="utf-8"))
        (bench.folder / "built.json").write_text(json.dumps({**built, "peak": measured.peak}), encoding="utf-8")


def measure(bench: Bench, drop: str) -> dict[str, Any]:
    """Return everything that is measured of one collection, the update last because it changes the index."""
    built = json.loads((bench.folder / "built.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = {"built": built, "bytes": _sizes(bench.folder / "index")}
    tell("asking, each time in a process of its own")
    _cold(bench, 1, lambda: None)
    found["in memory"] = _cold(bench, bench.runs, lambda: None)
    if drop != "none":
        tell(f"asking, with nothing in memory ({drop})")
        found["dropped"] = _cold(bench, bench.runs, lambda: _forget(bench, drop))
    tell("asking one process")
    found |= _warm(bench)
    tell("comparing with exact search")
    found["recall"] = json.loads(bench.run("inside.py", "recall", bench.folder).output)
    tell("updating one comment")
    found["update"] = [_update(bench, turn) for turn in range(bench.runs)]
    found["commit"] = [_commit(bench, bench.runs + turn) for turn in range(bench.runs)]
    return found


def _sizes(index: Path) -> dict[str, int]:
    """Return how many bytes the files of each kind take."""
    sizes: dict[str, int] = {}
    for path in index.rglob("*"):
        if path.is_file():
            kind = path.relative_to(index).parts[0].split("-")[0]
            sizes[kind] = sizes.get(kind, 0) + path.stat().st_size
    return sizes


def _cold(bench: Bench, runs: int, before: Callable[[], None]) -> dict[str, list[dict[str, float]]]:
    """Return wall time and peak memory of whole processes, ours and the baseline's in turns."""
    questions = iter(bench.about["questions"] * 2)
    asked = ""

    def ours() -> Measured:
        nonlocal asked
        asked = next(questions)
        before()
        return measuring.run([measuring.qa(), "ask", asked, "--index", bench.index], bench.env, ANSWERED)

    def theirs() -> Measured:
        assert bench.baseline is not None
        before()
        command = measuring.baseline(bench.baseline, "ask", str(bench.folder / "baseline"), asked)
        return measuring.run(command, bench.env)

    sides = [ours, theirs] if bench.baseline else [ours]
    results = measuring.in_turns(runs, *sides)
    kept = [[{"wall": one.wall, "cpu": one.cpu, "peak": one.peak} for one in side] for side in results]
    return dict(zip(("qa", "baseline"), kept, strict=False))


def _forget(bench: Bench, drop: str) -> None:
    """Have the system forget its copy of all files, or of the collection's."""
    os.sync()
    if drop == "all":
        _DROP.write_text("3", encoding="ascii")
        return
    for path in bench.folder.rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def _remember(index: Path) -> None:
    """Have the system hold the index in memory, as after many questions; the baseline holds all of its own."""
    for path in index.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 24):
                    pass


class Asked(AbstractContextManager["Asked"]):
    """A process that has loaded what it needs and answers one question after the other."""

    def __init__(self, bench: Bench, side: str) -> None:
        command = [sys.executable, str(HERE / "inside.py"), side, str(bench.folder)]
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env={**bench.env, "TQDM_DISABLE": "1"}
        )

    def ask(self, **question: str) -> float:
        """Return the seconds that one question took in there."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        print(json.dumps(question), file=self._child.stdin, flush=True)
        answer = self._child.stdout.readline()
        if not answer:
            raise SystemExit(f"a process that answered questions ended with {self._child.wait()}")
        return float(answer)

    def __exit__(self, *error: object) -> None:
        self._child.communicate()


def _warm(bench: Bench) -> dict[str, Any]:
    """Return the seconds that questions took in one process: the sides in turns, and ours in scopes, in turns."""
    about = bench.about
    questions: list[str] = about["questions"][: bench.questions]
    _remember(Path(bench.index))
    with ExitStack() as stack:
        sides = {
            side: stack.enter_context(Asked(bench, side)) for side in ("qa", "baseline")[: 1 + bool(bench.baseline)]
        }
        taken: dict[str, list[float]] = {side: [] for side in sides}
        for one in sides.values():
            for question in questions[:3]:
                one.ask(question=question)
        for at in range(0, len(questions), _CHUNK):
            for side, one in sides.items():
                taken[side] += [one.ask(question=question) for question in questions[at : at + _CHUNK]]
        scopes: dict[str, dict[str, str]] = {
            "all": {},
            "half": {"since": about["since"]},
            "author": {"author": about["author"]},
        }
        scoped: dict[str, list[float]] = {name: [] for name in scopes}
        for question in questions[:_SCOPED]:
            for name, scope in scopes.items():
                scoped[name].append(sides["qa"].ask(question=question, **scope))
    return {"warm": taken, "scoped": scoped}


def _update(bench: Bench, turn: int) -> dict[str, float]:
    bench.run("inside.py", "edit", bench.folder, turn)
    measured = measuring.run([measuring.qa(), "update", "--index", bench.index, "--json"], bench.env)
    return {"wall": measured.wall, "peak": measured.peak, "encoded": float(json.loads(measured.output)["encoded"])}


def _commit(bench: Bench, turn: int) -> dict[str, float]:
    bench.run("inside.py", "edit", bench.folder, turn)
    taken: dict[str, float] = json.loads(bench.run("inside.py", "update", bench.folder).output)
    return taken


def _drop(wanted: str) -> str:
    """Return what can be dropped of what is wanted."""
    if wanted != "all" or os.access(_DROP, os.W_OK):
        return wanted
    tell(f"{_DROP} cannot be written to: dropping the collection's own files")
    return "files"


def _seeds(given: argparse.Namespace, folder: Path, env: Mapping[str, str]) -> Path:
    """Return the file of real vectors, made unless it is there."""
    path = folder / f"seeds-{given.model.replace('/', '-')}.npy"
    if not path.exists():
        tell("encoding real comments, for vectors to be made like theirs")
        where = [str(given.comments)] if given.comments else ["--data", str(given.data)]
        command = ["seeds", str(path), *where, "--limit", str(given.limit), "--model", given.model]
        measuring.run([sys.executable, str(HERE / "collection.py"), *command], env)
        path.with_suffix(".json").write_text(json.dumps({"model": given.model}), encoding="utf-8")
    return path


def main() -> None:
    given = _parser().parse_args()
    env = measuring.fair(given.threads)
    drop = _drop(given.drop)
    results: dict[int, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as work:
        keep = given.keep or Path(work)
        keep.mkdir(parents=True, exist_ok=True)
        seeds = _seeds(given, keep, env)
        for size in map(int, given.sizes.split(",")):
            baseline = None if given.alone else given.baseline
            bench = Bench(keep / str(size), env, given.runs, given.questions, baseline)
            prepare(bench, size, seeds, given.rebuild)
            results[size] = measure(bench, drop)
            if given.json:
                given.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    print(scale_table.table(results, drop))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus.add_arguments(parser, limit=5000)
    measuring.add_arguments(parser, runs=5)
    measuring.add_baseline(parser)
    add = parser.add_argument
    add("--sizes", default="10000,100000,1000000", help="how many comments (default: %(default)s)")
    add("--keep", type=Path, help="a folder for the collections; those in it are used again")
    add("--rebuild", action="store_true", help="build the indexes of kept collections anew")
    add("--json", type=Path, help="a file for everything that was measured")
    add("--model", default="all-MiniLM-L6-v2", help="or hashing, to try it out")
    add("--questions", type=int, default=250, help="asked in one process (default: %(default)s, the most)")
    add("--alone", action="store_true", help="without the baseline")
    add("--drop", choices=("all", "files", "none"), default="all", help="what the system is to forget")
    return parser


if __name__ == "__main__":
    main()
