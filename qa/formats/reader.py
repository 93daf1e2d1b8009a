"""A file -> its comments, whatever its format."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from qa.errors import Malformed, NoComments, UsageError
from qa.formats.contents import Content
from qa.formats.detect import detect
from qa.formats.drafts import Draft, has_content, is_cut_off, is_deleted
from qa.formats.identity import Identity
from qa.formats.markup.asides import find_asides, merged
from qa.formats.options import PROSE, SPLITS, TABLES, Counts, ReadOptions
from qa.formats.platforms import PLATFORMS, Platform, Role
from qa.formats.prose.markdown import read_markdown
from qa.formats.prose.text import read_text
from qa.formats.samples import take_sample
from qa.formats.tables.columns import Columns
from qa.formats.tables.csv_tables import read_csv
from qa.formats.tables.json_tables import read_json, read_jsonl
from qa.formats.tables.siblings import is_companion
from qa.records import Comment

_BY_CONTENT = ReadOptions()
# Lines of unreadable records that are named.
_MOST_PLACES = 5


class CommentReader:
    """The comments of one source; can be iterated once.

    decided says in words how the source is read. role: "companion" for a file that completes others of its export and
    holds no comment. counts is complete when the iteration ends.
    """

    def __init__(self, path: Path, source: str, options: ReadOptions) -> None:
        options.check()
        self.source = source
        self.counts = Counts()
        self._strict = options.strict
        self._content = Content(path)
        self._identity = Identity(path, source)
        self._columns = Columns(dict(options.columns))
        platform, self.role = recognised(self._content, options)
        self._platform = platform
        self.format: str = platform.name if platform else detect(self._content, options)
        self._refuse_unused(options)
        self.decided, self._drafts = self._opened(platform, options.split)

    @property
    def beside(self) -> tuple[Path, ...]:
        """The paths that were looked for beside the source; complete when the iteration ends."""
        return tuple(self._content.beside)

    def __iter__(self) -> Iterator[Comment]:
        """Give each comment, in the order of the source.

        Raises: Malformed, WrongColumns, DuplicateId, Undecodable, SourceUnreadable; NoComments at the end.
        """
        for draft in self._drafts:
            comment = self._comment(draft)
            if comment is not None:
                self.counts.comments += 1
                yield comment
        self._identity.close()
        self._refuse_nothing()

    @property
    def _is_table(self) -> bool:
        return self.format in TABLES

    def _opened(self, platform: Platform | None, split: str | None) -> tuple[str, Iterator[Draft]]:
        content, columns = self._content, self._columns
        if platform is not None:
            return platform.label, platform.read(content) if self.role == "comments" else iter(())
        match self.format:
            case "text":
                return read_text(content, split)
            case "markdown":
                return read_markdown(content, split)
            case "json":
                return read_json(content, columns)
            case "jsonl":
                return "JSON lines, each record is a comment", read_jsonl(content, columns)
            case _ if not columns.given and is_companion(content):
                self.role = "companion"
                return "a table of titles that a table beside it refers to", iter(())
            case _:
                return read_csv(content, columns, tabs=self.format == "tsv")

    def _comment(self, draft: Draft) -> Comment | None:
        """Count a draft that is no comment; name one that is."""
        text = draft.text
        if draft.kind == "notice":
            self.counts.notices += 1
        elif draft.kind == "deleted" or (text is not None and is_deleted(text)):
            self.counts.deleted += 1
        elif text is None:
            self._unreadable(draft)
        elif not has_content(text):
            self.counts.empty += 1
        else:
            return self._named(draft, text)
        return None

    def _unreadable(self, draft: Draft) -> None:
        """Count a record whose text is no text. Raises: Malformed where the reading is strict."""
        if self._strict:
            path = self._content.path
            fact = "this record holds no readable text"
            raise Malformed(path, draft.line_start, fact, f"qa index {shlex.quote(str(path))}")
        self.counts.unreadable += 1
        if len(self.counts.unreadable_at) < _MOST_PLACES:
            self.counts.unreadable_at.append(draft.line_start)

    def _named(self, draft: Draft, text: str) -> Comment | None:
        comment_id = self._identity.name(draft)
        if comment_id is None:
            self.counts.duplicates += 1
            return None
        if self._identity.replaced:  # the version before it was counted as the comment
            self.counts.duplicates += 1
            self.counts.comments -= 1
        added = find_asides(text)
        return Comment(
            comment_id=comment_id,
            text=text,
            source=self.source,
            author=draft.author,
            created_at=draft.created_at,
            thread_id=draft.thread_id,
            thread_title=draft.title,
            parent_id=None if draft.parent_id is None else self._identity.qualified(draft, draft.parent_id),
            url=draft.url,
            truncated=is_cut_off(text),
            line_start=draft.line_start,
            line_end=draft.line_end,
            record=draft.record,
            field=draft.field,
            edited_at=draft.edited_at,
            votes=draft.votes,
            asides=merged(draft.asides, added) if draft.asides else tuple(added),
        )

    @property
    def _kind(self) -> str:
        return f"a table ({self.format})" if self._is_table else f"recognised as {self.format}"

    def _refuse_unused(self, options: ReadOptions) -> None:
        """Refuse an option that this format would accept and ignore."""
        path = self._content.path
        quoted = shlex.quote(str(path))
        if options.split is not None and self.format not in PROSE:
            fact = f"{path} is {self._kind}: its records are its comments, --split {options.split}"
            raise UsageError(f"{fact} does not apply", f"qa index {quoted}")
        if options.columns and not self._is_table:
            raise UsageError(f"{path} is {self.format}: it has no columns", f"qa index {quoted} --format csv")
        if self.format == "text" and options.split is not None and options.split not in SPLITS:
            fact = f"--split {options.split} is for Markdown; plain text knows: {', '.join(SPLITS)}"
            raise UsageError(fact, f"qa index {quoted} --format markdown --split {options.split}")

    def _refuse_nothing(self) -> None:
        path = self._content.path
        if self._is_table:
            self._columns.refuse_missing(path)
        nothing_lost = self._platform is not None and self.counts.records > 0
        if self.counts.comments or nothing_lost or self.role == "companion":
            return
        if self._columns.seen and not self._columns.has_text:
            raise self._columns.wrong(path, "has no column that is known to hold text")
        raise NoComments(f"{path} holds no comment ({self._in_words()})", f"cat {shlex.quote(str(path))}")

    def _in_words(self) -> str:
        counts = self.counts
        words = f"{counts.empty} empty, {counts.deleted} deleted, {counts.unreadable} without readable text"
        return words + (f", {counts.notices} notices of the platform" if counts.notices else "")


def recognised(content: Content, options: ReadOptions) -> tuple[Platform | None, Role]:
    """Return the platform that a source comes from, if any, and what the source is to it."""
    if options.format is not None:
        return next((one for one in PLATFORMS if one.name == options.format), None), "comments"
    if options.columns or options.split:
        return None, "comments"
    sample = take_sample(content)
    for platform in PLATFORMS:
        role = platform.recognises(sample)
        if role is not None:
            return platform, role
    return None, "comments"


def read_comments(path: Path, source: str, options: ReadOptions = _BY_CONTENT) -> CommentReader:
    """Open a file of comments.

    path is the file; source is the short name that its comments carry in their ids.
    Raises: SourceNotFound, SourceUnreadable, UnknownFormat, Undecodable, NoComments, WrongColumns, Malformed,
    UsageError for an option that is unknown or does not apply.
    """
    return CommentReader(path, source, options)
