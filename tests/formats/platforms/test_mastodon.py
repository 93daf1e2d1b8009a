from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qa.formats.contents import Content
from qa.formats.platforms import mastodon
from qa.formats.samples import take_sample
from tests.formats.platforms.breaking import check_broken, check_cut

HOME = "https://tea.example/users/ada/statuses"


def status(number: int, content: str, answers: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number), "uri": f"{HOME}/{number}", "url": f"https://tea.example/@ada/{number}", "content": content,
        "created_at": "2024-01-02T03:04:05.000Z", "edited_at": None, "spoiler_text": "", "favourites_count": 6,
        "account": {"id": "9", "acct": "ada", "username": "ada", "display_name": "Ada"}, "reblog": None,
        "in_reply_to_id": None if answers is None else str(answers),
        "in_reply_to_account_id": None if answers is None else "9", **more,
    }  # fmt: skip


def shown(comments) -> list[tuple]:
    return [(c.comment_id, c.text, c.author, c.parent_id, c.thread_id) for c in comments]


ONE, TWO = f"mastodon:{HOME}/1", f"mastodon:{HOME}/2"
STATUSES = [
    status(2, "<p>two</p>", answers=1, spoiler_text="Tea"),
    status(1, "<p>one</p>", edited_at="2024-01-03T00:00:00Z"),
    status(3, "", reblog=status(77, "<p>theirs</p>")),
    status(4, "<p>four</p>", answers=50),
    status(5, "<p>five</p>", answers=51, in_reply_to_account_id="8"),
]


@pytest.mark.parametrize("form", ["array", "lines", "context"])
def test_statuses(read, form: str) -> None:
    lines = "\n".join(map(json.dumps, STATUSES))
    context = json.dumps({"ancestors": STATUSES[:1], "descendants": STATUSES[1:]})
    comments, reader = read({"array": json.dumps(STATUSES), "lines": lines, "context": context}[form], "s.json")
    assert reader.format == "mastodon"
    assert shown(comments) == [
        (TWO, "Tea\n\ntwo", "Ada", ONE, ONE),
        (ONE, "one", "Ada", None, ONE),
        (f"mastodon:{HOME}/4", "four", "Ada", f"mastodon:{HOME}/50", None),
        (f"mastodon:{HOME}/5", "five", "Ada", None, None),
    ]
    assert (reader.counts.notices, reader.counts.records) == (1, 5)
    assert comments[0].url == "https://tea.example/@ada/2"
    assert comments[0].created_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_votes_and_edits(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(STATUSES))
    drafts = list(mastodon.read(Content(path)))
    assert [d.votes for d in drafts] == [6] * 5
    assert [d.edited_at for d in drafts] == [None, datetime(2024, 1, 3, tzinfo=UTC), None, None, None]


def note(number: int, content: str, answers: int | None = None) -> dict[str, Any]:
    return {
        "id": f"{HOME}/{number}/activity", "type": "Create", "actor": "https://tea.example/users/ada",
        "published": "2024-01-02T03:04:05Z", "object": {
            "id": f"{HOME}/{number}", "type": "Note", "summary": None, "content": content, "url": f"{HOME}/{number}",
            "inReplyTo": None if answers is None else f"{HOME}/{answers}", "published": "2024-01-02T03:04:05Z",
            "attributedTo": "https://tea.example/users/ada",
        },
    }  # fmt: skip


BOOST = {"id": f"{HOME}/3/activity", "type": "Announce", "actor": "https://tea.example/users/ada",
         "published": "2024-01-02T03:04:05Z", "object": "https://other.example/1"}  # fmt: skip
OUTBOX = {
    "@context": ["https://www.w3.org/ns/activitystreams", {"x": "y"}], "id": "outbox.json", "type": "OrderedCollection",
    "totalItems": 3, "orderedItems": [note(1, "<p>one</p>"), note(2, "<p>two</p>", 1), BOOST],
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
def test_the_outbox_of_an_archive(read, indent: int | None) -> None:
    comments, reader = read(json.dumps(OUTBOX, indent=indent), "outbox.json")
    assert reader.format == "mastodon"
    assert shown(comments) == [(ONE, "one", "ada", None, ONE), (TWO, "two", "ada", ONE, ONE)]
    assert (reader.counts.notices, reader.counts.records) == (1, 3)
    assert comments[0].created_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert comments[0].url == f"{HOME}/1"


@pytest.mark.parametrize(
    "content",
    [
        '[{"id": 1, "content": "hi", "account": "x", "uri": "y"}]',
        '{"orderedItems": [{"type": "Like", "object": "x"}]}',
        '[{"type": "Create", "object": {"content": "x"}}]',
        "[]",
    ],
)
def test_others_are_not_taken(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    assert mastodon.recognises(take_sample(Content(path))) is None


@pytest.mark.parametrize("value", [STATUSES[:1], {**OUTBOX, "orderedItems": OUTBOX["orderedItems"][1:]}])
def test_broken_values(tmp_path: Path, value: object) -> None:
    assert check_broken(tmp_path, value, "mastodon") > 100
    check_cut(tmp_path, json.dumps(value), "mastodon")
