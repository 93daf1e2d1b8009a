"""The store: what goes in comes out, scopes mean what they say, and damage is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.encoder import HashingEncoder, PassageInput
from qa.errors import CitationError, IndexDamaged, IndexNotFound, IndexNotWritable, IndexTooNew, IndexTooOld
from qa.records import Comment, Filters, Passage, Scope
from qa.sources import Fingerprint, Root
from qa.store import (
    FORMAT_VERSION,
    SourceRecord,
    Staging,
    StoreReader,
    StoreWriter,
    connect,
    record_hash,
    text_hash,
    vector_hash,
    where,
)
from qa.store.connection import mapped
from qa.store.rows import (
    from_microseconds,
    from_sql,
    pack_sentences,
    pack_vector,
    to_microseconds,
    to_sql,
    unpack_sentences,
    unpack_vectors,
)

FAKE = HashingEncoder()
EVERYTHING = Scope()
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(), max_size=30)  # lone surrogates and NUL included


class Store:
    """A store in a folder, filled as a run fills it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "index.sqlite3"
        self.connection = connect(self.path, write=True, create=True)
        self.writer = StoreWriter(self.connection)
        self.reader = StoreReader(self.connection)
        with self.writer.transaction():
            self.writer.set("dimensions", str(FAKE.dimensions))

    def add(self, comments: Sequence[Comment]) -> None:
        staging = Staging(self.connection)
        for position, comment in enumerate(comments):
            key = self.writer.reserve_source(comment.source, "/" + comment.source)
            staging.put(comment, key, position, None)
            passage = Passage(comment, 0, len(comment.text), comment.thread_title or "")
            encoded = FAKE.encode_passages([PassageInput(passage.context, passage.text, ((0, len(passage.text)),))])[0]
            name = vector_hash(FAKE.fingerprint, passage.context, passage.text)
            self.writer.add_vectors([name], [encoded.vector], [encoded.sentences])
            staging.put_passages([passage], [name])
        with self.writer.transaction():
            self.writer.apply(self.reader.change + 1)
            self.writer.set("change", str(self.reader.change + 1))
        for table in ("staged", "gone", "moved", "set_aside", "taken_up", "read", "cuts"):
            self.connection.execute(f"DROP TABLE temp.{table}")

    def found(self, **fields: object) -> list[str]:
        scope = self.reader.scope(Filters(**fields))  # type: ignore[arg-type]
        return [comment.comment_id for comment in self.reader.comments(where(scope), (), -1, "c.comment_key")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(tmp_path)
    yield one
    one.connection.close()


FULL = Comment(
    comment_id="in/a.csv#7",
    text="Line one\nline two 😀\0 end \ud83d",
    source="in/a.csv",
    author="Märit\ud800",
    created_at=datetime(2024, 3, 1, 12, 30, 5, 123456, tzinfo=UTC),
    thread_id="t\0 1",
    thread_title="Títle 🎉",
    parent_id="in/a.csv#6",
    url="https://example.org/?a=b#c",
    truncated=True,
    line_start=4,
    line_end=5,
    record=3,
    field="body",
)


def test_a_comment_comes_back_as_it_was(store: Store) -> None:
    bare = Comment("in/a.csv#8", "just text", "in/a.csv")
    store.add([FULL, bare])
    assert store.reader.comment("in/a.csv#7") == FULL
    assert store.reader.comment("in/a.csv#8") == bare
    assert store.reader.comment("in/a.csv#9") is None
    assert store.reader.comments("s.name = ?", ("in/a.csv",)) == [FULL, bare]
    passages = store.reader.passages([1, 2, 99])
    assert {key: one.passage for key, one in passages.items()} == {
        1: Passage(FULL, 0, len(FULL.text), "Títle 🎉"),
        2: Passage(bare, 0, 9, ""),
    }


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.builds(
            Comment,
            comment_id=ANY_TEXT,
            text=ANY_TEXT.filter(bool),
            source=st.sampled_from(["a", "b/c.csv", "caf\udce9.txt"]),
            author=st.none() | ANY_TEXT,
            created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
            thread_id=st.none() | ANY_TEXT,
            thread_title=st.none() | ANY_TEXT,
            parent_id=st.none() | ANY_TEXT,
            url=st.none() | ANY_TEXT,
            truncated=st.booleans(),
            line_start=st.none() | st.integers(1, 10**9),
            line_end=st.none() | st.integers(1, 10**9),
            record=st.none() | st.integers(1, 10**9),
            field=st.none() | ANY_TEXT,
        ),
        max_size=5,
        unique_by=lambda one: one.comment_id,
    )
)
def test_any_comment_comes_back(tmp_path_factory: pytest.TempPathFactory, comments: list[Comment]) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    with closing(store.connection):
        store.add(comments)
        assert {one.comment_id: store.reader.comment(one.comment_id) for one in comments} == {
            one.comment_id: one for one in comments
        }
        texts = {key: one.passage.text for key, one in store.reader.passages(range(1, 9)).items()}
        assert list(texts.values()) == [one.text for one in comments]
        indexed = {row[0]: row[1] for row in store.reader.indexed_texts(0)}
        assert indexed == {key: f"{one.thread_title or ''}\n{one.text}" for key, one in enumerate(comments, 1)}


@given(st.none() | ANY_TEXT)
@example("\ud83d\ude00")
def test_text_survives_sql(text: str | None) -> None:
    assert from_sql(to_sql(text)) == text


@given(st.none() | st.datetimes(timezones=st.just(UTC)))
def test_moments_survive(moment: datetime | None) -> None:
    assert from_microseconds(to_microseconds(moment)) == moment


def test_moments_are_microseconds_since_1970() -> None:
    assert to_microseconds(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == 0
    assert to_microseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000
    assert to_microseconds(datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)) == 1


def unit_rows(seed: int, count: int = 20, dimensions: int = 384) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def test_packing_loses_little() -> None:
    rows = unit_rows(0)
    vectors = unpack_vectors([pack_vector(row) for row in rows], 384)
    sentences = unpack_sentences([pack_sentences(rows)], 384)[0]
    assert len(pack_vector(rows[0])) == 2 * 384
    assert len(pack_sentences(rows)) == 20 * 384
    assert np.sum(vectors * rows, axis=1).min() > 0.999999
    assert np.sum(sentences * rows, axis=1).min() > 0.9997
    for unpacked in (vectors, sentences):
        np.testing.assert_allclose(np.linalg.norm(unpacked, axis=1), 1, atol=1e-6)
    other = unit_rows(1)
    assert np.abs(vectors @ other.T - rows @ other.T).max() < 3e-4
    assert np.abs(sentences @ other.T - rows @ other.T).max() < 6e-3


def test_packing_nothing() -> None:
    assert unpack_vectors([], 64).shape == (0, 64)
    assert unpack_sentences([pack_sentences(np.zeros((0, 64), np.float32))], 64)[0].shape == (0, 64)
    assert np.isfinite(unpack_sentences([pack_sentences(np.zeros((2, 64), np.float32))], 64)[0]).all()


def test_hashes_tell_contents_apart() -> None:
    changes: list[dict[str, object]] = [
        {"text": "x"}, {"author": None}, {"created_at": NOON}, {"thread_id": None}, {"thread_title": ""},
        {"parent_id": None}, {"url": None}, {"truncated": False}, {"field": None},
    ]  # fmt: skip
    others = {record_hash(replace(FULL, **change)) for change in changes}  # type: ignore[arg-type]
    assert len(others | {record_hash(FULL)}) == len(changes) + 1
    assert record_hash(replace(FULL, line_start=9, line_end=9, record=8)) == record_hash(FULL)
    assert text_hash("a") != text_hash("b")
    assert len({vector_hash("e", "a", "b"), vector_hash("e", "", "ab"), vector_hash("f", "a", "b")}) == 3


@pytest.fixture
def scoped(store: Store) -> Store:
    def one(number: int, **fields: object) -> Comment:
        return Comment(f"c{number}", f"text {number}", str(fields.pop("source", "forum/a.csv")), **fields)  # type: ignore[arg-type]

    store.add(
        [
            one(1, author="Marit", thread_id="t1", thread_title="Stemming short comments", created_at=NOON),
            one(2, author="@marit", thread_id="t1", thread_title="Stemming short comments"),
            one(3, author="oldgrep", thread_id="t2", thread_title="Is 3.14 enough?", source="forum/b/c.csv"),
            one(4, author="Straße", source="notes.txt", created_at=NOON + timedelta(days=1)),
            one(5, thread_id="stem", source="forum2/a.csv", created_at=NOON - timedelta(microseconds=1)),
        ]
    )
    return store


def test_scope_of_authors(scoped: Store) -> None:
    assert scoped.found(authors=("marit",)) == ["c1", "c2"]
    assert scoped.found(authors=("@MARIT",)) == ["c1", "c2"]
    assert scoped.found(authors=("STRASSE", "oldgrep")) == ["c3", "c4"]
    assert scoped.found(authors=("mari",)) == []
    assert scoped.found(authors=("%",)) == []


def test_scope_of_threads(scoped: Store) -> None:
    assert scoped.found(threads=("t1",)) == ["c1", "c2"]
    assert scoped.found(threads=("stem",)) == ["c1", "c2", "c5"]
    assert scoped.found(threads=("SHORT comments", "3.14")) == ["c1", "c2", "c3"]
    assert scoped.found(threads=("T1",)) == []


def test_scope_of_sources(scoped: Store) -> None:
    assert scoped.found(sources=("notes.txt",)) == ["c4"]
    assert scoped.found(sources=("forum",)) == ["c1", "c2", "c3"]
    assert scoped.found(sources=("forum/",)) == ["c1", "c2", "c3"]
    assert scoped.found(sources=("forum/b",)) == ["c3"]
    assert scoped.found(sources=("*.csv",)) == ["c1", "c2", "c3", "c5"]
    assert scoped.found(sources=("forum?/*",)) == ["c5"]
    assert scoped.found(sources=("orum",)) == []


def test_scope_of_time(scoped: Store) -> None:
    assert scoped.found(since=NOON) == ["c1", "c4"]
    assert scoped.found(before=NOON) == ["c5"]
    assert scoped.found(since=NOON, before=NOON + timedelta(days=1)) == ["c1"]


def test_scopes_hold_together(scoped: Store) -> None:
    assert scoped.found() == ["c1", "c2", "c3", "c4", "c5"]
    assert scoped.found(authors=("marit",), since=NOON) == ["c1"]
    assert scoped.found(authors=("marit",), sources=("notes.txt",)) == []
    scope = scoped.reader.scope(Filters(authors=("marit", "oldgrep")))
    assert scoped.reader.young(1, scope).keys() == {2, 3}
    assert scoped.reader.scope(Filters()) == Scope()


def test_counts_dates_and_the_living(scoped: Store) -> None:
    reader = scoped.reader
    assert [reader.count(table) for table in ("comments", "passages", "authors", "threads")] == [5, 5, 4, 3]
    assert reader.dates() == (NOON - timedelta(microseconds=1), NOON + timedelta(days=1))
    assert reader.standing([1, 3, 77]) == {1, 3}
    assert reader.last_passage() == 5
    ids, rows = reader.vectors([5, 2, 77])
    assert sorted(ids) == [2, 5]
    assert rows.shape == (2, FAKE.dimensions)
    blocks = list(reader.passage_rows(1, until=4, block=2))
    assert [columns[0].tolist() for columns, _ in blocks] == [[2, 3], [4]]
    assert [columns[5].tolist() for columns, _ in blocks] == [
        [-(2**63), -(2**63)],
        [to_microseconds(NOON + timedelta(days=1))],
    ]
    assert blocks[0][1].shape == (2, FAKE.dimensions)


def test_more_ids_than_one_statement_takes(store: Store) -> None:
    store.add([Comment(f"c{number}", f"text {number}", "s") for number in range(2000)])
    wanted = list(range(1, 2001))
    assert store.reader.standing(wanted) == set(wanted)
    assert store.reader.vectors(wanted)[0] == wanted
    assert len(store.reader.passages(wanted)) == 2000


def test_sources_and_roots(store: Store) -> None:
    root = Root("folder", "/in", '{"a": 1}')
    record = SourceRecord("a.csv", "/in/a.csv", "/in", "csv", "why", Fingerprint(3, 4, 5, "ff"), 0, 1, 2, 3, 4)
    with store.writer.transaction():
        store.writer.put_root(root)
        store.writer.reserve_source("a.csv", "/in/a.csv")
        store.writer.reserve_source("later.csv", "/in/later.csv")
        store.writer.put_source(record)
    assert store.reader.roots() == [root]
    assert store.reader.sources() == [record]
    with store.writer.transaction():
        store.writer.put_root(replace(root, options="{}"))
        store.writer.drop_source("a.csv")
    assert store.reader.roots() == [replace(root, options="{}")]
    assert store.reader.sources() == []


def test_a_later_version_in_a_run_replaces_the_one_before(store: Store) -> None:
    staging = Staging(store.connection)
    staging.put(Comment("c1", "one", "s", line_start=1), 1, 0, None)
    staging.put(Comment("c1", "two", "s", line_start=9), 1, 1, None)
    assert [comment.text for comment, _ in staging.comments()] == ["two"]


def test_a_failed_transaction_changes_nothing(store: Store) -> None:
    def fail() -> None:
        with store.writer.transaction():
            store.writer.set("change", "77")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert store.reader.change == 0


def test_a_full_disk_is_no_damage(store: Store) -> None:
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(IndexNotWritable, match="full"), mapped(store.path), store.writer.transaction():
        store.writer.set("large", "x" * 1_000_000)
    assert store.reader.setting("large") is None


def test_a_flipped_character_is_not_quoted(store: Store) -> None:
    store.add([Comment("c1", "It never happened.", "s"), Comment("c2", "Fine.", "s")])
    store.connection.execute("UPDATE comments SET text = 'It ever happened.' WHERE comment_id = 'c1'")
    for read in (
        lambda: store.reader.comment("c1"),
        lambda: store.reader.passages([1, 2]),
        lambda: store.reader.comments("1"),
    ):
        with pytest.raises(CitationError, match="the stored text of c1 is damaged"):
            read()
    assert store.reader.passages([2])[2].passage.text == "Fine."


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    Store(tmp_path).connection.close()
    path = tmp_path / "index.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE settings SET value = ? WHERE name = 'format'", (str(FORMAT_VERSION + 1),))
        connection.commit()
    with pytest.raises(IndexTooNew, match=f"has index format {FORMAT_VERSION + 1}; .* reads up to {FORMAT_VERSION}"):
        connect(path)


def test_an_earlier_format_says_how_to_migrate(tmp_path: Path) -> None:
    Store(tmp_path).connection.close()
    path = tmp_path / "index.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE settings SET value = '1' WHERE name = 'format'")
        connection.commit()
    with pytest.raises(IndexTooOld, match="has index format 1") as caught:
        connect(path)
    assert "qa index PATH..." in str(caught.value.hint)


@pytest.mark.parametrize("format_", [None, "", "zero", "-1", "0"])
def test_a_store_without_a_format_is_damaged(tmp_path: Path, format_: str | None) -> None:
    Store(tmp_path).connection.close()
    path = tmp_path / "index.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM settings WHERE name = 'format'")
        if format_ is not None:
            connection.execute("INSERT INTO settings VALUES ('format', ?)", (format_,))
        connection.commit()
    with pytest.raises(IndexDamaged, match="does not say its format"):
        connect(path)


def test_what_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite3"
    with pytest.raises(IndexNotFound, match="no index at"):
        connect(path)
    assert not path.exists()
    path.write_bytes(b"these are not the bytes of a database, " * 50)
    with pytest.raises(IndexDamaged, match=r"index\.sqlite3 is damaged: file is not a database"):
        connect(path)
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other(x)")
        connection.commit()
    with pytest.raises(IndexDamaged, match="is not an index of comments"):
        connect(path)


def test_readers_and_the_writer_pass_each_other(store: Store) -> None:
    store.add([Comment("c1", "one", "s")])
    with closing(connect(store.path)) as other:
        other.execute("BEGIN")
        reader = StoreReader(other)
        assert reader.count("comments") == 1
        store.add([Comment("c2", "two", "s")])
        assert (reader.count("comments"), store.reader.count("comments")) == (1, 2)
        with pytest.raises(sqlite3.OperationalError):
            other.execute("DELETE FROM comments")
