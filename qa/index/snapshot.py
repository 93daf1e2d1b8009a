"""A consistent view of one index: what a question is answered from. It lives for one question.

The words can only lag behind the store; what they lack is searched in memory. Passages younger than the checkpoint are
read from the store. Whatever no longer stands in the store is dropped from every list of hits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from qa.encoder import Encoder
from qa.errors import CommentNotFound
from qa.index.checkpoint import Checkpoint
from qa.index.columns import ABSENT
from qa.index.encoders import check_encoder
from qa.index.young import Young
from qa.records import EVERYTHING, Comment, Filters, Scope, Term
from qa.sources import Fingerprint
from qa.store import Collection, Points, SourceRecord, StoredPassage, StoreReader, where
from qa.vectors import Ids, Mask, Rows, best
from qa.words import Words

# A scope of at most this many passages is scored row by row, from the store.
_SMALL_SCOPE = 300
# The words of a scope that holds at least this share of all passages are looked for everywhere, the rest left out.
_BROAD_SCOPE = 0.2
# Approximate scores order neighbours nearly as exact ones do: this many more are looked at than are asked for.
_MARGIN = 32
Scored = list[tuple[int, float]]


class Snapshot:
    """Answers from one state of the index, whatever is written meanwhile."""

    def __init__(
        self, folder: Path, store: StoreReader, words: list[Words], checkpoint: Checkpoint | None, young: Young
    ) -> None:
        self.folder = folder
        self._store = store
        self._words = words
        self._checkpoint = checkpoint
        self._young = young
        self._masked: tuple[Scope, Mask, Ids] | None = None

    def check(self, encoder: Encoder) -> None:
        """Raise IndexMismatch unless the index was made by this encoder."""
        check_encoder(self._store, encoder)

    @property
    def updated_at(self) -> datetime | None:
        """When the index was last brought up to its sources, UTC."""
        value = self._store.setting("updated_at")
        return datetime.fromisoformat(value) if value else None

    @property
    def calibration(self) -> str | None:
        """What `qa.confidence` keeps of this index."""
        return self._store.setting("calibration")

    @property
    def comment_count(self) -> int:
        """The number of comments."""
        return self._store.total("comments")

    @property
    def passage_count(self) -> int:
        """The number of passages."""
        return self._store.total("passages")

    def count(self, table: str) -> int:
        """Return the number of authors or threads."""
        return self._store.count(table)

    def knows_author(self, name: str) -> bool:
        """Tell whether any comment is by an author, without regard to case or a leading @."""
        return bool(self._store.scope(Filters(authors=(name,))).authors)

    def vector_at(self, comment: Comment, start: int) -> Rows:
        """Return the vector, shape (d,), of the passage of a comment that begins at an offset."""
        return next(one.vector for one in self.passages_of(comment.comment_id) if one.passage.start == start)

    @property
    def several_threads(self) -> bool:
        """Whether there are several threads."""
        return self._store.several("threads")

    def dates(self) -> tuple[datetime | None, datetime | None]:
        """Return the first and the last date of any comment."""
        return self._store.dates()

    def sources(self) -> list[SourceRecord]:
        """Return every source as it was when it was last read."""
        return self._store.sources()

    def fingerprints(self) -> list[tuple[str, str, Fingerprint]]:
        """Return every source's name, path and what it was when it was last read."""
        return self._store.fingerprints()

    def scope(self, filters: Filters) -> tuple[Scope, int]:
        """Return the filters as a scope of this index, and how many comments it holds."""
        if not filters:
            return EVERYTHING, self.comment_count
        scope = self._store.scope(filters)
        mask, _ = self._mask(scope)
        old = self._checkpoint.columns.comments(mask) if self._checkpoint else 0
        return scope, old + len(set(self._store.young(self._until, scope).values()))

    def search_vectors(self, query: Rows, count: int, scope: Scope) -> tuple[Ids, Rows]:
        """Return the passages (n,) of a scope nearest to a unit-norm query (d,), best first, and their vectors (n, d).

        The vectors are those of the store, so that cosines with them are exact to float16.
        """
        mask, young = (None, None) if scope == EVERYTHING else self._mask(scope)
        wanted = count + _MARGIN
        while True:
            found = self._nearest(query, wanted, mask, young)
            ids, rows = self.vectors(found.tolist())
            if len(ids) >= count or len(found) < wanted:
                order = np.lexsort((ids, -(rows @ query)))[:count]
                return ids[order], rows[order]
            wanted *= 2  # dead ones took the places

    def search_words(self, question: str, count: int, scope: Scope) -> Scored:
        """Return the best (passage id, BM25) of a scope, best first."""
        share = self._share(scope)
        if share >= _BROAD_SCOPE:
            kept, complete = self._among_all(question, count, int(1.5 * count / share), scope)
            if complete:
                return kept
        wanted = count
        while True:
            found = self._by_words(question, wanted, scope)
            kept = self._kept(found, EVERYTHING)
            if len(kept) >= count or len(found) < wanted:
                return kept[:count]
            wanted *= 2

    def score_words(self, question: str, passage_ids: Sequence[int]) -> dict[int, float]:
        """Return the BM25 of those of the passages that hold a word of the question."""
        return dict(pair for words in self._words for pair in words.score(question, passage_ids))

    def terms(self, question: str) -> tuple[Term, ...]:
        """Return the words of a question, stemmed, in its order."""
        asked = self._words[0].terms(question)
        shares = self._words[0].shares(asked)
        return tuple(Term(text, count, shares[text]) for text, count in asked.items())

    def words_of(self, text: str) -> frozenset[str]:
        """Return the words, stemmed, that a text is found by."""
        return frozenset(self._words[0].terms(text, cut=False))

    def vectors(self, passage_ids: Sequence[int]) -> tuple[Ids, Rows]:
        """Return those of the passages that still stand, shape (n,), and their vectors (n, d)."""
        ids, rows = self._store.vectors(passage_ids)
        return np.array(ids, np.int64), rows

    def threads(self, passage_ids: Ids) -> Ids:
        """Return the key of each passage's thread, shape (n,); -1 where it has none. All of them have to stand."""
        keys = np.full(len(passage_ids), ABSENT, np.int64)
        old = passage_ids <= self._until
        if self._checkpoint is not None:
            keys[old] = self._checkpoint.columns.threads(passage_ids[old])
        keys[~old] = self._young.columns.threads(passage_ids[~old])
        return keys

    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        """Return passages with their vectors, each text checked against its hash."""
        return self._store.passages(passage_ids)

    def passages_of(self, comment_id: str) -> list[StoredPassage]:
        """Return a comment's passages with their vectors, in their order; none where no comment has the id."""
        ids = self._store.passage_ids_of(comment_id)
        stored = self._store.passages(ids)
        return [stored[key] for key in ids]

    def comment(self, comment_id: str) -> Comment:
        """Return one comment. Raises: CommentNotFound."""
        found = self._store.comment(comment_id)
        if found is None:
            raise CommentNotFound(f"no comment has the id {comment_id}", "qa list")
        return found

    def comments(self, filters: Filters, limit: int = -1) -> list[Comment]:
        """Return the comments of a scope, source by source, in the order they stand there."""
        scope = self._store.scope(filters) if filters else EVERYTHING
        return self._store.comments(where(scope), (), limit, "s.name, c.position")

    @property
    def collection(self) -> Collection:
        """The collection as a whole: its authors, threads and months."""
        return self._store.collection

    def points(self, most: int) -> Points:
        """Return at most so many comments as points."""
        return self._store.collection.points(most, self._store.dimensions)

    @property
    def state(self) -> str:
        """What names this state of the index: another one has another name."""
        return f"{self._store.change} {self._store.token(self._store.change)}"

    def listed(self, comment_ids: Sequence[str]) -> list[Comment]:
        """Return those of the comments that there are, in the order in which their ids are given."""
        places = ", ".join("?" * len(comment_ids))
        found = {one.comment_id: one for one in self._store.comments(f"c.comment_id IN ({places})", comment_ids)}
        return [found[key] for key in comment_ids if key in found]

    def parents(self, comment: Comment) -> list[Comment]:
        """Return what a comment answers, and what that answers, the first of the thread first."""
        chain: list[Comment] = []
        seen = {comment.comment_id}
        while comment.parent_id and comment.parent_id not in seen:
            seen.add(comment.parent_id)
            found = self._store.comment(comment.parent_id)
            if found is None:
                break
            chain.insert(0, found)
            comment = found
        return chain

    def parent(self, comment: Comment) -> Comment | None:
        """Return what a comment answers, where the index holds it."""
        return self._store.comment(comment.parent_id) if comment.parent_id else None

    def replies(self, comment: Comment) -> list[Comment]:
        """Return the comments that answer a comment, in order of time."""
        return self._store.comments("c.parent_id = ?", (comment.comment_id,), order="c.created_at, c.position")

    def neighbours(self, comment: Comment, reach: int = 2) -> list[Comment]:
        """Return the comments around a comment in its source, itself left out."""
        here = "(SELECT position FROM comments WHERE comment_id = ?)"
        return self._store.comments(
            f"s.name = ? AND c.position BETWEEN {here} - {reach} AND {here} + {reach} AND c.comment_id <> ?",
            (comment.source, *[comment.comment_id] * 3),
        )

    @property
    def _until(self) -> int:
        return self._checkpoint.pointer.until if self._checkpoint else 0

    def _mask(self, scope: Scope) -> tuple[Mask, Ids]:
        """Return which rows of the checkpoint a scope lets through, and the ids of the younger passages in it."""
        if self._masked is None or self._masked[0] != scope:
            young = np.array(sorted(self._store.young(self._until, scope)), np.int64)
            mask = np.empty(0, bool)
            if self._checkpoint is not None:
                mask = self._checkpoint.mask(scope, self._store.removed_until(self._until))
            self._masked = (scope, mask, young)
        return self._masked[1:]

    def _kept(self, found: Scored, scope: Scope) -> Scored:
        """Return those that still stand and are in a scope. Words that do not lag hold none that went."""
        if scope == EVERYTHING and len(self._words) == 1:
            return found
        ids = np.array([key for key, _ in found], np.int64)
        if scope == EVERYTHING:
            kept = self._store.standing(ids.tolist())
        else:
            mask, young = self._mask(scope)
            kept = set(young.tolist())
            if self._checkpoint is not None:
                kept |= set(self._checkpoint.columns.among(ids, mask).tolist())
        return [pair for pair in found if pair[0] in kept]

    def _share(self, scope: Scope) -> float:
        if scope == EVERYTHING:
            return 0.0
        mask, young = self._mask(scope)
        return (int(np.count_nonzero(mask)) + len(young)) / max(1, self.passage_count)

    def _nearest(self, query: Rows, wanted: int, mask: Mask | None, young: Ids | None) -> Ids:
        """Return the ids of about `wanted` passages, dead ones too, the best among them; fewer if these are all."""
        if mask is not None and young is not None and np.count_nonzero(mask) + len(young) <= _SMALL_SCOPE:
            old = self._checkpoint.columns.passage_ids[mask] if self._checkpoint else young[:0]
            return np.concatenate([old, young])
        kept = slice(None) if young is None else np.isin(self._young.columns.passage_ids, young)
        ids, scores = self._young.columns.passage_ids[kept], self._young.rows[kept] @ query
        if self._checkpoint is not None:
            found = self._checkpoint.search(query, wanted, mask)
            ids, scores = np.concatenate([found[0], ids]), np.concatenate([found[1], scores])
        return best(ids, scores, wanted)[0]

    def _by_words(self, question: str, wanted: int, scope: Scope) -> Scored:
        found = [pair for words in self._words for pair in words.search(question, wanted, scope)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:wanted]

    def _among_all(self, question: str, count: int, wanted: int, scope: Scope) -> tuple[Scored, bool]:
        """Return the best of a scope that are among the best `wanted` of all, and whether that is enough."""
        found = self._by_words(question, wanted, EVERYTHING)
        kept = self._kept(found, scope)
        return kept[:count], len(kept) >= count or len(found) < wanted
