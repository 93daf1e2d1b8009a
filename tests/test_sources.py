"""Paths -> files: names, what is passed over, and which files count as changed."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from qa.errors import SourceNotFound, SourceUnreadable
from qa.sources import Fingerprint, expand, fingerprint, is_gone, is_stale, looks_unchanged, root_of

SECOND = 1_000_000_000


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


def names(*paths: Path | str, known: dict[str, str] | None = None) -> list[str]:
    return [file.name for file in expand([root_of(str(path)) for path in paths], known or {})]


def test_names_are_relative_to_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "in/b.txt", "in/a.txt", "in/deep/er/c.csv")
    assert names(tmp_path / "in") == ["a.txt", "b.txt", "deep/er/c.csv"]
    assert names(tmp_path / "in/deep") == ["er/c.csv"]
    assert names(tmp_path / "in/deep/er/c.csv") == ["c.csv"]


def test_each_file_knows_its_path_and_root(tmp_path: Path) -> None:
    write(tmp_path, "in/a.txt")
    (file,) = expand([root_of(str(tmp_path / "in"), '{"format": "text"}')], {})
    assert file.path == tmp_path / "in/a.txt"
    assert (file.root.kind, file.root.path, file.root.options) == ("folder", str(tmp_path / "in"), '{"format": "text"}')


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "in/a.txt", "in/.hidden.txt", "in/.git/config", "in/deep/.x/y.txt")
    assert names(tmp_path / "in") == ["a.txt"]


def test_a_hidden_file_that_is_named_is_read(tmp_path: Path) -> None:
    write(tmp_path, ".notes.txt", ".box/a.txt")
    assert names(tmp_path / ".notes.txt") == [".notes.txt"]
    assert names(tmp_path / ".box") == ["a.txt"]


def test_a_folder_that_holds_an_index_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "in/a.txt", "in/ix/index.sqlite3", "in/ix/notes.txt", "in/ix/words/meta.json", "in/z/b.txt")
    assert names(tmp_path / "in") == ["a.txt", "z/b.txt"]


def test_globs_are_named_from_where_they_begin(tmp_path: Path) -> None:
    write(tmp_path, "in/2023/a.txt", "in/2024/a.txt", "in/2024/b.csv", "in/2024/.c.txt")
    assert names(tmp_path / "in/*/*.txt") == ["2023/a.txt", "2024/a.txt"]
    assert names(tmp_path / "in/2024/*") == ["a.txt", "b.csv"]
    assert names(tmp_path / "in/**/*.csv") == ["2024/b.csv"]
    assert names(tmp_path / "in/20*") == ["2023/a.txt", "2024/a.txt", "2024/b.csv"]
    assert root_of(str(tmp_path / "in/*/*.txt")).kind == "glob"


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tmp_path: Path) -> None:
    write(tmp_path, "a[1].txt")
    assert root_of(str(tmp_path / "a[1].txt")).kind == "file"
    assert names(tmp_path / "a[1].txt") == ["a[1].txt"]


def test_clashing_names_get_their_folders(tmp_path: Path) -> None:
    write(tmp_path, "x/one/c.txt", "x/two/c.txt", "y/two/c.txt")
    assert names(tmp_path / "x/one", tmp_path / "x/two", tmp_path / "y/two") == ["c.txt", "two/c.txt", "y/two/c.txt"]
    files = [tmp_path / "x/one/c.txt", tmp_path / "x/two/c.txt", tmp_path / "y/two/c.txt"]
    assert names(*files) == ["c.txt", "two/c.txt", "y/two/c.txt"]


def test_a_known_file_keeps_its_name(tmp_path: Path) -> None:
    write(tmp_path, "one/c.txt", "two/c.txt")
    known = {str(tmp_path / "two/c.txt"): "c.txt"}
    assert names(tmp_path / "one", tmp_path / "two", known=known) == ["one/c.txt", "c.txt"]


def test_the_name_of_a_file_that_went_is_not_given_to_another(tmp_path: Path) -> None:
    write(tmp_path, "two/c.txt")
    known = {str(tmp_path / "one/c.txt"): "c.txt"}
    assert names(tmp_path / "two", known=known) == ["two/c.txt"]


def test_standard_inputs_name_is_not_given_to_a_file(tmp_path: Path) -> None:
    write(tmp_path, "in/stdin")
    assert names(tmp_path / "in") == ["in/stdin"]


def test_a_file_under_two_roots_comes_once(tmp_path: Path) -> None:
    write(tmp_path, "in/a.txt", "in/b.txt")
    assert names(tmp_path / "in/a.txt", tmp_path / "in", tmp_path / "in/*.txt") == ["a.txt", "b.txt"]


def test_roots_are_absolute_and_expand_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "in/a.txt")
    monkeypatch.chdir(tmp_path / "in")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert root_of("a.txt").path == str(tmp_path / "in/a.txt")
    assert root_of("../in").path == str(tmp_path / "in")
    assert root_of("~/in/a.txt").path == str(tmp_path / "in/a.txt")
    assert root_of("-").kind == "stdin"


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"no such file or folder: .*absent"):
        root_of(str(tmp_path / "absent"))
    with pytest.raises(SourceNotFound, match="no file matches"):
        root_of(str(tmp_path / "*.csv"))


def test_gone_roots(tmp_path: Path) -> None:
    write(tmp_path, "in/a.txt", "b.txt")
    folder, file, pattern = (root_of(str(tmp_path / part)) for part in ("in", "b.txt", "in/*.txt"))
    assert [is_gone(root) for root in (folder, file, pattern, root_of("-"))] == [False] * 4
    (tmp_path / "in/a.txt").unlink()
    (tmp_path / "b.txt").unlink()
    assert [is_gone(root) for root in (folder, file, pattern, root_of("-"))] == [True, True, True, False]


def test_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xc3\xa9\n")
    os.utime(path, ns=(5 * SECOND, 7 * SECOND))
    assert fingerprint(path, 9) == Fingerprint(6, 7 * SECOND, 9, hashlib.sha256(b"caf\xc3\xa9\n").hexdigest())


def test_fingerprint_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        fingerprint(tmp_path / "absent", 0)
    with pytest.raises(SourceUnreadable):
        fingerprint(tmp_path, 0)


def test_an_old_file_is_trusted_by_size_and_time(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    path = tmp_path / "a.txt"
    old = time.time_ns() - 10 * SECOND
    os.utime(path, ns=(old, old))
    before = fingerprint(path, time.time_ns())
    assert looks_unchanged(path, before)
    assert not is_stale(path, before)


def test_a_change_within_the_clocks_resolution_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one", encoding="utf-8")
    modified = path.stat().st_mtime_ns
    before = fingerprint(path, modified + SECOND)
    assert not looks_unchanged(path, before)
    assert not is_stale(path, before)
    path.write_text("two", encoding="utf-8")
    os.utime(path, ns=(modified, modified))
    assert path.stat().st_size == before.size
    assert path.stat().st_mtime_ns == before.mtime_ns
    assert is_stale(path, before)


def test_a_time_in_the_future_is_not_trusted(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    path = tmp_path / "a.txt"
    later = time.time_ns() + 1000 * SECOND
    os.utime(path, ns=(later, later))
    assert not looks_unchanged(path, fingerprint(path, time.time_ns()))


def test_a_touched_file_is_not_stale(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    path = tmp_path / "a.txt"
    before = fingerprint(path, time.time_ns() + 10 * SECOND)
    os.utime(path, ns=(1, 1))
    assert not looks_unchanged(path, before)
    assert not is_stale(path, before)


def test_another_size_a_missing_file_and_a_folder_are_stale(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    path = tmp_path / "a.txt"
    before = fingerprint(path, time.time_ns() + 10 * SECOND)
    path.write_text("longer than it was", encoding="utf-8")
    assert is_stale(path, before)
    path.unlink()
    assert is_stale(path, before)
    path.mkdir()
    assert is_stale(path, before)
