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
    "reports": {"records"},
    "events": {"records", "reports"},
    "faults": set(),
    "dates": set(),
    "formats": {"errors", "records", "dates"},
    "sources": {"errors"},
    "passages": {"records"},
    "encoder": {"errors"},
    "store": {"errors", "records", "reports", "sources"},
    "words": {"errors", "records"},
    "vectors": {"errors", "faults"},
    "index": {"errors", "records", "reports", "faults", "sources", "passages", "encoder", "store", "words", "vectors"},
    "confidence": {"records", "encoder", "index"},
    "sentences": {"passages", "index", "store"},
    "retrieval": {"records", "passages", "encoder", "index", "store", "confidence", "sentences"},
    "answer": {"errors", "records", "retrieval", "confidence", "sentences"},
    "evaluation": {
        "errors", "records", "reports", "events", "passages", "encoder", "index", "store", "questions", "assistant",
        "building", "sentences",
    },
    "render": {"errors", "records", "reports"},
    "questions": {"errors", "records", "dates"},
    "surveys": {"errors", "records", "reports"},
    "layout": set(),
    "browsing": {"errors", "records", "reports", "index"},
    "updating": {"errors", "records", "reports", "events", "faults", "formats", "sources", "encoder", "index", "store",
        "confidence",
    },
    "upkeep": {
        "errors", "records", "reports", "events", "formats", "sources", "passages", "encoder", "index", "store",
        "updating",
    },
    "watching": {"errors", "records", "reports", "events", "sources", "index"},
    "assistant": {
        "errors", "records", "reports", "events", "formats", "sources", "encoder", "index", "retrieval", "answer",
        "updating", "watching", "upkeep", "questions", "browsing", "surveys",
    },
    "building": {
        "errors", "records", "reports", "events", "formats", "sources", "encoder", "index", "updating", "upkeep",
        "assistant",
    },
    "web": {
        "", "errors", "records", "reports", "events", "encoder", "questions", "assistant", "browsing", "layout",
        "render",
    },
    "mcp": {"", "errors", "records", "events", "questions", "assistant", "render", "web"},
    "cli": {"", "errors", "records", "reports", "events", "encoder", "watching", "assistant", "render", "web", "mcp"},
    "": {"errors", "records", "reports", "formats", "assistant", "building", "evaluation", "render"},
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
    "huggingface_hub": {"encoder"},
    "sqlite3": {"store", "index", "formats"},
    "rich": {"render", "cli"},
    "typer": {"cli"},
    "prompt_toolkit": {"cli"},
    "dateutil": {"dates"},
    "lxml": {"formats"},
    "jiter": {"formats"},
    "zstandard": {"formats"},
    "filelock": {"index", "encoder"},
    "watchfiles": {"watching"},
    "ir_measures": {"evaluation"},
    "sklearn": {"layout"},
    "threadpoolctl": {"layout"},
    "fastapi": {"web"},
    "starlette": {"web", "mcp"},
    "uvicorn": {"web"},
    "jinja2": {"web"},
    "pydantic": {"web", "mcp"},
    "anyio": {"web", "mcp"},
    "mcp": {"mcp"},
    "fastapi_offline": {"web"},
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
        elif isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("__import__", "importlib.import_module"), f"{path}: hidden import"


def module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_when_loaded(path: Path) -> Iterator[str]:
    """Yield each module imported as the file is loaded, and each of which a name is imported that is a module."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name for name in submodules if name in {module(one) for one in FILES}]
            yield from found or [node.module]
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


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


def test_no_module_imports_itself_by_a_detour() -> None:
    paths = {module(path): path for path in FILES}
    uses = {name: {one for one in imported_when_loaded(path) if one in paths} - {name} for name, path in paths.items()}
    while leaves := [name for name, used in uses.items() if not used]:
        uses = {name: used - set(leaves) for name, used in uses.items() if name not in leaves}
    assert uses == {}


def test_modules_are_short_and_nothing_is_caught_blindly() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 300, f"{path}: is it one idea?"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler):
                caught = {one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)} if node.type else {""}
                cleans_up = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
                assert not caught & {"", "Exception"}, f"{path}:{node.lineno}"
                assert "BaseException" not in caught or cleans_up, f"{path}:{node.lineno}"
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                named = {ast.unparse(one) for one in node.args}
                assert not named & {"Exception", "BaseException"}, f"{path}:{node.lineno}"
