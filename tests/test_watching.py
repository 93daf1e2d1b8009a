"""Which changes on disk concern an index, and the watching that Python code starts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import qa
from qa.sources import Root
from qa.watching.ears import polls
from qa.watching.places import Places


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder without links above it, which holds an index and folders to watch."""
    disk = tmp_path.resolve()
    for name in ("c/deep", "c/ix", "c/other", "c/.git", "year-1/a", "year-2", "x"):
        (disk / name).mkdir(parents=True)
    (disk / "c/other/index.sqlite3").touch()
    (disk / "x/file.txt").write_text("one comment\n", encoding="utf-8")
    (disk / "link.txt").symlink_to("x/file.txt")
    (disk / "folder").symlink_to("c")
    return disk


def places(disk: Path, kind: str, path: str) -> Places:
    return Places([Root(kind, str(disk / path))], disk / "c" / "ix")


@pytest.mark.parametrize(
    ("kind", "root", "concern", "ignored"),
    [
        ("folder", "c", ["c", "c/a.txt", "c/deep/a/b.txt", "."],
         ["c/.git", "c/.git/x", "c/deep/.a.swp", "c/ix", "c/ix/index.sqlite3", "c/other/words", "cc/a.txt", "x"]),
        ("folder", "folder", ["folder", "c", "c/a.txt"], ["c/ix/words", "x/file.txt"]),
        ("folder", "c/.git", ["c/.git", "c/.git/x"], ["c/.git/.x", "c/a.txt"]),
        ("file", "x/file.txt", ["x/file.txt", "x"], ["x/file.txt~", "x/other.txt", "c"]),
        ("file", "link.txt", ["link.txt", "x/file.txt", "x"], ["x/other.txt", "c"]),
        ("file", "not/yet/here.txt", ["not", "not/yet", "not/yet/here.txt"], ["not/else", "c"]),
        ("glob", "x/*.txt", ["x", "x/new.txt"], ["x/new.md", "x/.new.txt", "x/sub/new.txt"]),
        ("glob", "year-*/a/*.txt", ["year-3", "year-2/a/b.txt"], ["x/file.txt", "year-1/b", "year-1/a/b.md"]),
        ("glob", "c/**/*.txt", ["c/a.txt", "c/deep/b.txt", "c/new"], ["c/.git/x", "c/other/b.txt", "c/ix/b.txt"]),
        ("glob", "year-*", ["year-1/a/b.txt", "year-9"], ["year-1/.a", "x/file.txt"]),
    ],
)  # fmt: skip
def test_changes_that_concern_an_index(
    disk: Path, kind: str, root: str, concern: list[str], ignored: list[str]
) -> None:
    found = places(disk, kind, root)
    assert [path for path in concern if not found.concern(str(disk / path))] == []
    assert [path for path in ignored if found.concern(str(disk / path))] == []


@pytest.mark.parametrize(
    ("kind", "root", "whole", "top"),
    [
        ("folder", "c", ["c"], ["."]),
        ("folder", "folder", ["c"], ["."]),
        ("folder", "gone", [], ["."]),
        ("file", "link.txt", [], [".", "x"]),
        ("file", "not/yet/here.txt", [], ["."]),
        ("glob", "x/*.txt", [], [".", "x"]),
        ("glob", "year-*/a/*.txt", [], [".", "year-1", "year-1/a", "year-2"]),
        ("glob", "c/**/*.txt", ["c"], ["."]),
        ("glob", "year-*", ["year-1", "year-2"], ["."]),
    ],
)
def test_no_more_folders_are_listened_at_than_needed(
    disk: Path, kind: str, root: str, whole: list[str], top: list[str]
) -> None:
    folders = places(disk, kind, root).folders
    assert {path for path, _ in folders.whole} == {str(disk / name) for name in whole}
    above = {str(disk.parent), str(disk)} if root.startswith("year") else {str(disk)}
    assert {path for path, _ in folders.top} == {str(disk / name) for name in top} | (above if "." in top else set())


@pytest.mark.parametrize(
    ("asked", "variable", "system", "expected"),
    [
        (False, None, "6.1.0-generic", False),
        (True, None, "6.1.0-generic", True),
        (False, "1", "6.1.0-generic", True),
        (True, "false", "6.1.0-generic", True),
        (False, None, "5.15.90.1-microsoft-standard-WSL2", True),
        (False, "false", "5.15.90.1-microsoft-standard-WSL2", False),
    ],
)
def test_when_changes_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, asked: bool, variable: str | None, system: str, expected: bool
) -> None:
    monkeypatch.delenv("WATCHFILES_FORCE_POLLING", raising=False)
    if variable:
        monkeypatch.setenv("WATCHFILES_FORCE_POLLING", variable)
    monkeypatch.setattr("platform.uname", lambda: SimpleNamespace(release=system))
    assert polls(asked) is expected


def test_standard_input_is_no_place(disk: Path) -> None:
    assert not Places([Root("stdin", "stdin")], disk)


def test_places_change_when_a_folder_comes(disk: Path) -> None:
    before = places(disk, "folder", "gone/deep")
    assert before == places(disk, "folder", "gone/deep")
    (disk / "gone").mkdir()
    assert before != places(disk, "folder", "gone/deep")
    assert before.lost(str(disk))
    assert not before.lost(str(disk / "gone"))


def test_a_thread_follows_until_it_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one\n", encoding="utf-8")
    qa.build([path], tmp_path / "ix", model="hashing")
    path.write_text("one\ntwo\n", encoding="utf-8")
    index = qa.open(tmp_path / "ix")
    watch = index.watch()
    reports = [next(watch)]
    thread = threading.Thread(target=lambda: reports.extend(watch))
    thread.start()
    path.write_text("one\ntwo\nthree\nfour\n", encoding="utf-8")
    while len(reports) < 2:
        assert thread.is_alive()
        thread.join(0.05)
    watch.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert [(report.added, report.comments) for report in reports] == [(1, 2), (2, 4)]
    assert len(index.comments()) == 4


def test_watching_is_loaded_only_when_it_is_asked_for(disk: Path) -> None:
    qa.build([disk / "x"], disk / "ix", model="hashing")
    code = (
        "import contextlib, sys, qa.cli.app as app\n"
        "with contextlib.suppress(SystemExit): app.app(['update', '--index', 'ix'])\n"
        "sys.exit('watchfiles' in sys.modules)"
    )
    environment = {**os.environ, "QA_MODEL": "hashing"}
    done = subprocess.run([sys.executable, "-c", code], cwd=disk, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
