"""One edited comment: `qa update` against building the index again.

python tests/benchmarks/update.py [COMMENTS] [--limit 10000] [--files 1] [--runs 5] [--model hashing]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

import corpus
import measuring


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus.add_arguments(parser, limit=10_000)
    measuring.add_arguments(parser, runs=5)
    parser.add_argument(
        "--builds", type=int, default=1, help="full builds to take the median of (default: %(default)s)"
    )
    parser.add_argument("--model", default="all-MiniLM-L6-v2", help="or hashing, for everything but the model")
    parser.add_argument(
        "--files", type=int, default=1, help="files the comments are spread over (default: %(default)s)"
    )
    given = parser.parse_args()
    env = measuring.fair(given.threads)
    with tempfile.TemporaryDirectory() as work:
        corpus.written(given, Path(work) / "all.jsonl")
        comments = _spread(Path(work) / "all.jsonl", Path(work) / "comments", given.files)
        _warm(Path(work), given.model, env)
        builds = [_build(comments, Path(work) / f"index-{at}", given.model, env) for at in range(given.builds)]
        updates = [_update(comments, Path(work) / "index-0", at, env) for at in range(given.runs)]
    _report(updates, builds, given)


def _report(updates: list[measuring.Measured], builds: list[measuring.Measured], given: argparse.Namespace) -> None:
    print(f"{given.model}, {given.threads} threads, {given.builds} builds, {given.runs} updates; median (least-most)")
    rows = [
        measuring.Row("passages encoded", _encoded(updates), _encoded(builds)),
        measuring.Row("wall time, s", [one.wall for one in updates], [one.wall for one in builds]),
        measuring.Row("CPU time, s", [one.cpu for one in updates], [one.cpu for one in builds]),
    ]
    print(measuring.table(rows, ("update", "build")))
    median = statistics.median(one.wall for one in updates) / statistics.median(one.wall for one in builds)
    print(f"an update takes {median:.2%} of the time of a build")


def _spread(whole: Path, folder: Path, files: int) -> Path:
    """Cut a file of comments into a folder of files of equally many lines."""
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    each = -(-len(lines) // files)
    folder.mkdir()
    for number in range(files):
        part = folder / f"{number // 100:03}" / f"{number:05}.jsonl"
        part.parent.mkdir(exist_ok=True)
        part.write_text("".join(lines[number * each : (number + 1) * each]), encoding="utf-8")
    return folder


def _warm(work: Path, model: str, env: dict[str, str]) -> None:
    """Compile the model and bring the program into memory before anything is timed."""
    few = work / "few.jsonl"
    few.write_text('{"id": "w1", "text": "One comment is enough."}\n', encoding="utf-8")
    _build(few, work / "warm", model, env)


def _build(comments: Path, index: Path, model: str, env: dict[str, str]) -> measuring.Measured:
    command = [measuring.qa(), "index", str(comments), "--index", str(index), "--model", model, "--json"]
    return measuring.run(command, env)


def _update(comments: Path, index: Path, turn: int, env: dict[str, str]) -> measuring.Measured:
    """Edit one comment, another one each turn, and update."""
    paths = sorted(comments.glob("*/*.jsonl"))
    path = paths[turn * 7919 % len(paths)]
    lines = path.read_text(encoding="utf-8").splitlines()
    at = turn * 7919 % len(lines)
    row = json.loads(lines[at])
    lines[at] = json.dumps({**row, "text": f"Edit {turn + 1}: {row['text']}"})
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return measuring.run([measuring.qa(), "update", "--index", str(index), "--json"], env)


def _encoded(runs: list[measuring.Measured]) -> list[float]:
    return [float(json.loads(one.output)["encoded"]) for one in runs]


if __name__ == "__main__":
    main()
