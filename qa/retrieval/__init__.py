"""Question -> hits: two searches, one ranking, the hits that are shown, and how likely they answer."""

from qa.retrieval.retriever import Found, rank, retrieve

__all__ = ["Found", "rank", "retrieve"]
