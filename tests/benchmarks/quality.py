"""How good the answers are, over BEIR folders with judged questions: ranking, refusals, sentences; one table.

python tests/benchmarks/quality.py FOLDER... [--split dev] [--fast] [--keep DIR]

* Ranking: nDCG@10 of the hybrid and of either side alone, by `qa.evaluate`; the last column is the mean of the folders.
* Refused, answerable: the share of a folder's own questions for which its index abstains. Refused, foreign: the same of
  the questions of all other folders, asked of this one; each of the others counts as much.
* Removed: the comments that answer are taken out of the corpus, the index is brought up to date, and the same questions
  are asked again. AUROC: how often an answerable question has the higher confidence, or cosine, of the two; one half is
  chance.
* Sentence: the share of questions whose best sentence is among those marked, where a folder has such a file
  (`answer_sentences_*.jsonl`).

--fast builds the indexes a second time with int8 weights and adds their nDCG@10.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import qa
from qa.evaluation.beir import read_beir

_MODES = ("dense", "words")


@dataclass(frozen=True)
class Collection:
    """A folder's corpus, copied so that it can be changed, its index, and the questions that it answers."""

    folder: Path
    corpus: Path
    index: Path
    questions: Mapping[str, str]
    answers: frozenset[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--split", default="dev", help="which judgements (default: %(default)s)")
    parser.add_argument("--fast", action="store_true", help="measure int8 weights too")
    parser.add_argument("--model", help="another model than the default")
    parser.add_argument("--keep", type=Path, help="keep the indexes here, and use those that are there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = given.keep or Path(temporary)
        collections = [_collection(folder, place, given.split, given.model) for folder in given.folders]
        rows = _ranking(collections, given.split)
        if given.fast:
            rows["nDCG@10, int8 weights"] = [_fast(one, place, given.split, given.model) for one in collections]
        rows |= _refusals(collections) | _sentences(collections) | _removed(collections)
    print(_table([one.folder.name for one in collections], rows))


def _collection(folder: Path, place: Path, split: str, model: str | None) -> Collection:
    work = place / folder.name
    work.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "corpus.jsonl", work / "corpus.jsonl")
    qa.build([work / "corpus.jsonl"], work / "index", model=model)
    asked = read_beir(folder, split).questions
    answers = {name for one in asked for name, grade in one.relevant.items() if grade >= 1}
    questions = {one.key: one.text for one in asked}
    return Collection(folder, work / "corpus.jsonl", work / "index", questions, frozenset(answers))


def _ranking(collections: Sequence[Collection], split: str) -> dict[str, list[float]]:
    found = [qa.evaluate(one.folder, one.index, compare=_MODES, split=split) for one in collections]
    names = ("hybrid", *_MODES)
    rows = {f"nDCG@10, {name}": [one.modes[at].metrics["nDCG@10"] for one in found] for at, name in enumerate(names)}
    best = [max(ranked) for ranked in zip(*(rows[f"nDCG@10, {mode}"] for mode in _MODES), strict=True)]
    rows["hybrid - its better side"] = [a - b for a, b in zip(rows["nDCG@10, hybrid"], best, strict=True)]
    rows["refused, answerable"] = [one.modes[0].refused_answerable for one in found]
    rows["p50 of an answer, ms"] = [one.modes[0].latency_p50 for one in found]
    return rows


def _fast(one: Collection, place: Path, split: str, model: str | None) -> float:
    index = place / one.folder.name / "index-int8"
    qa.build([one.corpus], index, fast=True, model=model)
    return qa.evaluate(one.folder, index, split=split).modes[0].metrics["nDCG@10"]


def _refusals(collections: Sequence[Collection]) -> dict[str, list[float]]:
    if len(collections) < 2:
        return {}
    shares = []
    for here in collections:
        assistant = qa.open(here.index)
        others = [list(there.questions.values()) for there in collections if there is not here]
        refused = [np.mean([assistant.ask(text, k=1).abstained for text in texts]) for texts in others]
        shares.append(float(np.mean(refused)))
    return {"refused, foreign": shares}


def _sentences(collections: Sequence[Collection]) -> dict[str, list[float]]:
    shares = [
        max(
            (qa.evaluate(path, one.index).sentence or 0.0 for path in one.folder.glob("answer_sentences_*.jsonl")),
            default=float("nan"),
        )
        for one in collections
    ]
    return {} if np.isnan(shares).all() else {"best sentence among those marked": shares}


def _removed(collections: Sequence[Collection]) -> dict[str, list[float]]:
    rows: dict[str, list[float]] = {"removed: AUROC of confidence": [], "removed: AUROC of cosine": []}
    for one in collections:
        there = _sure(one)
        lines = one.corpus.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if str(json.loads(line)["_id"]) not in one.answers]
        one.corpus.write_text("".join(kept), encoding="utf-8")
        qa.open(one.index).update()
        gone = _sure(one)
        one.corpus.write_text("".join(lines), encoding="utf-8")
        qa.open(one.index).update()
        for row, at in zip(rows.values(), (0, 1), strict=True):
            row.append(_auroc(there[:, at], gone[:, at]))
    return rows


def _sure(one: Collection) -> np.ndarray:
    """Return the confidence and the highest cosine of each question, shape (questions, 2)."""
    assistant = qa.open(one.index)
    answers = [assistant.ask(text, k=10) for text in one.questions.values()]
    return np.array([(found.confidence, max(hit.score for hit in found.citations)) for found in answers])


def _auroc(above: np.ndarray, below: np.ndarray) -> float:
    gaps = above[:, None] - below[None, :]
    return float(np.mean((gaps > 0) + 0.5 * (gaps == 0)))


def _table(names: Sequence[str], rows: Mapping[str, Sequence[float]]) -> str:
    lines = [["", *names, "mean"], ["---"] * (len(names) + 2)]
    for name, values in rows.items():
        known = [value for value in values if not np.isnan(value)]
        digits = 1 if name.endswith("ms") else 4
        shown = ["" if np.isnan(value) else f"{value:.{digits}f}" for value in (*values, float(np.mean(known)))]
        lines.append([name, *shown])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
