from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import NoComments
from qa.formats import ReadOptions, read_comments
from qa.formats.options import MARKDOWN_SPLITS

POSTS = """---
title: "From front matter"
url: https://example.org/t/7
---

# The title

**Topic ID**: 7
**Date**: 2024-01-01

---

## Comment #1 by @alice (2024-03-01 10:22 UTC)

Hello.

## A heading inside

More.

---

## bob (2024-03-02)

```
## carol (2024-03-03)

---
```
"""


def test_posts(read) -> None:
    comments, reader = read(POSTS, "page.md")
    assert reader.format == "markdown"
    assert [(c.author, c.text) for c in comments] == [
        ("alice", "Hello.\n\n## A heading inside\n\nMore."),
        ("bob", "```\n## carol (2024-03-03)\n\n---\n```"),
    ]
    assert comments[0].created_at == datetime(2024, 3, 1, 10, 22, tzinfo=UTC)
    assert {(c.thread_title, c.thread_id, c.url) for c in comments} == {("The title", "7", "https://example.org/t/7")}
    assert comments[0].line_start == 15


def test_two_threads_of_posts(read) -> None:
    page = "# One\n\n## @al\n\na\n\n# no title\n\nb\n\n# Two\n\n---\n\n## by bo\n\nc\n"
    comments, _ = read(page, "p.md")
    assert [(c.author, c.thread_title, c.text) for c in comments] == [
        ("al", "One", "a\n\n# no title\n\nb"),
        ("bo", "Two", "c"),
    ]


def test_separators(read) -> None:
    comments, _ = read("# T\n\none\n\nstill one\n\n---\n\n## Trains\n\ntwo\n\n---\n\nthree\n", "p.md")
    assert [(c.thread_title, c.text) for c in comments] == [
        ("T", "one\n\nstill one"),
        ("Trains", "two"),
        ("Trains", "three"),
    ]


def test_plain_headings(read) -> None:
    comments, _ = read("## A\n\none\n\nmore\n\n## B\n\n- x one\n- y two\n  rest\n", "p.md")
    assert [(c.thread_title, c.text) for c in comments] == [
        ("A", "one\n\nmore"),
        ("B", "- x one"),
        ("B", "- y two\n  rest"),
    ]


def test_items(read) -> None:
    comments, _ = read("# L\n\n- one\n  - nested\n\n  more\n- two\n1. three\n", "p.md")
    assert [c.text for c in comments] == ["- one\n  - nested\n\n  more", "- two", "1. three"]


def test_paragraphs_keep_code_whole(read) -> None:
    comments, _ = read("one\n\n```py\na\n\nb\n```\n\ntwo\n", "p.md")
    assert [c.text for c in comments] == ["one", "```py\na\n\nb\n```", "two"]


def test_a_fence_that_never_closes_hides_nothing(read) -> None:
    comments, _ = read("one\n\n```\n\ntwo\n", "p.md")
    assert [c.text for c in comments] == ["one", "two"]


def test_a_pasted_page_with_the_suffix_of_markdown(read) -> None:
    assert len(read("One.\nTwo.\nThree.\n", "p.md")[0]) == 3


def test_front_matter_gives_defaults(read) -> None:
    comments, _ = read("---\ntitle: T\nauthor: alice\ndate: 2024-03-01\n---\nHello.\n", "noname")
    assert [(c.thread_title, c.author, c.created_at.day, c.text) for c in comments] == [("T", "alice", 1, "Hello.")]


MARKDOWN_LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
        st.sampled_from(
            ["", "", "---", "# One", "## Two", "## al (2024-03-01)", "- item", "  more", "```", "**A**: b"]
        ),
    ),
    max_size=30,
)


@given(MARKDOWN_LINES, st.sampled_from([None, *MARKDOWN_SPLITS]))
def test_text_is_its_lines(tmp_path_factory, lines: list[str], split: str | None) -> None:
    path: Path = tmp_path_factory.mktemp("m") / "c.md"
    path.write_bytes("\n".join(lines).encode())
    try:
        comments = list(read_comments(path, "s", ReadOptions("markdown", split=split)))
    except NoComments:
        return
    for comment in comments:
        assert comment.text == "\n".join(lines[comment.line_start - 1 : comment.line_end])


@pytest.mark.parametrize(("split", "count"), [("heading", 2), ("paragraph", 3), ("item", 3), ("file", 1)])
def test_asked(read, split: str, count: int) -> None:
    assert len(read("## A\n\none\n\ntwo\n\n## B\n\nthree\n", "p.md", split=split)[0]) == count
