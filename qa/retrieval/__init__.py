"""Question -> hits: two searches, one ranking, the hits that are shown, and how likely they answer."""

from qa.retrieval.retriever import Found, retrieve

__all__ = ["Found", "retrieve"]
