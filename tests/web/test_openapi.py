"""schemathesis: what the document of the API promises, made-up requests find kept."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.running import Server

pytest.importorskip("schemathesis", reason="needs the extra: pip install 'comment-qa[test]'")


def test_the_document_holds(ovens: Path, tmp_path: Path) -> None:
    with Server(ovens) as server:
        command = ["from schemathesis.cli import schemathesis; schemathesis()", "run", f"{server.address}openapi.json"]
        limits = ["--max-examples", "25", "--seed", "1", "--no-color", "--workers", "1"]
        done = subprocess.run(
            [sys.executable, "-c", *command, *limits], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
        )
    assert done.returncode == 0, done.stdout
    assert "Tested: 4" in done.stdout
    found = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert found
    assert found.group(1) == found.group(2)
    assert int(found.group(1)) > 100
