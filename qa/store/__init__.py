"""SQLite: comments, passages, vectors, sources, settings. The one source of truth."""

from qa.store.connection import FORMAT_VERSION, connect
from qa.store.reading import SourceRecord, StoredPassage, StoreReader, where
from qa.store.rows import record_hash, text_hash, vector_hash
from qa.store.staging import Staging
from qa.store.writing import StoreWriter

__all__ = [
    "FORMAT_VERSION",
    "SourceRecord",
    "Staging",
    "StoreReader",
    "StoreWriter",
    "StoredPassage",
    "connect",
    "record_hash",
    "text_hash",
    "vector_hash",
    "where",
]
