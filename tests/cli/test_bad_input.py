"""Every bad input: exit 2, nothing on stdout, the fact and the command that mends it on stderr, no traceback."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.index.layout import write_lock

Run = Callable[..., subprocess.CompletedProcess[str]]


def assert_refused(done: subprocess.CompletedProcess[str], fact: str, hint: str = "run: ") -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert fact in done.stderr
    assert hint in done.stderr
    assert done.stderr.startswith("error: ") or "\nerror: " in done.stderr


def refused_content(
    run_qa: Run, folder: Path, name: str, content: bytes, *options: str
) -> subprocess.CompletedProcess[str]:
    (folder / name).write_bytes(content)
    done = run_qa("index", folder / name, "--index", folder / "ix", *options)
    assert not (folder / "ix").exists()
    return done


@pytest.mark.parametrize(
    ("name", "content", "options", "fact"),
    [
        ("empty.txt", b"", (), "empty"),
        ("blank.txt", b" \n\n ", (), "blank.txt"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), (), "picture.png"),
        ("broken.json", b'[{"text": "a fine day"},\n{"text": ]', (), "broken.json:2"),
        ("broken.jsonl", b'{"text": "a fine day"}\n{"text": "half\n', (), "broken.jsonl:2"),
        ("broken.csv", b'id,text\n1,fine words\n2,"never closed\n', (), "broken.csv:3"),
        ("columns.csv", b"colour,weight\nred,1\nblue,2\n", (), "colour"),
        ("named.csv", b"id,text\n1,fine words\n", ("--columns", "text=body"), "body"),
        ("syntax.csv", b"id,text\n1,fine words\n", ("--columns", "text"), "text=NAME"),
        ("ids.csv", b"id,text\n1,fine words\n1,other words\n", (), "ids.csv:3"),
        ("a.txt", b"fine words\n", ("--format", "pdf"), "pdf"),
        ("b.txt", b"fine words\n", ("--split", "verse"), "verse"),
        ("c.txt", b"fine words\n", ("--model", "no/such-model"), "no/such-model"),
    ],
)
def test_content_that_cannot_be_indexed(
    run_qa: Run, tmp_path: Path, name: str, content: bytes, options: tuple[str, ...], fact: str
) -> None:
    assert_refused(refused_content(run_qa, tmp_path, name, content, *options), fact)


def test_paths_that_are_not_there(run_qa: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / ".hidden.txt").write_text("hidden words", encoding="utf-8")
    index = ("--index", tmp_path / "ix")
    assert_refused(run_qa("index", tmp_path / "nowhere.txt", *index), "no such file or folder")
    assert_refused(run_qa("index", tmp_path / "*.xyz", *index), "no file matches")
    assert_refused(run_qa("index", tmp_path / "folder", *index), "no comments in")
    assert_refused(run_qa("ask", "anything?", *index), "no index at", "run: qa index")
    assert_refused(run_qa("update", *index), "no index at", "run: qa index")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_what_never_ends_is_not_read(run_qa: Run, tmp_path: Path) -> None:
    folder = tmp_path / "comments"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    index = ("--index", tmp_path / "ix")
    assert_refused(run_qa("index", folder / "pipe", *index), "pipe is not a file")
    assert_refused(run_qa("index", "/dev/zero", *index), "/dev/zero is not a file")
    (folder / "good.txt").write_text("first comment\n", encoding="utf-8")
    done = run_qa("index", folder, *index)
    assert done.returncode == 0
    assert f"pipe: not read: {folder / 'pipe'} is not a file" in done.stderr


def test_a_path_longer_than_any(run_qa: Run) -> None:
    assert_refused(run_qa("index", "x" * 5000), "File name too long")
    assert_refused(run_qa("ask", "bread?", "--index", "x" * 5000), "File name too long")


def test_a_bad_file_in_a_folder_is_reported_and_the_rest_is_read(run_qa: Run, tmp_path: Path) -> None:
    folder = tmp_path / "comments"
    folder.mkdir()
    (folder / "good.txt").write_text("first comment\nsecond comment\n", encoding="utf-8")
    (folder / "bad.json").write_text('[{"text": ', encoding="utf-8")
    done = run_qa("index", folder, "--index", tmp_path / "ix")
    assert done.returncode == 0
    assert "bad.json: not read:" in done.stderr
    assert done.stdout.startswith("+2 new  ~0 edited  -0 deleted  0 unchanged\n")


@pytest.fixture
def built(run_qa: Run, tmp_path: Path) -> Path:
    source = tmp_path / "comments.txt"
    source.write_text("stale indexes mislead\nfresh bread on sundays\n", encoding="utf-8")
    assert run_qa("index", source, "--index", tmp_path / "ix").returncode == 0
    return tmp_path / "ix"


def test_questions_that_cannot_be_asked(run_qa: Run, built: Path) -> None:
    index = ("--index", built)
    assert_refused(run_qa("ask", "", "--json", *index), "the question is empty")
    assert_refused(run_qa("ask", " \n ", *index), "the question is empty")
    assert_refused(run_qa("ask", "x" * 100_000, *index), "100,000 characters")
    assert_refused(run_qa("ask", "bread?", "-k", 0, *index), "-k 0")
    assert_refused(run_qa("ask", "bread?", "--since", "yesterdayish", *index), "--since 'yesterdayish' is not a date")
    assert_refused(run_qa("show", "nobody#1", *index), "no comment has the id nobody#1", "run: qa list")


def test_usage_errors_have_exit_code_2(run_qa: Run) -> None:
    for args in (["nonsense"], ["show"], ["ask", "x", "--nonsense"]):
        done = run_qa(*args)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Usage:" in done.stderr


def test_a_newer_format(run_qa: Run, built: Path) -> None:
    connection = sqlite3.connect(built / "index.sqlite3")
    connection.execute("UPDATE settings SET value = '99' WHERE name = 'format'")
    connection.commit()
    connection.close()
    assert_refused(run_qa("ask", "bread?", "--index", built), "index format 99", "run: pip install --upgrade")


def test_another_model(run_qa: Run, built: Path) -> None:
    connection = sqlite3.connect(built / "index.sqlite3")
    connection.execute("UPDATE settings SET value = 'feedbeef' WHERE name = 'encoder'")
    connection.commit()
    connection.close()
    assert_refused(run_qa("ask", "bread?", "--index", built), "the index was made with hashing (feedbeef)")


@pytest.mark.parametrize("damage", ["truncated", "garbage behind the header", "garbage inside", "not a database"])
def test_a_damaged_store(run_qa: Run, built: Path, damage: str) -> None:
    store = built / "index.sqlite3"
    content = store.read_bytes()
    if damage == "truncated":
        store.write_bytes(content[: len(content) // 3])
    elif damage == "garbage behind the header":
        store.write_bytes(content[:100] + b"\xa5" * (len(content) - 100))
    elif damage == "garbage inside":
        middle = len(content) // 3
        store.write_bytes(content[:middle] + b"\xa5" * middle + content[2 * middle :])
    else:
        store.write_bytes(b"this is no database at all" * 1000)
    assert_refused(run_qa("ask", "bread?", "--index", built), "index.sqlite3", "run: qa repair --index")


@pytest.mark.parametrize("lost", ["words", "vectors", "words damaged", "vectors damaged"])
def test_what_is_derived_is_made_again_in_one_line(run_qa: Run, built: Path, lost: str) -> None:
    expected = run_qa("ask", "fresh bread on sundays", "--index", built).stdout
    checkpoint = next(built.glob("vectors-*.faiss"))
    if lost == "words":
        for path in (built / "words").iterdir():
            path.unlink()
        (built / "words").rmdir()
    elif lost == "vectors":
        checkpoint.unlink()
    elif lost == "words damaged":
        for path in (built / "words").iterdir():
            path.write_bytes(b"garbage")
    else:
        checkpoint.write_bytes(checkpoint.read_bytes()[:50])
    done = run_qa("ask", "fresh bread on sundays", "--index", built)
    assert (done.returncode, done.stdout) == (0, expected)
    which = built / "words" if lost.startswith("words") else checkpoint
    assert done.stderr == f"{which} cannot be used: making it again from the store\n"
    assert run_qa("ask", "fresh bread on sundays", "--index", built).stderr == ""


def test_a_second_writer_is_told_who_writes(run_qa: Run, built: Path) -> None:
    with write_lock(built):
        assert_refused(run_qa("update", "--index", built), f"another process (id {os.getpid()})")


def test_an_unreadable_file_and_an_unwritable_folder(run_qa: Run, run_unprivileged: Run, open_folder: Path) -> None:
    locked = open_folder / "locked"
    (open_folder / "closed").mkdir()
    (open_folder / "closed" / "c.txt").write_text("out of reach\n", encoding="utf-8")
    assert run_qa("index", open_folder / "closed" / "c.txt", "--index", locked).returncode == 0
    for path in (locked / "words", locked):
        path.chmod(0o555)
    secret = open_folder / "secret.txt"
    secret.write_text("nobody may read this\n", encoding="utf-8")
    secret.chmod(0)
    writable = open_folder / "writable"
    writable.mkdir()
    writable.chmod(0o777)
    assert_refused(run_unprivileged("index", secret, "--index", writable / "ix"), "secret.txt")
    secret.chmod(0o644)
    open_folder.chmod(0o555)
    done = run_unprivileged("index", secret, "--index", open_folder / "ix")
    open_folder.chmod(0o755)
    assert_refused(done, f"cannot make {open_folder / 'ix'}")
    assert_refused(run_unprivileged("update", "--index", locked), "cannot")
    (open_folder / "closed").chmod(0)
    behind = open_folder / "closed" / "c.txt"
    assert_refused(run_unprivileged("index", behind, "--index", writable / "ix"), f"{behind}: Permission denied")
    assert_refused(run_unprivileged("ask", "x", "--index", behind), "Permission denied")


def test_a_read_only_index_answers(run_qa: Run, run_unprivileged: Run, open_folder: Path) -> None:
    source = open_folder / "comments.txt"
    source.write_text("stale indexes mislead\nfresh bread on sundays\n", encoding="utf-8")
    assert run_qa("index", source, "--index", open_folder / "ix").returncode == 0
    for path in (open_folder / "ix").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (open_folder / "ix").chmod(0o555)
    done = run_unprivileged("ask", "fresh bread on sundays", "--index", open_folder / "ix")
    (open_folder / "ix").chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert "fresh bread on sundays" in done.stdout
