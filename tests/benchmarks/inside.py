"""What `scale.py` measures from within a process, so that the models are loaded once; run by it.

python tests/benchmarks/inside.py qa DIR           # for each {"question", ...} on standard input: the seconds it took
python tests/benchmarks/inside.py baseline DIR     # the same of the baseline
python tests/benchmarks/inside.py recall DIR       # how many of the ten nearest the index finds
python tests/benchmarks/inside.py edit DIR TURN    # edit one comment, another one each turn
python tests/benchmarks/inside.py update DIR       # the seconds that the commit of an update took
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from likeness import load, unit

import qa
from qa.encoder import load_encoder
from qa.index import IndexWriter, open_snapshot
from qa.records import Filters

_NEAREST = 10
_QUERIES = 250
_BLOCK = 20_000
_DAY_NS = 86_400_000_000_000
# Cosines are taken of the stored vectors on both sides; sums of them differ in the last digits.
_ROUNDING = 1e-5


def main() -> None:
    command, folder = sys.argv[1], Path(sys.argv[2])
    if command == "qa":
        _serve(_ours(folder))
    elif command == "baseline":
        _serve(_theirs(folder))
    elif command == "recall":
        print(json.dumps(_recall(folder)))
    elif command == "edit":
        _edit(folder / "sources", int(sys.argv[3]))
    else:
        print(json.dumps(_update(folder)))


def _serve(ask: Callable[..., object]) -> None:
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        started = time.perf_counter()
        ask(**asked)
        print(time.perf_counter() - started, flush=True)


def _ours(folder: Path) -> Callable[..., object]:
    return qa.open(folder / "index").ask


def _theirs(folder: Path) -> Callable[..., object]:
    """Return what `baseline.ask` does after its files are loaded."""
    import baseline
    import faiss

    model = baseline.load_model()
    flat = faiss.read_index(str(folder / "baseline.faiss"))
    rows = json.loads((folder / "baseline.json").read_text(encoding="utf-8"))

    def ask(question: str) -> list[tuple[float, str]]:
        scores, found = flat.search(model.encode([question], normalize_embeddings=True), baseline.BEST)
        return [(float(score), rows[at]["text"]) for score, at in zip(scores[0], found[0], strict=True)]

    return ask


def _recall(folder: Path) -> dict[str, float]:
    """Return the share of the ten nearest that are found: for vectors like the passages', and for questions."""
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    encoder = load_encoder(about["model"])
    held_out = load(folder / "likeness.npz").vectors([f"held out {at}" for at in range(_QUERIES)])
    asked = np.stack([encoder.encode_query(question) for question in about["questions"]])
    bars = _tenth_best(folder, np.concatenate([held_out, asked]))
    shares: list[float] = []
    with open_snapshot(folder / "index") as snapshot:
        everything, _ = snapshot.scope(Filters())
        for query, bar in zip([*held_out, *asked], bars, strict=True):
            _, found = snapshot.search_vectors(query, _NEAREST, everything)
            exact = (found @ query).tolist()
            shares.append(sum(cosine >= bar - _ROUNDING for cosine in exact) / _NEAREST)
    return {"like passages": float(np.mean(shares[:_QUERIES])), "questions": float(np.mean(shares[_QUERIES:]))}


def _tenth_best(folder: Path, queries: Any) -> Sequence[float]:
    """Return the cosine of each query's tenth nearest of all stored vectors, read block by block past the program."""
    connection = sqlite3.connect(folder / "index" / "index.sqlite3")
    stored = connection.execute("SELECT vector FROM passages JOIN vectors USING (vector_key)")
    best = np.full((len(queries), _NEAREST), -1, np.float32)
    while blobs := stored.fetchmany(_BLOCK):
        rows = np.frombuffer(b"".join(blob for (blob,) in blobs), np.float16).reshape(len(blobs), -1)
        both = np.concatenate([best, queries @ unit(rows.astype(np.float32)).T], axis=1)
        best = -np.partition(-both, _NEAREST - 1, axis=1)[:, :_NEAREST]
    connection.close()
    return [float(bar) for bar in best.min(axis=1)]


def _edit(sources: Path, turn: int) -> None:
    """Edit one comment that nobody answered, in the middle of a file."""
    files = sorted(sources.iterdir())
    path = files[turn % len(files)]
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    answered = {row.get("parent_id") for row in rows}
    row = next(row for row in rows[len(rows) // 2 :] if row["id"] not in answered)
    now = time.time_ns()
    row["text"] = f"Edited at {now}: {row['text']}"[:300]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    # Another time than before, and not so near to now that the file would be hashed at every question.
    past = now - _DAY_NS
    os.utime(path, ns=(past, past))


def _update(folder: Path) -> dict[str, float]:
    """Update the index and return how long its commit took."""
    commit, taken = IndexWriter.commit, []

    def timed(self: IndexWriter, notice: Callable[[str], None]) -> None:
        started = time.perf_counter()
        commit(self, notice)
        taken.append(time.perf_counter() - started)

    IndexWriter.commit = timed  # type: ignore[method-assign]
    report = qa.open(folder / "index").update()
    return {"commit": taken[0], "encoded": report.encoded}


if __name__ == "__main__":
    main()
