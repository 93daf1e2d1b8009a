"""One evaluation from beginning to end: gather questions, ask them in each mode, measure, compare."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from qa.assistant import DEFAULT_INDEX, Assistant
from qa.encoder import DEFAULT_MODEL, load_encoder
from qa.errors import UsageError
from qa.evaluation.asking import Asker, Product, ask_all
from qa.evaluation.baseline import Baseline
from qa.evaluation.beir import QUERIES, read_beir
from qa.evaluation.collection import corpus_beside, kept_index
from qa.evaluation.files import read_questions
from qa.evaluation.judged import Gathered, Judged, counted
from qa.evaluation.matching import match
from qa.evaluation.sentences import rightly_chosen
from qa.evaluation.significance import difference
from qa.evaluation.silver import mine as mine_questions
from qa.events import Events
from qa.index import encoder_name, open_snapshot
from qa.questions import checked_mode
from qa.reports import BASELINE, Evaluation

_SILENT = Events()


def evaluate(
    path: str | os.PathLike[str] | None = None,
    index: str | os.PathLike[str] | None = None,
    *,
    mode: str = "hybrid",
    compare: Sequence[str] = (),
    split: str = "dev",
    mine: bool = False,
    model: str | None = None,
    fast: bool = False,
    events: Events = _SILENT,
) -> Evaluation:
    """Ask questions whose answers are known and return how well they were answered.

    path is a BEIR folder, of which split is judged, or a file of questions; mine takes questions from the index itself
    instead. A BEIR folder's corpus is indexed into the user's cache (by model, fast) unless an index is given; anything
    else is asked of the default index. compare names modes to compare with; beside those of `Assistant.ask` there is
    "baseline", the model alone. Raises: UsageError, SourceError, EncoderError, IndexStoreError.
    """
    modes = [one if one == BASELINE else checked_mode(one) for one in dict.fromkeys((mode, *compare))]
    if (path is None) != mine:
        fact = "questions come from a path or, with mine, from the index itself"
        raise UsageError(fact, "qa eval PATH, or qa eval --mine")
    questions = None if path is None else Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    gathered = None if questions is None else _gather(questions, split)
    corpus = None if questions is None else corpus_beside(questions)
    if questions is not None and questions.is_dir() and corpus is None and index is None:
        raise UsageError(f"{questions} has no corpus.jsonl, and no index is given", f"qa eval {questions} --index DIR")
    folder = _index(corpus, index, model, fast, events)
    judged, notes = _judged(gathered, folder, corpus)
    outcomes = [ask_all(_asker(one, folder, events), one, judged, events) for one in modes]
    first, *others = outcomes
    against = [
        replace(
            other.scores, against={name: difference(first.values[name], some) for name, some in other.values.items()}
        )
        for other in others
        if first.values
    ]
    sentence, more = _sentence(judged, folder, events)
    events.finished()
    return Evaluation(
        name=questions.name if questions else str(folder),
        index=str(folder),
        split=split if questions is not None and questions.is_dir() else None,
        silver=mine,
        questions=len(judged),
        answerable=sum(question.answerable for question in judged),
        modes=(first.scores, *(against or [other.scores for other in others])),
        sentence=sentence,
        notes=(*notes, *more, *first.notes),
    )


def _gather(path: Path, split: str) -> Gathered:
    if not path.is_dir():
        return read_questions(path)
    if not (path / QUERIES).is_file():
        fact = f"{path} is no BEIR folder: it has no {QUERIES}"
        raise UsageError(fact, "qa eval QUESTIONS.jsonl, or a folder with corpus.jsonl, queries.jsonl and qrels/")
    return read_beir(path, split)


def _index(
    corpus: Path | None, index: str | os.PathLike[str] | None, model: str | None, fast: bool, events: Events
) -> Path:
    if index is not None and (model or fast):
        raise UsageError("an index that is given has its model already", "qa eval PATH --model NAME")
    if index is not None:
        return Path(index)
    if corpus is not None:
        return kept_index(corpus, model, fast, events)
    return Path(os.environ.get("QA_INDEX") or DEFAULT_INDEX)


def _asker(mode: str, folder: Path, events: Events) -> Asker:
    if mode != BASELINE:
        return Product(Assistant(folder, events), checked_mode(mode))
    with open_snapshot(folder) as snapshot:
        return Baseline(snapshot, load_encoder(encoder_name(folder) or DEFAULT_MODEL, events.notice), events)


def _judged(gathered: Gathered | None, folder: Path, corpus: Path | None) -> tuple[list[Judged], list[str]]:
    with open_snapshot(folder) as snapshot:
        return (mine_questions(snapshot), []) if gathered is None else match(gathered, snapshot, corpus)


def _sentence(judged: Sequence[Judged], folder: Path, events: Events) -> tuple[float | None, list[str]]:
    """Return the share of the questions with marked sentences whose best sentence is one of them, and what was not."""
    marked = [question for question in judged if question.sentences and question.answerable]
    if not marked:
        return None, []
    encoder = load_encoder(encoder_name(folder) or DEFAULT_MODEL, events.notice)
    with open_snapshot(folder) as snapshot:
        found = [rightly_chosen(question, snapshot, encoder) for question in marked]
    told = [one for one in found if one is not None]
    notes = [] if len(told) == len(found) else [_unplaced(len(found) - len(told))]
    return (sum(told) / len(told) if told else None), notes


def _unplaced(count: int) -> str:
    return f"{counted(count, 'question', 'questions')} left out of the sentences: none marked stands in the comment"
