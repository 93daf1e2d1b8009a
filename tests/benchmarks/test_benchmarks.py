"""The benchmarks run, on next to nothing. How fast anything is, is not asserted."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import measuring
import pytest
from corpus import SAMPLE, spread

FOLDER = Path(__file__).parent
# Stands in for the baseline, which takes long to start.
_STUB = """
import pathlib, sys
if sys.argv[1] == "ask":
    print(pathlib.Path(sys.argv[2] + ".json").read_text(), sys.argv[3])
else:
    pathlib.Path(sys.argv[3] + ".json").write_text(pathlib.Path(sys.argv[2]).read_text())
"""
_ASK = ["wall time, s", "CPU time, s", "peak memory, MiB"]
_ENCODE = ["encoding, passages/s", "whole index command, s", "its peak memory, MiB"]
_UPDATE = ["passages encoded", "wall time, s", "CPU time, s"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="they measure as Linux counts")


def test_comments_are_spread_and_never_alike() -> None:
    assert spread(["a", "b", "c", "d"], 2) == ["a", "c"]
    assert spread(["a", "b"], 5) == ["a", "b", "a [2]", "b [2]", "a [3]"]


def test_a_table_shows_medians_and_which_side_is_better() -> None:
    rows = [
        measuring.Row("wall time, s", [1.0, 3.0, 1.5], [6.0, 4.5, 5.0]),
        measuring.Row("passages/s", [300.0], [100.0], more_is_better=True),
    ]
    assert measuring.table(rows).splitlines() == [
        "                            qa          baseline  better by",
        "wall time, s  1.50 (1.00-3.00)  5.00 (4.50-6.00)      3.33x",
        "passages/s       300 (300-300)     100 (100-100)      3.00x",
    ]


@linux
def test_a_process_is_measured_whole() -> None:
    size = 300 << 20
    measured = measuring.run([sys.executable, "-c", f"print(len(b'x' * {size}))"], {})
    assert measured.output == f"{size}\n"
    assert measured.peak >= 300


@linux
def test_a_failure_is_told() -> None:
    with pytest.raises(SystemExit, match="ended with 3"):
        measuring.run([sys.executable, "-c", "raise SystemExit(3)"], {})


def check(rows: list[str], script: str, *arguments: str) -> None:
    """Run a script and look for the rows of its table."""
    command = [sys.executable, str(FOLDER / script), str(SAMPLE), "--runs", "1", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    for row in rows:
        assert re.search(rf"^{re.escape(row)} .*\dx$", ended.stdout, re.MULTILINE), ended.stdout


@linux
@pytest.mark.model
def test_ask_runs(tmp_path: Path) -> None:
    stub = tmp_path / "stub.py"
    stub.write_text(_STUB, encoding="utf-8")
    check(_ASK, "ask.py", "--limit", "20", "--baseline", str(stub))


@linux
def test_update_runs() -> None:
    check(_UPDATE, "update.py", "--limit", "120", "--model", "hashing")


@linux
@pytest.mark.model
@pytest.mark.long
def test_ask_runs_beside_the_baseline() -> None:
    check(_ASK, "ask.py", "--limit", "20")


@linux
@pytest.mark.model
@pytest.mark.long
def test_encode_runs_beside_the_baseline() -> None:
    check(_ENCODE, "encode.py", "--limit", "10")
