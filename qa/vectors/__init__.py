"""Nearest-vector search. The only importer of faiss; derived from the store."""

from qa.vectors.index import (
    Ids,
    Mask,
    Rows,
    VectorIndex,
    best,
    extend_vectors,
    lists_for,
    sample_size,
    write_vectors,
)

__all__ = [
    "Ids",
    "Mask",
    "Rows",
    "VectorIndex",
    "best",
    "extend_vectors",
    "lists_for",
    "sample_size",
    "write_vectors",
]
