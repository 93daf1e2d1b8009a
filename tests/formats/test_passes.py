from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.formats.contents import Content
from qa.formats.tables import passes
from qa.formats.tables.passes import Passes


@pytest.mark.parametrize(("held", "readings"), [(passes._HELD, 1), (3, 2)])
def test_a_small_source_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int, readings: int) -> None:
    monkeypatch.setattr(passes, "_HELD", held)
    path = Path(tmp_path, "a.txt")
    path.write_text("1234")
    assert read_twice(path) == readings


def test_a_compressed_source_is_read_again(tmp_path: Path) -> None:
    path = Path(tmp_path, "a.gz")
    path.write_bytes(gzip.compress(b"1234"))
    assert read_twice(path) == 2


def read_twice(path: Path) -> int:
    """Return how often a source was read."""
    readings = []

    def read(content: Content) -> Iterator[str]:
        readings.append(content)
        with content.text() as file:
            yield from file.read()

    records = Passes(Content(path), read)
    assert list(records) == list(records) == list("1234")
    return len(readings)
