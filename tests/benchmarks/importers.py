"""How fast exports are read, without encoding: MB of source bytes a second, and whether memory grows with the export.

python tests/benchmarks/importers.py [--mb 20] [--runs 5] [FORMAT...]

The exports are made of invented comments. A mailbox is also read by the standard library's bare parser (`mailbox` and
`email`: every message parsed, its text decoded), in turns with ours. Peaks are of whole processes; the exports are
written by processes of their own, because a child's peak is never below that of the process that starts it.
"""

from __future__ import annotations

import argparse
import csv
import html
import io
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import measuring

Row = dict[str, str]
_COMMENTS = 4_000
_SEPARATOR = re.compile(r"^(?=>*From )", re.M)  # what a mailbox escapes in a body


def _hypertext(text: str) -> str:
    """Write a text as a forum does: paragraphs, a link, a quote, an emphasis, a line of code."""
    parts = [f"<p>{html.escape(part)}.</p>" for part in text.split(". ")]
    quote = f"<blockquote>\n<p>{html.escape(text[:60])}</p>\n</blockquote>"
    link = f'<p><a href="https://forum.example.org/t/1" rel="nofollow">see</a> <em>{html.escape(text[:20])}</em></p>'
    return "\n".join([quote, *parts, link, "<pre><code>x = 1\n</code></pre>"])


def _hacker_news(rows: Iterator[Row]) -> Iterator[str]:
    yield "[\n"
    for number, row in enumerate(rows, 1):
        moment = int(datetime.fromisoformat(row["created_at"]).timestamp())
        said = {"id": number, "type": "comment", "by": row["author"], "time": moment, "parent": max(1, number // 2)}
        yield ("" if number == 1 else ",\n") + json.dumps({**said, "text": f"<p>{html.escape(row['text'])}"})
    yield "\n]\n"


def _pushshift(rows: Iterator[Row]) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        moment = int(datetime.fromisoformat(row["created_at"]).timestamp())
        said = {"id": f"k{number}", "author": row["author"], "created_utc": moment, "body": row["text"], "score": 3}
        said |= {"parent_id": "t3_abc", "link_id": "t3_abc", "subreddit": "kettles", "name": f"t1_k{number}"}
        yield json.dumps({**said, "permalink": f"/r/kettles/comments/abc/x/k{number}/"}) + "\n"


def _discourse(rows: Iterator[Row]) -> Iterator[str]:
    """Give topics of twenty posts, each topic on a line."""
    topic = 0
    while posts := list(islice(rows, 20)):
        topic += 1
        said = [
            {"id": at, "username": row["author"], "created_at": row["created_at"], "cooked": _hypertext(row["text"]),
             "post_number": at, "post_type": 1, "topic_id": topic, "topic_slug": "kettles", "version": 1}
            for at, row in enumerate(posts, 1)
        ]  # fmt: skip
        yield json.dumps({"post_stream": {"posts": said}, "id": topic, "slug": "kettles", "title": "Kettles"}) + "\n"


def _table(rows: Iterator[Row]) -> Iterator[str]:
    names = ["number", "author", "created_at", "title", "url", "text"]
    line = io.StringIO()
    writer = csv.DictWriter(line, names, extrasaction="ignore")
    writer.writeheader()
    for number, row in enumerate(rows, 1):
        writer.writerow({**row, "number": str(number)})
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _dump(rows: Iterator[Row]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n<comments>\n'
    for number, row in enumerate(rows, 1):
        moment = row["created_at"].removesuffix("Z")
        yield (
            f'  <row Id="{number}" PostId="1" Score="2" Text="{html.escape(row["text"])}" CreationDate="{moment}" '
            'UserId="7" ContentLicense="CC BY-SA 4.0" />\n'
        )
    yield "</comments>\n"


def _mailbox(rows: Iterator[Row]) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        moment = datetime.fromisoformat(row["created_at"])
        body = _SEPARATOR.sub(">", "\n".join(row["text"].split(". ")))
        quoted = "\n".join(f"> {line}" for line in body.split("\n")[:3])
        yield (
            f"From {row['author']}@example.org {moment:%a %b %d %H:%M:%S %Y}\nFrom: {row['author']} "
            f"<{row['author']}@example.org>\nDate: {format_datetime(moment)}\nSubject: {row['title']}\n"
            f"Message-ID: <{number}@example.org>\nIn-Reply-To: <{max(1, number // 2)}@example.org>\n"
            f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
            f"On Monday, someone wrote:\n{quoted}\n\n{body}\n-- \n{row['author']}\n\n"
        )


_FORMATS: dict[str, Callable[[Iterator[Row]], Iterator[str]]] = {
    "hackernews (JSON)": _hacker_news,
    "reddit (JSON lines)": _pushshift,
    "discourse (HTML in JSON)": _discourse,
    "table (CSV)": _table,
    "stackexchange (XML)": _dump,
    "mbox": _mailbox,
}
_READ = """
import sys, time
from pathlib import Path
from qa.formats import read_comments
started = time.perf_counter()
reader = read_comments(Path(sys.argv[1]), "source")
print(sum(1 for _ in reader), time.perf_counter() - started, reader.format)
"""
_BARE = """
import mailbox, sys, time
started = time.perf_counter()
count = 0
for message in mailbox.mbox(sys.argv[1]):
    payload = message.get_payload(decode=True)
    payload.decode(message.get_content_charset() or "utf-8", "replace")
    message["from"], message["date"], message["subject"], message["message-id"]
    count += 1
print(count, time.perf_counter() - started, "mailbox")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help="the first letters of some (default: all)")
    parser.add_argument("--mb", type=float, default=20, help="size of an export (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="turns of each side (default: %(default)s)")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        print(_write(given.write, _FORMATS[given.formats[0]], given.mb))
        return
    print(f"exports of {given.mb:g} MB and of four times that; median of {given.runs} runs (least-most)")
    print(f"{'':26}{'MB/s':>22}  {'comments/s':>12}  {'peak, MiB':>10}  {'of 4x, MiB':>10}")
    with tempfile.TemporaryDirectory() as work:
        for name in _FORMATS:
            if not given.formats or any(name.startswith(one) for one in given.formats):
                _measure(name, Path(work), given)


def _measure(name: str, work: Path, given: argparse.Namespace) -> None:
    small, large = (_Export(name, work / f"{times}.txt", given.mb * times) for times in (1, 4))
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
        print(f"{side:26}{shown:>22}  {each:>12,.0f}  {peak:>10,.0f}  {whole:>10,.0f}", flush=True)
    if len(medians) == 2:
        print(f"  ours is {medians[0] / medians[1]:.2f} of it")


class _Export:
    """An export of about so many megabytes, written on the spot."""

    def __init__(self, name: str, path: Path, mb: float) -> None:
        self.path = path
        command = [sys.executable, __file__, name, "--write", str(path), "--mb", str(mb)]
        self.comments = int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _write(path: Path, made: Callable[[Iterator[Row]], Iterator[str]], mb: float) -> int:
    """Write an export; return how many comments are in it."""
    from invented import Invention

    rows = [row for thread in Invention(_COMMENTS).threads() for row in thread.rows]
    size = count = 0
    with path.open("w", encoding="utf-8", newline="") as file:

        def until_large() -> Iterator[Row]:
            nonlocal count
            for row in cycle(rows):
                if size >= mb * 1e6:
                    return
                count += 1
                yield row

        for piece in made(until_large()):
            size += len(piece.encode())
            file.write(piece)
    return count


def _run(code: str, export: _Export) -> measuring.Measured:
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
