"""Every error that qa raises on purpose.

::

    QAError                     message (the fact) + hint (the command that mends it); exit 2
    ├── UsageError              an argument that cannot be used: an empty question, a bad date
    ├── SourceError             a file of comments
    │   ├── SourceNotFound
    │   ├── SourceUnreadable    permission, a device, a broken link
    │   ├── UnknownFormat       binary, or no format recognises it
    │   ├── NoComments          read, and nothing in it is a comment
    │   ├── Malformed           path and line where the format breaks
    │   ├── WrongColumns        a table without a column of text
    │   ├── DuplicateId         one id with two texts
    │   └── Undecodable         no known encoding fits the bytes
    ├── EncoderError            the model
    │   ├── ModelNotFound       says where it looked
    │   ├── ModelAltered        expected hash vs found
    │   ├── ModelNotCompiled    the one-time compilation failed
    │   └── BadVectors          wrong shape or not finite
    ├── IndexStoreError         a folder under indexes/
    │   ├── IndexNotFound
    │   ├── IndexBusy           another process is writing
    │   ├── IndexDamaged        names the file
    │   ├── IndexMismatch       stored vs current encoder
    │   ├── IndexTooNew         written by a later version
    │   ├── IndexTooOld         a format that is no longer read
    │   └── IndexNotWritable
    ├── CommentNotFound         no comment has that id
    └── CitationError           a quote that is not in its comment: an invariant broke
"""

from __future__ import annotations

from os import PathLike


class QAError(Exception):
    """Say a fact and, where one exists, the command that mends it.

    Attributes: message (str), the fact in one line; hint (str or None), the command.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(QAError):
    """An argument that cannot be used as it is."""


class SourceError(QAError):
    """A source (a file of comments) that cannot be used."""


class SourceNotFound(SourceError):
    """The path names nothing."""


class SourceUnreadable(SourceError):
    """The operating system refuses to read the path."""


class UnknownFormat(SourceError):
    """No format recognises the content."""


class NoComments(SourceError):
    """The source was read and holds no comment."""


class Malformed(SourceError):
    """The format breaks at a place that can be named: ``path:line: fact``."""

    def __init__(
        self,
        path: str | PathLike[str],
        line: int | None,
        fact: str,
        hint: str | None = None,
    ) -> None:
        place = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(f"{place}: {fact}", hint)
        self.path = path
        self.line = line


class WrongColumns(SourceError):
    """A table whose columns do not say which one is the text."""


class DuplicateId(Malformed):
    """One id stands for two different texts inside one source."""


class Undecodable(SourceError):
    """No supported character encoding fits the bytes."""


class EncoderError(QAError):
    """The model cannot be used."""


class ModelNotFound(EncoderError):
    """The model's files are not where they were looked for."""


class ModelAltered(EncoderError):
    """The model's files differ from what was verified."""


class ModelNotCompiled(EncoderError):
    """The one-time compilation of the model failed."""


class BadVectors(EncoderError):
    """Vectors of the wrong shape, or not finite."""


class IndexStoreError(QAError):
    """An index folder cannot be used."""


class IndexNotFound(IndexStoreError):
    """The folder holds no index."""


class IndexBusy(IndexStoreError):
    """Another process is writing to the index."""


class IndexDamaged(IndexStoreError):
    """A file of the index is damaged and cannot be derived again."""


class IndexMismatch(IndexStoreError):
    """The index was made by another encoder than the one asked for."""


class IndexTooNew(IndexStoreError):
    """The index was written by a later version of the program."""


class IndexTooOld(IndexStoreError):
    """The index has a format that this version no longer reads."""


class IndexNotWritable(IndexStoreError):
    """The index folder cannot be written to."""


class CommentNotFound(QAError):
    """No comment has the id that was asked for."""


class CitationError(QAError):
    """A quote does not stand in its comment."""
