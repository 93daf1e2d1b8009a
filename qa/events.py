"""What a long run tells whoever started it. The doors subclass this; the silent default tells nobody."""

from __future__ import annotations

from qa.reports import SourceReport


class Events:
    """Tell nobody."""

    def notice(self, line: str) -> None:
        """Take a line that a user should see: something takes long, or was mended."""

    def decided(self, source: SourceReport) -> None:
        """Take how a source was read."""

    def finished(self) -> None:
        """Take that a run is over, and another may follow: what showed its progress can go."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Take how far a step is; what says which, as in "passages encoded"; a total of 0 is not known."""
