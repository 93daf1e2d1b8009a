from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qa.formats import CommentReader, ReadOptions, read_comments
from qa.records import Comment

Reading = tuple[list[Comment], CommentReader]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    def run(content: str | bytes, name: str = "comments.txt", **options: object) -> Reading:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        reader = read_comments(path, "s", ReadOptions(**options))  # type: ignore[arg-type]
        return list(reader), reader

    return run


@pytest.fixture
def read_file() -> Callable[[Path], Reading]:
    """Read a file where it lies, so that what lies beside it is found."""

    def run(path: Path) -> Reading:
        reader = read_comments(path, path.name)
        return list(reader), reader

    return run
