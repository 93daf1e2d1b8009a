"""Files of questions and BEIR folders: what is read, what is counted, what is an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.errors import Malformed, SourceNotFound, Undecodable, UsageError
from qa.evaluation.beir import read_beir
from qa.evaluation.files import read_questions
from qa.evaluation.judged import Asked
from tests.evaluation.tiny import QRELS, QUERIES, write_beir, write_lines

LEFT_OUT = "1 question left out: without a judgement in the split dev"


@pytest.mark.parametrize("header", [True, False])
def test_a_beir_folder(tmp_path: Path, header: bool) -> None:
    found = read_beir(write_beir(tmp_path / "b", header), "dev")
    assert found.questions == (
        Asked("q1", QUERIES["q1"], {"d1": 2, "d2": 1}),
        Asked("q2", QUERIES["q2"], {"d3": 1, "d4": 0}),
        Asked("q3", QUERIES["q3"], {"d5": 1}),
    )
    assert found.notes == (LEFT_OUT,)


def test_qrels_as_trec_writes_them(beir: Path) -> None:
    (beir / "qrels" / "trec.tsv").write_text("q1 0 d1 1\nq3 0 d5 1.0\n", encoding="utf-8")
    found = read_beir(beir, "trec").questions
    assert [(one.key, one.relevant) for one in found] == [("q1", {"d1": 1}), ("q3", {"d5": 1})]


def test_what_cannot_be_judged_is_counted(tmp_path: Path) -> None:
    qrels = [("q1", "d1", 1), ("q2", "d4", 0), ("gone", "d1", 1)]
    found = read_beir(write_beir(tmp_path / "b", qrels=qrels), "dev")
    assert [one.key for one in found.questions] == ["q1"]
    assert found.notes == (
        "1 question left out: judged and not in queries.jsonl, or empty",
        "1 question left out: judged, with no relevant document",
        "2 questions left out: without a judgement in the split dev",
    )


def test_a_missing_split_names_those_there_are(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "b", split="test")
    with pytest.raises(UsageError, match="has no split 'dev'; it has: test") as caught:
        read_beir(folder, "dev")
    assert caught.value.hint == f"qa eval {folder} --split test"
    (folder / "qrels" / "test.tsv").unlink()
    with pytest.raises(SourceNotFound, match="holds no judgements"):
        read_beir(folder, "dev")


def test_empty_and_broken_qrels(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"dev\.tsv judges nothing"):
        read_beir(write_beir(tmp_path / "header alone", qrels=[]), "dev")
    with pytest.raises(UsageError, match=r"dev\.tsv judges nothing"):
        read_beir(write_beir(tmp_path / "empty", header=False, qrels=[]), "dev")
    with pytest.raises(UsageError, match=r"no question of .* is judged"):
        read_beir(write_beir(tmp_path / "strangers", qrels=[("x", "d1", 1)]), "dev")
    with pytest.raises(UsageError, match="no relevant document"):
        read_beir(write_beir(tmp_path / "none relevant", qrels=[("q1", "d1", 0)]), "dev")
    broken = write_beir(tmp_path / "broken", qrels=[*QRELS, ("q1", "d1", "much")])  # type: ignore[list-item]
    with pytest.raises(Malformed, match=r"dev\.tsv:7: not a question, a document and a whole number"):
        read_beir(broken, "dev")


def test_broken_queries(beir: Path) -> None:
    for line, fact in (("{", "not JSON"), ("[]", "not a JSON object"), ('{"_id": "q"}', 'no "_id" and "text"')):
        (beir / "queries.jsonl").write_text(f"\n{line}\n", encoding="utf-8")
        with pytest.raises(Malformed, match=rf"queries\.jsonl:2: {fact}"):
            read_beir(beir, "dev")
    (beir / "queries.jsonl").write_bytes(b'{"_id": "q", "text": "\xe9"}\n')
    with pytest.raises(Undecodable):
        read_beir(beir, "dev")


def test_a_file_of_questions(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "q.jsonl",
        [
            {"question": "Who?", "lines": [3, 4]},
            {"question": "What?", "comment_ids": ["a#1", "a#2"]},
            {"question": "Which?", "comment_id": 17, "sentences": ["This one.", "That one."]},
            {"question": "Why?", "lines": []},
            {"question": "When?"},
            {"question": "Where?", "lines": [1], "source": "b.txt"},
        ],
    )
    found = read_questions(path)
    assert found.questions == (
        Asked("1", "Who?", lines=(3, 4)),
        Asked("2", "What?", {"a#1": 1, "a#2": 1}),
        Asked("3", "Which?", {"17": 1}, sentences=("This one.", "That one.")),
        Asked("4", "Why?"),
        Asked("6", "Where?", lines=(1,), source="b.txt"),
    )
    assert found.notes == ("1 question left out: neither lines nor comment_ids",)


def test_a_table_of_questions(tmp_path: Path) -> None:
    ids = json.dumps(["a;1", "b 2"]).replace('"', '""')
    rows = ["question,lines,comment_ids", "Who?,3 4,", "Why?,,", "What?,,a#1; b#2", f'"Which, then?",,"{ids}"']
    (tmp_path / "q.csv").write_text("\ufeff" + "\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "q.tsv").write_text("\n".join(rows[:3]).replace(",", "\t") + "\n", encoding="utf-8")
    assert read_questions(tmp_path / "q.csv").questions == (
        Asked("2", "Who?", lines=(3, 4)),
        Asked("3", "Why?"),
        Asked("4", "What?", {"a#1": 1, "b#2": 1}),
        Asked("5", "Which, then?", {"a;1": 1, "b 2": 1}),
    )
    assert read_questions(tmp_path / "q.tsv").questions == read_questions(tmp_path / "q.csv").questions[:2]


def test_a_file_that_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    for line, fact in (
        ('{"text": "Who?"}', 'no "question"'),
        ('{"question": " ", "lines": [1]}', 'no "question"'),
        ('{"question": "Who?", "lines": 3}', "lines is not a list of line numbers"),
        ('{"question": "Who?", "lines": [0]}', "lines is not a list of line numbers"),
        ('{"question": "Who?", "comment_ids": {"a": 1}}', "comment_ids is not a list of texts"),
    ):
        path.write_text(line + "\n", encoding="utf-8")
        with pytest.raises(Malformed, match=f"q.jsonl:1: {fact}"):
            read_questions(path)
    for nothing in ("", '{"question": "Who?"}\n'):
        path.write_text(nothing, encoding="utf-8")
        with pytest.raises(UsageError, match="holds no question with lines or comment_ids"):
            read_questions(path)
    with pytest.raises(SourceNotFound):
        read_questions(tmp_path / "missing.jsonl")
