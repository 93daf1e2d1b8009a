from __future__ import annotations

import os
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.errors import SourceNotFound, SourceUnreadable
from qa.formats.contents import Content
from qa.formats.tables import lookups
from qa.formats.tables.lookups import Entry, Lookup, lookup_of


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "IN_MEMORY", 100)
    monkeypatch.setattr(lookups, "_BATCH", 10)
    monkeypatch.setattr(lookups, "_TABLES", type(lookups._TABLES)())


def test_few_entries_are_held() -> None:
    table = Lookup()
    table.put("a", ("one", None))
    table.put("a", ("two", "three"))
    assert table.get("a") == ("two", "three")
    assert table.get("b") is None
    assert not table.on_disk


def test_many_entries_go_to_disk_and_the_last_of_a_key_counts() -> None:
    table = Lookup()
    for n in range(1234):
        table.put(str(n % 1000), (f"é👍 {n}", None if n % 2 else str(-n)))
    assert table.on_disk
    for n in range(1000):
        last = n + 1000 if n < 234 else n
        assert table.get(str(n)) == (f"é👍 {last}", None if last % 2 else str(-last))
    assert table.get("1000") is None


def test_memory_stays_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "IN_MEMORY", 1000)
    monkeypatch.setattr(lookups, "_BATCH", 1000)
    table = Lookup()
    tracemalloc.start()
    for n in range(50_000):
        table.put(str(n), ("x" * 100, None))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20  # of 5 MB and more


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = Lookup()
    for n in range(50_000):
        table.put(str(n), ("x" * 200, None))
    assert table.on_disk
    if os.name == "posix":
        assert list(tmp_path.iterdir()) == []
    del table
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Lookup()
    for n in range(100):
        table.put(str(n), (None, None))
    assert table._database is not None
    table._database.execute("PRAGMA max_page_count = 1")

    def fill() -> None:
        for n in range(100, 2000):
            table.put(str(n), ("x" * 500, None))

    with pytest.raises(SourceUnreadable, match="no room") as caught:
        fill()
    assert caught.value.hint


def test_a_file_is_read_once_as_long_as_it_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "users.txt"
    path.write_text("1 alice")
    readings = []

    def entries(content: Content) -> Iterator[tuple[str, Entry]]:
        readings.append(content.path)
        key, name = content.path.read_text().split(" ")
        yield key, (name, None)

    assert lookup_of(Content(path), entries).get("1") == ("alice", None)
    assert lookup_of(Content(path), entries).get("1") == ("alice", None)
    assert len(readings) == 1
    path.write_text("1 alicia")
    assert lookup_of(Content(path), entries).get("1") == ("alicia", None)
    stat = path.stat()
    path.write_text("1 amelie")  # as long as before
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert lookup_of(Content(path), entries).get("1") == ("amelie", None)
    assert len(readings) == 3


def test_only_the_last_tables_are_kept(tmp_path: Path) -> None:
    def entries(content: Content) -> Iterator[tuple[str, Entry]]:
        yield content.path.name, (None, None)

    for n in range(20):
        path = tmp_path / f"{n}.xml"
        path.touch()
        assert lookup_of(Content(path), entries).get(f"{n}.xml") == (None, None)
    assert len(lookups._TABLES) == lookups._KEPT


def test_a_file_that_breaks_leaves_no_half_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "users.txt"
    path.touch()

    def entries(_content: Content) -> Iterator[tuple[str, Entry]]:
        yield "1", ("alice", None)
        raise SourceUnreadable("breaks")

    for _ in range(2):
        with pytest.raises(SourceUnreadable, match="breaks"):
            lookup_of(Content(path), entries)
    with pytest.raises(SourceNotFound):
        lookup_of(Content(tmp_path / "none"), entries)
