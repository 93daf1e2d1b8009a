"""What `qa update --watch` prints, and how it ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import qa
from qa.cli.telling import Telling
from qa.render import commit_json, commit_plain, dump_json

if TYPE_CHECKING:
    from qa.watching import Watch


def follow(index: Path, *, prune: bool, poll: bool, json: bool) -> None:
    """Print a line for each commit, until Ctrl-C or SIGTERM."""
    with Telling() as telling:
        watch = qa.open(index, events=telling).watch(prune=prune, poll=poll)
        with _ended_by_signals(watch):
            for report in watch:
                now = datetime.now().astimezone()
                line = dump_json(commit_json(report, now), indent=None) if json else commit_plain(report, now)
                print(line, flush=True)


@contextmanager
def _ended_by_signals(watch: Watch) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the watching: at once between commits; an update ends as any that is interrupted."""

    def end(number: int, frame: FrameType | None) -> None:
        watch.stop()
        if watch.updating:
            raise KeyboardInterrupt

    # What the parent told us to ignore, as a shell does for what runs in its background, stays ignored.
    heeded = [one for one in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(one) is not signal.SIG_IGN]
    before = [(one, signal.signal(one, end)) for one in heeded]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)
