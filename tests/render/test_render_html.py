from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter

from qa.records import Answer, Citation, Comment, IndexState, Statement
from qa.render import answer_html, answer_plain, safe_text

Cite = Callable[..., Citation]
STATE = IndexState("indexes/mine", 9, None)
OPEN = '<div class="qa-answer tex2jax_ignore mathjax_ignore">\n<p><strong>How often?</strong></p>\n'
# What an answer may be made of: nothing else may come out of a comment.
MADE_OF = {"div", "p", "strong", "ul", "li", "blockquote", "mark", "small", "br", "a"}


def test_answer(answer: Answer) -> None:
    stated = replace(answer, statements=(Statement("Citric  acid <30 g>.", (1, 2)),))
    assert answer_html(stated) == (
        f"{OPEN}"
        "<ul>\n<li>Citric acid &lt;30 g&gt;. [1][2]</li>\n</ul>\n"
        '<blockquote><div style="white-space: pre-wrap">I descale every two months. '
        "<mark>Citric acid, 30 g to a litre, run through twice.</mark> Vinegar leaves a smell.\n\nNot for tin.</div>\n"
        '<small>[1] alice, 2024-03-01, “Espresso care”, <a href="https://example.test/item?id=8863&amp;p=1" '
        'target="_blank" rel="noopener noreferrer">comments.txt:17-19</a></small></blockquote>\n'
        '<blockquote><div style="white-space: pre-wrap">[…] <mark>Yes, exactly: use snake_case_names.</mark></div>\n'
        "<small>[2] t.csv record 12 (line 15)</small><br><small>truncated by the page it was copied from</small>"
        "<br><small>source changed since; run: qa update</small></blockquote>\n"
        "</div>"
    )


def test_no_good_answer_and_an_empty_scope(answer: Answer) -> None:
    told = "<p>No good answer among 9,984 comments. Nearest:</p>"
    assert answer_html(replace(answer, abstained=True)).startswith(f"{OPEN}{told}\n<blockquote>")
    empty = replace(answer, abstained=True, citations=(), reason="empty_scope")
    assert answer_html(empty) == f"{OPEN}<p>0 of 9,984 comments match the filters.</p>\n</div>"


def test_what_stands_beside_a_quote_is_told(cite: Cite, coffee: Comment, row: Comment) -> None:
    more = cite(coffee, also=(row,), more_in_thread=3, answers_to=row)
    shown = lxml.html.fromstring(answer_html(Answer("Q", (more,), False, STATE, 9))).text_content()
    assert "in reply to t.csv#12: First, a word." in shown
    assert "said 2 times, also in t.csv#12" in shown
    assert "+3 more in this thread" in shown


def test_a_hostile_comment_is_shown_and_not_obeyed(attacked: Answer) -> None:
    html = answer_html(attacked)
    assert "<script" not in html
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\ud800-\udfff]", html)
    page = lxml.html.fromstring(html)
    assert {one.tag for one in page.iter()} <= MADE_OF
    assert "<script>alert(1)</script>" in page.text_content()
    assert page.xpath("//a/@href") == ["https://evil.test/%1B[31m[red]x[/red]%0D%0A%E2%80%AE%3Cb%3E%29%20[x]%28y"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.test"])
def test_only_the_web_is_linked_to(cite: Cite, coffee: Comment, url: str) -> None:
    assert "<a" not in answer_html(Answer("Q", (cite(replace(coffee, url=url)),), False, STATE, 9))


TRICKS = st.one_of(
    st.text(),
    st.text("ab <>&\"'=/$\\()\n\t`", max_size=40),
    st.sampled_from(["</div></blockquote><img src=x onerror=alert(1)>", "\" onmouseover=\"x", "<!--", "]]>", "&lt;b"]),
)  # fmt: skip


@given(TRICKS, TRICKS, TRICKS, st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_every_text_comes_out_as_itself(text: str, name: str, url: str, span: tuple[int, int]) -> None:
    comment = Comment(name, text, name, author=name, thread_title=name, url=f"https://x.test/{url}")
    citation = Citation(comment, text, 0, len(text), 1, 0.5, None, None, (span,), answers_to=comment)
    page = lxml.html.fromstring(answer_html(Answer(name, (citation,), False, STATE, 9)))
    assert {one.tag for one in page.iter()} <= MADE_OF
    assert {name for one in page.iter() for name in one.attrib} <= {"class", "style", "href", "target", "rel"}
    said = page.xpath("//blockquote/div")[0].text_content()
    assert said.strip() == safe_text(text).strip()


def test_a_notebook_shows_it(answer: Answer) -> None:
    formatted, _ = DisplayFormatter().format(answer)
    assert formatted["text/html"] == answer_html(answer)
    assert formatted["text/plain"] == answer_plain(answer)
