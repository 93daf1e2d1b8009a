"""The house: what each module may import, held by a short walk over the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import qa

PACKAGE = Path(qa.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# What each room may import from the others, from the ground up.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "records": set(),
    "events": {"records"},
    "formats": {"errors", "records"},
    "sources": {"errors"},
    "passages": {"records"},
    "encoder": {"errors"},
    "store": {"errors", "records", "sources"},
    "words": {"errors", "records"},
    "vectors": {"errors"},
    "index": {"errors", "records", "sources", "passages", "encoder", "store", "words", "vectors"},
    "retriever": {"records", "passages", "encoder", "index", "store"},
    "answer": {"errors", "records", "passages", "retriever"},
    "render": {"errors", "records"},
    "updating": {"errors", "records", "events", "formats", "sources", "encoder", "index", "store"},
    "assistant": {
        "errors", "records", "events", "formats", "sources", "encoder", "index", "retriever", "answer", "updating",
    },
    "cli": {"", "errors", "records", "events", "assistant", "render"},
    "": {"errors", "records", "formats", "assistant"},
    "__main__": {"cli"},
}  # fmt: skip
OWNERS = {
    "faiss": {"vectors"},
    "tantivy": {"words"},
    "onnxruntime": {"encoder"},
    "tokenizers": {"encoder"},
    "torch": {"encoder"},
    "transformers": {"encoder"},
    "sentence_transformers": {"encoder"},
    "onnx": {"encoder"},
    "sqlite3": {"store", "index"},
    "rich": {"render", "cli"},
    "typer": {"cli"},
    "dateutil": {"formats"},
    "filelock": {"index", "encoder"},
}


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downward(path: Path) -> None:
    here = room(path)
    for name in imported(path):
        first, _, rest = name.partition(".")
        if first == "qa":
            there = rest.split(".")[0]
            assert there == here or there in ALLOWED[here], f"qa/{here} imports qa/{there}"
        elif first in OWNERS:
            assert here in OWNERS[first], f"qa/{here} imports {first}"


def test_every_room_is_in_the_table_and_none_is_a_lumber_room() -> None:
    rooms = {room(path) for path in FILES}
    assert rooms == set(ALLOWED)
    names = {path.stem for path in FILES}
    assert not names & {"utils", "helpers", "base", "core", "manager", "common", "misc"}


def test_the_table_has_no_cycle() -> None:
    done: set[str] = set()
    while rest := [name for name in ALLOWED if name not in done]:
        ready = [name for name in rest if ALLOWED[name] <= done]
        assert ready, f"a cycle among {rest}"
        done.update(ready)


def test_modules_are_short_and_nothing_is_caught_blindly() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 300, f"{path}: is it one idea?"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler):
                reraises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in node.body)
                caught = ast.unparse(node.type) if node.type else ""
                assert caught not in ("", "Exception") or reraises, f"{path}:{node.lineno}"
                assert caught != "BaseException" or reraises, f"{path}:{node.lineno}"
