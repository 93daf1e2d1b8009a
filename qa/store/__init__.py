"""SQLite: comments, passages, vectors, sources, settings. The one source of truth."""

from qa.store.collection import Collection, Points
from qa.store.connection import FORMAT_VERSION, connect, is_sound, mapped, scrub
from qa.store.damage import damaged_comments, damaged_vectors
from qa.store.reading import StoreReader
from qa.store.rows import record_hash, text_hash, vector_hash
from qa.store.salvage import salvage, settle
from qa.store.scopes import where
from qa.store.staging import Staging
from qa.store.stored import SourceRecord, StoredPassage
from qa.store.writing import StoreWriter

__all__ = [
    "FORMAT_VERSION",
    "Collection",
    "Points",
    "SourceRecord",
    "Staging",
    "StoreReader",
    "StoreWriter",
    "StoredPassage",
    "connect",
    "damaged_comments",
    "damaged_vectors",
    "is_sound",
    "mapped",
    "record_hash",
    "salvage",
    "scrub",
    "settle",
    "text_hash",
    "vector_hash",
    "where",
]
