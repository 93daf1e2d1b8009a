"""Exports as people have them, through the whole program: what meets, what is set aside, what is left aside."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contents import contents

import qa

Item = dict[str, Any]


def item(number: int, text: str, **more: object) -> Item:
    return {
        "id": number,
        "type": "comment",
        "by": "ada",
        "time": 1_700_000_000 + number,
        "text": text,
        "parent": 1,
        **more,
    }


STORY = {"id": 1, "type": "story", "by": "bob", "time": 1_700_000_000, "title": "Kettles", "kids": [2, 3]}


def write(path: Path, *items: Item) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(items)), encoding="utf-8")
    return path


def built(place: Path, *paths: Path) -> qa.Report:
    return qa.build([str(path) for path in paths], place, model="hashing")


def texts(index: Path) -> dict[str, str]:
    return {one.comment_id: one.text for one in qa.open(index).comments()}


def assert_as_from_scratch(index: Path, place: Path, *paths: Path) -> None:
    """Whatever an index went through, it holds what one built from its sources now holds."""
    fresh = place / f"fresh{len(list(place.iterdir()))}"
    built(fresh, *paths)
    assert contents(index) == contents(fresh)


def test_two_exports_of_one_thread_are_one(tmp_path: Path) -> None:
    folder, index = tmp_path / "in", tmp_path / "ix"
    write(folder / "early.json", STORY, item(2, "It leaks."), item(3, "Mine does not."))
    write(
        folder / "late.json", STORY, item(2, "It leaks, EDIT: no more."), item(3, "Mine does not."), item(4, "Buy two.")
    )
    report = built(index, folder)
    assert (report.comments, report.added, report.unchanged) == (4, 4, 0)
    assert {one.source: (one.comments, one.elsewhere) for one in report.sources} == {
        "early.json": (3, 3), "late.json": (4, 0),
    }  # fmt: skip
    assert texts(index)["hn:2"] == "It leaks, EDIT: no more."
    assert qa.open(index).ask("Does it leak?", k=50).in_scope == 4


def test_a_later_dump_updates_and_going_brings_the_earlier_back(tmp_path: Path) -> None:
    folder, index = tmp_path / "in", tmp_path / "ix"
    write(folder / "a.json", STORY, item(2, "It leaks."), item(3, "Mine does not."))
    built(index, folder)
    late = write(folder / "b.json", STORY, item(2, "It leaks no more."), item(3, "Mine does not."), item(4, "Buy two."))
    report = qa.open(index).update()
    assert (report.comments, report.added, report.edited, report.deleted) == (4, 1, 1, 0)
    assert texts(index)["hn:2"] == "It leaks no more."
    assert_as_from_scratch(index, tmp_path, folder)
    late.unlink()
    report = qa.open(index).update()
    assert (report.comments, report.added, report.edited, report.deleted) == (3, 0, 1, 1)
    assert texts(index)["hn:2"] == "It leaks."
    assert_as_from_scratch(index, tmp_path, folder)


def test_an_edit_in_the_earlier_dump_that_makes_it_the_later(tmp_path: Path) -> None:
    folder, index = tmp_path / "in", tmp_path / "ix"
    write(folder / "a.json", STORY, item(2, "First words."))
    write(folder / "b.json", STORY, item(2, "Second words."), item(4, "Buy two."))
    built(index, folder)
    assert texts(index)["hn:2"] == "Second words."
    write(folder / "a.json", STORY, item(2, "First words."), item(9, "Much later."))
    os.utime(folder / "a.json", (1, 1))
    qa.open(index).update()
    assert texts(index)["hn:2"] == "First words."
    assert_as_from_scratch(index, tmp_path, folder)


def test_a_forgotten_comment_goes_from_every_source(tmp_path: Path) -> None:
    folder, index = tmp_path / "in", tmp_path / "ix"
    write(folder / "a.json", STORY, item(2, "It leaks."))
    write(folder / "b.json", STORY, item(2, "It leaks no more."))
    built(index, folder)
    qa.open(index).forget("hn:2")
    assert "hn:2" not in texts(index)
    stored = (index / "index.sqlite3").read_bytes()
    assert b"It leaks" not in stored
    assert qa.open(index).update().comments == 1
    assert "hn:2" not in texts(index)


def test_quotes_are_shown_and_not_searched(tmp_path: Path) -> None:
    mail = (
        "From ada@example.org Thu Mar  7 10:22:00 2024\nFrom: Ada <ada@example.org>\nMessage-ID: <1@x>\n"
        "Date: Thu, 7 Mar 2024 10:22:00 +0000\nSubject: Kettles\n\n"
        "Bob wrote:\n> Is the zeppelin red?\n\nNo, it is blue.\n"
    )
    (tmp_path / "box").write_text(mail, encoding="utf-8")
    built(tmp_path / "ix", tmp_path / "box")
    index = qa.open(tmp_path / "ix")
    (comment,) = index.comments()
    assert "> Is the zeppelin red?" in comment.text
    assert "zeppelin" not in comment.searched
    (best,) = index.ask("What colour is it?").citations
    assert best.quote == "No, it is blue."
    assert comment.text[best.start : best.end] == best.quote


@pytest.fixture
def slack(tmp_path: Path) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        folder.mkdir(parents=True)
        ada = {"id": "U012ABCDE", "name": "ada", "team_id": "T012ABCDE", "deleted": False}
        users = [{**ada, "real_name": "Ada L", "profile": {"real_name": "Ada L"}}]
        (folder / "users.json").write_text(json.dumps(users), encoding="utf-8")
        channels = [
            {"id": "C012ABCDE", "name": "general", "members": ["U012ABCDE"], "created": 1, "creator": "U012ABCDE"}
        ]
        (folder / "channels.json").write_text(json.dumps(channels), encoding="utf-8")
        (folder / "README.md").write_text("# About\n\nThis export was made on a Monday.\n", encoding="utf-8")
        (folder / "general").mkdir()
        day = [
            {"type": "message", "user": "U012ABCDE", "ts": "1700000001.000100", "text": "Where is the kettle?"},
            {
                "type": "message",
                "subtype": "channel_join",
                "user": "U012ABCDE",
                "ts": "1700000002.0",
                "text": "<@U012ABCDE> has joined",
            },
        ]
        (folder / "general" / "2023-11-14.json").write_text(json.dumps(day), encoding="utf-8")
        return folder

    return make


def test_only_an_exports_own_files_are_read(tmp_path: Path, slack: Callable[[Path], Path]) -> None:
    folder = slack(tmp_path / "in")
    report = built(tmp_path / "ix", folder)
    (comment,) = qa.open(tmp_path / "ix").comments()
    assert (comment.text, comment.author, comment.thread_title) == ("Where is the kettle?", "Ada L", "#general")
    told = {one.source: one for one in report.sources}
    assert told["README.md"].aside
    assert told["general/2023-11-14.json"].notices == 1
    assert qa.open(tmp_path / "ix").update().unchanged == 1
    built(tmp_path / "ix", folder / "README.md")
    assert len(qa.open(tmp_path / "ix").comments()) > 1


def test_a_changed_companion_changes_what_it_completes(tmp_path: Path, slack: Callable[[Path], Path]) -> None:
    folder, index = slack(tmp_path / "in"), tmp_path / "ix"
    built(index, folder)
    users = (folder / "users.json").read_text(encoding="utf-8")
    (folder / "users.json").write_text(users.replace("Ada L", "Ada Lovelace"), encoding="utf-8")
    report = qa.open(index).update()
    assert (report.edited, report.encoded) == (1, 0)
    assert qa.open(index).comments()[0].author == "Ada Lovelace"
    assert_as_from_scratch(index, tmp_path, folder)


def test_an_archive_is_read_in_place(tmp_path: Path, slack: Callable[[Path], Path]) -> None:
    folder, index = slack(tmp_path / "made"), tmp_path / "ix"
    archive = tmp_path / "in" / "team.zip"
    archive.parent.mkdir()

    def pack() -> None:
        with zipfile.ZipFile(archive, "w") as packed:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    packed.write(path, path.relative_to(folder).as_posix())

    pack()
    assert built(index, archive.parent).comments == 1
    (comment,) = qa.open(index).comments()
    assert (comment.source, comment.author) == ("team.zip/general/2023-11-14.json", "Ada L")
    assert not qa.open(index).ask("Where is the kettle?").citations[0].stale
    assert qa.open(index).update().unchanged == 1
    assert qa.verify(index).findings == ()
    day = [{"type": "message", "user": "U012ABCDE", "ts": "1700000001.000100", "text": "Where is the red kettle?"}]
    (folder / "general" / "2023-11-14.json").write_text(json.dumps(day), encoding="utf-8")
    pack()
    report = qa.open(index).update()
    assert (report.edited, report.encoded, report.comments) == (1, 1, 1)
    assert_as_from_scratch(index, tmp_path, archive.parent)
    archive.unlink()
    (archive.parent / "note.txt").write_text("A note.", encoding="utf-8")
    assert qa.open(index).update().deleted == 1


@pytest.mark.shared
def test_all_exports_at_once(shared: Path, tmp_path: Path) -> None:
    report = built(tmp_path / "ix", shared / "exports")
    assert [one.source for one in report.sources if one.problem] == []
    index = qa.open(tmp_path / "ix")
    comments = index.comments()
    assert len(comments) == report.comments > 10_000
    formats = {one.format for one in report.sources if one.comments}
    assert len(formats) >= 10
    for one in comments[:: len(comments) // 40]:
        thread = index.show(one.comment_id)
        assert thread.comment == one
        assert all(reply.parent_id == one.comment_id for reply in thread.replies)
        assert all(parent.comment_id != one.comment_id for parent in thread.parents)
    some = next(one for one in comments if one.comment_id.startswith("hn:") and one.author)
    assert all(one.author == some.author for one in index.comments(author=some.author))
    found = index.ask("How do I fix it?", since="2020-01-01", k=20)
    assert all(one.comment.created_at.year >= 2020 for one in found.citations if one.comment.created_at)
