"""Files hold comments: recognise a file's format and read its comments, each with its place in the source."""

from __future__ import annotations

from qa.formats.options import FORMATS, SPLITS, Counts, ReadOptions
from qa.formats.reader import CommentReader, read_comments

__all__ = ["FORMATS", "SPLITS", "CommentReader", "Counts", "ReadOptions", "read_comments"]
