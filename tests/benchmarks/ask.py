"""One question, asked from a cold start: the whole process of `qa ask` against that of the baseline.

python tests/benchmarks/ask.py [COMMENTS] [--limit 2000] [--runs 5] [--baseline SCRIPT]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import corpus
import measuring

QUESTION = "What do people find hardest to believe about this?"
# 1: no good answer. It is found in the same way.
ANSWERED = (0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus.add_arguments(parser, limit=2000)
    measuring.add_arguments(parser, runs=5)
    measuring.add_baseline(parser)
    parser.add_argument("--question", default=QUESTION)
    given = parser.parse_args()
    env = measuring.fair(given.threads)
    with tempfile.TemporaryDirectory() as work:
        comments, ours, theirs = Path(work) / "comments.jsonl", str(Path(work) / "qa"), str(Path(work) / "baseline")
        corpus.written(given, comments)
        measuring.run([measuring.qa(), "index", str(comments), "--index", ours], env)
        measuring.run(measuring.baseline(given.baseline, "index", str(comments), theirs), env)

        def ask_ours() -> measuring.Measured:
            return measuring.run([measuring.qa(), "ask", given.question, "--index", ours], env, ANSWERED)

        def ask_theirs() -> measuring.Measured:
            return measuring.run(measuring.baseline(given.baseline, "ask", theirs, given.question), env)

        measuring.in_turns(1, ask_ours, ask_theirs)  # so that both find their files in memory
        a, b = measuring.in_turns(given.runs, ask_ours, ask_theirs)
    print(f"one question, {given.runs} turns, {given.threads} threads; median (least-most)")
    rows = [
        measuring.Row("wall time, s", [one.wall for one in a], [one.wall for one in b]),
        measuring.Row("CPU time, s", [one.cpu for one in a], [one.cpu for one in b]),
        measuring.Row("peak memory, MiB", [one.peak for one in a], [one.peak for one in b]),
    ]
    print(measuring.table(rows))


if __name__ == "__main__":
    main()
