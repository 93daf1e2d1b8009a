from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa.formats import read_comments
from qa.formats.contents import Content
from qa.formats.platforms import youtube
from qa.formats.samples import take_sample
from tests.formats.platforms.breaking import check_broken, check_cut


def comment(name: str, text: str | None, **more: Any) -> dict[str, Any]:
    return {"kind": "youtube#comment", "etag": "e", "id": name, "snippet": {
        "authorDisplayName": "@ada", "authorChannelId": {"value": "UC1"}, "textDisplay": text, "videoId": "vvvvvvvvvvv",
        "likeCount": 3, "publishedAt": "2024-01-02T03:04:05Z", "updatedAt": "2024-01-02T03:04:05Z", **more,
    }}  # fmt: skip


THREAD = {
    "kind": "youtube#commentThread", "id": "Ug1", "snippet": {
        "channelId": "UC0", "videoId": "vvvvvvvvvvv", "canReply": True, "totalReplyCount": 1,
        "topLevelComment": comment("Ug1", "It&#39;s <b>hot</b>"),
    },
    "replies": {"comments": [
        comment("Ug1.r1", "a<br>b", textOriginal="plain &amp; < own", parentId="Ug1", updatedAt="2024-01-05T00:00:00Z"),
    ]},
}  # fmt: skip
PAGE = {
    "kind": "youtube#commentThreadListResponse", "etag": "e", "nextPageToken": "t", "pageInfo": {"totalResults": 1},
    "items": [THREAD],
}  # fmt: skip
VIDEOS = {"kind": "youtube#videoListResponse", "items": [
    {"kind": "youtube#video", "id": "vvvvvvvvvvv", "snippet": {"title": "Kettles", "channelTitle": "K"}},
]}  # fmt: skip


def shown(comments) -> list[tuple]:
    return [(c.comment_id, c.text, c.author, c.parent_id, c.thread_id) for c in comments]


EXPECTED = [
    ("youtube:Ug1", "It's hot", "ada", None, "youtube:vvvvvvvvvvv"),
    ("youtube:Ug1.r1", "plain &amp; < own", "ada", "youtube:Ug1", "youtube:vvvvvvvvvvv"),
]
FORMS = [
    json.dumps(PAGE),
    json.dumps(PAGE, indent=2),
    json.dumps([PAGE]),
    json.dumps([THREAD]),
    json.dumps(PAGE) + "\n" + json.dumps({**PAGE, "items": []}) + "\n",
    json.dumps(PAGE, indent=1) + json.dumps({**PAGE, "items": []}, indent=1),
    json.dumps({"comments": [THREAD]}),
]


@pytest.mark.parametrize("form", FORMS)
def test_pages(read, form: str) -> None:
    comments, reader = read(form, "comments.json")
    assert reader.format == "youtube"
    assert shown(comments) == EXPECTED
    assert reader.counts.records == 2
    assert [c.field for c in comments] == ["textDisplay", "textOriginal"]
    assert comments[1].url == "https://www.youtube.com/watch?v=vvvvvvvvvvv&lc=Ug1.r1"
    assert comments[0].created_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert comments[0].thread_title is None


def test_votes_and_edits(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(FORMS[0])
    drafts = list(youtube.read(Content(path)))
    assert [d.votes for d in drafts] == [3, 3]
    assert [d.edited_at for d in drafts] == [None, datetime(2024, 1, 5, tzinfo=UTC)]


def test_titles_of_videos_beside(tmp_path: Path, read_file) -> None:
    (tmp_path / "comments.json").write_text(json.dumps(PAGE))
    (tmp_path / "videos.json").write_text(json.dumps(VIDEOS))
    comments, _ = read_file(tmp_path / "comments.json")
    assert {c.thread_title for c in comments} == {"Kettles"}
    reader = read_comments(tmp_path / "videos.json", "s")
    assert (reader.format, reader.role, list(reader)) == ("youtube", "companion", [])


def test_a_video_with_its_comments(read) -> None:
    value = {
        "id": "vvvvvvvvvvv", "title": "Kettles", "extractor_key": "Youtube", "formats": [{"id": 1}], "comments": [
            {"id": "Ug1", "text": "It's hot", "author": "@ada", "timestamp": 1704164645, "parent": "root",
             "like_count": 2},
            {"id": "Ug1.r1", "text": "plain &amp; < own", "author": "@ada", "timestamp": 1704164645, "parent": "Ug1"},
        ],
    }  # fmt: skip
    comments, reader = read(json.dumps(value), "video.info.json")
    assert (reader.format, shown(comments), comments[0].thread_title) == ("youtube", EXPECTED, "Kettles")


def test_a_downloader_s_lines(read) -> None:
    line = {"cid": "Ug1.r1", "text": "words", "time": "2 years ago", "author": "@ada", "channel": "UC1", "votes": "12",
            "replies": "", "photo": "p", "heart": False, "reply": True, "time_parsed": 1704164645.0}  # fmt: skip
    comments, _ = read(json.dumps(line) + "\n" + json.dumps({**line, "cid": "Ug2"}) + "\n", "x.json")
    assert shown(comments)[0] == ("youtube:Ug1.r1", "words", "ada", "youtube:Ug1", None)
    assert comments[1].parent_id is None


@pytest.mark.parametrize(
    "content",
    ['[{"id": "a", "text": "hi", "author": "x"}]', '{"items": [{"snippet": {"title": "t"}}]}', '[{"cid": 1}]', "[]"],
)
def test_others_are_not_taken(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    assert youtube.recognises(take_sample(Content(path))) is None


@pytest.mark.parametrize("value", [PAGE, [PAGE]])
def test_broken_values(tmp_path: Path, value: object) -> None:
    assert check_broken(tmp_path, value, "youtube") > 100
    check_cut(tmp_path, json.dumps(value), "youtube")


TAKEOUT = (
    "Comment ID,Channel ID,Comment create timestamp,Price,Parent comment ID,Post ID,Video ID,Comment text,"
    "Top-level comment ID\n"
    'UgxAbCdEfGhIjKlMnOp4AaABAg,UC1,2024-01-02T03:04:05+00:00,0,,,vvvvvvvvvvv,"{""text"":""It is hot""}",\n'
    "UgxAbCdEfGhIjKlMnOp4AaABAg.9xYzAbCdEfGhIjKlMnOpQr,UC1,2024-01-03T03:04:05+00:00,0,UgxAbCdEfGhIjKlMnOp4AaABAg,,"
    'vvvvvvvvvvv,"{""text"":""@bo""},{""text"":"" it cools"",""bold"":true}",UgxAbCdEfGhIjKlMnOp4AaABAg\n'
    "17,UC1,2024-01-03T03:04:05+00:00,0,,,vvvvvvvvvvv,plain {words},\n"
)


def test_a_table_gives_the_ids_of_the_api(tmp_path: Path) -> None:
    """As Google Takeout writes it: the same comment in another export is the same."""
    (tmp_path / "comments.csv").write_text(TAKEOUT)
    first, reply, other = read_comments(tmp_path / "comments.csv", "s")
    name = "youtube:UgxAbCdEfGhIjKlMnOp4AaABAg"
    assert (first.comment_id, first.text, first.thread_id) == (name, "It is hot", "youtube:vvvvvvvvvvv")
    assert first.url == "https://www.youtube.com/watch?v=vvvvvvvvvvv&lc=UgxAbCdEfGhIjKlMnOp4AaABAg"
    assert first.created_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (reply.parent_id, reply.text) == (name, "@bo it cools")
    assert (other.comment_id, other.text) == ("s#17", "plain {words}")
