"""How a comment becomes a row and a row a comment, and the hashes that say whether two are the same."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.records import Comment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The columns of a comment, in the order that `comment_of` reads.
COMMENT_COLUMNS = """
    c.comment_id, c.text, s.name, a.name, c.created_at, t.thread_id, t.title, c.parent_id, c.url, c.truncated,
    c.line_start, c.line_end, c.record, c.field"""
COMMENT_JOINS = """
    JOIN sources s USING (source_key)
    LEFT JOIN authors a USING (author_key)
    LEFT JOIN threads t USING (thread_key)"""


def to_sql(text: str | None) -> str | bytes | None:
    """Return text as SQLite can keep it: lone surrogates (JSON allows them) have no UTF-8, so those go as bytes."""
    if text is None:
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def from_sql(value: str | bytes | None) -> str | None:
    """Return the text that `to_sql` stored."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def folded(value: str | bytes | None) -> str | bytes | None:
    """Return stored text without regard to case."""
    text = from_sql(value)
    return None if text is None else to_sql(text.casefold())


def folded_author(value: str | bytes | None) -> str | bytes | None:
    """Return a stored name without regard to case or a leading @."""
    text = from_sql(value)
    return None if text is None else to_sql(text.lstrip("@").casefold())


def to_microseconds(moment: datetime | None) -> int | None:
    """Return microseconds since 1970."""
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int | None) -> datetime | None:
    """Return the UTC moment that many microseconds since 1970."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def comment_of(row: Sequence[Any]) -> Comment:
    """Return the comment in a row of COMMENT_COLUMNS."""
    (
        comment_id,
        text,
        source,
        author,
        created,
        thread_id,
        title,
        parent,
        url,
        truncated,
        first,
        last,
        record,
        field,
    ) = row
    return Comment(
        comment_id=from_sql(comment_id) or "",
        text=from_sql(text) or "",
        source=from_sql(source) or "",
        author=from_sql(author),
        created_at=from_microseconds(created),
        thread_id=from_sql(thread_id),
        thread_title=from_sql(title),
        parent_id=from_sql(parent),
        url=from_sql(url),
        truncated=bool(truncated),
        line_start=first,
        line_end=last,
        record=record,
        field=from_sql(field),
    )


def text_hash(text: str) -> bytes:
    """Return the hash that a quote is checked against before it is printed."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def record_hash(comment: Comment) -> bytes:
    """Return a hash of all that a comment says, its place in the source left out."""
    parts = (
        comment.text, comment.author, comment.created_at and comment.created_at.isoformat(), comment.thread_id,
        comment.thread_title, comment.parent_id, comment.url, comment.truncated, comment.field,
    )  # fmt: skip
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def vector_hash(fingerprint: str, context: str, text: str) -> bytes:
    """Return the key of a vector: what was encoded, and by which encoder."""
    joined = "\0".join((fingerprint, context, text))
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def vector_checksum(vector: bytes, sentences: bytes) -> int:
    """Return what tells whether packed vectors are still those that were stored (CRC-32)."""
    return zlib.crc32(sentences, zlib.crc32(vector))


def pack_vector(vector: NDArray[np.float32]) -> bytes:
    """Return a vector as float16 bytes."""
    return vector.astype(np.float16).tobytes()


def unpack_vectors(blobs: Sequence[bytes], dimensions: int) -> NDArray[np.float32]:
    """Return packed vectors as rows, shape (n, d), unit-norm."""
    rows = np.frombuffer(b"".join(blobs), np.float16).reshape(len(blobs), dimensions).astype(np.float32)
    return _unit(rows)


def pack_sentences(rows: NDArray[np.float32]) -> bytes:
    """Return sentence vectors as int8 bytes, each row scaled to its own largest component: a cosine needs no scale."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=1e-12)
    scaled: NDArray[np.int8] = np.rint(rows / largest * 127).astype(np.int8)
    return scaled.tobytes()


def unpack_sentences(blobs: Sequence[bytes], dimensions: int) -> list[NDArray[np.float32]]:
    """Return packed sentence vectors, shape (s, d) for each blob, unit-norm."""
    rows = _unit(np.frombuffer(b"".join(blobs), np.int8).reshape(-1, dimensions).astype(np.float32))
    ends = np.cumsum([len(blob) // dimensions for blob in blobs])
    return np.split(rows, ends[:-1]) if blobs else []


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit
