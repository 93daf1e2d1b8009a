from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
NOBODY = 65534


@pytest.fixture(scope="session")
def ask_json(run_qa: Run) -> Callable[..., tuple[int, dict[str, Any]]]:
    def ask(*args: object, **settings: Any) -> tuple[int, dict[str, Any]]:
        done = run_qa("ask", *args, "--json", **settings)
        return done.returncode, json.loads(done.stdout)

    return ask


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
