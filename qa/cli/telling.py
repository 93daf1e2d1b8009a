"""What goes to stderr: notices, how each source was read, and progress on a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from qa.events import Events
from qa.render import safe_line
from qa.reports import SourceReport

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

# Progress is shown once a step has lasted this long.
_PATIENCE_S = 2.0
# A folder of thousands of files is summed up, not listed.
_MOST_SOURCES = 12


class Telling(Events):
    """Tells a person at a terminal what goes on; a context manager, so that the progress bar is taken down."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._begun: dict[str, float] = {}
        self._sources = 0
        self._aside: list[str] = []

    def __enter__(self) -> Telling:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finished()

    def finished(self) -> None:
        """Take the progress bar down, and count sources and time anew."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
        if self._sources > _MOST_SOURCES:
            self._say(f"… and {self._sources - _MOST_SOURCES:,} more sources; all: qa status")
        if self._aside:
            names = ", ".join(self._aside[:5]) + (", …" if len(self._aside) > 5 else "")
            self._say(f"left aside, no part of the export beside them: {len(self._aside):,} files ({names})")
        self._tasks.clear()
        self._begun.clear()
        self._sources = 0
        self._aside.clear()

    def notice(self, line: str) -> None:
        """Print the line."""
        self._say(safe_line(line))

    def decided(self, source: SourceReport) -> None:
        """Print how the source was read, and every problem."""
        if source.problem:
            self._say(f"{safe_line(source.source)}: not read: {safe_line(source.problem)}")
            return
        if source.aside:
            self._aside.append(safe_line(source.source))
            return
        if source.unreadable_at:
            lines = ", ".join(str(line) for line in source.unreadable_at)
            more = ", …" if source.unreadable > len(source.unreadable_at) else ""
            self._say(f"{safe_line(source.source)}: {source.unreadable:,} unreadable, on line {lines}{more}")
        self._sources += 1
        if self._sources <= _MOST_SOURCES:
            self._say(f"{safe_line(source.source)}: {safe_line(source.decided)}: {_counts(source)}")

    def progress(self, what: str, done: int, total: int) -> None:
        """Draw a bar with rate and time left, on a terminal, for what takes longer than two seconds."""
        begun = self._begun.setdefault(what, time.monotonic())
        if not sys.stderr.isatty() or time.monotonic() - begun < _PATIENCE_S:
            return
        if self._progress is None:
            self._progress = _bar()
            self._progress.start()
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total or None, rate="", left="")
        rate = done / max(time.monotonic() - begun, 1e-6)
        left = f"{_duration((total - done) / rate)} left" if total and rate else ""
        self._progress.update(self._tasks[what], completed=done, rate=f"{rate:,.0f}/s", left=left)

    def _say(self, line: str) -> None:
        if self._progress is not None:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=sys.stderr, flush=True)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:,.0f}"),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
        console=Console(stderr=True),
        transient=True,
    )


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return (
        f"{whole} s" if whole < 90 else f"{whole // 60} min {whole % 60} s" if whole < 5400 else f"{whole / 3600:.1f} h"
    )


def _counts(source: SourceReport) -> str:
    left_out = (
        ("empty", source.empty),
        ("deleted", source.deleted),
        ("duplicate", source.duplicates),
        ("unreadable", source.unreadable),
        ("notices", source.notices),
    )
    parts = [f"{source.comments:,} {'comment' if source.comments == 1 else 'comments'}"]
    return ", ".join(parts + [f"{count:,} {name}" for name, count in left_out if count])
