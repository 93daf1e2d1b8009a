"""Write the comments that a benchmark runs on: one {"id", "text"} a line, no two texts alike, no title, no thread.

It runs in a process of its own (`written`): what measures memory must stay small itself, see `measuring.run`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import count, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "qa" / "sample" / "comments.jsonl"


def add_arguments(parser: argparse.ArgumentParser, limit: int) -> None:
    """Add the arguments that say which comments to run on."""
    parser.add_argument("comments", nargs="?", type=Path, help="a file of comments, in any format that qa reads")
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT / os.environ.get("QA_TEST_DATA", "../shared"),
        help="without a file: the folder whose exports/csv/*_comments.csv are read (default: QA_TEST_DATA or "
        "../shared); the sample that comes with the program where there are none",
    )
    parser.add_argument("--limit", type=int, default=limit, help="how many comments (default: %(default)s)")


def written(given: argparse.Namespace, out: Path, *, fitting: bool = False) -> int:
    """Write given.limit comments to `out`; fitting: only those that are one passage. Return how many were left out."""
    files = [given.comments] if given.comments else sorted(given.data.glob("exports/csv/*_comments.csv")) or [SAMPLE]
    command = [sys.executable, __file__, str(out), str(given.limit), *map(str, files), *(["--fitting"] * fitting)]
    child = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    print(f"{given.limit:,} comments from {', '.join(file.name for file in files)}")
    return int(child.stdout)


def spread(texts: list[str], limit: int) -> list[str]:
    """Return `limit` texts, evenly spaced; where there are fewer, more copies, each numbered so that it is new.

    >>> spread(["a", "b", "c", "d"], 2), spread(["a", "b"], 5)
    (['a', 'c'], ['a', 'b', 'a [2]', 'b [2]', 'a [3]'])
    """
    if len(texts) >= limit:
        return [texts[i * len(texts) // limit] for i in range(limit)]
    return list(islice(_rounds(texts), limit))


def _rounds(texts: list[str]) -> Iterator[str]:
    yield from texts
    for number in count(2):
        yield from (f"{text} [{number}]" for text in texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("limit", type=int)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--fitting", action="store_true", help="only comments that are one passage whole")
    given = parser.parse_args()
    texts = list(dict.fromkeys(_texts(given.files)))
    kept = _fitting(texts) if given.fitting else texts
    if not kept:
        raise SystemExit("no comments to run on")
    rows = ({"id": f"c{at}", "text": text} for at, text in enumerate(spread(kept, given.limit), start=1))
    given.out.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    print(len(texts) - len(kept))


def _texts(files: Iterable[Path]) -> Iterator[str]:
    from qa.formats import read_comments

    for file in files:
        yield from (comment.text.strip() for comment in read_comments(file, file.name))


def _fitting(texts: Iterable[str]) -> list[str]:
    from qa.encoder import load_encoder

    encoder = load_encoder()
    spare = 8  # for the number that `spread` may add
    offsets = encoder.token_offsets(texts)
    return [text for text, some in zip(texts, offsets, strict=True) if len(some) <= encoder.max_tokens - spare]


if __name__ == "__main__":
    main()
