"""Keep an index up with its sources: wait for a change, let the edits come to rest, update."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from qa.errors import IndexBusy, SourceError, UsageError
from qa.events import Events
from qa.index.remembered import remembered_roots
from qa.reports import Report, SourceReport
from qa.sources import STDIN
from qa.watching.ears import Ears, polls
from qa.watching.places import Places

# Units: seconds. Edits that follow each other faster than this make one commit; where they never end, one comes this
# often.
_REST, _LONGEST = 0.4, 4.0
# How often to look whether another process gave the index new sources, or a folder far above one came or went.
_LOOK_AROUND = 2.0
# Polling tells times by the second: an edit in the second of the one before it is not seen, so it is looked for later.
_COARSE = 1.5
# How long to wait for another writer before trying again.
_BUSY = 0.2
_MOST_NAMES = 5
# How often a folder may vanish between being found and being listened at.
_ATTEMPTS = 50

Update = Callable[[Events], Report]


class Watch(Iterator[Report]):
    """Yields a report for each commit, for as long as it is not told to stop.

    updating: an update is in progress. Problems, and what is waited for, are told to the events.
    Raises: UsageError where the index follows no file, EncoderError, IndexStoreError.
    """

    def __init__(self, folder: Path, first: Update, update: Update, events: Events, poll: bool) -> None:
        self.updating = False
        self._folder = folder
        self._update = update
        self._events = events
        self._polling = polls(poll)
        self._look_again: float | None = None
        self._stop = _Flag()
        self._ears: Ears | None = None
        self._told: dict[str, str] = {}
        self._gone: tuple[str, ...] = ()
        self._reports = self._follow(first)

    def __next__(self) -> Report:
        return next(self._reports)

    def stop(self) -> None:
        """End: at once while it waits, else after the update in progress. A signal's handler may call this."""
        self._stop.up = True

    def _follow(self, first: Update) -> Iterator[Report]:
        try:
            self._listen()
            report = self._attempt(first)
            self._look_again = time.monotonic() + _COARSE if self._polling else None
            if report and _changed(report):
                yield report
            if not self._stop.up:
                self._events.notice(_greeting(self._folder, report))
            while self._changes():
                self._listen()
                report = self._attempt(self._update)
                if report and _changed(report):
                    yield report
        finally:
            if self._ears:
                self._ears.close()

    def _listen(self) -> None:
        """Listen where the sources are now. What comes between finding and listening is found the second time."""
        for _ in range(_ATTEMPTS):
            places = Places(remembered_roots(self._folder), self._folder)
            if not places:
                raise UsageError(f"{self._folder} follows no file or folder", "qa index PATH...")
            if self._ears and not self._ears.lost and self._ears.places == places:
                return
            if self._ears:
                self._ears.close()
                self._ears = None
            try:
                self._ears = Ears(places, self._stop, self._polling)
            except FileNotFoundError:
                time.sleep(_BUSY)
            if self._stop.up:
                return

    def _changes(self) -> bool:
        """Wait until the sources may have changed; False when told to stop."""
        looked = time.monotonic()
        while not self._stop.up and self._ears and not self._ears.heard():
            now = time.monotonic()
            if self._look_again is not None and now > self._look_again:
                self._look_again = None
                break
            if now - looked > _LOOK_AROUND:
                looked = now
                if self._moved():
                    break
        else:
            self._come_to_rest()
        return not self._stop.up

    def _come_to_rest(self) -> None:
        begun = last = time.monotonic()
        while not self._stop.up and self._ears and time.monotonic() - begun < _LONGEST:
            if self._ears.heard():
                last = time.monotonic()
            elif time.monotonic() - last >= _REST:
                break
        self._look_again = time.monotonic() + _COARSE if self._polling else None

    def _moved(self) -> bool:
        """Tell whether the places to listen at are others than those listened at."""
        places = Places(remembered_roots(self._folder), self._folder)
        return self._ears is None or self._ears.places != places

    def _attempt(self, update: Update) -> Report | None:
        """Update, waiting while another process writes; None where it could not, or was told to stop."""
        said = False
        while not self._stop.up:
            read = _Read(self._events)
            try:
                report = self._interruptible(update, read)
            except IndexBusy as busy:
                if not said:
                    self._events.notice(f"{busy.message}; waiting until it is done")
                said = True
                time.sleep(_BUSY)
            except SourceError as error:
                if self._is_news("", error.message):
                    self._events.notice(error.message)
                return None
            else:
                if report:
                    self._tell(report, read.sources)
                return report
        return None

    def _interruptible(self, update: Update, read: _Read) -> Report | None:
        """Update; None where it was told to stop before it had begun to read."""
        self.updating = True
        try:
            return None if self._stop.up else update(read)
        except KeyboardInterrupt:
            if self._stop.up and not read.begun:
                return None
            raise
        finally:
            self.updating = False
            self._events.finished()

    def _tell(self, report: Report, read: list[SourceReport]) -> None:
        """Tell how sources were read, where that is not what was told before, and which are gone."""
        for source in read:
            if self._is_news(source.source, _said(source)):
                self._events.decided(source)
        self._told = {source.source: _said(source) for source in report.sources}
        self._tell_gone(report.vanished)

    def _is_news(self, source: str, what: str) -> bool:
        known, self._told[source] = self._told.get(source), what
        return known != what

    def _tell_gone(self, vanished: tuple[str, ...]) -> None:
        new = [name for name in vanished if name not in self._gone]
        self._gone = vanished
        if new:
            more = f" and {len(new) - _MOST_NAMES} more" if len(new) > _MOST_NAMES else ""
            self._events.notice(f"gone, but kept: {', '.join(new[:_MOST_NAMES])}{more}. run: qa update --prune")


class _Flag:
    """A flag that a signal's handler may raise; threading.Event may lock up there."""

    def __init__(self) -> None:
        self.up = False

    def is_set(self) -> bool:
        return self.up


class _Read(Events):
    """Holds back how sources were read, passes the rest on. begun: something was read, and not only waited for."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.sources: list[SourceReport] = []
        self.begun = False

    def notice(self, line: str) -> None:
        self._events.notice(line)

    def decided(self, source: SourceReport) -> None:
        self.sources.append(source)

    def progress(self, what: str, done: int, total: int) -> None:
        self.begun = True
        self._events.progress(what, done, total)


def _said(source: SourceReport) -> str:
    return source.problem or source.decided


def _changed(report: Report) -> bool:
    return bool(report.added or report.edited or report.deleted)


def _greeting(folder: Path, report: Report | None) -> str:
    if report is None:
        return f"watching the sources of {folder}; Ctrl-C ends"
    count = sum(source.source != STDIN for source in report.sources)
    return f"watching {count:,} {'source' if count == 1 else 'sources'} of {folder}; Ctrl-C ends"
