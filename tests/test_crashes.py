"""Whatever stops a run, damages a file or fills the disk: the index answers as before or after, and goes on."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from contents import Contents, Seen, contents, kept_vectors, seen

import qa
from qa.errors import IndexNotFound
from qa.faults import STEPS

Run = Callable[..., subprocess.CompletedProcess[str]]
Done = subprocess.CompletedProcess[str]

PATIENCE_S = 60
TOPICS = ["the ferry was late again", "bread rises overnight", "the garden needs rain", "nobody reads the manual"]


def run_bounded(*args: object, fault: str = "", before: Callable[[], None] | None = None) -> Done:
    """Run the program in a process of its own, for a minute at the most."""
    return subprocess.run(
        [sys.executable, "-m", "qa", *map(str, args)],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "QA_MODEL": "hashing", "QA_FAULT": fault},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
        preexec_fn=before,
    )


def assert_no_traceback(done: Done) -> None:
    assert "Traceback" not in done.stderr, done.stderr
    assert "panicked" not in done.stderr, done.stderr
    assert done.returncode in (0, 1, 2), (done.returncode, done.stderr)


# A folder of comments before and after many edits.


def said(number: int, revision: int) -> str:
    return f"Comment mark{number}r{revision}: {TOPICS[number % len(TOPICS)]}, said speaker{number % 50}."


def write(folder: Path, size: int, *, edited: bool) -> None:
    """Write `size` comments; edited, most of the first half is gone, a sixth reworded and half as many are new."""
    folder.mkdir(exist_ok=True)
    numbers = range(size // 2 if edited else 0, size * 3 // 2 if edited else size)
    revised = range(size // 2, size * 2 // 3) if edited else range(0)
    with (folder / "talk.jsonl").open("w", encoding="utf-8") as file:
        for number in numbers:
            record = {"id": str(number), "author": f"a{number % 9}", "text": said(number, int(number in revised))}
            file.write(json.dumps(record) + "\n")
    lines = [f"Note mark{number}n: {TOPICS[number % len(TOPICS)]}." for number in range(size // 10)]
    (folder / "notes.txt").write_text("\n".join(lines[::-1] if edited else lines), encoding="utf-8")


@dataclass(frozen=True)
class Stages:
    """The edited folder, an index that has not followed yet, and what one that followed undisturbed holds."""

    source: Path
    base: Path
    questions: tuple[str, ...]
    before: Seen
    after: Seen
    final: Contents
    names: set[str]
    seconds: dict[str, float]

    def command(self, work: str, index: Path) -> list[str]:
        return ["index", str(self.source), "--index", str(index)] if work == "index" else ["update", f"--index={index}"]

    def begin(self, work: str, index: Path) -> None:
        """Lay out what the work starts from."""
        shutil.rmtree(index, ignore_errors=True)
        if work == "update":
            shutil.copytree(self.base, index)

    def complete(self, work: str, index: Path) -> qa.Report:
        if work == "index":
            return qa.build([self.source], index, model="hashing")
        return qa.open(index).update()

    def assert_before_or_after(self, work: str, index: Path) -> None:
        """The index answers as before the work or as after it; of a first build it may say that it did not finish."""
        try:
            found = seen(index, self.questions)
        except IndexNotFound:
            if work == "index":
                return
            raise
        possible = [self.after] if work == "index" else [self.before, self.after]
        assert [one.found for one in possible if found == one], (len(found.comments), found.found)

    def assert_completes(self, work: str, index: Path) -> None:
        """The same command again leaves what an undisturbed run would, and encodes only what was not kept."""
        kept = kept_in_copy(index)
        report = self.complete(work, index)
        assert report.encoded == len(self.final.encoded - kept)
        assert contents(index) == self.final
        assert seen(index, self.questions) == self.after
        assert file_names(index) == self.names


def kept_in_copy(index: Path) -> set[bytes]:
    """Return the vectors that a killed run kept, looked at in a copy: to open a store is to mend it."""
    copy = index.with_name(index.name + ".copy")
    shutil.rmtree(copy, ignore_errors=True)
    if not index.exists():
        return set()
    shutil.copytree(index, copy)
    return kept_vectors(copy)


def file_names(index: Path) -> set[str]:
    """Return the names of an index's files, numbers left out, without the log that readers keep open.

    Those in words/ are tantivy's own business.
    """
    names = (path.name for path in index.iterdir() if not path.name.endswith(("-wal", "-shm")))
    return {re.sub(r"\d+", "N", name) for name in names}


def stages(folder: Path, size: int) -> Stages:
    source, base = folder / "in", folder / "base"
    middle = size // 2 + 1
    texts = [said(1, 0), said(middle, 0), said(middle, 1), said(size - 1, 0), said(size + 1, 0)]
    write(source, size, edited=False)
    qa.build([source], base, model="hashing")
    before = seen(base, texts)
    assert before.found == (True, True, False, True, False)
    write(source, size, edited=True)
    blank = Stages(source, base, tuple(texts), before, None, None, set(), {})  # type: ignore[arg-type]
    seconds = {}
    for work in ("index", "update"):
        blank.begin(work, folder / work)
        began = time.monotonic()
        assert run_bounded(*blank.command(work, folder / work)).returncode == 0
        seconds[work] = time.monotonic() - began
    after, final = seen(folder / "update", texts), contents(folder / "update")
    assert (final.strays, after.found) == ({}, (False, False, True, True, True))
    assert (seen(folder / "index", texts), contents(folder / "index")) == (after, final)
    return Stages(source, base, tuple(texts), before, after, final, file_names(folder / "update"), seconds)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return stages(tmp_path_factory.mktemp("small"), 900)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return stages(tmp_path_factory.mktemp("large"), 2400)


# A process that ends.


@pytest.mark.parametrize("work", ["index", "update"])
@pytest.mark.parametrize("fault", [*STEPS, "encoded:2"])
def test_a_run_that_ends_at_a_step(small: Stages, tmp_path: Path, work: str, fault: str) -> None:
    index = tmp_path / "ix"
    small.begin(work, index)
    ended = run_bounded(*small.command(work, index), fault=fault)
    assert (ended.returncode, ended.stdout) == (137, "")
    asked = run_bounded("ask", small.questions[3], "-k", 1, "--index", index)
    assert_no_traceback(asked)
    if asked.returncode == 2:
        assert work == "index"
        assert re.fullmatch(
            r"error: the first build of .* did not finish; what was encoded is kept\nrun: .*\n", asked.stderr
        )
    else:
        assert small.questions[3] in asked.stdout
    small.assert_before_or_after(work, index)
    small.assert_completes(work, index)


def kill_at_random(stages: Stages, folder: Path, rounds: int, kills: list[int], seed: int) -> None:
    """Kill first builds and updates at random moments, one of `kills` times in a row before one may complete."""
    chance = random.Random(seed)
    index = folder / "ix"
    for number in range(rounds):
        work = ("index", "update")[number % 2]
        stages.begin(work, index)
        for _ in range(chance.choice(kills)):
            delay = chance.uniform(0, stages.seconds[work])
            kill_after(delay, stages.command(work, index))
            try:
                stages.assert_before_or_after(work, index)
            except Exception as error:
                error.add_note(f"{work}, killed after {delay:.3f} of {stages.seconds[work]:.3f} s, round {number}")
                raise
        stages.assert_completes(work, index)


def kill_after(seconds: float, command: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "qa", *command],
        env={**os.environ, "QA_MODEL": "hashing"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process.kill()
    assert process.wait(PATIENCE_S) in (0, -signal.SIGKILL)


def test_a_run_that_is_killed_at_any_moment(large: Stages, tmp_path: Path) -> None:
    kill_at_random(large, tmp_path, rounds=12, kills=[1], seed=1)


@pytest.mark.long
def test_a_run_that_is_killed_at_any_of_many_moments(large: Stages, tmp_path: Path) -> None:
    kill_at_random(large, tmp_path, rounds=200, kills=[1, 1, 2], seed=time.time_ns())


def test_a_run_that_is_killed_while_the_words_are_committed(small: Stages, tmp_path: Path) -> None:
    index, other = tmp_path / "ix", tmp_path / "other"
    small.begin("update", index)
    run_bounded(*small.command("update", index), fault="switched")
    small.begin("update", other)
    run_bounded(*small.command("update", other), fault="words")
    deleted = {path.name for path in (other / "words").glob("*.del")} - {path.name for path in index.glob("words/*")}
    assert deleted
    for name in deleted:
        shutil.copy(other / "words" / name, index / "words" / name)
    small.assert_before_or_after("update", index)
    small.assert_completes("update", index)


@pytest.mark.parametrize("left", [b"", b"header"])
def test_a_store_that_was_only_just_created(small: Stages, tmp_path: Path, left: bytes) -> None:
    """A run killed before its first transaction leaves an empty file, or one without tables."""
    index = tmp_path / "ix"
    index.mkdir()
    (index / "index.sqlite3").write_bytes(b"")
    if left:
        with closing(sqlite3.connect(index / "index.sqlite3")) as store:
            store.execute("PRAGMA journal_mode=WAL")
    asked = run_bounded("ask", "anything", "--index", index)
    assert_no_traceback(asked)
    assert asked.returncode == 2
    assert re.search("did not finish|no index at", asked.stderr), asked.stderr
    small.assert_completes("index", index)


# Damaged files.

QUESTION = "Comment mark7r0: nobody reads the manual, said speaker7."
DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda content: None,
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "overwritten": lambda content: b"\xa5" * min(64, len(content)) + content[64:],
    "appended": lambda content: content + b"and some more text\n",
}
# Every kind of file an index holds beside its store; whether what it held must be made again, and so be told.
KINDS = {
    "vectors-*": True,
    "columns-*": True,
    "words/meta.json": True,
    "words/*.fast": True,
    "words/*.fieldnorm": True,
    "words/*.idx": True,
    "words/*.pos": True,
    "words/*.store": True,
    "words/*.term": True,
    "words/.managed.json": False,
    "words/.tantivy-*.lock": False,
    "write.lock": False,
}


def damages(kinds: Iterable[str], often: set[tuple[str, str]] | None = None) -> list[ParameterSet]:
    """Return every pair of a kind and a damage; those that only a long run tries are marked."""
    cases = []
    for kind, how in itertools.product(kinds, DAMAGES):
        if (kind, how) == ("words/*.fieldnorm", "overwritten"):
            continue  # the lengths that BM25 divides by: only a deep verification looks at them
        rare = (kind, how) not in often if often else kind.startswith("words/*") and how in ("empty", "appended")
        marks = [pytest.mark.long] if rare else []
        cases.append(pytest.param(kind, how, marks=marks))
    return cases


def damage(path: Path, how: str) -> None:
    content = DAMAGES[how](path.read_bytes())
    path.unlink()
    if content is not None:
        path.write_bytes(content)


@dataclass(frozen=True)
class Whole:
    """An index of a few comments, never touched, and how it answers."""

    index: Path
    answer: str


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    write(folder / "in", 90, edited=False)
    assert run_bounded("index", folder / "in", "--index", folder / "ix").returncode == 0
    return Whole(folder / "ix", run_bounded("ask", QUESTION, "--index", folder / "ix").stdout)


def test_every_kind_of_file_is_damaged_here(whole: Whole) -> None:
    known = {path for kind in (*KINDS, "index.sqlite3") for path in whole.index.glob(kind)}
    assert {path for path in whole.index.rglob("*") if path.is_file()} == known


@pytest.mark.parametrize(("kind", "how"), damages(KINDS))
def test_a_damaged_file_of_what_is_derived(whole: Whole, tmp_path: Path, kind: str, how: str) -> None:
    index = tmp_path / "ix"
    shutil.copytree(whole.index, index)
    paths = sorted(index.glob(kind))
    if not paths:
        pytest.skip(f"an index has no {kind}")
    for path in paths:
        damage(path, how)
    done = run_bounded("ask", QUESTION, "--index", index)
    assert_no_traceback(done)
    assert (done.returncode, done.stdout) == (0, whole.answer), done.stderr
    told = f"{index / ('words' if kind.startswith('words') else paths[0].name)} cannot be used: making it again"
    assert len(done.stderr.splitlines()) <= 1
    assert told in done.stderr or done.stderr == ""
    if how in ("missing", "truncated", "empty") and KINDS[kind]:
        assert done.stderr != ""
    if done.stderr:
        again = run_bounded("ask", QUESTION, "--index", index)
        assert (again.returncode, again.stdout, again.stderr) == (0, whole.answer, "")


MENDED = {
    ("vectors-*", "overwritten"),
    ("columns-*", "truncated"),
    ("words/meta.json", "missing"),
    ("words/*.idx", "empty"),
}


@pytest.mark.parametrize(("kind", "how"), damages([kind for kind, derived in KINDS.items() if derived], MENDED))
def test_an_update_mends_what_is_damaged(whole: Whole, tmp_path: Path, kind: str, how: str) -> None:
    index = tmp_path / "ix"
    shutil.copytree(whole.index, index)
    for path in index.glob(kind):
        damage(path, how)
    done = run_bounded("update", "--index", index)
    assert_no_traceback(done)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("+0 new  ~0 edited  -0 deleted  99 unchanged\n")
    again = run_bounded("ask", QUESTION, "--index", index)
    assert (again.returncode, again.stdout, again.stderr) == (0, whole.answer, "")


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_store(whole: Whole, tmp_path: Path, how: str) -> None:
    index = tmp_path / "ix"
    shutil.copytree(whole.index, index)
    damage(index / "index.sqlite3", how)
    for command in (("ask", QUESTION), ("list",), ("status",), ("update",)):
        done = run_bounded(*command, "--index", index)
        assert_no_traceback(done)
        if done.returncode == 0:
            assert how == "appended"  # SQLite knows how long its file is
            assert command[0] != "ask" or done.stdout == whole.answer
            continue
        fact = "no index at" if how == "missing" else "index.sqlite3"
        assert (done.returncode, done.stdout) == (2, "")
        assert re.fullmatch(rf"error: .*{fact}.*\nrun: .*\n", done.stderr), done.stderr


@pytest.mark.parametrize(
    "fault", ["words", *(pytest.param(one, marks=pytest.mark.long) for one in ("encoded:2", "switched", "pointed"))]
)
@pytest.mark.parametrize("file", ["index.sqlite3-wal", "index.sqlite3-shm"])
@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_log_of_a_killed_run(small: Stages, tmp_path: Path, file: str, how: str, fault: str) -> None:
    """The log of the store holds what was committed last: without it the index is as before, or says it is damaged."""
    index = tmp_path / "ix"
    small.begin("update", index)
    run_bounded(*small.command("update", index), fault=fault)
    damage(index / file, how)
    done = run_bounded("ask", small.questions[3], "-k", 1, "--index", index)
    assert_no_traceback(done)
    if done.returncode == 2:
        assert re.fullmatch(r"error: .*index\.sqlite3.*\nrun: .*\n", done.stderr), done.stderr
        return
    assert small.questions[3] in done.stdout
    small.assert_before_or_after("update", index)
    small.complete("update", index)
    assert (contents(index), seen(index, small.questions)) == (small.final, small.after)


def ranking(index: Path, question: str) -> list[str]:
    return [one.quote for one in qa.open(index).ask(question, k=20, every=True).citations]


def test_words_of_a_later_state_of_the_store_are_not_used(tmp_path: Path) -> None:
    """A store that was put back, from a copy or by a disk that lost its log, counts its changes again."""
    source, index = tmp_path / "a.csv", tmp_path / "ix"
    rows = [f"{number},plain words number {number}" for number in range(12)]

    def save(last: str) -> None:
        source.write_text("\n".join(["id,text", *rows, f"99,{last}"]), encoding="utf-8")

    save("to begin with")
    qa.build([source], index, model="hashing")
    shutil.copy(index / "index.sqlite3", tmp_path / "kept")
    save("a zebra grazes")
    qa.open(index).update()
    shutil.copy(tmp_path / "kept", index / "index.sqlite3")
    save("the badger sleeps")
    qa.open(index).update()
    qa.build([source], tmp_path / "fresh", model="hashing")
    for question in ("zebra", "badger", "number 7"):
        assert ranking(index, question) == ranking(tmp_path / "fresh", question)


# Altered texts.


@pytest.mark.parametrize("options", [(), ("--json",), ("--markdown",)])
@pytest.mark.parametrize("command", ["ask", "show", "list"])
def test_an_altered_text_is_never_printed(whole: Whole, tmp_path: Path, command: str, options: tuple[str]) -> None:
    if command != "ask" and options == ("--markdown",):
        pytest.skip("only answers are printed as Markdown")
    index = tmp_path / "ix"
    shutil.copytree(whole.index, index)
    with closing(sqlite3.connect(index / "index.sqlite3")) as store:
        changed = (
            "UPDATE comments SET text = replace(text, 'nobody reads', 'everyone loves') WHERE comment_id LIKE '%#7'"
        )
        assert store.execute(changed).rowcount == 1
        store.commit()
    asked = {"ask": ("ask", QUESTION), "show": ("show", "talk.jsonl#7"), "list": ("list",)}[command]
    done = run_bounded(*asked, *options, "--index", index)
    assert (done.returncode, done.stdout) == (2, "")
    assert "everyone loves" not in done.stderr
    assert re.fullmatch(
        r"error: the stored text of talk\.jsonl#7 is damaged: it does not match its hash\nrun: .*\n", done.stderr
    )


# A full disk.


def limited(size: int) -> Callable[[], None]:
    """Return what lets a process write no file longer than size bytes."""

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def assert_refused(done: Done) -> None:
    """The run ended in one line that says why."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert_no_traceback(done)
    assert done.stderr.count("error: ") == 1
    assert done.stderr.splitlines()[-2].startswith("error: ")
    assert done.stderr.splitlines()[-1].startswith("run: ")


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on a file's size")
@pytest.mark.parametrize(
    ("work", "size"),
    [
        ("index", 0),
        ("index", 10_000),
        ("index", 300_000),
        ("update", 0),
        ("update", 10_000),
        ("update", 600_000),
    ],
)
def test_a_file_that_may_not_grow(small: Stages, tmp_path: Path, work: str, size: int) -> None:
    index = tmp_path / "ix"
    small.begin(work, index)
    assert_refused(run_bounded(*small.command(work, index), before=limited(size)))
    small.assert_before_or_after(work, index)
    small.assert_completes(work, index)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on a file's size")
@pytest.mark.parametrize(("work", "size"), [("index", 10_000), ("index", 300_000), ("update", 10_000)])
def test_what_may_not_grow_is_not_called_damaged(small: Stages, tmp_path: Path, work: str, size: int) -> None:
    small.begin(work, tmp_path / "ix")
    refused = run_bounded(*small.command(work, tmp_path / "ix"), before=limited(size))
    assert "rm -r" not in refused.stderr
    assert "damaged" not in refused.stderr


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Give a file system of the size asked for, such as 600k; skip where none can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(size: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)]
        try:
            done = subprocess.run(command, check=False, capture_output=True)
        except FileNotFoundError:
            pytest.skip("no file systems to mount here")
        if done.returncode:
            pytest.skip("this user may not mount a file system")
        return place

    yield mount
    subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)


@pytest.mark.parametrize("size", ["64k", "400k", "800k"])
def test_a_full_disk(small: Stages, little_disk: Callable[[str], Path], size: str) -> None:
    index = little_disk(size) / "ix"
    assert_refused(run_bounded(*small.command("index", index)))
    small.assert_before_or_after("index", index)
    subprocess.run(["mount", "-o", "remount,size=64m", str(index.parent)], check=True)
    small.assert_completes("index", index)


def test_a_reader_on_a_full_disk(small: Stages, little_disk: Callable[[str], Path]) -> None:
    """What is derived is made in memory where there is no room to make it again."""
    disk = little_disk("64m")
    shutil.copytree(small.base, disk / "ix")
    expected = seen(disk / "ix", small.questions)
    shutil.rmtree(disk / "ix" / "words")
    with contextlib.suppress(OSError), (disk / "full").open("wb") as file:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
                    file.flush()
    assert seen(disk / "ix", small.questions) == expected


# A folder that may only be read.


def close_to_others(index: Path) -> None:
    for path in (*index.rglob("*"), index):
        path.chmod(0o555 if path.is_dir() else 0o444)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("nothing", "missing"),
        ("vectors-*", "missing"),
        ("vectors-*", "overwritten"),
        ("columns-*", "missing"),
        ("words/meta.json", "missing"),
        ("words/*.term", "truncated"),
    ],
)
def test_an_index_that_may_only_be_read(
    whole: Whole, run_unprivileged: Run, open_folder: Path, kind: str, how: str
) -> None:
    """A reader without the right to write answers all the same, whatever is derived being whole or not."""
    index = open_folder / "ix"
    shutil.copytree(whole.index, index)
    for path in index.glob(kind):
        damage(path, how)
    close_to_others(index)
    before = {path: path.stat().st_mtime_ns for path in index.rglob("*")}
    try:
        done = run_unprivileged("ask", QUESTION, "--index", index)
    finally:
        after = {path: path.stat().st_mtime_ns for path in index.rglob("*")}
        for path in (index, *index.rglob("*")):
            path.chmod(0o755)
    assert_no_traceback(done)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == whole.answer.splitlines()[1]
    assert before == after
