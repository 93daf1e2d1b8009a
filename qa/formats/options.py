"""What a caller may say about how a source is to be read, and what the reading counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from qa.errors import UsageError
from qa.formats.platforms import PLATFORMS

PROSE: tuple[str, ...] = ("text", "markdown")
TABLES: tuple[str, ...] = ("csv", "tsv", "json", "jsonl")
FORMATS: tuple[str, ...] = (*PROSE, *TABLES, *(platform.name for platform in PLATFORMS))
SPLITS: tuple[str, ...] = ("line", "paragraph", "separator", "header", "file")
MARKDOWN_SPLITS: tuple[str, ...] = (*SPLITS, "heading", "item")
COLUMNS: tuple[str, ...] = ("text", "author", "date", "id", "parent", "thread", "title", "url")


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Say how to read a source where its content should not decide.

    columns maps our name (one of COLUMNS) to the source's column; several columns are separated by commas, the
    first that holds a value counts; ``user.name`` addresses a nested object. strict: a record that cannot be read is an
    error, not a count.
    """

    format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    split: str | None = None
    strict: bool = False

    def to_json(self) -> str:
        """Write the options as one line, so that an update can read the source the same way."""
        return json.dumps(
            {"format": self.format, "columns": dict(self.columns), "split": self.split, "strict": self.strict},
            sort_keys=True,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, line: str) -> ReadOptions:
        """Read what `to_json` wrote."""
        values = json.loads(line)
        return cls(
            values.get("format"), dict(values.get("columns") or {}), values.get("split"), bool(values.get("strict"))
        )

    def check(self) -> None:
        """Refuse names that nothing knows.

        Raises: UsageError, listing the names that are known.
        """
        if self.format is not None and self.format not in FORMATS:
            raise UsageError(f"unknown format {self.format!r}; known: {', '.join(FORMATS)}", "qa index PATH...")
        if self.split is not None and self.split not in MARKDOWN_SPLITS:
            raise UsageError(f"unknown split {self.split!r}; known: {', '.join(MARKDOWN_SPLITS)}", "--split line")
        for name, column in self.columns.items():
            if name not in COLUMNS:
                raise UsageError(f"unknown column name {name!r}; known: {', '.join(COLUMNS)}", "--columns text=NAME")
            if not column.strip():
                raise UsageError(f"no column is named for {name!r}", f"--columns {name}=NAME")


@dataclass(slots=True)
class Counts:
    """What became of every record of a source.

    comments were given out; empty had no letter, digit or emoji; deleted were taken back (``[deleted]``);
    duplicates repeated an id with the same content; unreadable held something other than text as their text;
    notices were written by the platform, not by a person. unreadable_at holds the lines of the first that were
    unreadable.
    """

    comments: int = 0
    empty: int = 0
    deleted: int = 0
    duplicates: int = 0
    unreadable: int = 0
    notices: int = 0
    unreadable_at: list[int] = field(default_factory=list)

    @property
    def records(self) -> int:
        """The records of the source, whatever became of them."""
        return self.comments + self.empty + self.deleted + self.duplicates + self.unreadable + self.notices
