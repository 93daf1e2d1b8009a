from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qa.records import Answer, Citation, Comment
from qa.render import answer_json, comment_json, dump_json
from qa.render.safe import UNSAFE

ANY_TEXT = st.text(st.characters(exclude_categories=[]))

Cite = Callable[..., Citation]


def test_answer(answer: Answer, coffee: Comment) -> None:
    shown = answer_json(answer)
    assert list(shown) == ["question", "abstained", "confidence", "answer", "hits", "index", "took_ms"]
    assert shown["hits"][0] == {
        "rank": 1,
        "score": 0.6234,
        "comment_id": "hn:8863",
        "source": "comments.txt",
        "line_start": 17,
        "line_end": 19,
        "author": "alice",
        "created_at": "2024-03-01T12:05:00Z",
        "url": "https://example.test/item?id=8863&p=1",
        "thread_title": "Espresso care",
        "text": coffee.text,
        "start": 0,
        "end": len(coffee.text),
        "highlights": [[28, 76]],
        "truncated": False,
        "stale": False,
        "record": None,
        "field": None,
        "edited_at": None,
        "votes": None,
        "asides": [],
        "said": 1,
        "also": [],
        "more_in_thread": 0,
        "answers_to": None,
    }
    assert list(shown["hits"][0]) == list(shown["hits"][1])
    assert shown["hits"][1]["text"] == "Yes, exactly: use snake_case_names."
    assert (shown["hits"][1]["record"], shown["hits"][1]["field"], shown["hits"][1]["start"]) == (12, "body", 15)
    assert (shown["hits"][1]["truncated"], shown["hits"][1]["stale"], shown["hits"][1]["author"]) == (True, True, None)
    assert shown["index"] == {
        "path": "indexes/mine",
        "comments": 9984,
        "updated_at": "2024-05-01T00:00:00Z",
        "stale_sources": [],
    }
    assert (shown["question"], shown["abstained"], shown["confidence"]) == ("How often?", False, 0.83)
    assert shown["took_ms"] == 41.3


def test_rounding_and_empty_scope(answer: Answer, coffee: Comment, cite: Cite) -> None:
    rounded = answer_json(replace(answer, citations=(cite(coffee, score=0.123456),), confidence=0.123456))
    assert rounded["hits"][0]["score"] == 0.1235
    assert rounded["confidence"] == 0.1235
    empty = answer_json(replace(answer, abstained=True, citations=(), reason="empty_scope"))
    assert list(empty)[-1] == "reason"
    assert (empty["reason"], empty["hits"]) == ("empty_scope", [])


def test_comment(coffee: Comment, row: Comment) -> None:
    shown = comment_json(coffee, [row], [], [coffee])
    assert shown["text"] == coffee.text
    assert list(shown)[-3:] == ["parents", "replies", "neighbours"]
    assert [other["comment_id"] for other in shown["parents"]] == ["t.csv#12"]
    assert shown["replies"] == []
    assert shown["neighbours"] == [{key: shown[key] for key in list(shown)[:-3]}]


def test_printed_json_is_readable_and_safe() -> None:
    assert dump_json({"a": [[1, 2], [3, 4]], "b": "é 👍"}) == (
        '{\n  "a": [\n    [1, 2],\n    [3, 4]\n  ],\n  "b": "é 👍"\n}'
    )
    assert dump_json("\x1b\x7f\x9b\u202e\ud800\U000e0041\r\n", indent=None) == (
        '"\\u001b\\u007f\\u009b\\u202e\\ud800\\udb40\\udc41\\r\\n"'
    )


def test_hostile_comment(attacked: Answer, hostile: Comment) -> None:
    printed = dump_json(answer_json(attacked))
    assert not UNSAFE.search(printed)
    assert json.loads(printed)["hits"][0]["text"] == hostile.text
    assert json.loads(printed)["question"] == "why\x1b[2J\u202e?"


@given(ANY_TEXT, st.sampled_from([None, 2]))
def test_round_trip(text: str, indent: int | None) -> None:
    printed = dump_json({"text": text, text: [1, 2]}, indent)
    assert not UNSAFE.search(printed)
    assert json.loads(printed) == json.loads(json.dumps({"text": text, text: [1, 2]}))
