from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa.errors import Malformed, SourceError
from qa.formats import read_comments
from qa.formats.contents import Content
from qa.formats.platforms import hackernews
from qa.formats.samples import take_sample
from tests.formats.platforms.breaking import check_broken, check_cut

STORY = {
    "by": "ada", "descendants": 3, "id": 500, "kids": [502, 501], "score": 41, "time": 1700000000,
    "title": "Show HN: A kettle that whistles", "type": "story", "url": "https://kettle.example/",
}  # fmt: skip
ITEMS: list[Any] = [
    {"by": "bo", "id": 502, "kids": [503], "parent": 500, "text": "Does it <i>sing</i>?", "time": 1700000100,
     "type": "comment"},
    {"by": "cy", "id": 503, "parent": 502, "text": "Only &quot;low&quot; notes.", "time": 1700000200,
     "type": "comment"},
    {"deleted": True, "id": 501, "parent": 500, "time": 1700000300, "type": "comment"},
    {"by": "dee", "dead": True, "id": 504, "parent": 500, "text": "Buy tea", "time": 1700000400, "type": "comment"},
    {"by": "eve", "id": 505, "parent": 499, "text": "Elsewhere", "time": 1700000500, "type": "comment"},
    {"by": "pol", "id": 600, "parts": [601], "score": 5, "text": "Which tea?", "time": 1700000600, "title": "Poll: tea",
     "type": "poll"},
    {"by": "pol", "id": 601, "poll": 600, "score": 9, "text": "Green", "time": 1700000601, "type": "pollopt"},
]  # fmt: skip


def fields(comments) -> list[tuple]:
    return [(c.comment_id, c.text, c.author, c.parent_id, c.thread_id, c.thread_title) for c in comments]


EXPECTED = [
    ("hn:502", "Does it sing?", "bo", "hn:500", "hn:500", STORY["title"]),
    ("hn:503", 'Only "low" notes.', "cy", "hn:502", "hn:500", STORY["title"]),
    ("hn:505", "Elsewhere", "eve", "hn:499", None, None),
    ("hn:600", "Which tea?", "pol", None, "hn:600", "Poll: tea"),
    ("hn:601", "Green", "pol", "hn:600", "hn:600", "Poll: tea"),
    ("hn:500", STORY["title"], "ada", None, "hn:500", STORY["title"]),
]
FORMS = {
    "array": json.dumps([*ITEMS, STORY]),
    "pretty": json.dumps([*ITEMS, STORY], indent=2),
    "lines": "\n".join(map(json.dumps, [*ITEMS, STORY])),
    "by id": json.dumps({str(item["id"]): item for item in [*ITEMS, STORY]}),
    "nested": json.dumps([ITEMS[:3], [ITEMS[3:], [STORY]]]),
    "around": json.dumps({"comments": ITEMS, "post": STORY}),
    "inside": json.dumps({"data": {"comments": ITEMS, "post": STORY}}),
}


@pytest.mark.parametrize("form", FORMS)
def test_items(read, form: str) -> None:
    comments, reader = read(FORMS[form], "items.json")
    assert reader.format == "hackernews"
    assert fields(comments) == EXPECTED
    assert (reader.counts.deleted, reader.counts.records) == (2, 8)
    assert comments[0].created_at == datetime(2023, 11, 14, 22, 15, tzinfo=UTC)
    assert comments[0].url == "https://news.ycombinator.com/item?id=502"
    assert [c.record for c in comments] == [1, 2, 5, 6, 7, 8]
    assert [c.field for c in comments] == ["text"] * 5 + ["title"]


def test_lines_and_votes(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"post": STORY, "comments": ITEMS}, indent=1))
    drafts = list(hackernews.read(Content(path)))
    lines = path.read_text().split("\n")
    assert all(f'"id": {d.record_id[3:]}' in "\n".join(lines[d.line_start - 1 : d.line_end]) for d in drafts)
    assert drafts[0].votes == 41
    assert drafts[1].votes is None
    assert all(d.platform for d in drafts)


def test_unusual_values_of_items(read) -> None:
    odd = [STORY, None, {**ITEMS[0], "text": ["x"]}, {**ITEMS[0], "id": "700", "text": None}, {}, 7, ITEMS[1]]
    comments, reader = read(json.dumps(odd), "items.json")
    assert [c.comment_id for c in comments] == ["hn:500", "hn:503"]
    assert (reader.counts.unreadable, reader.counts.empty, reader.counts.records) == (3, 2, 7)


def test_a_circle_of_parents_ends(read) -> None:
    one, two = {**ITEMS[0], "id": 1, "parent": 2}, {**ITEMS[0], "id": 2, "parent": 1}
    assert [c.thread_id for c in read(json.dumps([one, two, STORY]))[0]] == [None, None, "hn:500"]


HITS = {
    "hits": [
        {"objectID": "901", "author": "gus", "comment_text": "Mine <p>leaks", "created_at": "2020-01-02T03:04:05Z",
         "created_at_i": 1577934245, "parent_id": 900, "points": None, "story_id": 900, "story_title": "Teapots",
         "story_url": "https://pots.example", "_tags": ["comment", "author_gus", "story_900"],
         "_highlightResult": {"author": {"value": "gus"}}},
        {"objectID": "900", "author": "hal", "title": "Teapots", "url": "https://pots.example", "points": 12,
         "story_text": None, "created_at_i": 1577934000, "num_comments": 1, "_tags": ["story", "author_hal"]},
    ],
    "nbHits": 2, "page": 0, "exhaustive": {"nbHits": True}, "processingTimeMS": 3,
}  # fmt: skip


@pytest.mark.parametrize("form", [HITS, [HITS], HITS["hits"]])
def test_search_results(read, form: object) -> None:
    comments, reader = read(json.dumps(form), "search.json")
    assert fields(comments) == [
        ("hn:901", "Mine\n\nleaks", "gus", "hn:900", "hn:900", "Teapots"),
        ("hn:900", "Teapots", "hal", None, "hn:900", "Teapots"),
    ]
    assert comments[0].created_at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (comments[0].field, reader.counts.records) == ("comment_text", 2)


def test_search_results_without_their_story(read) -> None:
    comments, _ = read(json.dumps({**HITS, "hits": HITS["hits"][:1]}))
    assert (comments[0].thread_id, comments[0].thread_title) == ("hn:900", "Teapots")


def node(number: int, **more: object) -> dict[str, Any]:
    return {
        "id": number, "created_at": "2020-01-02T03:04:05Z", "created_at_i": 1577934245, "type": "comment",
        "author": f"a{number}", "title": None, "url": None, "text": f"words {number}", "points": None,
        "parent_id": number - 1, "story_id": 10, "children": [], "options": [], **more,
    }  # fmt: skip


TREE = node(10, type="story", title="Cups", text=None, parent_id=None, points=3, children=[
    node(11, children=[node(12), node(13, author=None, text=None, parent_id=11)]), node(14, parent_id=10),
])  # fmt: skip


def test_item_tree(read) -> None:
    comments, reader = read(json.dumps(TREE), "10.json")
    assert fields(comments) == [
        ("hn:10", "Cups", "a10", None, "hn:10", "Cups"),
        ("hn:11", "words 11", "a11", "hn:10", "hn:10", "Cups"),
        ("hn:12", "words 12", "a12", "hn:11", "hn:10", "Cups"),
        ("hn:14", "words 14", "a14", "hn:10", "hn:10", "Cups"),
    ]
    assert (reader.counts.deleted, reader.counts.records) == (1, 5)
    lines = read(json.dumps(TREE) + "\n" + json.dumps(node(20, children=[node(21)])) + "\n")[0]
    assert [c.line_start for c in lines] == [1, 1, 1, 1, 2, 2]


def test_a_deep_tree_is_walked_or_refused(read) -> None:
    one = json.dumps(node(1))
    head = one[: one.index("[") + 1]
    for depth, whole in ((100, True), (100_000, False)):
        text = head * depth + one[one.index("]") :] * depth
        if whole:
            assert read(text, "deep.json")[1].counts.duplicates == depth - 1
        else:
            with pytest.raises(Malformed):
                read(text, "deep.json")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "hacker-news.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE [items] ([id] INTEGER PRIMARY KEY, [type] TEXT, [by] TEXT, [time] INTEGER, [kids] TEXT,"
            " [parent] INTEGER, [text] TEXT, [title] TEXT, [url] TEXT, [score] INTEGER, [deleted] INTEGER,"
            " [dead] INTEGER, [parts] TEXT, [poll] INTEGER)"
        )
        db.execute("CREATE TABLE [users] ([id] TEXT PRIMARY KEY, [created] INTEGER, [karma] INTEGER, [about] TEXT)")
        db.execute("INSERT INTO users VALUES ('ada', 1, 2, 'about ada')")
        columns = [row[1] for row in db.execute("PRAGMA table_info(items)")]
        for item in [*ITEMS, STORY]:
            values = [json.dumps(item[c]) if c in ("kids", "parts") and c in item else item.get(c) for c in columns]
            db.execute(f"INSERT INTO items VALUES ({','.join('?' * len(columns))})", values)
    return path


def test_database(database: Path, read_file) -> None:
    before = database.read_bytes()
    comments, reader = read_file(database)
    assert reader.format == "hackernews"
    assert fields(comments) == sorted(EXPECTED)
    assert (reader.counts.deleted, reader.counts.records) == (2, 8)
    assert database.read_bytes() == before
    assert [one.name for one in database.parent.iterdir()] == [database.name]


def test_database_in_write_ahead_mode_is_left_alone(database: Path, read_file) -> None:
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("UPDATE items SET text = 'newer' WHERE id = 502")
        db.commit()
        assert "newer" in {c.text for c in read_file(database)[0]}
    assert "newer" in {c.text for c in read_file(database)[0]}
    assert [one.name for one in database.parent.iterdir()] == [database.name]


def test_damaged_database(database: Path, tmp_path: Path) -> None:
    whole = database.read_bytes()
    with closing(sqlite3.connect(database)) as db, db:
        db.executemany(
            "INSERT INTO items (id, type, by, time, text) VALUES (?, 'comment', 'x', 1700000000, ?)",
            [(1000 + n, "words " * 50) for n in range(500)],
        )
    whole = database.read_bytes()
    cut = tmp_path / "cut.db"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Malformed, match="SQLite"):
        list(read_comments(cut, "s"))
    hurt = tmp_path / "hurt.db"
    middle = len(whole) // 2
    hurt.write_bytes(whole[:middle] + b"\xff" * 6000 + whole[middle + 6000 :])
    with pytest.raises(Malformed, match="SQLite"):
        list(read_comments(hurt, "s"))


@pytest.mark.parametrize(
    "content",
    [
        '[{"id": 1, "type": "comment", "text": "hi"}]',
        '[{"id": 1, "text": "hi", "by": "x", "time": 1700000000}]',
        '{"hits": [{"objectID": "1", "text": "hi"}]}',
        '{"id": 1, "children": [{"id": 2, "text": "hi"}], "text": "x"}',
        '[{"type": "story", "by": "al", "id": 1, "text": "once upon a time"}]',
        "id,by,type,time,text\n1,al,comment,1700000000,hi\n",
        "[]",
        "{}",
        "nothing of the kind",
    ],
)
def test_others_are_not_taken(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    assert hackernews.recognises(take_sample(Content(path))) is None


def test_other_databases_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE items (id INTEGER, text TEXT)")
    with pytest.raises(SourceError):
        read_comments(path, "s")


@pytest.mark.parametrize("value", [{"post": STORY, "comments": ITEMS[:3]}, {"hits": HITS["hits"]}, TREE, [ITEMS[0]]])
def test_broken_values(tmp_path: Path, value: object) -> None:
    assert check_broken(tmp_path, value, "hackernews") > 100
    check_cut(tmp_path, json.dumps(value), "hackernews")


@pytest.mark.shared
def test_real_export(shared: Path, read_file) -> None:
    checked = 0
    for path in sorted(shared.glob("exports/hackernews_json/*.json")):
        value = json.loads(path.read_bytes())
        post, raw = value["post"], {item["id"]: item for item in [value["post"], *value["comments"]]}
        comments, reader = read_file(path)
        assert reader.format == "hackernews"
        assert reader.counts.records == len(value["comments"]) + 1
        assert reader.counts.deleted == sum(1 for i in raw.values() if i.get("deleted") or i.get("dead"))
        assert {c.thread_title for c in comments} == {post["title"]}
        assert {c.thread_id for c in comments} == {f"hn:{post['id']}"}
        lines = path.read_text(encoding="utf-8").split("\n")
        for comment in comments[:: len(comments) // 10]:
            item = raw[int(comment.comment_id.removeprefix("hn:"))]
            assert comment.author == item["by"]
            assert comment.created_at.timestamp() == item["time"]
            assert comment.parent_id == (f"hn:{item['parent']}" if "parent" in item else None)
            assert comment.url.endswith(f"?id={item['id']}")
            assert f'"id": {item["id"]},' in "\n".join(lines[comment.line_start - 1 : comment.line_end])
            assert "<" not in comment.text.replace("<3", "")[:20]
            checked += 1
    assert checked >= 10


def test_a_schema_whose_damage_is_no_text(read: Callable, tmp_path: Path) -> None:
    path = tmp_path / "hn.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE items (id INTEGER, by TEXT, time INTEGER, text TEXT, parent INTEGER, type TEXT)")
    whole = path.read_bytes()
    assert b"CREATE TABLE items" in whole
    with pytest.raises(SourceError):
        read(whole.replace(b"CREATE TABLE items", b"CREATE TABL\x8f items"), "hn.db")
