"""What a file of questions names -> comments of an index."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from qa.errors import CommentNotFound, UsageError
from qa.evaluation.judged import Asked, Gathered, Judged, counted
from qa.index import Snapshot
from qa.records import Filters


def match(gathered: Gathered, snapshot: Snapshot, corpus: Path | None) -> tuple[list[Judged], list[str]]:
    """Return the questions with the ids of the comments that answer them, and in words what is not in the index.

    An answer that is not in the index counts as one that is never found. corpus is the file whose ids are meant, where
    it is known. Raises: UsageError where an id names several comments, or none is known.
    """
    names = _Names(snapshot, corpus)
    judged = [_judged(asked, names) for asked in gathered.questions]
    notes = list(gathered.notes)
    if names.missing:
        if not names.found:
            raise UsageError(f"{snapshot.folder} holds none of the comments that answer", "qa eval PATH --index DIR")
        what = counted(len(names.missing), "judged comment is", "judged comments are")
        notes.append(f"{what} not in the index, and not found: {', '.join(sorted(names.missing)[:5])}")
    return judged, notes


def _judged(asked: Asked, names: _Names) -> Judged:
    relevant = {names.comment_id(name): grade for name, grade in asked.relevant.items()}
    for line in asked.lines:
        relevant |= dict.fromkeys(names.at_line(line, asked.source), 1)
    return Judged(asked.key, asked.text, relevant, asked.sentences)


class _Names:
    """The comments of an index by id, by id within their source, by line."""

    def __init__(self, snapshot: Snapshot, corpus: Path | None) -> None:
        self._snapshot = snapshot
        sources = [(name, Path(path)) for name, path, _ in snapshot.fingerprints()]
        own = [name for name, path in sources if corpus is not None and path == corpus]
        self._sources = own or [name for name, _ in sources]
        self._known = cache(self._resolved)
        self._lines = cache(self._lines_of)
        self.missing: set[str] = set()
        self.found = 0

    def comment_id(self, name: str) -> str:
        """Return the id of a comment, or the name itself where there is none."""
        found = self._known(name)
        if found is None:
            self.missing.add(name)
            return name
        self.found += 1
        return found

    def at_line(self, line: int, source: str | None) -> list[str]:
        """Return the ids of the comments on a line of a source."""
        if source is None and len(self._sources) != 1:
            fact = f"line {line}: of which source? the index has {len(self._sources):,}"
            raise UsageError(fact, '{"question": "...", "lines": [1], "source": "comments.txt"}')
        name = source or self._sources[0]
        found = [comment_id for first, last, comment_id in self._lines(name) if first <= line <= last]
        self.found += len(found)
        if not found:
            self.missing.add(f"{name}:{line}")
        return found or [f"{name}:{line}"]

    def _resolved(self, name: str) -> str | None:
        if self._stands(name):
            return name
        found = [one for one in (f"{source}#{name}" for source in self._sources) if self._stands(one)]
        if len(found) > 1:
            fact = f"the id {name} names {len(found):,} comments: {', '.join(found[:3])}"
            raise UsageError(fact, f"qa show {shlex.quote(found[0])}")
        return found[0] if found else None

    def _stands(self, comment_id: str) -> bool:
        try:
            self._snapshot.comment(comment_id)
        except CommentNotFound:
            return False
        return True

    def _lines_of(self, source: str) -> list[tuple[int, int, str]]:
        return list(_spans(self._snapshot, source))


def _spans(snapshot: Snapshot, source: str) -> Iterator[tuple[int, int, str]]:
    for comment in snapshot.comments(Filters(sources=(source,))):
        if comment.line_start is not None:
            yield comment.line_start, comment.line_end or comment.line_start, comment.comment_id
