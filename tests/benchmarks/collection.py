"""Make collections of any size without encoding them, for the program and for the baseline.

python tests/benchmarks/collection.py seeds OUT.npy              # real comments, encoded once
python tests/benchmarks/collection.py make DIR SIZE --seeds OUT.npy    # sources, what the baseline reads, questions
python tests/benchmarks/collection.py index DIR                  # the program's index, its build timed
python tests/benchmarks/collection.py compare DIR SIZE           # real vectors beside the made ones, as a table

The sources are files of invented comments (`invented.py`), whose vectors lie as real ones do (`likeness.py`). The index
says that it was made by the real encoder, so that the installed program answers from it and updates it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import corpus
import numpy as np
from invented import HALF, SOURCES, Invention
from likeness import Likeness, LikeReal, Rows, load, nearest, save, unit

from qa.encoder import DEFAULT_MODEL, PassageInput, load_encoder
from qa.formats import read_comments
from qa.index import IndexWriter, open_writer
from qa.sources import Root, fingerprint
from qa.store import SourceRecord

QUESTIONS = 250
_SEEDS = 5000
_BLOCK = 4096
_COPY = re.compile(r" \[\d+\]$")  # what `corpus.spread` adds where there are fewer than wanted
_LONG_AGO = 1_700_000_000  # a file's time: one that has just been written would be hashed at every question


def seeds(out: Path, given: argparse.Namespace) -> None:
    """Encode real comments, each of which fits the model, in no particular order."""
    encoder = load_encoder(given.model)
    with tempfile.TemporaryDirectory() as work:
        file = Path(work) / "comments.jsonl"
        corpus.written(given, file, fitting=True)
        texts = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
    texts = [text for text in texts if not _COPY.search(text)]
    rows = np.stack([one.vector for one in encoder.encode_passages([PassageInput("", text, ()) for text in texts])])
    different = np.unique(rows, axis=0)
    np.save(out, different[np.random.default_rng(0).permutation(len(different))])


def make(folder: Path, size: int, seeds_path: Path, model: str) -> None:
    """Write sources/, likeness.npz, about.json and the baseline's files."""
    invention = Invention(size)
    likeness = Likeness.of(np.load(seeds_path)).fitted(size, print)
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "likeness.npz", likeness)
    _write_sources(folder / "sources", invention)
    _write_baseline(folder, likeness)
    about = {
        "size": size,
        "model": model,
        "questions": invention.questions(QUESTIONS),
        "since": HALF,
        "author": _narrow(invention),
    }
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def _narrow(invention: Invention) -> str:
    """Return an author who wrote some thousandths of the comments."""
    return invention.authors[min(30, len(invention.authors) - 1)]


def _write_sources(folder: Path, invention: Invention) -> None:
    folder.mkdir(exist_ok=True)
    files = [folder / f"forum-{source + 1:02}.jsonl" for source in range(SOURCES)]
    open_files = [path.open("w", encoding="utf-8") for path in files]
    for thread in invention.threads():
        open_files[thread.source].writelines(json.dumps(row) + "\n" for row in thread.rows)
    for path, file in zip(files, open_files, strict=True):
        file.close()
        os.utime(path, (_LONG_AGO, _LONG_AGO))


def _write_baseline(folder: Path, likeness: Likeness) -> None:
    """Write what `baseline.py index` would, with the vectors that the program gets for the same texts."""
    import faiss

    flat = faiss.IndexFlatIP(likeness.seeds.shape[1])
    rows = _bare_rows(folder / "sources")
    with (folder / "baseline.json").open("w", encoding="utf-8") as file:
        before = "["
        while block := list(islice(rows, _BLOCK)):
            flat.add(likeness.vectors([row["text"] for row in block]))
            file.write(before + json.dumps(block)[1:-1])
            before = ", "
        file.write("]")
    faiss.write_index(flat, str(folder / "baseline.faiss"))


def _bare_rows(sources: Path) -> Iterator[dict[str, str]]:
    for path in sorted(sources.iterdir()):
        with path.open(encoding="utf-8") as file:
            for row in map(json.loads, file):
                yield {"id": row["id"], "text": row["text"]}


def index(folder: Path) -> None:
    """Build the index as `qa index DIR/sources` does and write how long each step took to built.json."""
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    encoder = LikeReal(load_encoder(about["model"]), load(folder / "likeness.npz"))
    root = Root("folder", str((folder / "sources").absolute()))
    clock = _Clock()
    with open_writer(folder / "index", encoder) as writer:
        with writer.reading(keep=True):
            writer.remember(root)
            for path in sorted(Path(root.path).iterdir()):
                _read(writer, root, path)
            clock.took("read")
            writer.plan(lambda count: None)
            comments, passages = writer.totals()
        clock.took("cut")
        writer.encode(lambda count: None)
        clock.took("keep vectors", less=encoder.seconds)
        writer.commit(print)
        clock.took("commit")
    built = {"comments": comments, "passages": passages, "seconds": clock.seconds}
    (folder / "built.json").write_text(json.dumps(built), encoding="utf-8")


def _read(writer: IndexWriter, root: Root, path: Path) -> None:
    reader = read_comments(path, path.name)
    seen = fingerprint(path, time.time_ns())
    writer.compare(path.name, str(path), reader)
    left_out = (0, 0, 0, 0)
    count = reader.counts.comments
    record = (path.name, str(path), root.path, reader.format, reader.decided, seen, count)
    writer.record(SourceRecord(*record, *left_out))


class _Clock:
    """How long each step took, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def took(self, step: str, less: float = 0.0) -> None:
        now = time.perf_counter()
        self.seconds[step] = now - self._last - less
        self._last = now


def compare(folder: Path, size: int) -> None:
    """Print quantiles of real and made vectors: as many made as real ones, and `size` of them."""
    likeness = load(folder / "likeness.npz")
    real = likeness.seeds
    queries = [f"held out {at}" for at in range(400)]
    some = likeness.vectors([*queries, *(f"made {at}" for at in range(len(real) - len(queries)))])
    found = np.full(len(queries), -1, np.float32)
    for at in range(0, size, _BLOCK):
        texts = [f"made {number}" for number in range(at, min(size, at + _BLOCK))]
        found = np.maximum(found, (likeness.vectors(queries) @ likeness.vectors(texts).T).max(axis=1))
    print(f"| | real {len(real):,} | made {len(real):,} | made {size:,} |\n|---|---|---|---|")
    columns = [nearest(rows, 2000, [len(rows)])[0] for rows in (real, some)] + [found]
    print(f"| nearest neighbour's cosine: 5, 25, 50, 75, 95 % | {' | '.join(map(_quantiles, columns))} |")
    print(f"| a random pair's cosine, the same | {_pairs(real)} | {_pairs(some)} | |")
    print(f"| participation ratio of the covariance | {_participation(real):.0f} | {_participation(some):.0f} | |")


def _quantiles(values: Rows) -> str:
    return " ".join(f"{value:.2f}" for value in np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]))


def _pairs(rows: Rows) -> str:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, len(rows), (2, 20_000))
    different = one != other
    return _quantiles((rows[one] * rows[other]).sum(axis=1)[different])


def _participation(rows: Rows) -> float:
    """Return over how many directions vectors spread: the eigenvalues' sum squared over the sum of their squares."""
    values = np.linalg.eigvalsh(np.cov(unit(rows).T))
    return float(values.sum() ** 2 / (values**2).sum())


def main() -> None:
    given = _parser().parse_args()
    if given.command == "seeds":
        seeds(given.out, given)
    elif given.command == "make":
        make(given.folder, given.size, given.seeds, given.model)
    elif given.command == "index":
        index(given.folder)
    else:
        compare(given.folder, given.size)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one, two, three, four = (commands.add_parser(name) for name in ("seeds", "make", "index", "compare"))
    one.add_argument("out", type=Path)
    corpus.add_arguments(one, limit=_SEEDS)
    for command in (two, three, four):
        command.add_argument("folder", type=Path)
    for command in (two, four):
        command.add_argument("size", type=int)
    two.add_argument("--seeds", type=Path, required=True)
    for command in (one, two):
        command.add_argument("--model", default=DEFAULT_MODEL)
    return parser


if __name__ == "__main__":
    main()
