"""Whatever is edited, an update leaves what a build from scratch would, and encodes only what is new."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from contents import contents, kept_vectors
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

import qa
from qa.render import change_line

Run = Callable[..., subprocess.CompletedProcess[str]]

COLUMNS = ("id", "text", "author", "date", "thread", "title", "parent", "url")


@dataclass(frozen=True)
class Record:
    """One comment as a file holds it; times: how often it stands there."""

    id: str
    text: str
    author: str = ""
    date: str = ""
    thread: str = ""
    title: str = ""
    parent: str = ""
    url: str = ""
    times: int = 1

    @property
    def columns(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in COLUMNS}


@dataclass
class Folder:
    """Files of comments: JSON Lines with ids, CSV, and text with a comment on each line."""

    path: Path
    files: dict[str, list[Record]] = field(default_factory=dict)

    def write(self) -> None:
        for path in sorted(self.path.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
            elif path.is_file() and path.relative_to(self.path).as_posix() not in self.files:
                path.unlink()
        for name, records in self.files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            written = [record for record in records for _ in range(record.times)]
            if not records:
                path.write_text("", encoding="utf-8")
            elif name.endswith(".csv"):
                with path.open("w", newline="", encoding="utf-8") as file:
                    table = csv.DictWriter(file, COLUMNS)
                    table.writeheader()
                    table.writerows(record.columns for record in written)
            elif name.endswith(".jsonl"):
                objects = [{key: value for key, value in one.columns.items() if value} for one in written]
                path.write_text("".join(json.dumps(one) + "\n" for one in objects), encoding="utf-8")
            else:
                path.write_text("".join(f"{record.text}\n" for record in written), encoding="utf-8")


# What two indexes of one folder must agree on.


def assert_as_from_scratch(index: Path, source: Path) -> None:
    """The index holds and lets through what one made now from the same folder does."""
    fresh = index.with_name("fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    qa.build([source], fresh, model="hashing")
    found, expected = contents(index), contents(fresh)
    assert found.strays == expected.strays == {}
    for part in ("comments", "passages", "authors", "threads", "sources"):
        assert getattr(found, part) == getattr(expected, part), part
    one, other = qa.open(index), qa.open(fresh)
    assert one.comments() == other.comments()
    filters = [{"author": name} for (name,) in expected.authors]
    filters += [{"thread": thread or title} for thread, title in expected.threads]
    filters += [{"source": row[0]} for row in expected.sources]
    filters += [{"since": "2024"}, {"before": "2024"}, {"author": "marit", "since": "2024"}, {}]
    for some in filters:
        assert asked(one, **some) == asked(other, **some), some


def asked(index: qa.Assistant, **filters: str) -> tuple[set[str], int]:
    """Return which comments an answer cites when all are wanted, and how many the filters let through."""
    answer = index.ask("Who bakes bread on Sundays?", k=1_000_000, every=True, **filters)  # type: ignore[arg-type]
    found = {one.comment.comment_id for one in answer.citations}
    assert found == {one.comment_id for one in index.comments(**filters)}  # type: ignore[arg-type]
    assert len(found) == len(answer.citations) == answer.in_scope
    return found, answer.in_scope


# Random edits.

WORDS = ("bread", "Sundays", "stale", "index", "Größe", "👍", "is", "nobody", "reads", "the", "manual")
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
long_texts = st.lists(st.sampled_from(WORDS), min_size=70, max_size=150).map(" ".join)
authors = st.sampled_from(["marit", "@Marit", "oldgrep", "nell", ""])
dates = st.sampled_from(["2024-03-01T12:00:00Z", "2023-01-05T08:00:00Z", "2025-06-07T00:00:00Z", ""])
links = st.sampled_from(["https://example.org/1", "https://example.org/2", ""])
titles = st.sampled_from(["Stemming", "Is it stale?", ""])
threads = st.sampled_from(["t1", "t2", ""])
ids = st.integers(1, 25).map(str)
records = st.builds(
    Record, id=ids, text=texts | long_texts, author=authors, date=dates, thread=threads, title=titles, parent=ids
)
pick = st.integers(0, 1_000_000)
ANCHOR = "anchor.txt"


class Edits(RuleBasedStateMachine):
    """Edit a folder at random; now and then update, and compare with an index of that folder made anew."""

    def __init__(self) -> None:
        super().__init__()
        fast = Path("/dev/shm")
        self.place = Path(tempfile.mkdtemp(dir=fast if fast.is_dir() else None))
        self.folder = Folder(self.place / "in")
        self.index = self.place / "ix"
        self.edited = False

    def teardown(self) -> None:
        try:
            if self.edited:
                self.update()
        finally:
            shutil.rmtree(self.place, ignore_errors=True)

    @initialize(some=st.lists(records, min_size=4, max_size=8, unique_by=lambda record: record.id))
    def start(self, some: list[Record]) -> None:
        files = {"a.jsonl": some[::2], "b.csv": some[1::2], "sub/c.txt": some[:3]}
        self.folder.files = {ANCHOR: [Record("", "This stays where it is.")], **files}
        self.folder.write()
        qa.build([self.folder.path], self.index, model="hashing")

    # Each edit takes a file and a record in it by number, so that it can be made whatever the folder holds.

    def file(self, number: int) -> str:
        names = sorted(set(self.folder.files) - {ANCHOR})
        return names[number % len(names)] if names else ANCHOR

    def has(self, name: str, record_id: str) -> bool:
        return any(record.id == record_id for record in self.folder.files[name])

    def put(self, name: str, records: list[Record]) -> None:
        self.folder.files[name] = records
        self.edited = True

    def change(self, file: int, at: int, **values: str) -> None:
        name = self.file(file)
        some = list(self.folder.files[name])
        if some and name != ANCHOR:
            some[at % len(some)] = replace(some[at % len(some)], **values)
            self.put(name, some)

    @rule(file=pick, at=pick, record=records)
    def add(self, file: int, at: int, record: Record) -> None:
        name = self.file(file)
        some = list(self.folder.files[name])
        if not self.has(name, record.id):
            some.insert(at % (len(some) + 1), record)
            self.put(name, some)

    @rule(file=pick, at=pick, text=texts | long_texts)
    def edit_text(self, file: int, at: int, text: str) -> None:
        self.change(file, at, text=text)

    @rule(file=pick, at=pick, author=authors)
    def change_author(self, file: int, at: int, author: str) -> None:
        self.change(file, at, author=author)

    @rule(file=pick, at=pick, date=dates)
    def change_date(self, file: int, at: int, date: str) -> None:
        self.change(file, at, date=date)

    @rule(file=pick, at=pick, url=links)
    def change_link(self, file: int, at: int, url: str) -> None:
        self.change(file, at, url=url)

    @rule(file=pick, at=pick, parent=ids)
    def change_parent(self, file: int, at: int, parent: str) -> None:
        self.change(file, at, parent=parent)

    @rule(thread=threads, title=titles)
    def change_title(self, thread: str, title: str) -> None:
        for name, some in list(self.folder.files.items()):
            self.put(name, [replace(one, title=title) if one.thread == thread else one for one in some])

    @rule(file=pick, at=pick)
    def delete(self, file: int, at: int) -> None:
        name = self.file(file)
        some = list(self.folder.files[name])
        if some and name != ANCHOR:
            some.pop(at % len(some))
            self.put(name, some)

    @rule(file=pick, at=pick, times=st.integers(1, 3))
    def duplicate(self, file: int, at: int, times: int) -> None:
        self.change(file, at, times=times)  # type: ignore[arg-type]

    @rule(file=pick, seed=st.randoms(use_true_random=False))
    def reorder(self, file: int, seed: object) -> None:
        name = self.file(file)
        some = list(self.folder.files[name])
        seed.shuffle(some)  # type: ignore[attr-defined]
        self.put(name, some)

    @rule(file=pick, at=pick, other=pick)
    def move(self, file: int, at: int, other: int) -> None:
        name, target = self.file(file), self.file(other)
        some = list(self.folder.files[name])
        if some and ANCHOR not in (name, target) and not self.has(target, some[at % len(some)].id):
            moved = some.pop(at % len(some))
            self.put(name, some)
            self.put(target, [*self.folder.files[target], moved])

    @rule(file=pick, stem=st.sampled_from(["a", "d", "sub/e", "other place/f"]))
    def rename(self, file: int, stem: str) -> None:
        name = self.file(file)
        target = stem + Path(name).suffix
        if name != ANCHOR and target not in self.folder.files:
            self.put(target, self.folder.files.pop(name))

    @precondition(lambda self: len(self.folder.files) > 2)
    @rule(file=pick)
    def delete_file(self, file: int) -> None:
        self.folder.files.pop(self.file(file))
        self.edited = True

    @rule(file=pick)
    def empty_file(self, file: int) -> None:
        if (name := self.file(file)) != ANCHOR:
            self.put(name, [])

    @rule(
        name=st.sampled_from(["a.jsonl", "g.csv", "sub/h.jsonl", "i.txt"]),
        some=st.lists(records, max_size=3, unique_by=lambda record: record.id),
    )
    def add_file(self, name: str, some: list[Record]) -> None:
        if name not in self.folder.files:
            self.put(name, some)

    @precondition(lambda self: self.edited)
    @rule()
    def update(self) -> None:
        self.folder.write()
        before, kept = contents(self.index), kept_vectors(self.index)
        report = qa.open(self.index).update()
        after = contents(self.index)
        assert report.encoded == len(after.encoded - kept)
        assert (report.comments, report.passages) == (len(after.comments), len(after.passages))
        assert report.added + report.edited + report.unchanged == len(after.comments)
        assert report.deleted + report.edited + report.unchanged == len(before.comments)
        assert_as_from_scratch(self.index, self.folder.path)
        self.edited = False


def run_edits(examples: int, steps: int, *, derandomize: bool) -> None:
    unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=derandomize,
        database=None,
        suppress_health_check=unhurried,
    )
    run_state_machine_as_test(Edits, settings=chosen)


def test_random_edits_leave_what_a_build_from_scratch_would() -> None:
    run_edits(30, 15, derandomize=True)


@pytest.mark.long
def test_many_random_edits_leave_what_a_build_from_scratch_would() -> None:
    run_edits(300, 40, derandomize=False)


# Each kind of edit, what is reported and what it costs.


def the_folder(path: Path) -> Folder:
    stemming = {"thread": "t1", "title": "Stemming", "date": "2024-03-01T12:00:00Z"}
    talk = [
        Record("1", "Does stemming help at all?", author="marit", **stemming),
        Record("2", "It does for English.", author="nell", parent="1", **stemming),
        Record("3", "Not for names.", author="oldgrep", **stemming),
        Record("4", "Bread needs time.", author="marit", thread="t2", title="Baking"),
        Record("5", "And a hot oven.", author="nell", thread="t2", title="Baking"),
    ]
    table = [Record(str(number), f"Row {number} of the table.", author="marit") for number in (1, 2, 3)]
    lines = [Record("", f"Line {number} of the notes.") for number in (1, 2, 3)]
    return Folder(path, {"talk.jsonl": talk, "table.csv": table, "notes.txt": lines})


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = the_folder(tmp_path / "in")
    folder.write()
    assert qa.build([folder.path], tmp_path / "ix", model="hashing").comments == 11
    return folder


def changed(name: str, at: int, **values: object) -> Callable[[Folder], None]:
    def edit(folder: Folder) -> None:
        folder.files[name][at] = replace(folder.files[name][at], **values)  # type: ignore[arg-type]

    return edit


def retitled(folder: Folder) -> None:
    talk = folder.files["talk.jsonl"]
    talk[:] = [replace(one, title="Stemming and names") if one.thread == "t1" else one for one in talk]


def moved(folder: Folder) -> None:
    folder.files["talk.jsonl"].append(replace(folder.files["table.csv"].pop(), id="30"))


def renamed(folder: Folder) -> None:
    folder.files["another name.csv"] = folder.files.pop("table.csv")


EDITS: dict[str, tuple[Callable[[Folder], object], str, int]] = {
    "nothing": (lambda folder: None, "+0 new  ~0 edited  -0 deleted  11 unchanged", 0),
    "a comment added": (
        lambda folder: folder.files["talk.jsonl"].insert(0, Record("9", "A new one.")),
        "+1 new  ~0 edited  -0 deleted  11 unchanged",
        1,
    ),
    "a text that nothing answers": (
        changed("talk.jsonl", 2, text="Hardly."),
        "+0 new  ~1 edited  -0 deleted  10 unchanged",
        1,
    ),
    "a text that another answers": (
        changed("talk.jsonl", 0, text="Is it any use?"),
        "+0 new  ~1 edited  -0 deleted  10 unchanged",
        2,
    ),
    "a line of text": (changed("notes.txt", 1, text="Reworded."), "+0 new  ~1 edited  -0 deleted  10 unchanged", 1),
    "an author": (changed("talk.jsonl", 4, author="pilar"), "+0 new  ~1 edited  -0 deleted  10 unchanged", 0),
    "a date": (changed("talk.jsonl", 4, date="2022-02-02"), "+0 new  ~1 edited  -0 deleted  10 unchanged", 0),
    "a link": (changed("table.csv", 0, url="https://x.org/1"), "+0 new  ~1 edited  -0 deleted  10 unchanged", 0),
    "a title of a thread": (retitled, "+0 new  ~3 edited  -0 deleted  8 unchanged", 3),
    "what a comment answers": (changed("talk.jsonl", 1, parent="3"), "+0 new  ~1 edited  -0 deleted  10 unchanged", 1),
    "a comment deleted": (
        lambda folder: folder.files["talk.jsonl"].pop(),
        "+0 new  ~0 edited  -1 deleted  10 unchanged",
        0,
    ),
    "an answered comment deleted": (
        lambda folder: folder.files["talk.jsonl"].pop(0),
        "+0 new  ~0 edited  -1 deleted  10 unchanged",
        1,
    ),
    "a record twice": (changed("table.csv", 1, times=2), "+0 new  ~0 edited  -0 deleted  11 unchanged", 0),
    "another order": (
        lambda folder: [one.reverse() for one in folder.files.values()],
        "+0 new  ~0 edited  -0 deleted  11 unchanged",
        0,
    ),
    "a comment in another file": (moved, "+1 new  ~0 edited  -1 deleted  10 unchanged", 0),
    "a file renamed": (renamed, "+3 new  ~0 edited  -3 deleted  8 unchanged", 0),
    "a file deleted": (
        lambda folder: folder.files.pop("talk.jsonl"),
        "+0 new  ~0 edited  -5 deleted  6 unchanged",
        0,
    ),
    "a file emptied": (
        lambda folder: folder.files["table.csv"].clear(),
        "+0 new  ~0 edited  -3 deleted  8 unchanged",
        0,
    ),
    "a new file": (
        lambda folder: folder.files.update({"more.txt": [Record("", "Once more."), Record("", "And again.")]}),
        "+2 new  ~0 edited  -0 deleted  11 unchanged",
        2,
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit(folder: Folder, tmp_path: Path, edit: str) -> None:
    make, line, encoded = EDITS[edit]
    make(folder)
    folder.write()
    report = qa.open(tmp_path / "ix").update()
    assert change_line(report.added, report.edited, report.deleted, report.unchanged) == line
    assert report.encoded == encoded
    assert_as_from_scratch(tmp_path / "ix", folder.path)
    again = qa.open(tmp_path / "ix").update()
    assert (again.added, again.edited, again.deleted, again.encoded) == (0, 0, 0, 0)


def test_filters_follow_what_is_said_about_a_comment(folder: Folder, tmp_path: Path) -> None:
    index = qa.open(tmp_path / "ix")
    assert asked(index, author="pilar") == (set(), 0)
    for values in ({"author": "pilar"}, {"date": "2031-01-01"}, {"thread": "t9"}):
        changed("table.csv", 1, **values)(folder)
    folder.write()
    assert index.update().encoded == 0
    for some in ({"author": "pilar"}, {"since": "2031"}, {"thread": "t9"}):
        assert asked(index, **some) == ({"table.csv#2"}, 1)
    assert asked(index, author="marit")[1] == 4


def test_a_changed_title_is_found_and_the_old_one_is_not(folder: Folder, tmp_path: Path) -> None:
    retitled(folder)
    folder.write()
    index = qa.open(tmp_path / "ix")
    index.update()
    assert asked(index, thread="and names")[0] == {f"talk.jsonl#{number}" for number in (1, 2, 3)}
    assert {one.thread_title for one in index.comments(thread="t1")} == {"Stemming and names"}


def test_lines_follow_another_order(folder: Folder, tmp_path: Path) -> None:
    folder.files["table.csv"].reverse()
    folder.files["notes.txt"].reverse()
    folder.write()
    index = qa.open(tmp_path / "ix")
    assert index.update().encoded == 0
    rows = [(one.comment_id, one.record, one.line_start, one.line_end) for one in index.comments(source="table.csv")]
    assert rows == [("table.csv#3", 1, 2, 2), ("table.csv#2", 2, 3, 3), ("table.csv#1", 3, 4, 4)]
    lines = [(one.text, one.line_start) for one in index.comments(source="notes.txt")]
    assert lines == [(f"Line {number} of the notes.", at) for at, number in ((1, 3), (2, 2), (3, 1))]
    hit = index.ask("Line 3 of the notes.", k=1).citations[0]
    assert (hit.quote, hit.line_start, hit.stale) == ("Line 3 of the notes.", 1, False)


def test_a_record_twice_is_counted(folder: Folder, tmp_path: Path) -> None:
    changed("table.csv", 1, times=3)(folder)
    folder.write()
    sources = {one.source: one for one in qa.open(tmp_path / "ix").update().sources}
    assert (sources["table.csv"].comments, sources["table.csv"].duplicates) == (3, 2)


def test_a_root_that_vanished_is_kept_and_told_until_pruned(folder: Folder, tmp_path: Path, run_qa: Run) -> None:
    index = ("--index", tmp_path / "ix")
    shutil.move(folder.path, tmp_path / "away")
    for _ in range(2):
        done = run_qa("update", *index)
        assert done.stdout == (
            "+0 new  ~0 edited  -0 deleted  11 unchanged\n"
            "11 comments, 11 passages in the index; 0 passages newly encoded\n"
            "gone, but kept: notes.txt, table.csv, talk.jsonl\nrun: qa update --prune\n"
        )
    assert len(qa.open(tmp_path / "ix").comments()) == 11
    shutil.move(tmp_path / "away", folder.path)
    assert qa.open(tmp_path / "ix").update().vanished == ()
    assert_as_from_scratch(tmp_path / "ix", folder.path)
    shutil.rmtree(folder.path)
    assert run_qa("update", "--prune", *index).stdout.startswith("+0 new  ~0 edited  -11 deleted  0 unchanged\n")
    assert contents(tmp_path / "ix").comments == []
    assert contents(tmp_path / "ix").strays == {}


def test_after_repair_compact_ranks_and_scores_are_those_of_an_index_made_anew(
    folder: Folder, tmp_path: Path, run_qa: Run
) -> None:
    if run_qa("repair", "--help").returncode:
        pytest.skip("until repair exists")
    edits = [name for name in EDITS if name not in ("a file deleted", "a file emptied", "a file renamed")]
    for name in edits:
        EDITS[name][0](folder)
        folder.write()
        qa.open(tmp_path / "ix").update()
    assert run_qa("repair", "--compact", "--index", tmp_path / "ix").returncode == 0
    assert_as_from_scratch(tmp_path / "ix", folder.path)
    for question in ("Does stemming help?", "bread in the oven", "Row 2 of the table", "names", "Once more"):
        told = []
        for index in ("ix", "fresh"):
            answer = json.loads(run_qa("ask", question, "-k", 50, "--json", "--index", tmp_path / index).stdout)
            told.append((answer["abstained"], answer["hits"]))
        assert told[0] == told[1]
