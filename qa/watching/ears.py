"""Listen at folders for changes, with watchfiles: at some for all that is below them, at others for the top alone."""

from __future__ import annotations

import os
import platform
from collections.abc import Generator
from typing import Protocol

from watchfiles import Change, watch
from watchfiles.main import FileChange

from qa.errors import SourceUnreadable
from qa.watching.places import Places

# Units: milliseconds. How long one call listens, and how often it looks whether it is to stop.
_LISTEN, _STEP = 150, 50
# How often the folders are looked through where the system reports nothing (a network drive).
_POLL = 500


class Flag(Protocol):
    """What tells that listening is to end."""

    def is_set(self) -> bool:
        """Tell whether it is to end."""


def polls(asked: bool) -> bool:
    """Tell whether to look for changes: if asked to, also by watchfiles' variable, or under WSL, which reports none."""
    variable = os.environ.get("WATCHFILES_FORCE_POLLING", "").lower()
    if asked or not variable:
        return asked or "microsoft-standard" in platform.uname().release.lower()
    return variable not in {"false", "disable", "disabled"}


class Ears:
    """Hears what changes at the places. What changed since it was made is heard, however late `heard` is called."""

    def __init__(self, places: Places, stop: Flag, polling: bool) -> None:
        """Begin to listen. Raises: FileNotFoundError where a folder has just gone, SourceUnreadable."""
        self.places = places
        self.lost = False
        self._ears: list[Generator[set[FileChange], None, None]] = []
        try:
            for folders, whole in ((places.folders.whole, True), (places.folders.top, False)):
                if folders:
                    self._ears.append(_ear([path for path, _ in folders], stop, polling, whole))
            self.heard()
        except FileNotFoundError:
            self.close()
            raise
        except (OSError, RuntimeError) as error:  # watchfiles raises a RuntimeError of its own
            self.close()
            raise SourceUnreadable(
                f"the system does not report changes here: {error}", "qa update --watch --poll"
            ) from error

    def heard(self) -> bool:
        """Listen for a moment; tell whether something that matters changed since the last call."""
        changes = [change for ear in self._ears for change in next(ear, ())]
        self.lost = self.lost or any(kind != Change.modified and self.places.lost(path) for kind, path in changes)
        return any(self.places.concern(path) for _, path in changes)

    def close(self) -> None:
        """Listen no more."""
        for ear in self._ears:
            ear.close()


def _ear(paths: list[str], stop: Flag, polling: bool, whole: bool) -> Generator[set[FileChange], None, None]:
    return watch(
        *paths,
        watch_filter=None,
        step=_STEP,
        debounce=_LISTEN,
        rust_timeout=_LISTEN,
        yield_on_timeout=True,
        stop_event=stop,
        force_polling=polling,
        poll_delay_ms=_POLL,
        recursive=whole,
        ignore_permission_denied=True,
    )
