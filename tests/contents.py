"""What an index holds, read from its store's tables, so that two indexes can be compared whole."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qa

Rows = list[tuple[Any, ...]]

_COMMENTS = """
    SELECT c.comment_id, s.name, a.name, t.thread_id, t.title, c.created_at, c.parent_id, c.url, c.truncated,
        c.line_start, c.line_end, c.record, c.field, c.position, c.text, c.text_hash, c.edited_at, c.votes, c.asides
    FROM comments c JOIN sources s USING (source_key) LEFT JOIN authors a USING (author_key)
    LEFT JOIN threads t USING (thread_key) ORDER BY c.comment_id"""
_PASSAGES = """
    SELECT c.comment_id, p.start, p."end", p.context, c.text, v.hash, v.vector, v.sentences
    FROM passages p LEFT JOIN comments c USING (comment_key) LEFT JOIN vectors v USING (vector_key) ORDER BY 1, 2"""
_ELSEWHERE = """
    SELECT e.comment_id, s.name, e.author, e.thread_id, e.thread_title, e.created_at, e.parent_id, e.url, e.line_start,
        e.line_end, e.record, e.field, e.position, e.text, e.record_hash, e.edited_at, e.votes, e.asides
    FROM elsewhere e JOIN sources s USING (source_key) ORDER BY 1, 2"""
_SOURCES = """
    SELECT s.name, s.path, r.path, s.format, s.decided, s.size, s.sha256, s.empty, s.deleted, s.duplicates,
        s.unreadable, s.notices, s.latest, s.role, s.member,
        (SELECT count(*) FROM comments c WHERE c.source_key = s.source_key)
    FROM sources s LEFT JOIN roots r USING (root_key) ORDER BY s.name"""
# What must never be in a store that no run is writing to.
_STRAYS = {
    "vectors without a passage": "SELECT count(*) FROM vectors WHERE vector_key NOT IN "
    "(SELECT vector_key FROM passages)",
    "passages without a vector": "SELECT count(*) FROM passages WHERE vector_key NOT IN "
    "(SELECT vector_key FROM vectors)",
    "passages without a comment": "SELECT count(*) FROM passages WHERE comment_key NOT IN "
    "(SELECT comment_key FROM comments)",
    "authors without a comment": "SELECT count(*) FROM authors WHERE author_key NOT IN "
    "(SELECT author_key FROM comments WHERE author_key IS NOT NULL)",
    "threads without a comment": "SELECT count(*) FROM threads WHERE thread_key NOT IN "
    "(SELECT thread_key FROM comments WHERE thread_key IS NOT NULL)",
    "sources never read": "SELECT count(*) FROM sources WHERE size < 0",
    "notes of passages that stand": "SELECT count(*) FROM removed WHERE passage_id IN "
    "(SELECT passage_id FROM passages)",
    # The words follow every update; only the checkpoint, which covers passages up to an id, may lag behind.
    "notes of removed passages that all has followed": "SELECT count(*) FROM removed WHERE passage_id > :until",
}


@dataclass(frozen=True)
class Contents:
    """All of an index that must not depend on how it came to be."""

    comments: Rows
    elsewhere: Rows
    passages: Rows
    authors: Rows
    threads: Rows
    sources: Rows
    strays: dict[str, int]

    @property
    def encoded(self) -> set[bytes]:
        """The keys of the vectors in use: one for each text in its context that was encoded."""
        return {row[5] for row in self.passages}


def contents(index: Path) -> Contents:
    """Return what the index holds."""
    with closing(sqlite3.connect(index / "index.sqlite3")) as store:
        return Contents(
            comments=store.execute(_COMMENTS).fetchall(),
            elsewhere=store.execute(_ELSEWHERE).fetchall(),
            passages=store.execute(_PASSAGES).fetchall(),
            authors=store.execute("SELECT name FROM authors ORDER BY 1").fetchall(),
            threads=store.execute("SELECT thread_id, title FROM threads ORDER BY 1, 2").fetchall(),
            sources=store.execute(_SOURCES).fetchall(),
            strays=_strays(store),
        )


def _strays(store: sqlite3.Connection) -> dict[str, int]:
    pointer = store.execute("SELECT value FROM settings WHERE name = 'checkpoint'").fetchone()
    until = re.search(r'"until": *(\d+)|^\d+ (\d+)', pointer[0] if pointer else "0 0 0")
    values = {"until": int(until[1] or until[2]) if until else 0}
    counts = {what: store.execute(query, values).fetchone()[0] for what, query in _STRAYS.items()}
    return {what: count for what, count in counts.items() if count}


def kept_vectors(index: Path) -> set[bytes]:
    """Return the keys of all vectors in the store, those not yet in use too; none where there is no store yet."""
    if not (index / "index.sqlite3").exists():
        return set()
    with closing(sqlite3.connect(index / "index.sqlite3")) as store:
        try:
            return {key for (key,) in store.execute("SELECT hash FROM vectors")}
        except sqlite3.OperationalError:
            return set()


@dataclass(frozen=True)
class Seen:
    """What a person sees of an index: every comment, every quote, and the questions that quote themselves first.

    Ranks beyond that are left out: what weighs words still counts what is gone, until it is made again.
    """

    comments: list[qa.Comment]
    quotes: set[tuple[str, int, str]]
    found: tuple[bool, ...]


def seen(index: Path, questions: Sequence[str]) -> Seen:
    """Ask for all that the index holds, then each question for the one best."""
    opened = qa.open(index)
    everything = opened.ask(questions[0], k=1_000_000, every=True).citations
    quotes = {(one.comment.comment_id, one.start, one.quote) for one in everything}
    assert len(quotes) == len(everything)
    best = [opened.ask(question, k=1).citations[0] for question in questions]
    found = tuple(one.quote == question for question, one in zip(questions, best, strict=True))
    return Seen(opened.comments(), quotes, found)
