"""A BEIR folder of five documents and four questions, one of which nobody judged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

DOCUMENTS = {
    "d1": ("Ovens", "A stone oven keeps its heat for hours. It wants two hours of fire."),
    "d2": ("Ovens", "Gas heats in minutes."),
    "d3": ("Bread", "Rye bread rests for a day before it is cut."),
    "d4": ("Bread", "White bread is best warm."),
    "d5": ("Snow", "Snow fell on the drums all night."),
}
QUERIES = {
    "q1": "How long does a stone oven keep its heat?",
    "q2": "rye bread rests a day",
    "q3": "Did snow fall on drums?",
    "q4": "Nobody judged this one.",
}
QRELS = [("q1", "d1", 2), ("q1", "d2", 1), ("q2", "d3", 1), ("q2", "d4", 0), ("q3", "d5", 1)]


def write_beir(
    folder: Path, header: bool = True, qrels: list[tuple[str, str, int]] = QRELS, split: str = "dev"
) -> Path:
    (folder / "qrels").mkdir(parents=True)
    write_lines(folder / "corpus.jsonl", [{"_id": key, "title": a, "text": b} for key, (a, b) in DOCUMENTS.items()])
    write_lines(folder / "queries.jsonl", [{"_id": key, "text": text} for key, text in QUERIES.items()])
    lines = ["query-id\tcorpus-id\tscore"] if header else []
    lines += [f"{one}\t{other}\t{grade}" for one, other, grade in qrels]
    (folder / "qrels" / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
