from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa.errors import NoComments
from qa.formats import read_comments
from qa.formats.contents import Content
from qa.formats.platforms import github
from qa.formats.platforms.github.links import number_of_node
from qa.formats.samples import take_sample
from tests.formats.platforms.breaking import check_broken, check_cut

API = "https://api.github.com/repos/teapots/lid"
WEB = "https://github.com/teapots/lid"
TITLE = "The lid falls off"


def user(login: str) -> dict[str, Any]:
    return {"login": login, "id": 5, "url": f"https://api.github.com/users/{login}", "type": "User"}


ISSUE = {
    "id": 9001, "node_id": "I_x", "url": f"{API}/issues/12", "repository_url": API, "number": 12, "title": TITLE,
    "html_url": f"{WEB}/issues/12", "comments_url": f"{API}/issues/12/comments", "user": user("ada"), "comments": 1,
    "labels": [{"id": 1, "name": "bug"}], "state": "open", "body": "When pouring.\r\n> so said he",
    "created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-05-01T00:00:00Z",
    "reactions": {"url": f"{API}/issues/12/reactions", "total_count": 4, "+1": 4},
}  # fmt: skip
COMMENT = {
    "id": 345, "node_id": "IC_x", "url": f"{API}/issues/comments/345", "html_url": f"{WEB}/issues/12#issuecomment-345",
    "issue_url": f"{API}/issues/12", "user": user("bo[bot]"), "body": "Same here", "created_at": "2024-01-03T00:00:00Z",
    "updated_at": "2024-01-04T00:00:00Z", "author_association": "NONE",
}  # fmt: skip
PULL = {
    **ISSUE, "url": f"{API}/pulls/13", "html_url": f"{WEB}/pull/13", "number": 13, "title": "Glue the lid",
    "body": None, "diff_url": f"{WEB}/pull/13.diff", "reactions": None,
}  # fmt: skip
ON_CODE = {
    "id": 77, "url": f"{API}/pulls/comments/77", "html_url": f"{WEB}/pull/13#discussion_r77", "diff_hunk": "@@ -1 +1",
    "pull_request_url": f"{API}/pulls/13", "path": "lid.c", "line": 3, "position": 1, "pull_request_review_id": 66,
    "in_reply_to_id": None, "user": user("cy"), "body": "Which glue?", "created_at": "2024-02-01T00:00:00Z",
    "updated_at": "2024-02-01T00:05:00Z",
}  # fmt: skip
ANSWER = {**ON_CODE, "id": 78, "html_url": f"{WEB}/pull/13#discussion_r78", "in_reply_to_id": 77, "body": "Fish."}
REVIEW = {
    "id": 66, "event": "reviewed", "user": user("cy"), "body": "Nearly", "state": "COMMENTED", "actor": None,
    "html_url": f"{WEB}/pull/13#pullrequestreview-66", "pull_request_url": f"{API}/pulls/13", "created_at": None,
    "submitted_at": "2024-02-01T00:05:00Z",
}  # fmt: skip
LABELED = {
    "id": 1, "event": "labeled", "url": f"{API}/issues/events/1", "actor": user("ada"), "label": {"name": "bug"},
    "commit_id": None, "created_at": "2024-01-02T03:05:00Z",
}  # fmt: skip


def shown(comments) -> list[tuple]:
    return [(c.comment_id, c.text, c.author, c.parent_id, c.thread_id, c.thread_title) for c in comments]


T12, T13 = "github:teapots/lid#12", "github:teapots/lid#13"
OPENER = (T12, ISSUE["body"], "ada", None, T12, TITLE)
REPLY = (f"{T12}/345", "Same here", "bo[bot]", T12, T12, TITLE)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_issue_with_its_events(read, indent: int | None) -> None:
    value = {"type": "issue", "issue": ISSUE, "events": [{"event": "commented", **COMMENT}, LABELED]}
    comments, reader = read(json.dumps(value, indent=indent), "12.json")
    assert reader.format == "github"
    assert shown(comments) == [OPENER, REPLY]
    assert (reader.counts.notices, reader.counts.records) == (1, 3)
    assert [c.url for c in comments] == [f"{WEB}/issues/12", f"{WEB}/issues/12#issuecomment-345"]
    assert comments[1].created_at == datetime(2024, 1, 3, tzinfo=UTC)
    if indent:
        assert 3 <= comments[0].line_start < comments[0].line_end < comments[1].line_start


def test_a_pull_request_with_reviews(read) -> None:
    empty, lines = {**REVIEW, "id": 67, "body": ""}, {"event": "line-commented", "comments": [ANSWER]}
    value = {"events": [REVIEW, empty, lines], "comments": [ON_CODE, ANSWER], "type": "pull", "pull": PULL}
    comments, reader = read(json.dumps(value), "13.json")
    assert shown(comments) == [
        (f"{T13}/pullrequestreview-66", "Nearly", "cy", T13, T13, "Glue the lid"),
        (f"{T13}/discussion_r78", "Fish.", "cy", f"{T13}/discussion_r77", T13, "Glue the lid"),
        (f"{T13}/discussion_r77", "Which glue?", "cy", T13, T13, "Glue the lid"),
        (T13, "Glue the lid", "ada", None, T13, "Glue the lid"),
    ]
    assert [c.field for c in comments] == ["body", "body", "body", "title"]
    assert comments[0].created_at == datetime(2024, 2, 1, 0, 5, tzinfo=UTC)
    assert comments[2].url == f"{WEB}/pull/13#discussion_r77"
    counts = reader.counts
    assert (counts.notices, counts.duplicates, counts.records) == (2, 1, 7)


def test_votes_and_edits(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps([ISSUE, COMMENT, {**COMMENT, "updated_at": COMMENT["created_at"]}, ON_CODE]))
    drafts = list(github.read(Content(path)))
    assert [d.votes for d in drafts] == [4, None, None, None]
    assert [d.edited_at for d in drafts] == [None, datetime(2024, 1, 4, tzinfo=UTC), None, None]


PAGES = {
    "one": json.dumps([ISSUE, COMMENT]),
    "two": json.dumps([ISSUE]) + json.dumps([COMMENT]),
    "apart": json.dumps([ISSUE], indent=1) + "\n" + json.dumps([COMMENT], indent=1) + "\n",
    "lines": json.dumps(ISSUE) + "\n" + json.dumps(COMMENT) + "\n",
    "comments first": json.dumps([COMMENT, ISSUE]),
    "found": json.dumps({"total_count": 2, "incomplete_results": False, "items": [ISSUE, COMMENT]}),
    "enterprise": json.dumps([ISSUE, COMMENT]),
}


@pytest.mark.parametrize("form", PAGES)
def test_lists_and_pages(read, form: str) -> None:
    comments, reader = read(PAGES[form], "pages.json")
    assert (reader.format, sorted(shown(comments))) == ("github", sorted([OPENER, REPLY]))


def test_comments_find_their_issues_beside_them(tmp_path: Path, read_file) -> None:
    (tmp_path / "comments.json").write_text(json.dumps([COMMENT]))
    (tmp_path / "issues.json").write_text(json.dumps([ISSUE]))
    comments, reader = read_file(tmp_path / "comments.json")
    assert shown(comments) == [REPLY]
    assert tmp_path / "issues.json" in reader.beside
    (tmp_path / "issues.json").write_text("[{")
    assert shown(read_file(tmp_path / "comments.json")[0]) == [(*REPLY[:5], None)]


def node(prefix: str, number: int) -> str:
    packed = b"\x93\x00\xce\x00\x11\x22\x33\xce" + number.to_bytes(4, "big")
    return prefix + base64.urlsafe_b64encode(packed).decode().rstrip("=")


GH_ISSUE = {
    "number": 12, "title": TITLE, "body": ISSUE["body"], "author": {"id": "U_x", "is_bot": False, "login": "ada"},
    "createdAt": "2024-01-02T03:04:05Z", "url": f"{WEB}/issues/12",
    "reactionGroups": [{"content": "HEART", "users": {"totalCount": 2}},
                       {"content": "EYES", "users": {"totalCount": 1}}],
    "comments": [
        {"id": node("IC_", 345), "author": {"login": "bo[bot]"}, "authorAssociation": "NONE", "body": "Same here",
         "createdAt": "2024-01-03T00:00:00Z", "includesCreatedEdit": True, "isMinimized": False, "reactionGroups": [],
         "url": f"{WEB}/issues/12#issuecomment-345"},
    ],
}  # fmt: skip


def test_gh_issue_list(read, tmp_path: Path) -> None:
    comments, _ = read(json.dumps([GH_ISSUE]), "issues.json")
    assert shown(comments) == [OPENER, REPLY]
    assert [d.votes for d in github.read(Content(tmp_path / "issues.json"))] == [3, 0]
    one = read(json.dumps(GH_ISSUE), "view.json")[0]
    assert shown(one) == [OPENER, REPLY]


def test_gh_pr_view(read) -> None:
    review = {"id": node("PRR_", 66), "author": {"login": "cy"}, "authorAssociation": "MEMBER", "body": "Nearly",
              "submittedAt": "2024-02-01T00:05:00Z", "includesCreatedEdit": False, "reactionGroups": [],
              "state": "COMMENTED", "commit": {"oid": "ab"}}  # fmt: skip
    pull = {
        **GH_ISSUE,
        "number": 13,
        "url": f"{WEB}/pull/13",
        "comments": [],
        "reviews": [review, {**review, "body": ""}],
    }
    comments, reader = read(json.dumps(pull), "pr.json")
    assert shown(comments)[1] == (f"{T13}/pullrequestreview-66", "Nearly", "cy", T13, T13, TITLE)
    assert comments[1].url == f"{WEB}/pull/13#pullrequestreview-66"
    assert (reader.counts.notices, reader.counts.records) == (1, 3)


def test_gh_without_links_names_them_in_the_source(read) -> None:
    issue = {key: value for key, value in GH_ISSUE.items() if key not in ("url", "comments")}
    comments, reader = read(json.dumps([issue]), "issues.json")
    assert (reader.format, comments[0].comment_id, comments[0].thread_title) == ("github", "s#12", TITLE)


def test_graphql(read) -> None:
    issue = {**GH_ISSUE, "comments": {"nodes": GH_ISSUE["comments"], "pageInfo": {"hasNextPage": False}}}
    value = {"data": {"repository": {"issues": {"nodes": [issue], "totalCount": 1}}}}
    assert shown(read(json.dumps(value), "x.json")[0]) == [OPENER, REPLY]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (node("IC_", 345), 345),
        (node("PRR_", 2**32 - 1), 2**32 - 1),
        (base64.b64encode(b"012:IssueComment345").decode(), 345),
        ("IC_", None),
        ("x", None),
        ("IC_\u2603", None),
        ("M", None),
    ],
)
def test_node_ids(written: str, number: int | None) -> None:
    assert number_of_node(written) == number


def test_another_host_is_another_place(read) -> None:
    text = json.dumps([ISSUE, COMMENT]).replace("api.github.com/repos", "git.example.org/api/v3/repos")
    comments, _ = read(text.replace("https://github.com", "https://git.example.org"), "x.json")
    assert [c.comment_id for c in comments] == [
        "github:git.example.org/teapots/lid#12",
        "github:git.example.org/teapots/lid#12/345",
    ]
    assert comments[1].url == "https://git.example.org/teapots/lid/issues/12#issuecomment-345"


@pytest.mark.parametrize(
    "content",
    [
        '[{"number": 1, "title": "t", "body": "hi"}]',
        '[{"id": 1, "body": "hi", "user": {"login": "x"}}]',
        '[{"url": "https://github.com/a/b", "body": "hi"}]',
        '[{"url": "https://gitlab.com/a/b/issues/1", "body": "hi", "title": "t", "number": 1}]',
        '{"body": "see https://github.com/a/b/issues/1"}',
        "[]",
    ],
)
def test_others_are_not_taken(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    assert github.recognises(take_sample(Content(path))) is None


SMALL = {
    name: ISSUE[name] for name in ("url", "html_url", "number", "title", "body", "user", "created_at", "reactions")
}


@pytest.mark.parametrize(
    "value",
    [{"type": "pull", "pull": SMALL, "events": [LABELED, REVIEW], "comments": [ANSWER]}, [COMMENT], [GH_ISSUE]],
)
def test_broken_values(tmp_path: Path, value: object) -> None:
    assert check_broken(tmp_path, value, "github") > 100
    check_cut(tmp_path, json.dumps(value), "github")


@pytest.mark.shared
def test_real_export(shared: Path, read_file) -> None:
    paths = sorted(shared.glob("exports/github_json/*/*.json"))
    assert len(paths) > 50
    checked = 0
    for path in paths:
        value = json.loads(path.read_bytes())
        first = value["issue" if "issue" in value else "pull"]
        reader = read_comments(path, path.name)
        with suppress(NoComments):  # one real issue is a dot without a text
            list(reader)
        comments = list(read_comments(path, path.name)) if reader.counts.comments else []
        assert reader.format == "github"
        rows = [first, *value["events"], *value.get("comments", [])]
        assert reader.counts.records == len(rows)
        texts = [row.get("body") or row["title"] if row is first else row.get("body") for row in rows]
        assert len(comments) + reader.counts.empty == sum(1 for text in texts if text)
        by_url = {row["html_url"]: row for row in rows if row.get("html_url")}
        assert {c.thread_title for c in comments} <= {first["title"].strip()}
        for one in comments:
            row = by_url[one.url]
            assert one.text == (row.get("body") or row["title"])
            assert one.author == row["user"]["login"]
            moment = row["created_at"] or row["submitted_at"]
            assert one.created_at == datetime.fromisoformat(moment)
            assert row is first or one.comment_id.endswith(str(row["id"]))
            assert row is first or number_of_node(row["node_id"]) == row["id"]
            answered = row.get("in_reply_to_id")
            assert (one.parent_id or "").endswith(f"/discussion_r{answered}" if answered else "")
            lines = path.read_text(encoding="utf-8").split("\n")[one.line_start - 1 : one.line_end]
            assert any(f'"html_url": "{one.url}"' in line for line in lines)
            checked += 1
    assert checked > 500
