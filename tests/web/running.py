"""The server in a process of its own, as `qa serve` starts it, and the browser that visits it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType

CHROMIUM = os.environ.get("QA_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def imported_by_asking(index: Path, names: tuple[str, ...]) -> str:
    """Return what a process that asks the index a question prints of those of the modules that it has imported."""
    code = (
        "import atexit, sys; from qa.cli import main; "
        f"atexit.register(lambda: print([one for one in {names} if one in sys.modules], file=sys.stderr)); "
        f"sys.argv = ['qa', 'ask', 'oven', '--index', {str(index)!r}]; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    return done.stderr


class Server:
    """Serves an index on a free port; a context manager. address ends in a slash."""

    def __init__(self, index: Path, *options: str, code: str | None = None, command: str = "serve") -> None:
        start = ["-c", code] if code else ["-m", "qa"]
        self.process = subprocess.Popen(
            [sys.executable, *start, command, "--index", str(index), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "QA_MODEL": "hashing"},
        )
        self.address = ""
        self.port = 0

    def line(self) -> str:
        """Return the next line that it prints."""
        assert self.process.stdout
        return self.process.stdout.readline()

    def __enter__(self) -> Server:
        first = self.line()
        found = re.match(r"qa answers (?:assistants )?on (http://\S+:(\d+)/)", first)
        if not found:
            self.process.kill()
            raise AssertionError(first + self.process.communicate()[1])
        self.address, self.port = found.group(1), int(found.group(2))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()
