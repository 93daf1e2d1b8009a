from __future__ import annotations

import csv
from pathlib import Path

import pytest

import qa
from qa.formats import ReadOptions, read_comments

COMMENTS = "post_id,username,comment_text\nv1,al,first\nv2,bo,second\nv1,cy,third\nv9,dee,fourth\n"
VIDEOS = (
    "post_id,post_title,url,channel\nv1,On kettles,https://v.example/1,k\nv2, On lids ,,k\nv1,On kettles,,k\nv3,x,,k\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "remarks.csv").write_text(COMMENTS)
    (tmp_path / "films.csv").write_text(VIDEOS)
    return tmp_path


def titles(path: Path, **options: object) -> list[str | None]:
    return [one.thread_title for one in read_comments(path, "s", ReadOptions(**options))]  # type: ignore[arg-type]


def test_titles_come_from_the_table_beside(folder: Path, read_file) -> None:
    comments, reader = read_file(folder / "remarks.csv")
    assert [c.thread_title for c in comments] == ["On kettles", "On lids", "On kettles", None]
    assert [c.thread_id for c in comments] == ["v1", "v2", "v1", "v9"]
    assert [c.url for c in comments] == ["https://v.example/1", None, "https://v.example/1", None]
    assert folder / "films.csv" in reader.beside


def test_the_table_of_titles_is_a_companion(folder: Path) -> None:
    reader = read_comments(folder / "films.csv", "s")
    assert (reader.role, reader.format, list(reader)) == ("companion", "csv", [])
    assert folder / "remarks.csv" in reader.beside
    (folder / "remarks.csv").unlink()
    alone = read_comments(folder / "films.csv", "s")
    assert next(iter(alone)).text == "On kettles"
    assert alone.role == "comments"


def test_an_id_column_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,video_id,text\n1,7,one\n2,8,two\n")
    (tmp_path / "b.tsv").write_text("id\ttitle\n7\tSeven\n8\tEight\n")
    assert titles(tmp_path / "a.csv") == ["Seven", "Eight"]


def test_posts_with_texts_are_comments_and_complete_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("post_id,text\n7,one\n8,two\n")
    (tmp_path / "b.csv").write_text("post_id,post_title,post_text\n7,Seven,long words\n8,Eight,more words\n")
    assert titles(tmp_path / "a.csv") == ["Seven", "Eight"]
    posts = list(read_comments(tmp_path / "b.csv", "s"))
    assert [(p.text, p.thread_title) for p in posts] == [("long words", "Seven"), ("more words", "Eight")]


def test_a_table_that_comes_later_completes_what_was_read(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    films = (folder / "films.csv").read_text()
    (folder / "films.csv").unlink()
    index = tmp_path_factory.mktemp("ix") / "ix"
    qa.build([folder], index, model="hashing")
    forum = qa.open(index)
    assert [one.thread_title for one in forum.comments()] == [None] * 4
    (folder / "films.csv").write_text(films)
    assert forum.update().edited == 3
    assert [one.thread_title for one in forum.comments()] == ["On kettles", "On lids", "On kettles", None]
    (folder / "films.csv").unlink()
    forum.update()
    assert [one.thread_title for one in forum.comments()] == [None] * 4
    (folder / "notes.txt").write_text("no table\n")
    assert forum.status().index.stale_sources == ()


@pytest.mark.parametrize(
    "other",
    [
        "post_id,title\nv7,Another\nv8,Else\n",  # other ids
        "post_id,title\nv1,One\nv1,Two\nv2,x\n",  # an id that names two posts
        "id,text\nv1,no titles\nv2,here\n",
        "user_id,title\nv1,Mr\nv2,Ms\n",
        'post_id,title\nv1,"never closed\n',
        "",
        "{}",
    ],
)
def test_a_table_that_is_not_theirs(folder: Path, other: str) -> None:
    (folder / "films.csv").write_text(other)
    assert titles(folder / "remarks.csv") == [None] * 4


def test_people_are_no_threads(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("user_id,text\n1,one\n2,two\n")
    (tmp_path / "b.csv").write_text("user_id,title\n1,Mr\n2,Ms\n")
    assert titles(tmp_path / "a.csv") == [None, None]


def test_titles_of_its_own_and_columns_that_are_named(folder: Path) -> None:
    assert titles(folder / "remarks.csv", columns={"text": "comment_text", "title": "username"})[0] == "al"
    (folder / "remarks.csv").write_text("post_id,title,text\nv1,Mine,words\n")
    assert titles(folder / "remarks.csv") == ["Mine"]


def test_a_crowd_is_not_looked_into(folder: Path) -> None:
    for number in range(40):
        (folder / f"{number}.csv").write_text("id,text\n1,x\n")
    assert titles(folder / "remarks.csv") == [None] * 4


@pytest.mark.shared
@pytest.mark.parametrize(
    ("comments", "posts"), [("youtube_comments", "youtube_videos"), ("metafilter_comments", "metafilter_main")]
)
def test_real_pairs(shared: Path, comments: str, posts: str) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (shared / "exports/csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    named = {row["post_id"]: row["post_title"].strip() for row in rows(posts)}
    written = rows(comments)
    read = list(read_comments(shared / "exports/csv" / f"{comments}.csv", "s"))
    assert len(read) > 1000
    assert all(one.thread_title == named[written[one.record - 1]["post_id"]] for one in read)
    reader = read_comments(shared / "exports/csv" / f"{posts}.csv", "s")
    found = list(reader)
    assert reader.role == ("companion" if comments.startswith("you") else "comments")
    assert len(found) == (0 if comments.startswith("you") else len(rows(posts)))
