"""Fixtures that every part of the suite shares."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

NOBODY = 65534
_ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests that take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="takes minutes: run with --long"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real exports and benchmarks."""
    folder = Path(os.environ.get("QA_TEST_DATA") or _ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set QA_TEST_DATA")
    return folder


def _run_qa(
    *args: object,
    stdin: str | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    model: str = "hashing",
) -> subprocess.CompletedProcess[str]:
    """Run the installed program in a process of its own; with the hashing encoder unless another model is named."""
    ours = ("QA_INDEX", "PYTHONUNBUFFERED", "NO_COLOR", "COLUMNS")
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-m", "qa", *map(str, args)],
        input="" if stdin is None else stdin,
        cwd=cwd,
        env={**inherited, "QA_MODEL": model, **(env or {})},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def run_qa() -> Run:
    return _run_qa


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that an unprivileged user can reach; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


_AS_NOBODY = f"""
import contextlib, io, os, pathlib, sys, tempfile
import qa.cli.app
sys.argv[0] = "qa"
with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
    with contextlib.redirect_stderr(io.StringIO()):
        (pathlib.Path(folder) / "a.txt").write_text("some words", encoding="utf-8")
        for command in (["index", folder + "/a.txt"], ["ask", "some words"], ["index", folder + "/b.txt"]):
            with contextlib.suppress(SystemExit, qa.QAError):
                qa.cli.app.app([*command, "--index", folder + "/ix"])
os.setgroups([])
os.setgid({NOBODY})
os.setuid({NOBODY})
qa.cli.app.main()
"""


@pytest.fixture(scope="session")
def run_unprivileged(run_qa: Run) -> Run:
    """Run the program as a user who may not read or write everything.

    As root it does once what it will do, so that all is imported, and then gives its rights up: root's Python may be
    out of another user's reach.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return run_qa

    def run(*args: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", _AS_NOBODY, *map(str, args)]
        environment = {**os.environ, "QA_MODEL": "hashing"}
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)

    return run
