"""How fast exports are read, without encoding: MB of source bytes a second, and whether memory grows with the export.

python tests/benchmarks/importers.py [--mb 20] [--runs 5] [FORMAT...]

The exports are made of invented comments, with all the fields that a platform's records have (`exports.py`): a rate in
bytes says little without them, and comments a second stand beside it. A mailbox is also read by the standard library's
bare parser (`mailbox` and `email`: every message parsed, its text decoded), in turns with ours. Peaks are of whole
processes; the exports are written by processes of their own, because a child's peak is never below that of the process
that starts it.

Seconds are of the processor, which nothing here leaves idle: each reader is one thread, its file is in memory, and what
else runs on the machine counts less.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from pathlib import Path

import measuring
from exports import FORMATS, Export, Row

_COMMENTS = 4_000
_READ = """
import sys, time
from pathlib import Path
from qa.formats import read_comments
started = time.process_time()
reader = read_comments(Path(sys.argv[1]), "source")
print(sum(1 for _ in reader), time.process_time() - started, reader.format)
"""
_BARE = """
import mailbox, sys, time
started = time.process_time()
count = 0
for message in mailbox.mbox(sys.argv[1]):
    payload = message.get_payload(decode=True)
    payload.decode(message.get_content_charset() or "utf-8", "replace")
    message["from"], message["date"], message["subject"], message["message-id"]
    count += 1
print(count, time.process_time() - started, "mailbox")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help="the first letters of some (default: all)")
    parser.add_argument("--mb", type=float, default=20, help="size of an export (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="turns of each side (default: %(default)s)")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        print(_write(given.write, FORMATS[given.formats[0]], given.mb))
        return
    print(f"exports of {given.mb:g} MB and of four times that; median of {given.runs} runs (least-most)")
    print(f"{'':27}{'MB/s':>22}  {'comments/s':>12}  {'peak, MiB':>10}  {'of 4x, MiB':>10}")
    with tempfile.TemporaryDirectory() as work:
        for name in FORMATS:
            if not given.formats or any(name.startswith(one) for one in given.formats):
                _measure(name, Path(work), given)


def _measure(name: str, work: Path, given: argparse.Namespace) -> None:
    small, large = (_Written(name, work / f"{times}.txt", given.mb * times) for times in (1, 4))
    sides = {name: _READ} | ({"  the standard library's": _BARE} if name == "mbox" else {})
    turns = measuring.in_turns(given.runs, *(partial(_run, code, small) for code in sides.values()))
    medians = []
    for (side, code), runs in zip(sides.items(), turns, strict=True):
        seconds = [_seconds(one) for one in runs]
        rates = [small.path.stat().st_size / 1e6 / one for one in seconds]
        medians.append(statistics.median(rates))
        shown = f"{medians[-1]:.1f} ({min(rates):.1f}-{max(rates):.1f})"
        each = small.comments / statistics.median(seconds)
        peak = max(one.peak for one in runs)
        whole = _run(code, large).peak
        print(f"{side:27}{shown:>22}  {each:>12,.0f}  {peak:>10,.0f}  {whole:>10,.0f}", flush=True)
    if len(medians) == 2:
        print(f"  ours is {medians[0] / medians[1]:.2f} of it")


class _Written:
    """An export of about so many megabytes, written on the spot."""

    def __init__(self, name: str, path: Path, mb: float) -> None:
        self.path = path
        command = [sys.executable, __file__, name, "--write", str(path), "--mb", str(mb)]
        self.comments = int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _write(path: Path, export: Export, mb: float) -> int:
    """Write an export; return how many comments are in it."""
    from invented import Invention

    rows = [row for thread in Invention(_COMMENTS).threads() for row in thread.rows]
    some = [rows[at : at + export.texts] for at in range(0, len(rows), export.texts)]
    comments = [{**one[0], "text": "\n".join(row["text"] for row in one)} for one in some]
    size = count = 0
    with path.open("w", encoding="utf-8", newline="") as file:

        def until_large() -> Iterator[Row]:
            nonlocal count
            for comment in cycle(comments):
                if size >= mb * 1e6:
                    return
                count += 1
                yield comment

        for piece in export.write(until_large()):
            size += len(piece.encode())
            file.write(piece)
    return count


def _run(code: str, export: _Written) -> measuring.Measured:
    """Read an export in one process. Exits where not all comments in it were found."""
    measured = measuring.run([sys.executable, "-c", code, str(export.path)], measuring.fair(1))
    found = int(measured.output.split()[0])
    if found != export.comments:
        raise SystemExit(f"{found:,} of {export.comments:,} comments were found ({measured.output.split()[2]})")
    return measured


def _seconds(measured: measuring.Measured) -> float:
    return float(measured.output.split()[1])


if __name__ == "__main__":
    main()
