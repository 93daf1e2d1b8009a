"""The lines of the files that hold questions, each with its number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qa.errors import Malformed, SourceNotFound, Undecodable


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number, line) of each line that is not empty. Raises: SourceNotFound, Undecodable."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except FileNotFoundError as error:
        raise SourceNotFound(f"no such file: {path}", f"ls {path.parent}") from error
    except UnicodeDecodeError as error:
        raise Undecodable(f"{path} is not UTF-8", f"file {path}") from error


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object) of each line of JSON. Raises: Malformed, SourceNotFound, Undecodable."""
    for number, line in text_lines(path):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise Malformed(path, number, f"not JSON: {error}", f"sed -n {number}p {path}") from error
        if not isinstance(value, dict):
            raise Malformed(path, number, "not a JSON object", f"sed -n {number}p {path}")
        yield number, value
