"""Exports of invented comments, in the shape and with the fields that each platform's API or export is documented with.

A rate in MB/s depends on how much of a record is not the comment: what a platform sends along (addresses of a user's
pages, flags for the interface, counts) is therefore written too, with invented values. Texts are as long as in the
collections at hand: an item of Hacker News takes about 1 kB, a Discourse post 3 kB, a comment of GitHub's REST API and
one of Reddit's dumps 2 to 3 kB, one that a PRAW program wrote 0.4 kB, a mail of an archive 2 kB.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import format_datetime
from itertools import islice
from typing import Any, NamedTuple

Row = dict[str, str]

_SEPARATOR = re.compile(r"^(?=>*From )", re.M)  # what a mailbox escapes in a body
_WIDE = re.compile(r"(.{40,70}) ")


def _all(value: Any, names: str) -> dict[str, Any]:
    return {name: value for name in names.split()}  # noqa: C420 - what is written is not changed


# What stands behind a user's address in the addresses of a user.
_USER = "followers following{/other_user} gists{/gist_id} starred{/owner}{/repo} subscriptions organizations repos"
_USER += " events{/privacy} received_events"
_REACTIONS = _all(0, "+1 -1 laugh hooray confused heart rocket eyes")
# The fields of a comment in Reddit's dumps beside those that differ from one to the next.
_OF_REDDIT = _all([], "all_awardings author_flair_richtext awarders mod_reports treatment_tags user_reports")
_OF_REDDIT |= _all(None, "approved_at_utc approved_by associated_award author_cakeday author_flair_text banned_at_utc")
_OF_REDDIT |= _all(None, "author_flair_background_color author_flair_css_class author_flair_template_id distinguished")
_OF_REDDIT |= _all(None, "author_flair_text_color banned_by collapsed_reason collapsed_because_crowd_control likes")
_OF_REDDIT |= _all(None, "collapsed_reason_code comment_type mod_note mod_reason_by mod_reason_title num_reports")
_OF_REDDIT |= _all(None, "removal_reason report_reasons top_awarded_type unrepliable_reason")
_OF_REDDIT |= _all(False, "archived author_is_blocked author_patreon_flair author_premium can_gild can_mod_post locked")
_OF_REDDIT |= _all(False, "collapsed edited is_submitter no_follow saved score_hidden stickied")
_OF_REDDIT |= _all(0, "controversiality downs gilded total_awards_received")
_OF_REDDIT |= {"author_flair_type": "text", "gildings": {}, "replies": "", "send_replies": True}
_OF_REDDIT |= {"subreddit_name_prefixed": "r/kettles", "subreddit_type": "public", "subreddit_id": "t5_2qh33"}
# The same of a post of Discourse.
_OF_DISCOURSE: dict[str, Any] = {"name": "", "post_type": 1, "reply_count": 1, "quote_count": 0, "reads": 35}
_OF_DISCOURSE |= {"incoming_link_count": 8, "readers_count": 34, "score": 49.0, "yours": False, "version": 1}
_OF_DISCOURSE |= _all(None, "primary_group_name flair_name flair_url flair_bg_color flair_color flair_group_id")
_OF_DISCOURSE |= _all(None, "user_title deleted_at edit_reason reply_to_post_number")
_OF_DISCOURSE |= _all(False, "can_edit can_delete can_recover can_see_hidden_post can_wiki bookmarked moderator admin")
_OF_DISCOURSE |= _all(False, "staff hidden user_deleted wiki can_accept_answer can_unaccept_answer accepted_answer")
_OF_DISCOURSE |= {"display_username": "", "trust_level": 2, "read": True, "can_view_edit_history": True}
_OF_DISCOURSE |= {"actions_summary": [{"id": 2, "count": 3}], "topic_accepted_answer": False}
_LINK = {"url": "https://forum.example.org/t/1", "internal": False, "reflection": False, "clicks": 4}
_OF_DISCOURSE["link_counts"] = [_LINK]


def _seconds(row: Row) -> int:
    return int(datetime.fromisoformat(row["created_at"]).timestamp())


def _hypertext(text: str) -> str:
    """Write a text as a forum does: paragraphs, a link, a quote, an emphasis, a line of code."""
    parts = [f"<p>{html.escape(part)}.</p>" for part in text.split(". ")]
    quote = f"<blockquote>\n<p>{html.escape(text[:60])}</p>\n</blockquote>"
    link = f'<p><a href="https://forum.example.org/t/1" rel="nofollow">see</a> <em>{html.escape(text[:20])}</em></p>'
    return "\n".join([quote, *parts, link, "<pre><code>x = 1\n</code></pre>"])


def _hacker_news(rows: Iterator[Row]) -> Iterator[str]:
    """Give items of the Firebase API in an array."""
    yield "[\n"
    for number, row in enumerate(rows, 1):
        text = html.escape(row["text"]).replace("/", "&#x2F;").replace("\n", "<p>")
        link = '<a href="https:&#x2F;&#x2F;example.org&#x2F;a" rel="nofollow">https:&#x2F;&#x2F;example.org&#x2F;a</a>'
        item = {"by": row["author"], "id": number, "kids": list(range(2 * number, 2 * number + number % 5))}
        item |= {"parent": max(1, number // 2), "text": f"{text}<p><i>{link}</i>", "time": _seconds(row)}
        yield ("" if number == 1 else ",\n") + json.dumps({**item, "type": "comment"})
    yield "\n]\n"


def _pushshift(rows: Iterator[Row]) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        moment = _seconds(row)
        said = {"id": f"k{number}", "author": row["author"], "created_utc": moment, "body": row["text"], "score": 3}
        said |= {"parent_id": "t3_abc", "link_id": "t3_abc", "subreddit": "kettles", "name": f"t1_k{number}", "ups": 3}
        said |= {"author_fullname": f"t2_{number:x}", "created": moment, "retrieved_on": moment, "updated_on": moment}
        said |= {"permalink": f"/r/kettles/comments/abc/x/k{number}/"}
        yield json.dumps(dict(sorted((_OF_REDDIT | said).items()))) + "\n"


def _praw(rows: Iterator[Row]) -> Iterator[str]:
    """Give what a program keeps that asks for a few fields."""
    yield "[\n"
    for number, row in enumerate(rows, 1):
        said = {"id": f"k{number}", "date": row["created_at"][:19].replace("T", " "), "content": row["text"]}
        said |= {"username": row["author"], "score": 1, "post_id": "1abc", "parent_id": "t3_1abc"}
        yield ("" if number == 1 else ",\n") + json.dumps(said, indent=2)
    yield "\n]\n"


def _github(rows: Iterator[Row]) -> Iterator[str]:
    """Give comments of issues as pages of the REST API hold them."""
    base = "https://api.github.com/repos/octo/kettle"
    yield "[\n"
    for number, row in enumerate(rows, 1):
        login, page = row["author"], f"{base}/issues/comments/{number}"
        user = {"login": login, "id": number, "node_id": f"MDQ6VXNlcj{number}", "type": "User", "site_admin": False}
        user |= {"avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4", "gravatar_id": ""}
        user |= {"url": f"https://api.github.com/users/{login}", "html_url": f"https://github.com/{login}"}
        user |= {f"{one.split('{')[0]}_url": f"https://api.github.com/users/{login}/{one}" for one in _USER.split()}
        said = {"url": page, "html_url": f"https://github.com/octo/kettle/issues/7#issuecomment-{number}"}
        said |= {"issue_url": f"{base}/issues/7", "id": number, "node_id": f"IC_kwDOAP4Jqs{number}", "user": user}
        said |= {"created_at": row["created_at"], "updated_at": row["created_at"], "author_association": "NONE"}
        said |= {"body": row["text"], "reactions": {"url": f"{page}/reactions", "total_count": 0, **_REACTIONS}}
        said |= {"performed_via_github_app": None}
        yield ("" if number == 1 else ",\n") + json.dumps(said, indent=2)
    yield "\n]\n"


def _slack(rows: Iterator[Row]) -> Iterator[str]:
    """Give one long day of a channel, with the blocks that Slack's editor writes."""
    yield "[\n"
    for number, row in enumerate(rows, 1):
        ts = f"{1_500_000_000 + number}.{number % 1_000_000:06}"
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": row["text"]}]}
        blocks = [{"type": "rich_text", "block_id": f"b{number}", "elements": [section]}]
        profile = {"avatar_hash": "a1b2c3", "image_72": "https://avatars.example.org/72.png", "first_name": "Ada"}
        profile |= {"real_name": "Ada B", "display_name": row["author"], "team": "T024BE7LD", "name": row["author"]}
        profile |= {"is_restricted": False, "is_ultra_restricted": False}
        said = {
            "user": "U024BE7LH",
            "type": "message",
            "ts": ts,
            "client_msg_id": f"{number:08x}-1c2d-4e5f-8a9b-0c1d2e",
        }
        said |= {"text": html.escape(row["text"], quote=False), "team": "T024BE7LD", "user_team": "T024BE7LD"}
        said |= {"source_team": "T024BE7LD", "user_profile": profile, "blocks": blocks}
        yield ("" if number == 1 else ",\n") + json.dumps(said, indent=4)
    yield "\n]\n"


def _discourse(rows: Iterator[Row]) -> Iterator[str]:
    """Give topics of twenty posts, each topic on a line; Discourse escapes the markup in its JSON."""
    topic = 0
    while posts := list(islice(rows, 20)):
        topic += 1
        said = [
            {"id": at, "username": row["author"], "created_at": row["created_at"], "cooked": _hypertext(row["text"]),
             "updated_at": row["created_at"], "post_number": at, "topic_id": topic,
             "avatar_template": "https://avatars.example.org/v4/letter/s/dfb087/{size}.png", "user_id": at,
             "topic_slug": "kettles", **_OF_DISCOURSE}
            for at, row in enumerate(posts, 1)
        ]  # fmt: skip
        whole = {"post_stream": {"posts": said}, "id": topic, "slug": "kettles", "title": "Kettles", "views": 605}
        yield json.dumps(whole).replace("<", "\\u003c").replace(">", "\\u003e") + "\n"


def _table(rows: Iterator[Row]) -> Iterator[str]:
    names = ["number", "author", "created_at", "title", "url", "text"]
    line = io.StringIO()
    writer = csv.DictWriter(line, names, extrasaction="ignore")
    writer.writeheader()
    for number, row in enumerate(rows, 1):
        writer.writerow({**row, "number": str(number)})
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _dump(rows: Iterator[Row]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n<comments>\n'
    for number, row in enumerate(rows, 1):
        moment = row["created_at"].removesuffix("Z")
        yield (
            f'  <row Id="{number}" PostId="1" Score="2" Text="{html.escape(row["text"])}" CreationDate="{moment}" '
            'UserId="7" ContentLicense="CC BY-SA 4.0" />\n'
        )
    yield "</comments>\n"


def _mailbox(rows: Iterator[Row]) -> Iterator[str]:
    """Give the mails of a list as its archive stores them, in lines of seventy characters."""
    for number, row in enumerate(rows, 1):
        moment = datetime.fromisoformat(row["created_at"])
        answered = f"<{max(1, number // 2)}@example.org>"
        body = _SEPARATOR.sub(">", _WIDE.sub(r"\1\n", row["text"].replace("\n", "\n\n")))
        quoted = "\n".join(f"> {line}" for line in body.split("\n")[:3])
        yield (
            f"From {row['author']}@example.org {moment:%a %b %d %H:%M:%S %Y}\nFrom: {row['author']} "
            f"<{row['author']}@example.org>\nDate: {format_datetime(moment)}\nSubject: [kettles] {row['title']}\n"
            f"In-Reply-To: {answered}\nReferences: <1@example.org> {answered}\nMessage-ID: <{number}@example.org>\n"
            f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
            f"On Monday, someone wrote:\n{quoted}\n\n{body}\n-- \n{row['author']}\n\n"
        )


class Export(NamedTuple):
    """How a platform writes comments; each is made of so many invented texts, as paragraphs."""

    write: Callable[[Iterator[Row]], Iterator[str]]
    texts: int = 1


FORMATS: dict[str, Export] = {
    "hackernews (HTML in JSON)": Export(_hacker_news, 2),
    "reddit (dump, JSON lines)": Export(_pushshift),
    "praw (reddit, JSON)": Export(_praw),
    "github (JSON)": Export(_github),
    "slack (JSON)": Export(_slack),
    "discourse (HTML in JSON)": Export(_discourse),
    "table (CSV)": Export(_table),
    "stackexchange (XML)": Export(_dump),
    "mbox": Export(_mailbox, 3),
}
