"""No damage makes a reader fail in another way than by saying so: comments and counts, or an error with a hint.

Real exports and the texts of the platforms' own tests are damaged in ways that are the same in every run. A failure
names the file and the round; ``damaged(data, name, round)`` makes the same bytes again.
"""

from __future__ import annotations

import gzip
import importlib
import json
import pkgutil
import random
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qa.errors import QAError
from qa.formats import read_comments
from qa.formats.archives import is_archive, unpack

SLICE = 1 << 16
SECONDS = 20
_SWAPS = bytes.maketrans(b"\"'[]{}<>,:", b"'\"{}[]><:,")
_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|\btrue\b|\bfalse\b|\bnull\b')
_VALUES = (
    *(b"null", b"true", b"0", b"-1", b"1e999", b"9" * 400, b'""', b"[]", b"{}", b"[null]", b'{"a": [1]}', b'"x"'),
    *(b'"\\ud800"', b'"\\u0000"', b"NaN", b'"2021-13-45T99:99:99Z"', b"[" * 3000, b'"' + b"&" * 300 + b'"', b"<b>"),
)
_JUNK = (
    *(b"\0", b"\xff", b"\xfe\xff", b"\x1a", b"\x1b[2J", "\u202e\u200b👍".encode(), b"\r", b"\n\n", b"\xed\xa0\x80"),
    *(b"]]>", b"<![CDATA[", b"<!--", b"&x;", b"&#0;", b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"--", b"```", b"\n---\n"),
    *(
        b"\nFrom a Mon Jan  1 00:00:00 2024\n",
        b"\nContent-Type: multipart/mixed; boundary=x\n",
        b"{" * 500,
        b"<a>" * 500,
    ),
)

Damage = Callable[[random.Random, bytearray], bytes]


def flipped(chance: random.Random, data: bytearray) -> bytes:
    for _ in range(chance.choice((1, 1, 4, 32))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def without(chance: random.Random, data: bytearray) -> bytes:
    at = chance.randrange(len(data))
    del data[at : at + chance.choice((1, 1, 7, 300, len(data)))]
    return bytes(data)


def with_junk(chance: random.Random, data: bytearray) -> bytes:
    for _ in range(chance.choice((1, 1, 3))):
        at = chance.randrange(len(data) + 1)
        data[at:at] = chance.choice(_JUNK)
    return bytes(data)


def swapped(chance: random.Random, data: bytearray) -> bytes:
    at = chance.randrange(len(data))
    end = at + chance.choice((1, 2, 40, len(data)))
    return bytes(data[:at] + data[at:end].translate(_SWAPS) + data[end:])


def cut(chance: random.Random, data: bytearray) -> bytes:
    return bytes(data[: chance.randrange(len(data))])


def repeated(chance: random.Random, data: bytearray) -> bytes:
    at = chance.randrange(len(data))
    part = data[at : at + chance.choice((1, 30, 500, 5000))]
    to = chance.choice((at, chance.randrange(len(data))))
    return bytes(data[:to] + part * chance.choice((1, 2, 20)) + data[to:])


def with_other_values(chance: random.Random, data: bytearray) -> bytes:
    values = list(_VALUE.finditer(data))
    for found in sorted(
        chance.sample(values, min(len(values), chance.choice((1, 1, 5, 50)))), key=lambda m: -m.start()
    ):
        data[found.start() : found.end()] = chance.choice(_VALUES)
    return bytes(data)


def with_exchanged_lines(chance: random.Random, data: bytearray) -> bytes:
    lines = bytes(data).split(b"\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


DAMAGES: tuple[Damage, ...] = (
    *(flipped, without, with_junk, swapped, cut, repeated, with_other_values, with_other_values),
    with_exchanged_lines,
)


def damaged(data: bytes, name: str, number: int) -> bytes:
    chance = random.Random(f"{name} {number}")
    if len(data) > SLICE:
        data = data[: SLICE - chance.randrange(200)] if chance.random() < 0.7 else data
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(DAMAGES)(chance, bytearray(data or b" "))
    return data


class TooLong(BaseException):
    """No reader catches it."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_args: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempt(path: Path, into: Path) -> str | None:
    """Read a file; say what is wrong with how it was read or refused."""
    try:
        with limited(SECONDS):
            if is_archive(path):
                unpack(path, into)
                return None
            reader = read_comments(path, "s")
            comments = list(reader)
    except QAError as error:
        return None if error.message and error.hint else f"no hint: {error!r}"
    except TooLong:
        return "too long"
    except Exception as error:  # noqa: BLE001 - the one place that must see them all
        return f"{type(error).__name__}: {error}"
    if len({one.comment_id for one in comments}) != reader.counts.comments:
        return "comments are not counted as they are given"
    if not all(one.text.strip() and 1 <= one.line_start <= one.line_end for one in comments):
        return "a comment without a text or a place"
    return None


def fixtures() -> dict[str, bytes]:
    """The texts and values of some length that the tests of the platforms define."""
    found = {}
    package = importlib.import_module(f"{__package__}.platforms")
    for module in pkgutil.iter_modules(package.__path__):
        for name, value in vars(importlib.import_module(f"{package.__name__}.{module.name}")).items():
            if name.isupper() and isinstance(value, dict | list):
                try:
                    value = json.dumps(value)
                except (TypeError, ValueError):
                    continue
            if name.isupper() and isinstance(value, str | bytes) and len(value) > 100:
                found[f"{module.name}.{name}"] = value.encode() if isinstance(value, str) else value
    return found


OWN = {
    "table.csv": b'id,author,date,text\n1,ann,2021-01-02,"some words, and\nmore"\n2,bob,2021-01-03,others\n',
    "table.tsv": b"id\tauthor\ttext\n1\tann\tsome words\n2\tbob\tothers\n",
    "list.json": b'[{"id": 1, "text": "some words", "author": {"name": "ann"}}, {"id": 2, "text": "others"}]',
    "lines.jsonl": b'{"id": 1, "text": "some words"}\n{"id": 2, "text": "others", "parent_id": 1}\n',
    "notes.md": b"---\ntitle: Notes\n---\n\n# One\n\nsome words\n\n## Two by @ann (2021-01-02)\n\n> a quote\n",
    "chat.txt": "[2021-01-02 10:11] ann: some words\n[2021-01-02 10:12] bob: käse 👍\n\nmore\n".encode(),
    "lines.jsonl.gz": gzip.compress(b'{"id": 1, "text": "some words"}\n' * 3),
    "wide.txt": "some words\n\nothers\n".encode("utf-16"),
}


def rounds(config: pytest.Config, usual: int) -> int:
    return 30 * usual if config.getoption("--long") else usual


def read_damaged(folder: Path, name: str, data: bytes, number: int) -> str | None:
    path = folder / Path(name).name
    path.write_bytes(damaged(data, name, number))
    into = folder / "unpacked"
    wrong = attempt(path, into)
    shutil.rmtree(into, ignore_errors=True)
    return f"{name}, round {number}: {wrong}" if wrong else None


@pytest.mark.parametrize("name", [*OWN, *fixtures()])
def test_texts_of_the_tests(tmp_path: Path, pytestconfig: pytest.Config, name: str) -> None:
    data = OWN.get(name) or fixtures()[name]
    wrong = [read_damaged(tmp_path, name, data, number) for number in range(rounds(pytestconfig, 60))]
    assert [one for one in wrong if one] == []


KINDS = (
    *("csv", "discourse_json", "discourse_markdown", "github_json", "hackernews_json", "lesswrong_html"),
    *("pipermail_mbox", "reddit_praw_json", "semeval_xml", "slack_json", "stackexchange_xml"),
)


@pytest.mark.shared
@pytest.mark.parametrize("kind", KINDS)
def test_real_exports(shared: Path, tmp_path: Path, pytestconfig: pytest.Config, kind: str) -> None:
    place = shared / "exports" / kind
    paths = sorted(path for path in place.rglob("*") if path.is_file())
    chance = random.Random(kind)
    wrong = []
    for number in range(rounds(pytestconfig, 40)):
        path = chance.choice(paths)
        folder = tmp_path / "root" / "export" / path.parent.name
        _copy_beside(path, folder, place)
        wrong.append(read_damaged(folder, path.name, path.read_bytes(), number))
        shutil.rmtree(tmp_path / "root")
    assert [one for one in wrong if one] == []


def _copy_beside(path: Path, folder: Path, place: Path) -> None:
    """Put beside a file what completes it: the other files of its folder and of the one above, inside the export."""
    folder.mkdir(parents=True)
    for source, target in ((path.parent, folder), (path.parent.parent, folder.parent)):
        if place == source or place in source.parents:
            beside = [one for one in sorted(source.iterdir()) if one.is_file() and one.stat().st_size < 1 << 19]
            for one in beside[:5]:
                shutil.copyfile(one, target / one.name)


def test_the_same_round_makes_the_same_bytes() -> None:
    made = [damaged(OWN["list.json"], "list.json", number) for number in range(200)]
    assert made == [damaged(OWN["list.json"], "list.json", number) for number in range(200)]
    assert len(set(made)) > 150


def test_a_reader_that_fails_or_hangs_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("words")

    def fail(*_args: object) -> None:
        raise KeyError("x")

    def hang(*_args: object) -> None:
        while True:
            pass

    here = sys.modules[__name__]
    monkeypatch.setattr(here, "read_comments", fail)
    assert attempt(path, tmp_path) == "KeyError: 'x'"
    if hasattr(signal, "setitimer"):
        monkeypatch.setattr(here, "SECONDS", 0.05)
        monkeypatch.setattr(here, "read_comments", hang)
        assert attempt(path, tmp_path) == "too long"
