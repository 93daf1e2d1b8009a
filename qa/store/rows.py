"""How a comment becomes a row and a row a comment, and the hashes that say whether two are the same."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.records import Comment, blanked

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN = re.compile(r"(\d{1,18})-(\d{1,18})")

# All that a source says of a comment, its author and thread by name: as it is staged, or set aside.
RECORD = """
    comment_id, source_key, author, created_at, thread_id, thread_title, parent_id, url, truncated, line_start,
    line_end, record, field, position, text, text_hash, record_hash, edited_at, votes, asides"""

# The columns of a comment, in the order that `comment_of` reads.
COMMENT_COLUMNS = """
    c.comment_id, c.text, s.name, a.name, c.created_at, t.thread_id, t.title, c.parent_id, c.url, c.truncated,
    c.line_start, c.line_end, c.record, c.field, c.edited_at, c.votes, c.asides"""
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
        edited,
        votes,
        asides,
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
        edited_at=from_microseconds(edited),
        votes=votes,
        asides=unpack_asides(asides),
    )


def pack_asides(asides: tuple[tuple[int, int], ...]) -> str | None:
    """Return spans as text, ``0-6 20-31``; None for none."""
    return " ".join(f"{start}-{end}" for start, end in asides) or None


def unpack_asides(packed: str | None) -> tuple[tuple[int, int], ...]:
    """Return the spans that `pack_asides` packed."""
    return tuple((int(start), int(end)) for start, end in _SPAN.findall(packed)) if packed else ()


def searched_text(text: str | bytes | None, asides: str | None) -> str:
    """Return a stored text as it is searched: white space in place of its asides."""
    return blanked(from_sql(text) or "", unpack_asides(asides))


def record_row(comment: Comment, source_key: int, position: int) -> tuple[Any, ...]:
    """Return the values of a comment's RECORD."""
    return (
        to_sql(comment.comment_id), source_key, to_sql(comment.author), to_microseconds(comment.created_at),
        to_sql(comment.thread_id), to_sql(comment.thread_title), to_sql(comment.parent_id), to_sql(comment.url),
        comment.truncated, comment.line_start, comment.line_end, comment.record, to_sql(comment.field), position,
        to_sql(comment.text), text_hash(comment.text), record_hash(comment), to_microseconds(comment.edited_at),
        comment.votes, pack_asides(comment.asides),
    )  # fmt: skip


def text_hash(text: str) -> bytes:
    """Return the hash that a quote is checked against before it is printed."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def record_hash(comment: Comment) -> bytes:
    """Return a hash of all that a comment says, its place in the source left out."""
    parts = (
        comment.text, comment.author, comment.created_at and comment.created_at.isoformat(), comment.thread_id,
        comment.thread_title, comment.parent_id, comment.url, comment.truncated, comment.field,
        comment.edited_at and comment.edited_at.isoformat(), comment.votes, comment.asides,
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
