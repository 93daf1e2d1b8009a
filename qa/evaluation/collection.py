"""The index of a BEIR folder's corpus: kept in the user's cache, brought up to date before each evaluation."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from qa.building import build
from qa.encoder import DEFAULT_MODEL, cache_folder, fast_name
from qa.evaluation.beir import CORPUS
from qa.events import Events


def corpus_beside(questions: Path) -> Path | None:
    """Return the corpus that a BEIR folder, or a file of questions in one, asks; None where there is none."""
    corpus = (questions if questions.is_dir() else questions.parent) / CORPUS
    return corpus if corpus.is_file() else None


def kept_index(corpus: Path, model: str | None, fast: bool, events: Events) -> Path:
    """Return the folder of the corpus's index for a model, made or brought up to date."""
    folder = _place(corpus, model, fast)
    exists = (folder / "index.sqlite3").is_file()
    events.notice(
        f"{corpus}: {'brought up to date' if exists else 'indexed'} in {folder}, kept for the next evaluation"
    )
    build([corpus], folder, model=model, fast=fast, events=events)
    events.finished()
    return folder


def _place(corpus: Path, model: str | None, fast: bool) -> Path:
    name = model or os.environ.get("QA_MODEL") or DEFAULT_MODEL
    what = f"{corpus}|{fast_name(name) if fast else name}"
    words = re.sub(r"[^\w.-]", "_", corpus.parent.name)
    return cache_folder() / "evaluations" / f"{words}-{hashlib.sha256(os.fsencode(what)).hexdigest()[:12]}"
