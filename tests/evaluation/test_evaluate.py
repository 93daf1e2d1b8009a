"""From a folder, a file or the collection itself to figures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qa
from qa.encoder import HashingEncoder, cache_folder
from qa.errors import IndexNotFound, SourceNotFound, UsageError
from qa.evaluation.silver import mine
from qa.events import Events
from qa.index import open_snapshot
from tests.evaluation.tiny import DOCUMENTS, QRELS, QUERIES, write_beir, write_lines

FAKE = HashingEncoder()


class Heard(Events):
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.steps: set[str] = set()

    def notice(self, line: str) -> None:
        self.lines.append(line)

    def progress(self, what: str, done: int, total: int) -> None:
        self.steps.add(what)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """An index of lines, the third of which takes two."""
    (tmp_path / "notes.txt").write_text(
        "A stone oven keeps its heat for hours.\n\nRye bread rests for a day.\nThen it is cut.\n\nSnow on drums.\n",
        encoding="utf-8",
    )
    qa.build([tmp_path / "notes.txt"], tmp_path / "ix")
    return tmp_path / "ix"


def test_a_beir_folder_is_indexed_once_and_kept(beir: Path) -> None:
    heard = Heard()
    found = qa.evaluate(beir, compare=["dense"], events=heard)
    kept = Path(found.index)
    assert kept.parent == cache_folder() / "evaluations"
    assert (found.name, found.split, found.questions, found.answerable, found.silver) == ("tiny", "dev", 3, 3, False)
    assert found.notes == ("1 question left out: without a judgement in the split dev",)
    assert heard.lines[0] == f"{beir}/corpus.jsonl: indexed in {kept}, kept for the next evaluation"
    assert {"passages encoded", "questions asked, hybrid", "questions asked, dense"} <= heard.steps
    assert qa.open(kept).status().index.comments == 5
    # The corpus grows: what is kept is brought up to date, and only what is new is encoded.
    with (beir / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        corpus.write('{"_id": "d6", "title": "Ovens", "text": "How long does a stone oven keep its heat? Long."}\n')
    again = Heard()
    assert qa.evaluate(beir, events=again).index == str(kept)
    assert "brought up to date" in again.lines[0]
    assert qa.open(kept).status().index.comments == 6
    assert len(list(kept.parent.iterdir())) == 1


def test_folders_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    places = {qa.evaluate(write_beir(tmp_path / where / "tiny")).index for where in ("a", "b")}
    assert len(places) == 2


def test_figures_are_those_of_the_ranking(beir: Path) -> None:
    (scores,) = qa.evaluate(beir, mode="dense").modes
    texts = [f"{title}\n{text}" for title, text in DOCUMENTS.values()]
    rows = np.stack([FAKE.encode_query(text) for text in texts])
    reciprocal = []
    for key in ("q1", "q2", "q3"):
        order = np.argsort(-(rows @ FAKE.encode_query(QUERIES[key])), kind="stable")
        relevant = {document for query, document, grade in QRELS if query == key and grade}
        ids = [list(DOCUMENTS)[at] for at in order]
        reciprocal.append(1 / (1 + min(ids.index(one) for one in relevant)))
    assert scores.metrics["MRR@10"] == pytest.approx(np.mean(reciprocal))
    assert scores.metrics["Recall@10"] == scores.metrics["Recall@100"] == 1
    assert 0 < scores.latency_p50 <= scores.latency_p95


def test_an_answer_that_is_not_in_the_index_is_never_found(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "b", qrels=[("q2", "d3", 1), ("q2", "gone", 1)])
    found = qa.evaluate(folder)
    assert found.modes[0].metrics["Recall@100"] == 0.5
    assert found.notes[1:] == ("1 judged comment is not in the index, and not found: gone",)
    (tmp_path / "other.txt").write_text("Nothing of the kind.\n", encoding="utf-8")
    qa.build([tmp_path / "other.txt"], tmp_path / "ix")
    with pytest.raises(UsageError, match="holds none of the comments that answer"):
        qa.evaluate(folder, tmp_path / "ix")


def test_an_index_that_is_given_is_left_as_it_is(beir: Path, tmp_path: Path) -> None:
    qa.build([beir / "corpus.jsonl"], tmp_path / "ix")
    os.utime(beir / "corpus.jsonl")
    (beir / "corpus.jsonl").write_text((beir / "corpus.jsonl").read_text().replace("Snow", "Hail"), encoding="utf-8")
    found = qa.evaluate(beir, tmp_path / "ix")
    assert found.notes[-1] == "the index is behind its sources (corpus.jsonl): qa update"
    assert not (cache_folder() / "evaluations").exists()


def test_lines_and_questions_without_an_answer(notes: Path, tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "q.jsonl",
        [
            {"question": "How long does rye bread rest?", "lines": [3, 4]},
            {"question": "stone oven heat hours", "comment_ids": [qa.open(notes).comments()[0].comment_id]},
            {"question": "zebra", "lines": []},
            {"question": "drums of snow", "lines": [6, 99]},
        ],
    )
    found = qa.evaluate(path, notes, compare=["words"])
    assert (found.questions, found.answerable, found.split) == (4, 3, None)
    (scores, words) = found.modes
    assert scores.metrics["MRR@10"] == 1
    assert scores.metrics["Recall@10"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert (scores.refused_unanswerable, words.refused_unanswerable) == (1, 1)
    assert scores.refused == (1 + (scores.refused_answerable or 0) * 3) / 4
    assert found.notes == ("1 judged comment is not in the index, and not found: notes.txt:99",)


def test_questions_none_of_which_has_an_answer(notes: Path, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", [{"question": "zebra", "lines": []}])
    found = qa.evaluate(path, notes, compare=["dense"])
    assert set(found.modes[0].metrics.values()) == {None}
    assert (found.modes[0].refused, found.modes[0].refused_answerable) == (1, None)
    assert found.modes[1].against == {}


def test_lines_of_several_sources_have_to_say_which(notes: Path, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("Drums beat.\n", encoding="utf-8")
    qa.build([tmp_path / "more.txt"], notes)
    path = write_lines(tmp_path / "q.jsonl", [{"question": "drums", "lines": [1]}])
    with pytest.raises(UsageError, match="line 1: of which source\\? the index has 2"):
        qa.evaluate(path, notes)
    write_lines(path, [{"question": "drums beat", "lines": [1], "source": "more.txt"}])
    assert qa.evaluate(path, notes).modes[0].metrics["MRR@10"] == 1


def test_an_id_that_several_sources_have(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(f"id,text\n1,Drums beat in {name}.\n2,Snow.\n", encoding="utf-8")
    qa.build([tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "ix")
    path = write_lines(tmp_path / "q.jsonl", [{"question": "drums beat in b", "comment_ids": ["1"]}])
    with pytest.raises(UsageError, match=r"the id 1 names 2 comments: a\.csv#1, b\.csv#1"):
        qa.evaluate(path, tmp_path / "ix")
    write_lines(path, [{"question": "drums beat in b", "comment_ids": ["b.csv#1"]}])
    assert qa.evaluate(path, tmp_path / "ix").modes[0].metrics["MRR@10"] == 1


def test_a_sentence_is_right_where_it_is_marked(beir: Path, tmp_path: Path) -> None:
    def share(*marked: str) -> tuple[float | None, tuple[str, ...]]:
        asked = {"question": "it wants two hours of fire", "comment_id": "d1", "sentences": marked}
        found = qa.evaluate(write_lines(beir / "sentences.jsonl", [asked]))
        return found.sentence, found.notes

    first, second = "A stone oven keeps its heat for hours.", "It wants\n two hours of fire."
    assert share(second) == share(first, second) == (1.0, ())
    assert share(first) == (0.0, ())
    note = "1 question left out of the sentences: none marked stands in the comment"
    assert share("It wants three hours.") == (None, (note,))


def test_silver_questions_are_comments_and_their_replies(tmp_path: Path) -> None:
    def row(key: int, text: str, parent: int | None = None, author: str = "ann", thread: str = "t") -> dict[str, Any]:
        return {"id": key, "text": text, "parent": parent, "author": author, "thread": thread}

    rows = [
        row(1, "How long does rye bread rest before it is cut?"),
        row(2, "Rye bread is to rest long, a day, before it is cut.", 1, "bob"),
        row(3, "Thanks!", 2),
        row(4, "Rye bread does rest, as I said above.", 1, "ann"),  # by the one who asks
        row(5, "Which rye bread do you mean by that?", 1, "cid"),  # asks back
        row(6, "A statement that a reply follows.", None, "dan", "u"),
        row(7, "Is the stone oven warm by now?", 6, "eve", "u"),  # nobody replies
        row(8, "Long ago snow fell on drums. " * 12 + "Did it fall on drums in spring?", None, "fay", "v"),
        row(9, "In spring it fell on drums again.", None, "gus", "v"),  # names no parent: it answers who opened
    ]
    write_lines(tmp_path / "c.jsonl", rows)
    qa.build([tmp_path / "c.jsonl"], tmp_path / "ix")
    with open_snapshot(tmp_path / "ix") as snapshot:
        found = mine(snapshot)
    assert [(one.itself, list(one.relevant)) for one in found] == [
        ("c.jsonl#1", ["c.jsonl#2"]),
        ("c.jsonl#8", ["c.jsonl#9"]),
    ]
    assert found[0].text == rows[0]["text"]
    assert found[1].text == "Did it fall on drums in spring?"
    result = qa.evaluate(index=tmp_path / "ix", mine=True, mode="words")
    assert (result.silver, result.questions) == (True, 2)
    assert result.modes[0].metrics["MRR@10"] == 1  # the comment that asks is nearer, and does not count


def test_a_collection_without_questions_has_no_silver(notes: Path) -> None:
    with pytest.raises(UsageError, match="asks something that another one replies to"):
        qa.evaluate(index=notes, mine=True)


def test_what_cannot_be_evaluated(beir: Path, notes: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no mode is called 'sparse'"):
        qa.evaluate(beir, compare=["sparse"])
    for arguments in ({}, {"path": beir, "mine": True}):
        with pytest.raises(UsageError, match="questions come from a path"):
            qa.evaluate(**arguments)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="has its model already"):
        qa.evaluate(beir, notes, fast=True)
    with pytest.raises(UsageError, match="is no BEIR folder"):
        qa.evaluate(tmp_path)
    with pytest.raises(SourceNotFound):
        qa.evaluate(tmp_path / "missing.jsonl", notes)
    with pytest.raises(IndexNotFound):
        qa.evaluate(beir, tmp_path / "no index")
    (beir / "corpus.jsonl").rename(tmp_path / "c.jsonl")
    with pytest.raises(UsageError, match=r"has no corpus\.jsonl"):
        qa.evaluate(beir)


def test_the_baseline_is_the_model_alone(beir: Path) -> None:
    found = qa.evaluate(beir, mode="baseline", compare=["dense"])
    baseline, dense = found.modes
    assert (baseline.refused, baseline.refused_answerable) == (None, None)
    assert dense.refused is not None
    assert baseline.metrics == pytest.approx(dict(dense.metrics))  # short documents, nothing is cut
    (kept,) = cache_folder().glob("evaluations/baseline-*.npy")
    vectors = np.load(kept)
    expected = [FAKE.encode_query(f"{title} {text}") for title, text in DOCUMENTS.values()]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
