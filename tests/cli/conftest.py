from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def ask_json(run_qa: Run) -> Callable[..., tuple[int, dict[str, Any]]]:
    def ask(*args: object, **settings: Any) -> tuple[int, dict[str, Any]]:
        done = run_qa("ask", *args, "--json", **settings)
        return done.returncode, json.loads(done.stdout)

    return ask
