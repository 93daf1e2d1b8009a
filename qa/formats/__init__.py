"""Files hold comments: recognise a file's format and read its comments, each with its place in the source."""

from __future__ import annotations

from qa.formats.archives import is_archive, unpacked
from qa.formats.options import FORMATS, PROSE, SPLITS, TABLES, Counts, ReadOptions
from qa.formats.reader import CommentReader, read_comments

__all__ = [
    "FORMATS",
    "PROSE",
    "SPLITS",
    "TABLES",
    "CommentReader",
    "Counts",
    "ReadOptions",
    "is_archive",
    "read_comments",
    "unpacked",
]
