"""Encoding at full precision: passages a second against sentence-transformers, and whether the vectors are the same.

Every comment is one passage and fits the model whole, so that both sides encode the same text; the program also makes
the vectors of its sentences. Exit code 1: some vector differs from the baseline's.

python tests/benchmarks/encode.py [COMMENTS] [--limit 2000] [--runs 3] [--baseline SCRIPT]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

import corpus
import measuring

LEAST_COSINE = 0.9999
ENCODE_PASSAGES = Path(__file__).with_name("encode_passages.py")
_SAID = re.compile(r"encoded (\d+) in ([\d.]+) s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus.add_arguments(parser, limit=2000)
    measuring.add_arguments(parser, runs=3)
    measuring.add_baseline(parser)
    given = parser.parse_args()
    env = measuring.fair(given.threads)
    with tempfile.TemporaryDirectory() as work:
        comments, out = Path(work) / "comments.jsonl", str(Path(work) / "out")
        left_out = corpus.written(given, comments, fitting=True)
        print(f"{left_out:,} were left out: they are longer than one passage")
        few = Path(work) / "few.jsonl"
        few.write_text("".join(comments.read_text(encoding="utf-8").splitlines(keepends=True)[:8]), encoding="utf-8")
        _turns(few, out, given.baseline, 1, env)  # so that all find their files in memory
        encoder, index, baseline = _turns(comments, out, given.baseline, given.runs, env)
        least, mean = _agreement(out)
    print(f"{given.runs} turns, {given.threads} threads; median (least-most)")
    rows = [
        measuring.Row("encoding, passages/s", _rates(encoder), _rates(baseline), more_is_better=True),
        measuring.Row("whole index command, s", [one.wall for one in index], [one.wall for one in baseline]),
        measuring.Row("its peak memory, MiB", [one.peak for one in index], [one.peak for one in baseline]),
    ]
    print(measuring.table(rows))
    print(f"cosine of the two sides' vectors: least {least:.6f}, mean {mean:.6f}")
    if least < LEAST_COSINE:
        sys.exit(f"the vectors differ: the least cosine is below {LEAST_COSINE}")


def _turns(
    comments: Path, out: str, baseline: Path, runs: int, env: dict[str, str]
) -> tuple[list[measuring.Measured], list[measuring.Measured], list[measuring.Measured]]:
    """Return what the encoder alone, the whole `qa index` and the baseline measured."""

    def encoder() -> measuring.Measured:
        return measuring.run([sys.executable, str(ENCODE_PASSAGES), str(comments), f"{out}.npy"], env)

    def index() -> measuring.Measured:
        with tempfile.TemporaryDirectory(dir=comments.parent) as fresh:
            return measuring.run([measuring.qa(), "index", str(comments), "--index", fresh], env)

    def theirs() -> measuring.Measured:
        return measuring.run(measuring.baseline(baseline, "index", str(comments), out), env)

    one, two, three = measuring.in_turns(runs, encoder, index, theirs)
    return one, two, three


def _rates(runs: list[measuring.Measured]) -> list[float]:
    """Return the passages a second that each run said."""
    said = [_SAID.search(one.output) for one in runs]
    return [int(match[1]) / float(match[2]) for match in said if match]


def _agreement(out: str) -> tuple[float, float]:
    """Return the least and the mean cosine of the vectors that both sides wrote."""
    import faiss
    import numpy as np

    flat = faiss.read_index(f"{out}.faiss")
    cosines = (np.load(f"{out}.npy") * flat.reconstruct_n(0, flat.ntotal)).sum(axis=1)
    return float(cosines.min()), float(cosines.mean())


if __name__ == "__main__":
    main()
