"""A BEIR folder: corpus.jsonl, queries.jsonl, and the judgements of each split in qrels/.

Source: Thakur et al., BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval Models, 2021.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from qa.errors import Malformed, SourceNotFound, UsageError
from qa.evaluation.judged import Asked, Gathered, counted
from qa.evaluation.lines import json_objects, text_lines

CORPUS = "corpus.jsonl"
QUERIES = "queries.jsonl"


def read_beir(folder: Path, split: str) -> Gathered:
    """Read the questions that a split judges.

    Raises: UsageError where the split is missing or judges nothing, SourceNotFound, Malformed.
    """
    judgements = _judgements(_qrels(folder, split))
    if not judgements:
        raise UsageError(f"{folder / 'qrels' / split}.tsv judges nothing", f"ls {shlex.quote(str(folder / 'qrels'))}")
    texts = _texts(folder / QUERIES)
    known = [key for key in judgements if texts.get(key, "").strip()]
    if not known:
        raise UsageError(
            f"no question of {folder / QUERIES} is judged in the split {split}", "qa eval PATH --split dev"
        )
    # A question that was judged and found without any answer says nothing of a ranking, nor that there is none.
    useful = [key for key in known if max(judgements[key].values()) >= 1]
    notes = [
        _note(len(judgements) - len(known), "judged and not in queries.jsonl, or empty"),
        _note(len(known) - len(useful), "judged, with no relevant document"),
        _note(len(texts.keys() - judgements.keys()), f"without a judgement in the split {split}"),
    ]
    if not useful:
        raise UsageError(f"{folder / 'qrels' / split}.tsv: {notes[1]}", "qa eval PATH --split dev")
    questions = tuple(Asked(key, texts[key], judgements[key]) for key in useful)
    return Gathered(questions, tuple(note for note in notes if note))


def _note(count: int, what: str) -> str:
    return f"{counted(count, 'question', 'questions')} left out: {what}" if count else ""


def _qrels(folder: Path, split: str) -> Path:
    path = folder / "qrels" / f"{split}.tsv"
    if path.is_file():
        return path
    there = sorted(one.stem for one in (folder / "qrels").glob("*.tsv"))
    if not there:
        raise SourceNotFound(f"{folder / 'qrels'} holds no judgements (.tsv)", f"ls {shlex.quote(str(folder))}")
    fact = f"{folder} has no split {split!r}; it has: {', '.join(there)}"
    raise UsageError(fact, f"qa eval {shlex.quote(str(folder))} --split {there[0]}")


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    """Read question, document, grade; as BEIR writes them, or as TREC does, with a column between that says nothing."""
    found: dict[str, dict[str, int]] = {}
    first = True
    for number, line in text_lines(path):
        parts = line.split("\t") if "\t" in line else line.split()
        header, first = first, False
        grade = _grade(parts[-1])
        if grade is None and header:
            continue
        if grade is None or len(parts) not in (3, 4):
            fact = "not a question, a document and a whole number, separated by tabs"
            raise Malformed(path, number, fact, f"sed -n {number}p {shlex.quote(str(path))}")
        found.setdefault(parts[0].strip(), {})[parts[-2].strip()] = grade
    return found


def _grade(written: str) -> int | None:
    try:
        grade = float(written)
    except ValueError:
        return None
    return int(grade) if grade == int(grade) else None


def _texts(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for number, query in json_objects(path):
        key, text = query.get("_id"), query.get("text")
        if not isinstance(key, str | int) or not isinstance(text, str):
            raise Malformed(path, number, 'no "_id" and "text"', f"sed -n {number}p {shlex.quote(str(path))}")
        if texts.setdefault(str(key), text) != text:
            raise Malformed(path, number, f"the _id {key!r} stands for two questions", f"grep -n {key} {path}")
    return texts
