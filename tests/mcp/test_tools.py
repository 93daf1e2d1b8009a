"""What an assistant finds: the tools, what they return and how they refuse."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError

import qa
from tests.web.ovens import COMMENTS, write

Speak = Callable[..., Any]
Run = Callable[..., subprocess.CompletedProcess[str]]
QUESTION = "How long does a stone oven keep its heat?"


def text(result: Any) -> str:
    (block,) = result.content
    return str(block.text)


def test_it_offers_three_tools_that_only_read(speak: Speak) -> None:
    tools = speak(lambda client: client.list_tools()).tools
    assert [tool.name for tool in tools] == ["ask_comments", "show_comment", "list_sources"]
    assert all(tool.annotations.read_only_hint and not tool.annotations.open_world_hint for tool in tools)
    assert list(tools[0].input_schema["properties"]) == [
        "question", "k", "author", "since", "before", "thread", "source", "mode", "all",
    ]  # fmt: skip
    assert {"hits", "answer", "confidence", "abstained"} <= set(tools[0].output_schema["required"])
    assert {"url", "comment_id", "text", "highlights"} <= set(tools[0].output_schema["$defs"]["AnswerHit"]["required"])


@pytest.mark.parametrize(
    ("tool", "arguments", "command"),
    [
        ("ask_comments", {"question": QUESTION}, ["ask", QUESTION]),
        ("ask_comments", {"question": QUESTION, "k": 1, "mode": "words", "all": True},
         ["ask", QUESTION, "-k", 1, "--mode", "words", "--all"]),
        ("ask_comments", {"question": QUESTION, "author": ["Marit_O"], "since": "2024-01", "before": "2024-02"},
         ["ask", QUESTION, "--author", "Marit_O", "--since", "2024-01", "--before", "2024-02"]),
        ("ask_comments", {"question": QUESTION, "thread": ["Indexes"], "source": ["ovens.jsonl"]},
         ["ask", QUESTION, "--thread", "Indexes", "--source", "ovens.jsonl"]),
        ("ask_comments", {"question": "zeppelin quasar", "author": ["nobody"]},
         ["ask", "zeppelin quasar", "--author", "nobody"]),
        ("show_comment", {"comment_id": "ovens.jsonl#b2"}, ["show", "ovens.jsonl#b2"]),
    ],
)  # fmt: skip
def test_a_tool_returns_what_the_command_prints(
    call: Speak, run_qa: Run, ovens: Path, tool: str, arguments: dict[str, Any], command: list[object]
) -> None:
    printed = json.loads(run_qa(*command, "--index", ovens, "--json").stdout)
    result = call(tool, arguments)
    assert not result.is_error
    for returned in (result.structured_content, json.loads(text(result))):
        assert {**returned, "took_ms": 0} == {**printed, "took_ms": 0}


def test_a_citation_carries_its_permalink(call: Speak) -> None:
    (hit,) = call("ask_comments", {"question": QUESTION, "k": 1}).structured_content["hits"]
    assert (hit["comment_id"], hit["author"], hit["url"]) == ("ovens.jsonl#b2", "oldgrep", "https://example.org/2")
    assert hit["text"].startswith("A stone oven keeps its heat for hours.")


@pytest.mark.parametrize("author", ["marit_o", ["marit_o"], '["marit_o"]'])
def test_a_name_may_come_alone_or_as_the_text_of_a_list(call: Speak, author: object) -> None:
    hits = call("ask_comments", {"question": QUESTION, "author": author}).structured_content["hits"]
    assert {hit["author"].lower() for hit in hits} == {"marit_o"}


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("ask_comments", {}, "error: question: it is needed\nrun: qa ask --help"),
        ("ask_comments", {"question": "  "}, 'error: the question is empty\nrun: qa ask "What did people say about'),
        ("ask_comments", {"question": "x" * 10_001}, "error: question: String should have at most 10000 characters"),
        ("ask_comments", {"question": "x", "k": 0}, "error: k: Input should be greater than or equal to 1"),
        ("ask_comments", {"question": "x", "authors": "nell"}, "error: authors: there is no such argument; known: que"),
        ("ask_comments", {"question": "x", "since": "soon"}, "error: --since 'soon' is not a date\nrun: qa ask"),
        ("ask_comments", {"question": "x", "mode": "magic"}, "error: mode: Input should be 'hybrid', 'dense' or 'wor"),
        ("ask_comments", {"question": "x", "author": ["y"] * 21}, "error: author: List should have at most 20 items"),
        ("show_comment", {"comment_id": "b\u202e9"}, "error: no comment has the id b\\u202e9\nrun: qa list"),
        ("show_comment", {"comment_id": "../../etc/passwd"}, "error: no comment has the id ../../etc/passwd"),
        ("list_sources", {"limit": 0}, "error: limit: Input should be greater than or equal to 1\nrun: qa status"),
        ("forget_comment", {}, "error: no tool is called 'forget_comment'; known: ask_comments, show_comment, list_"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_mends_it(
    call: Speak, tool: str, arguments: dict[str, Any], told: str
) -> None:
    result = call(tool, arguments)
    assert result.is_error
    assert text(result).startswith(told)
    assert "Traceback" not in text(result)


def test_too_much_at_once_is_told(call: Speak) -> None:
    result = call("list_sources", {}, waiting=0)
    assert (result.is_error, text(result)) == (True, "error: too many questions at once; come back in 2 s")


def test_it_says_that_nothing_answers(call: Speak) -> None:
    result = call("ask_comments", {"question": "zeppelin quasar marzipan"})
    assert (result.is_error, result.structured_content["abstained"]) == (False, True)
    assert result.structured_content["answer"] == []


def test_it_lists_sources_some_at_a_time(call: Speak, run_qa: Run, tmp_path: Path) -> None:
    for at in range(3):
        write(tmp_path / f"s{at}.jsonl", [{"id": "a", "text": f"An oven, the {at}th."}])
    qa.build([str(tmp_path)], tmp_path / "ix", model="hashing")
    printed = json.loads(run_qa("status", "--index", tmp_path / "ix", "--json").stdout)
    whole = call("list_sources", {}, index=tmp_path / "ix").structured_content
    assert whole == {**printed, "more_sources": 0}
    part = call("list_sources", {"offset": 1, "limit": 1}, index=tmp_path / "ix").structured_content
    assert part == {**printed, "sources": printed["sources"][1:2], "more_sources": 1}


def test_what_no_encoding_holds_is_replaced_and_offsets_stay(call: Speak, tmp_path: Path) -> None:
    said = "Half a pair \ud800 and an oven \x00 \u202e of stone."
    qa.build([str(write(tmp_path / "odd.jsonl", [{"id": "a", "text": said}]))], tmp_path / "ix", model="hashing")
    (hit,) = call("ask_comments", {"question": "oven of stone"}, index=tmp_path / "ix").structured_content["hits"]
    assert len(hit["text"]) == hit["end"] - hit["start"]
    assert "\ud800" not in hit["text"]
    assert "oven" in hit["text"]


def test_a_comment_is_a_resource(speak: Speak, run_qa: Run, ovens: Path) -> None:
    (template,) = speak(lambda client: client.list_resource_templates()).resource_templates
    assert (template.uri_template, template.mime_type) == ("comment://{comment_id}", "application/json")
    (read,) = speak(lambda client: client.read_resource("comment://ovens.jsonl%23b2")).contents
    assert read.text == run_qa("show", "ovens.jsonl#b2", "--index", ovens, "--json").stdout.rstrip("\n")


@pytest.mark.parametrize("uri", ["comment://nobody", "comment://..%2F..%2Fetc%2Fpasswd", "file:///etc/passwd"])
def test_what_is_no_comment_is_no_resource(speak: Speak, uri: str) -> None:
    async def refused(client: Client) -> str:
        with pytest.raises(MCPError) as error:
            await client.read_resource(uri)
        return error.value.message

    assert speak(refused).endswith("\nrun: qa list")


def test_answers_follow_an_update_and_an_index_may_come_later(speak: Speak, tmp_path: Path) -> None:
    said = tmp_path / "said.jsonl"

    async def asked(client: Client) -> list[Any]:
        found = []
        for comments in ([], COMMENTS[:1], COMMENTS[:2]):
            if comments:
                qa.build([str(write(said, comments))], tmp_path / "ix", model="hashing")
            found.append(await client.call_tool("ask_comments", {"question": QUESTION}))
        return found

    none, one, two = speak(asked, index=tmp_path / "ix")
    assert text(none).startswith("error: no index at ")
    assert [hit["comment_id"] for hit in one.structured_content["hits"]] == ["said.jsonl#b1"]
    assert two.structured_content["hits"][0]["comment_id"] == "said.jsonl#b2"
