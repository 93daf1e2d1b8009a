"""One folder under indexes/: commit a change set, open a consistent snapshot.

Everything above this package asks a snapshot for hits and comments and hands the writer a change set; it never touches
SQLite, tantivy or FAISS.
"""

from qa.index.checks import check_derived, check_store
from qa.index.opening import IndexReader, encoder_name, open_snapshot
from qa.index.saving import save_store
from qa.index.snapshot import Snapshot
from qa.index.writer import IndexWriter, open_writer
from qa.store import Points

__all__ = [
    "IndexReader",
    "IndexWriter",
    "Points",
    "Snapshot",
    "check_derived",
    "check_store",
    "encoder_name",
    "open_snapshot",
    "open_writer",
    "save_store",
]
