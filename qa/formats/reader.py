"""A file -> its comments, whatever its format."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from qa.errors import NoComments, UsageError
from qa.formats.columns import Columns
from qa.formats.csv_tables import read_csv
from qa.formats.detect import detect
from qa.formats.drafts import Draft, has_content, is_cut_off, is_deleted
from qa.formats.encodings import find_encoding
from qa.formats.identity import Identity
from qa.formats.json_tables import read_json, read_jsonl
from qa.formats.markdown import read_markdown
from qa.formats.options import SPLITS, Counts, ReadOptions
from qa.formats.text import read_text
from qa.records import Comment

_BY_CONTENT = ReadOptions()


class CommentReader:
    """The comments of one source; can be iterated once.

    decided says in words how the source is read. counts is complete when the iteration ends.
    """

    def __init__(self, path: Path, source: str, options: ReadOptions) -> None:
        options.check()
        self.source = source
        self.counts = Counts()
        self._path = path
        self._identity = Identity(path, source)
        self._columns = Columns(dict(options.columns))
        encoding = find_encoding(path)
        self.format: str = detect(path, encoding, options)
        self._refuse_unused(options)
        self.decided, self._drafts = self._opened(encoding, options.split)

    def __iter__(self) -> Iterator[Comment]:
        """Give each comment, in the order of the source.

        Raises: Malformed, WrongColumns, DuplicateId, Undecodable, SourceUnreadable; NoComments at the end.
        """
        for draft in self._drafts:
            comment = self._comment(draft)
            if comment is not None:
                self.counts.comments += 1
                yield comment
        self._refuse_nothing()

    @property
    def _is_table(self) -> bool:
        return self.format not in ("text", "markdown")

    def _opened(self, encoding: str, split: str | None) -> tuple[str, Iterator[Draft]]:
        path, columns = self._path, self._columns
        match self.format:
            case "text":
                return read_text(path, encoding, split)
            case "markdown":
                return read_markdown(path, encoding, split)
            case "json":
                return read_json(path, encoding, columns)
            case "jsonl":
                return "JSON lines, each record is a comment", read_jsonl(path, encoding, columns)
            case _:
                return read_csv(path, encoding, columns, tabs=self.format == "tsv")

    def _comment(self, draft: Draft) -> Comment | None:
        """Count a draft that is no comment; name one that is."""
        text = draft.text
        if text is None:
            self.counts.unreadable += 1
        elif is_deleted(text):
            self.counts.deleted += 1
        elif not has_content(text):
            self.counts.empty += 1
        else:
            return self._named(draft, text)
        return None

    def _named(self, draft: Draft, text: str) -> Comment | None:
        name = self._identity.name(draft)
        if name is None:
            self.counts.duplicates += 1
            return None
        return Comment(
            comment_id=name,
            text=text,
            source=self.source,
            author=draft.author,
            created_at=draft.created_at,
            thread_id=draft.thread_id,
            thread_title=draft.title,
            parent_id=None if draft.parent_id is None else self._identity.qualified(draft.parent_id),
            url=draft.url,
            truncated=is_cut_off(text),
            line_start=draft.line_start,
            line_end=draft.line_end,
            record=draft.record,
            field=draft.field,
        )

    def _refuse_unused(self, options: ReadOptions) -> None:
        """Refuse an option that this format would accept and ignore."""
        quoted = shlex.quote(str(self._path))
        if options.split is not None and self._is_table:
            fact = f"{self._path} is a table ({self.format}): its records are its comments, --split {options.split}"
            raise UsageError(f"{fact} does not apply", f"qa index {quoted}")
        if options.columns and not self._is_table:
            raise UsageError(f"{self._path} is {self.format}: it has no columns", f"qa index {quoted} --format csv")
        if self.format == "text" and options.split is not None and options.split not in SPLITS:
            fact = f"--split {options.split} is for Markdown; plain text knows: {', '.join(SPLITS)}"
            raise UsageError(fact, f"qa index {quoted} --format markdown --split {options.split}")

    def _refuse_nothing(self) -> None:
        if self._is_table:
            self._columns.refuse_missing(self._path)
        if self.counts.comments:
            return
        if self._columns.seen and not self._columns.has_text:
            raise self._columns.wrong(self._path, "has no column that is known to hold text")
        raise NoComments(f"{self._path} holds no comment ({self._in_words()})", f"cat {shlex.quote(str(self._path))}")

    def _in_words(self) -> str:
        counts = self.counts
        return f"{counts.empty} empty, {counts.deleted} deleted, {counts.unreadable} without readable text"


def read_comments(path: Path, source: str, options: ReadOptions = _BY_CONTENT) -> CommentReader:
    """Open a file of comments.

    path is the file; source is the short name that its comments carry in their ids.
    Raises: SourceNotFound, SourceUnreadable, UnknownFormat, Undecodable, NoComments, WrongColumns, Malformed,
    UsageError for an option that is unknown or does not apply.
    """
    return CommentReader(path, source, options)
