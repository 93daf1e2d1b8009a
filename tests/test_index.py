"""The index: after any edits an update leaves what a build from scratch would, and nothing is encoded twice."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import qa
import qa.index.derived as derived
import qa.index.writer as writing
from qa.encoder import Encoded, HashingEncoder, PassageInput
from qa.errors import DuplicateId, IndexBusy, IndexMismatch, IndexNotFound
from qa.events import Events
from qa.index import IndexWriter, Snapshot, open_snapshot, open_writer
from qa.index.checkpoint import Pointer
from qa.index.layout import words_path, write_lock
from qa.records import Comment, Filters, Scope
from qa.reports import Report
from qa.store import StoreReader, connect
from qa.words import Words

EVERYTHING = Scope()
QUESTIONS = ("stale index", "Who bakes bread on Sundays?", "cosine of vectors")
SENTENCES = (
    "The index was stale for a week.", "Cosine ignores length.", "I bake bread on Sundays.", "Yes, exactly.",
    "Is brute force enough?", "Vectors are stored as halves.", "👍 Größe matters.", "Nobody reads the manual.",
)  # fmt: skip


# What an index holds.


@dataclass(frozen=True)
class Held:
    """All that must not depend on how an index came to be."""

    comments: list[Comment]
    passages: dict[tuple[str, int, int], tuple[str, bytes, bytes]]
    encoded: set[tuple[str, str]]
    authors: list[str]
    threads: list[tuple[str | None, str | None]]
    sources: list[tuple[object, ...]]
    cosines: list[dict[tuple[str, int], float]]
    worded: list[set[tuple[str, int]]]
    vectors: int


def held(folder: Path) -> Held:
    with closing(connect(folder / "index.sqlite3")) as connection:
        reader = StoreReader(connection)
        comments = reader.comments("1", (), -1, "s.name, c.position")
        texts = {comment.comment_id: comment.text for comment in comments}
        rows = connection.execute(
            'SELECT c.comment_id, p.start, p."end", p.context, v.vector, v.sentences '
            "FROM passages p JOIN comments c USING (comment_key) JOIN vectors v USING (vector_key)"
        ).fetchall()
        until = Pointer.read(reader).until  # up to there the checkpoint has yet to follow
        assert reader.count("removed", f"passage_id > {until}") == 0
        assert len(rows) == reader.count("passages")
        authors = [name for (name,) in connection.execute("SELECT name FROM authors ORDER BY name")]
        threads = connection.execute("SELECT thread_id, title FROM threads ORDER BY 1, 2").fetchall()
        sources = [
            (one.name, one.path, one.format, one.decided, one.comments, one.empty, one.fingerprint.sha256)
            for one in reader.sources()
        ]
        vectors = reader.count("vectors")
        assert Words.open(words_path(folder)).marker()[1] == reader.change
    with open_snapshot(folder) as snapshot:
        cosines = [named(snapshot, search_vectors(snapshot, question)) for question in QUESTIONS]
        worded = [set(named(snapshot, snapshot.search_words(question, 1000, EVERYTHING))) for question in QUESTIONS]
    return Held(
        comments=comments,
        passages={(row[0], row[1], row[2]): row[3:] for row in rows},
        encoded={(row[3], texts[row[0]][row[1] : row[2]]) for row in rows},
        authors=authors,
        threads=threads,
        sources=sources,
        cosines=cosines,
        worded=worded,
        vectors=vectors,
    )


def search_vectors(snapshot: Snapshot, question: str) -> list[tuple[int, float]]:
    query = HashingEncoder().encode_query(question)
    ids, vectors = snapshot.search_vectors(query, 1000, EVERYTHING)
    return list(zip(ids.tolist(), (vectors @ query).tolist(), strict=True))


def named(snapshot: Snapshot, scored: Sequence[tuple[int, float]]) -> dict[tuple[str, int], float]:
    passages = snapshot.passages([key for key, _ in scored])
    return {(passages[key].passage.comment_id, passages[key].passage.start): round(score, 3) for key, score in scored}


def assert_same(found: Held, expected: Held) -> None:
    assert found.comments == expected.comments
    assert found.passages == expected.passages
    assert (found.authors, found.threads, found.sources) == (expected.authors, expected.threads, expected.sources)
    assert [one.keys() for one in found.cosines] == [one.keys() for one in expected.cosines]
    for one, other in zip(found.cosines, expected.cosines, strict=True):
        assert one == pytest.approx(other, abs=0.002)
    assert found.worded == expected.worded
    assert found.vectors == expected.vectors == len(found.encoded)


# A folder of comments.


@dataclass
class Record:
    """One comment as a file holds it."""

    id: str
    text: str
    author: str = ""
    date: str = ""
    thread_id: str = ""
    title: str = ""
    parent_id: str = ""


COLUMNS = ("id", "text", "author", "date", "thread_id", "title", "parent_id")


@dataclass
class Collection:
    """Files of comments, written as they stand."""

    folder: Path
    files: dict[str, list[Record]] = field(default_factory=dict)

    def write(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        for name, records in self.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith(".csv"):
                with path.open("w", newline="", encoding="utf-8") as file:
                    rows = csv.writer(file)
                    rows.writerow(COLUMNS)
                    rows.writerows([getattr(one, column) for column in COLUMNS] for one in records)
            elif name.endswith(".jsonl"):
                lines = [{key: getattr(one, key) for key in COLUMNS if getattr(one, key)} for one in records]
                path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
            else:
                path.write_text("".join(one.text.replace("\n", " ") + "\n" for one in records), encoding="utf-8")


EDITS = ("add", "edit", "edit", "delete", "reorder", "duplicate", "move", "rename", "delete_file", "new_file")


class Edits(RuleBasedStateMachine):
    """Edit a folder at random, update, and compare with an index of that folder made anew."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.collection = Collection(self.place / "in")
        self.index = self.place / "ix"
        self.before: Held | None = None
        self.count = 0

    def teardown(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)

    @initialize(seed=st.integers(0, 1000))
    def start(self, seed: int) -> None:
        chance = random.Random(seed)
        self.collection.files = {"anchor.txt": [Record("", "This stays where it is.")]}
        for name in ("a.csv", "b.jsonl", "d/c.txt"):
            self.collection.files[name] = [self.new_record(chance, name) for _ in range(4)]
        self.collection.write()
        qa.build([self.collection.folder], self.index, model="hashing")
        self.before = held(self.index)

    def new_record(self, chance: random.Random, name: str) -> Record:
        self.count += 1
        others = [one.id for one in self.collection.files.get(name, []) if one.id]
        free = [str(n) for n in range(1, 40) if str(n) not in others]
        return Record(
            id=chance.choice(free) if name.endswith(".csv") or chance.random() < 0.7 else "",
            text=self.text(chance),
            author=chance.choice(["marit", "@Marit", "oldgrep", ""]),
            date=chance.choice(["2024-03-01T12:00:00Z", "2023-01-05", ""]),
            thread_id=chance.choice(["t1", "t2", ""]),
            title=chance.choice(["Stemming", "Is it stale?", ""]),
            parent_id=chance.choice([*others, "", "39"]),
        )

    def text(self, chance: random.Random) -> str:
        size = chance.choice([1, 1, 2, 3, 25])
        mark = f" w{self.count}" if chance.random() < 0.8 else ""
        return chance.choice([" ", "\n"]).join(chance.choices(SENTENCES, k=size)) + mark

    def some(self, chance: random.Random) -> tuple[str, list[Record]]:
        name = chance.choice(sorted(set(self.collection.files) - {"anchor.txt"}) or ["anchor.txt"])
        return name, self.collection.files[name]

    def add(self, seed: int) -> None:
        chance = random.Random(seed)
        name, records = self.some(chance)
        records.insert(chance.randint(0, len(records)), self.new_record(chance, name))

    def edit(self, seed: int) -> None:
        chance = random.Random(seed)
        what = chance.choice(COLUMNS[1:])
        name, records = self.some(chance)
        if records:
            setattr(chance.choice(records), what, getattr(self.new_record(chance, name), what))

    def delete(self, seed: int) -> None:
        chance = random.Random(seed)
        name, records = self.some(chance)
        if records and name != "anchor.txt":
            records.remove(chance.choice(records))

    def reorder(self, seed: int) -> None:
        chance = random.Random(seed)
        chance.shuffle(self.some(chance)[1])

    def duplicate(self, seed: int) -> None:
        chance = random.Random(seed)
        name, records = self.some(chance)
        if records:
            records.append(replace(chance.choice(records), id=self.new_record(chance, name).id))

    def move(self, seed: int) -> None:
        chance = random.Random(seed)
        records, (name, others) = self.some(chance)[1], self.some(chance)
        if len(records) > 1:
            moved = records.pop(chance.randrange(len(records)))
            others.append(replace(moved, id=self.new_record(chance, name).id))

    def rename(self, seed: int) -> None:
        chance = random.Random(seed)
        name, _ = self.some(chance)
        target = f"{chance.choice('efg')}{Path(name).suffix}"
        if target not in self.collection.files and name != "anchor.txt":
            self.collection.files[target] = self.collection.files.pop(name)

    def delete_file(self, seed: int) -> None:
        if len(self.collection.files) > 3:
            self.collection.files.pop(self.some(random.Random(seed))[0])

    def new_file(self, seed: int) -> None:
        chance = random.Random(seed)
        name = chance.choice(["a.csv", "d/h.jsonl", "i.txt"])
        if name not in self.collection.files:
            self.collection.files[name] = []
            self.collection.files[name].append(self.new_record(chance, name))

    @rule(edits=st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 10**6)), max_size=5), rebuild=st.booleans())
    def update(self, edits: list[tuple[str, int]], rebuild: bool) -> None:
        for name, seed in edits:
            getattr(self, name)(seed)
        self.collection.write()
        before = self.before
        assert before is not None
        with pytest.MonkeyPatch.context() as patch:
            if rebuild:
                patch.setattr(derived, "_DELTA_PASSAGES", 1)
            planned = qa.open(self.index).update(dry_run=True)
            report = qa.open(self.index).update()
        assert planned == replace(report, dry_run=True)
        fresh = self.place / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        qa.build([self.collection.folder], fresh, model="hashing")
        after = held(self.index)
        assert_same(after, held(fresh))
        assert report.encoded == len(after.encoded - before.encoded)
        assert (report.comments, report.passages) == (len(after.comments), len(after.passages))
        assert report.unchanged + report.added + report.edited == len(after.comments)
        assert report.unchanged + report.deleted + report.edited == len(before.comments)
        assert_filters(self.index, after.comments)
        self.before = after

    @invariant()
    def one_checkpoint(self) -> None:
        if self.before is not None:
            assert len(list(self.index.glob("vectors-*"))) == 1


def assert_filters(folder: Path, comments: list[Comment]) -> None:
    """Every filter lets through what the comments themselves say."""
    index = qa.open(folder)
    for author in ("marit", "oldgrep"):
        expected = [one for one in comments if (one.author or "").lstrip("@").lower() == author]
        assert index.comments(author=author) == expected
        answer = index.ask("stale index", k=1000, every=True, author=author)
        assert {one.comment.comment_id for one in answer.citations} == {one.comment_id for one in expected}
        assert answer.in_scope == len(expected)
    in_thread = [one for one in comments if one.thread_id == "t1" or "stem" in (one.thread_title or "").lower()]
    assert index.comments(thread=["t1", "stem"]) == in_thread
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    assert index.comments(since="2024") == [one for one in comments if one.created_at and one.created_at >= moment]
    answer = index.ask("stale index", k=1000, every=True, since="2024")
    assert {one.comment.comment_id for one in answer.citations} == {
        one.comment_id for one in comments if one.created_at and one.created_at >= moment
    }
    assert index.comments(source="d") == [one for one in comments if one.source.startswith("d/")]


def test_an_update_leaves_what_a_build_from_scratch_would() -> None:
    settled = settings(max_examples=20, stateful_step_count=5, deadline=None, derandomize=True)
    run_state_machine_as_test(Edits, settings=settled)


@pytest.mark.long
def test_many_updates_leave_what_a_build_from_scratch_would() -> None:
    run_state_machine_as_test(Edits, settings=settings(max_examples=200, stateful_step_count=12, deadline=None))


# One edit at a time.


class Told(Events):
    """Keep what was told."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def notice(self, line: str) -> None:
        self.notices.append(line)


class Forum:
    """A small forum in one CSV file, with its index."""

    def __init__(self, place: Path) -> None:
        self.index = place / "ix"
        self.records = {
            "1": Record("1", "Is the index stale?", "marit", "2024-03-01", "t1", "Stale index"),
            "2": Record("2", "Yes, exactly.", "oldgrep", "2024-03-02", "t1", "Stale index", "1"),
            "3": Record("3", "Rebuild it, then.", "marit", "2024-03-03", "t1", "Stale index", "2"),
            "4": Record("4", "I bake bread on Sundays.", "tensorgoat", "2024-04-01", "t2", "Bread"),
            "5": Record("5", "With rye flour?", "oldgrep", "2024-04-02", "t2", "Bread", "4"),
        }
        self.collection = Collection(place / "in")
        self.first = self.save(lambda: qa.build([self.collection.folder], self.index, model="hashing"))

    def save(self, then: Callable[[], Report]) -> Report:
        self.collection.files = {"forum.csv": list(self.records.values())}
        self.collection.write()
        return then()

    def edit(self, key: str, **changes: str) -> Report:
        self.records[key] = replace(self.records[key], **changes)
        return self.update()

    def update(self) -> Report:
        return self.save(lambda: qa.open(self.index).update())

    def ids(self, question: str = "anything at all", **filters: object) -> list[str]:
        answer = qa.open(self.index).ask(question, k=100, every=True, **filters)  # type: ignore[arg-type]
        return sorted(one.comment.comment_id.partition("#")[2] for one in answer.citations)


@pytest.fixture
def forum(tmp_path: Path) -> Forum:
    return Forum(tmp_path)


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.added, report.edited, report.deleted, report.unchanged, report.encoded


def test_a_first_build(forum: Forum) -> None:
    assert counts(forum.first) == (5, 0, 0, 0, 5)
    assert (forum.first.comments, forum.first.passages, forum.first.dry_run) == (5, 5, False)
    assert forum.ids() == ["1", "2", "3", "4", "5"]


def test_nothing_changed(forum: Forum) -> None:
    assert counts(forum.update()) == (0, 0, 0, 5, 0)
    with closing(connect(forum.index / "index.sqlite3")) as connection:
        assert StoreReader(connection).change == 1


def test_one_edit_encodes_one_passage(forum: Forum) -> None:
    assert counts(forum.edit("5", text="With wheat flour?")) == (0, 1, 0, 4, 1)
    assert forum.ids() == ["1", "2", "3", "4", "5"]
    assert qa.open(forum.index).show("forum.csv#5").comment.text == "With wheat flour?"


def test_a_line_on_top_encodes_one_and_moves_the_rest(forum: Forum) -> None:
    forum.records = {"6": Record("6", "A new first comment."), **forum.records}
    assert counts(forum.update()) == (1, 0, 0, 5, 1)
    index = qa.open(forum.index)
    assert [one.comment_id for one in index.comments()] == [f"forum.csv#{n}" for n in (6, 1, 2, 3, 4, 5)]
    assert [one.line_start for one in index.comments()] == [2, 3, 4, 5, 6, 7]


def test_only_the_author_changed(forum: Forum) -> None:
    assert counts(forum.edit("4", author="nell")) == (0, 1, 0, 4, 0)
    assert forum.ids(author="nell") == ["4"]
    assert forum.ids(author="tensorgoat") == []
    assert qa.open(forum.index).status().authors == 3


def test_only_the_date_changed(forum: Forum) -> None:
    assert counts(forum.edit("4", date="2025-01-01")) == (0, 1, 0, 4, 0)
    assert forum.ids(since="2025") == ["4"]
    assert forum.ids(since="2024-04", before="2025") == ["5"]


def test_a_threads_title_is_encoded_with_each_of_its_comments(forum: Forum) -> None:
    for key in ("1", "2", "3"):
        forum.records[key].title = "Out of date"
    assert counts(forum.update()) == (0, 3, 0, 2, 3)
    assert forum.ids(thread="out of") == ["1", "2", "3"]
    assert forum.ids(thread="stale") == []


def test_an_edited_parent_takes_its_replies_along(forum: Forum) -> None:
    assert counts(forum.edit("1", text="Is the cache stale?")) == (0, 1, 0, 4, 2)
    contexts = {key[0]: value[0] for key, value in held(forum.index).passages.items()}
    assert contexts["forum.csv#2"] == "Stale index\nIs the cache stale?"
    assert contexts["forum.csv#3"] == "Stale index\nYes, exactly."


def test_a_deleted_parent_is_no_longer_context(forum: Forum) -> None:
    del forum.records["4"]
    assert counts(forum.update()) == (0, 0, 1, 4, 1)
    assert held(forum.index).passages[("forum.csv#5", 0, 15)][0] == "Bread"
    assert forum.ids("bread Sundays") == ["1", "2", "3", "5"]


def test_a_parent_that_comes_later(forum: Forum) -> None:
    forum.edit("5", parent_id="9")
    forum.records["9"] = Record("9", "Which flour?", thread_id="t2", title="Bread")
    assert counts(forum.update()) == (1, 0, 0, 5, 2)
    assert held(forum.index).passages[("forum.csv#5", 0, 15)][0] == "Bread\nWhich flour?"


def test_equal_texts_share_a_vector_and_stay_two_comments(forum: Forum) -> None:
    forum.records["6"] = replace(forum.records["4"], id="6", author="nell")
    assert counts(forum.update()) == (1, 0, 0, 5, 0)
    assert forum.ids(author=["nell", "tensorgoat"]) == ["4", "6"]
    assert held(forum.index).vectors == 5
    del forum.records["4"]
    forum.update()
    assert forum.ids(author=["nell", "tensorgoat"]) == ["6"]


def test_an_edited_line_of_text_is_reported_as_an_edit(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("first line here\nsecond line here\nthird line here\n", encoding="utf-8")
    qa.build([path], tmp_path / "ix", model="hashing")
    path.write_text("first line here\nanother line here\nthird line here\n", encoding="utf-8")
    assert counts(qa.open(tmp_path / "ix").update()) == (0, 1, 0, 2, 1)
    path.write_text("third line here\nfirst line here\nanother line here\n", encoding="utf-8")
    assert counts(qa.open(tmp_path / "ix").update()) == (0, 0, 0, 3, 0)
    path.write_text("first line here\nanother line here\nthird line here\n" * 2, encoding="utf-8")
    assert counts(qa.open(tmp_path / "ix").update()) == (3, 0, 0, 3, 0)


def test_a_touched_file_is_not_read_again(forum: Forum, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(forum.collection.folder / "forum.csv", ns=(1, 1))
    monkeypatch.setattr("qa.updating.reading.read_comments", lambda *_: pytest.fail("the file was read"))
    report = qa.open(forum.index).update()
    assert counts(report) == (0, 0, 0, 5, 0)
    assert qa.open(forum.index).status().index.stale_sources == ()


def test_a_dry_run_changes_nothing(forum: Forum) -> None:
    before = held(forum.index)
    forum.records["6"] = Record("6", "New.")
    del forum.records["1"]
    planned = forum.save(lambda: qa.open(forum.index).update(dry_run=True))
    assert counts(planned) == (1, 0, 1, 4, 2)
    assert planned.dry_run
    assert held(forum.index) == before
    with open_snapshot(forum.index) as snapshot:
        assert len(snapshot.passages(range(1, 99))) == 5


def test_a_dry_run_without_an_index_leaves_none(forum: Forum, tmp_path: Path) -> None:
    report = qa.build([forum.collection.folder], tmp_path / "other", model="hashing", dry_run=True)
    assert counts(report) == (5, 0, 0, 0, 5)
    assert not (tmp_path / "other").exists()


# What is cut short.


class Interrupted(HashingEncoder):
    """Encode so many blocks, then be interrupted."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.encoded = 0

    def encode_passages(
        self, passages: Sequence[PassageInput], done: Callable[[int], None] = lambda count: None
    ) -> list[Encoded]:
        if self.blocks == 0:
            raise KeyboardInterrupt
        self.blocks -= 1
        self.encoded += len(passages)
        return super().encode_passages(passages, done)


def test_an_interrupted_build_goes_on_where_it_was(
    forum: Forum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_BLOCK", 2)
    monkeypatch.setattr("qa.building.load_encoder", lambda *_: Interrupted(2))
    with pytest.raises(KeyboardInterrupt):
        qa.build([forum.collection.folder], tmp_path / "ix2")
    monkeypatch.setattr("qa.building.load_encoder", lambda *_: HashingEncoder())
    with pytest.raises(IndexNotFound, match="did not finish; what was encoded is kept"):
        qa.open(tmp_path / "ix2").ask("anything")
    assert counts(qa.build([forum.collection.folder], tmp_path / "ix2")) == (5, 0, 0, 0, 1)
    assert_same(held(tmp_path / "ix2"), held(forum.index))


def test_a_run_stopped_before_its_commit_changes_nothing_and_is_not_repeated(
    forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(IndexWriter, "commit", stop)
        with pytest.raises(KeyboardInterrupt):
            forum.edit("4", text="I bake cakes on Mondays.")
    assert qa.open(forum.index).show("forum.csv#4").comment.text == "I bake bread on Sundays."
    assert forum.ids("bread") == ["1", "2", "3", "4", "5"]
    report = qa.open(forum.index).update()
    assert counts(report) == (0, 1, 0, 4, 0)
    assert qa.open(forum.index).show("forum.csv#4").comment.text == "I bake cakes on Mondays."


@pytest.mark.parametrize("where", ["qa.index.writer.bring_up", "qa.index.derived._bring_up_checkpoint"])
def test_a_run_stopped_after_its_commit_is_complete(forum: Forum, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(where, stop)
        with pytest.raises(KeyboardInterrupt):
            forum.edit("4", text="Zebras graze.", author="nell")
    assert forum.ids(author="nell") == ["4"]
    answer = qa.open(forum.index).ask("zebras graze", k=1)
    assert answer.citations[0].quote == "Zebras graze."
    assert counts(forum.update()) == (0, 0, 0, 5, 0)
    held(forum.index)


def test_vectors_of_an_abandoned_run_go_with_the_next_checkpoint(forum: Forum, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(IndexWriter, "commit", stop)
        with pytest.raises(KeyboardInterrupt):
            forum.edit("4", text="Encoded, and never used.")
    with closing(connect(forum.index / "index.sqlite3")) as connection:
        before = StoreReader(connection).count("vectors")
    monkeypatch.setattr(derived, "_DELTA_PASSAGES", 0)
    forum.edit("4", text="Something else again.")
    with closing(connect(forum.index / "index.sqlite3")) as connection:
        after = StoreReader(connection).count("vectors")
    assert (before, after) == (7, 5)  # the reply to 4 was encoded anew, too


def test_a_killed_run_frees_its_lock_and_loses_no_vector(forum: Forum) -> None:
    forum.records["4"].text = "I bake cakes on Mondays."
    killed = (
        "import os, signal, sys, qa.index, qa\n"
        "qa.index.IndexWriter.commit = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "qa.open(sys.argv[1]).update()\n"
    )
    command = [sys.executable, "-c", killed, str(forum.index)]
    result = forum.save(lambda: subprocess.run(command, check=False))  # type: ignore[arg-type,return-value]
    assert result.returncode == -signal.SIGKILL  # type: ignore[attr-defined]
    assert counts(qa.open(forum.index).update()) == (0, 1, 0, 4, 0)


def test_one_writer_at_a_time(forum: Forum) -> None:
    with write_lock(forum.index):
        with pytest.raises(IndexBusy, match=f"being written by another process \\(id {os.getpid()}\\)"):
            forum.update()
        assert forum.ids() == ["1", "2", "3", "4", "5"]
    assert counts(forum.update()) == (0, 0, 0, 5, 0)


def test_a_snapshot_answers_from_its_state(forum: Forum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "_DELTA_PASSAGES", 0)
    with open_snapshot(forum.index) as snapshot:
        before = [named(snapshot, search_vectors(snapshot, "bread")), snapshot.scope(Filters())]
        worded = named(snapshot, snapshot.search_words("bread Sundays", 10, EVERYTHING))
        forum.edit("4", text="Zebras graze.", author="nell")
        forum.edit("5", text="Zebras run.")
        assert [named(snapshot, search_vectors(snapshot, "bread")), snapshot.scope(Filters())] == before
        assert named(snapshot, snapshot.search_words("bread Sundays", 10, EVERYTHING)) == worded
        assert snapshot.comment("forum.csv#4").text == "I bake bread on Sundays."
        assert snapshot.scope(Filters(authors=("nell",)))[1] == 0
        assert snapshot.search_words("zebras", 10, EVERYTHING) == []
    assert forum.ids(author="nell") == ["4"]


# What is derived.


@pytest.fixture
def lagging(forum: Forum, tmp_path: Path) -> Forum:
    """The words are those of two changes ago."""
    shutil.copytree(words_path(forum.index), tmp_path / "words")
    forum.edit("4", text="Zebras graze.", author="nell")
    del forum.records["1"]
    forum.update()
    shutil.rmtree(words_path(forum.index))
    shutil.copytree(tmp_path / "words", words_path(forum.index))
    return forum


def assert_answers(forum: Forum) -> None:
    with open_snapshot(forum.index) as snapshot:
        assert set(named(snapshot, snapshot.search_words("zebras", 10, EVERYTHING))) == {
            ("forum.csv#4", 0),
            ("forum.csv#5", 0),  # its context quotes what it answers
        }
        assert snapshot.search_words("Sundays", 10, EVERYTHING) == []
        assert set(named(snapshot, snapshot.search_words("stale", 10, EVERYTHING))) == {
            ("forum.csv#2", 0),
            ("forum.csv#3", 0),
        }
    assert forum.ids("zebras", author="nell") == ["4"]
    assert forum.ids() == ["2", "3", "4", "5"]


def test_words_that_lag_are_made_up_for(lagging: Forum) -> None:
    with write_lock(lagging.index):
        assert_answers(lagging)
    assert_answers(lagging)
    assert Words.open(words_path(lagging.index)).marker()[1] == 1


def test_words_that_lag_are_brought_up(lagging: Forum) -> None:
    assert counts(lagging.update()) == (0, 0, 0, 4, 0)
    assert Words.open(words_path(lagging.index)).marker()[1] == 3
    assert_answers(lagging)


def test_words_of_another_index_are_not_used(forum: Forum, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("bread bread bread\nmore bread\n", encoding="utf-8")
    qa.build([other], tmp_path / "ix2", model="hashing")
    shutil.rmtree(words_path(forum.index))
    shutil.copytree(words_path(tmp_path / "ix2"), words_path(forum.index))
    told = Told()
    with open_snapshot(forum.index, told.notice) as snapshot:
        assert set(named(snapshot, snapshot.search_words("Sundays", 10, EVERYTHING))) == {
            ("forum.csv#4", 0),
            ("forum.csv#5", 0),  # its context quotes what it answers
        }
    assert told.notices == [f"{words_path(forum.index)} cannot be used: making it again from the store"]


def damage(path: Path, how: str) -> None:
    content = b"" if path.is_dir() else path.read_bytes()
    if path.is_dir():
        for one in path.iterdir():
            if one.name != "meta.json" or how != "deleted":
                damage(one, how)
        return
    path.unlink()
    if how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "overwritten":
        path.write_bytes(b"\xa5" * len(content))


@pytest.mark.parametrize("how", ["deleted", "truncated", "overwritten"])
@pytest.mark.parametrize("what", ["words", "vectors-1.faiss"])
@pytest.mark.parametrize("locked", [False, True])
def test_what_is_derived_is_made_again(forum: Forum, what: str, how: str, locked: bool) -> None:
    before = held(forum.index)
    damage(forum.index / what, how)
    told = Told()
    if locked:
        with write_lock(forum.index), open_snapshot(forum.index, told.notice) as snapshot:
            cosines = [named(snapshot, search_vectors(snapshot, question)) for question in QUESTIONS]
            worded = [set(named(snapshot, snapshot.search_words(one, 1000, EVERYTHING))) for one in QUESTIONS]
        assert (cosines, worded) == (before.cosines, before.worded)
        assert told.notices == []
    with open_snapshot(forum.index, told.notice):
        pass
    assert told.notices == [f"{forum.index / what} cannot be used: making it again from the store"]
    assert held(forum.index) == before


def test_words_that_are_gone_are_made_again(forum: Forum) -> None:
    before = held(forum.index)
    shutil.rmtree(words_path(forum.index))
    assert held_after_asking(forum) == before


def held_after_asking(forum: Forum) -> Held:
    qa.open(forum.index).ask("anything")
    return held(forum.index)


def test_a_checkpoint_of_another_size_is_made_again(forum: Forum, tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("only this\n", encoding="utf-8")
    qa.build([path], tmp_path / "ix2", model="hashing")
    before = held(forum.index)
    shutil.copy(tmp_path / "ix2/vectors-1.faiss", forum.index / "vectors-1.faiss")
    assert held_after_asking(forum) == before
    assert [one.name for one in forum.index.glob("vectors-*")] == ["vectors-2.faiss"]


def test_checkpoints_follow_one_another(forum: Forum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "_DELTA_PASSAGES", 1)
    (forum.index / "vectors-9.faiss.unfinished").write_bytes(b"x")
    forum.edit("4", text="Zebras graze.")  # its reply follows: two young passages
    assert [one.name for one in forum.index.glob("vectors-*")] == ["vectors-2.faiss"]
    forum.edit("5", text="Which zebras?")
    assert [one.name for one in forum.index.glob("vectors-*")] == ["vectors-2.faiss"]


# Who may use an index.


class Other(HashingEncoder):
    """An encoder with other vectors."""

    name = "other"
    fingerprint = "other-1-0123456789"


def test_an_index_belongs_to_its_encoder(forum: Forum) -> None:
    fact = r"the index was made with hashing \(hashing-\), the encoder now is other \(other-1-\)"
    with pytest.raises(IndexMismatch, match=fact), open_writer(forum.index, Other()):
        pass
    with pytest.raises(IndexMismatch, match=fact), open_snapshot(forum.index) as snapshot:
        snapshot.check(Other())
    assert counts(forum.update()) == (0, 0, 0, 5, 0)


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match="no index at"), open_snapshot(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_one_id_twice_leaves_the_index_as_it_was(forum: Forum) -> None:
    before = held(forum.index)
    forum.collection.files = {"forum.csv": [*forum.records.values(), Record("1", "Another text.")]}
    forum.collection.write()
    with pytest.raises(DuplicateId, match=r"forum\.csv:7: .*'1'"):
        qa.build([forum.collection.folder / "forum.csv"], forum.index)
    report = qa.open(forum.index).update()
    assert report.sources[0].problem is not None
    assert held(forum.index) == before


def test_a_file_named_itself_is_read_as_it_says(tmp_path: Path) -> None:
    path = tmp_path / "in/notes.txt"
    path.parent.mkdir()
    path.write_text("one line\nits second\n\nanother one\n", encoding="utf-8")
    (tmp_path / "in/b.txt").write_text("one line\nits second\n\nanother one\n", encoding="utf-8")
    qa.build([path.parent], tmp_path / "ix", model="hashing", options=qa.ReadOptions(split="line"))
    index = qa.open(tmp_path / "ix")
    assert len(index.comments(source="notes.txt")) == len(index.comments(source="b.txt")) == 3
    qa.build([path], tmp_path / "ix", options=qa.ReadOptions(split="file"))
    assert [one.text for one in index.comments(source="notes.txt")] == ["one line\nits second\n\nanother one"]
    path.write_text("one line\nits second\n\nyet another one\n", encoding="utf-8")
    index.update()
    assert [one.text for one in index.comments(source="notes.txt")] == ["one line\nits second\n\nyet another one"]
    assert len(index.comments(source="b.txt")) == 3
    assert counts(index.update()) == (0, 0, 0, 4, 0)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    try:
        path.write_text("id,text,parent\n1,one of them,\n2,another,1\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    qa.build([path], tmp_path / "ix", model="hashing")
    index = qa.open(tmp_path / "ix")
    first = next(one.comment.comment_id for one in index.ask("one of them", k=9).citations if one.rank == 1)
    thread = index.show(first)
    assert [one.text for one in thread.replies] == ["another"]
    assert [one.text for one in thread.neighbours] == ["another"]
    assert len(index.comments(source=path.name)) == 2
    assert counts(index.update()) == (0, 0, 0, 2, 0)
