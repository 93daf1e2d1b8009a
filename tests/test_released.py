"""An index of every released format opens, answers and goes on: those files stay as they are forever.

Each was made by the program of its time, of three comments in ``/srv/forum/forum.csv``, with the hashing encoder. A new
format gets a new file beside them.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

import qa
from qa.store import FORMAT_VERSION

RELEASED = sorted((Path(__file__).parent / "released").glob("format-*.tar.xz"))
TEXTS = {
    "forum.csv#1": "How long does rye bread rest?",
    "forum.csv#2": "Rye bread rests a day. It then slices well.",
    "forum.csv#3": "Snow fell on the drums all night.",
}


@pytest.fixture(params=RELEASED, ids=lambda path: path.name.partition(".")[0])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "ix"


def test_the_present_format_is_among_them() -> None:
    assert f"format-{FORMAT_VERSION}.tar.xz" in [path.name for path in RELEASED]


def test_it_answers(index: Path) -> None:
    found = qa.open(index)
    assert {one.comment_id: one.text for one in found.comments()} == TEXTS
    answer = found.ask("rye bread rests a day", k=2)
    best = answer.citations[0]
    assert (best.comment.comment_id, best.comment.author, best.comment.url) == (
        "forum.csv#2",
        "nell",
        "https://forum.example.org/2",
    )
    assert best.answers_to is not None
    assert best.answers_to.comment_id == "forum.csv#1"
    assert not answer.abstained
    assert [one.comment_id for one in found.comments(author="bo", since="2024-02")] == ["forum.csv#3"]


def test_it_is_sound_and_goes_on(index: Path, tmp_path: Path) -> None:
    findings = qa.verify(index, deep=True).findings
    assert [one for one in findings if "/srv/forum" not in one.fact and "forum.csv" not in one.fact] == []
    more = tmp_path / "more.txt"
    more.write_text("Kettles whistle in the dark.\n", encoding="utf-8")
    report = qa.build([more], index)
    assert (report.added, report.encoded, report.comments) == (1, 1, 4)
    assert report.vanished == ("forum.csv",)
    assert qa.open(index).ask("kettles whistle in the dark").citations[0].quote == "Kettles whistle in the dark."
    qa.repair(index, compact=True)
    assert len(qa.open(index).comments()) == 4
