"""The figures agree with a direct computation by sentence-transformers, as published figures are made."""

from __future__ import annotations

import json
import shutil
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import qa
from qa.encoder import DEFAULT_MODEL
from qa.encoder.model_files import find_model
from tests.evaluation.tiny import write_lines

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

QUESTIONS = 16
OTHERS = 24
# So much of a text fits the model with its title: nothing is cut, by whoever.
SHORT = 500

pytestmark = [pytest.mark.model, pytest.mark.shared]


def subset(source: Path, folder: Path, longest: int | None) -> Path:
    """Write the first questions of a BEIR folder, the documents that answer them and some more."""
    (folder / "qrels").mkdir(parents=True)
    rows = [line.split("\t") for line in (source / "qrels" / "dev.tsv").read_text().splitlines()[1:]]
    asked = list(dict.fromkeys(query for query, _, _ in rows))[:QUESTIONS]
    kept = [row for row in rows if row[0] in asked]
    (folder / "qrels" / "dev.tsv").write_text("".join("\t".join(row) + "\n" for row in kept), encoding="utf-8")
    answering = {document for _, document, _ in kept}
    corpus = [json.loads(line) for line in (source / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    chosen = [one for at, one in enumerate(corpus) if at < OTHERS or one["_id"] in answering]
    write_lines(folder / "corpus.jsonl", ({**one, "text": one["text"][:longest].strip()} for one in chosen))
    shutil.copy(source / "queries.jsonl", folder)
    return folder


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(find_model(DEFAULT_MODEL).folder), device="cpu")


def direct(folder: Path, model: SentenceTransformer) -> float:
    """The nDCG@10 of title + text, cut by the model itself, by cosine: no line of it from qa."""

    def rows(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]

    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels" / "dev.tsv").read_text().splitlines():
        query, document, _ = line.split("\t")
        relevant.setdefault(query, set()).add(document)
    corpus, queries = rows("corpus.jsonl"), [one for one in rows("queries.jsonl") if one["_id"] in relevant]
    documents = model.encode([f"{one['title']} {one['text']}" for one in corpus], normalize_embeddings=True)
    questions = model.encode([one["text"] for one in queries], normalize_embeddings=True)
    figures = []
    for one, scores in zip(queries, questions @ documents.T, strict=True):
        best = [corpus[at]["_id"] for at in np.argsort(-scores)[:10]]
        wanted = relevant[one["_id"]]
        gain = sum(1 / log2(place + 2) for place, found in enumerate(best) if found in wanted)
        figures.append(gain / sum(1 / log2(place + 2) for place in range(min(10, len(wanted)))))
    return float(np.mean(figures))


@pytest.mark.parametrize(("modes", "longest"), [(["baseline"], None), (["baseline", "dense"], SHORT)])
def test_figures_are_those_of_a_direct_computation(
    modes: list[str], longest: int | None, shared: Path, model: SentenceTransformer, tmp_path: Path
) -> None:
    folder = subset(shared / "benchmarks" / "scifact", tmp_path / "scifact", longest)
    qa.build([folder / "corpus.jsonl"], tmp_path / "ix", model=DEFAULT_MODEL)
    found = qa.evaluate(folder, tmp_path / "ix", mode=modes[0], compare=modes)
    assert (found.questions, [one.mode for one in found.modes]) == (QUESTIONS, modes)
    expected = direct(folder, model)
    for one in found.modes:
        assert one.metrics["nDCG@10"] == pytest.approx(expected, abs=1e-4)
