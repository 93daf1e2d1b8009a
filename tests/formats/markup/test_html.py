from __future__ import annotations

import html
import re
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from qa.formats.markup.body import Body
from qa.formats.markup.html import element_text, from_html
from qa.formats.markup.links import with_target
from qa.formats.markup.shortcodes import decode_shortcodes, emoji_of
from qa.formats.markup.spaces import collapsed, spaces_of


def quotes(markup: str) -> list[str]:
    body = from_html(markup)
    return [body.text[start:end] for start, end in body.asides]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain words", "plain words"),
        ("  two\n\n lines ", "two lines"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<p>a<p>b", "a\n\nb"),
        ("one<p>two", "one\n\ntwo"),
        ("<p> a </p>\n<p>\n b\n</p>", "a\n\nb"),
        ("<p></p><p>a</p><p>&nbsp;</p><p></p>", "a"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("a<br><br><br>b", "a\n\nb"),
        ("<br>a<br>", "a"),
        ("<p>a<br></p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div><div><br></div><div>c</div>", "a\nb\n\nc"),
        ("a <b>b</b> <i> c</i>d", "a b cd"),
        ("a<b> </b>b", "a b"),
        ("a\xa0<b>b</b>&nbsp;c", "a b c"),
        ("<h2>T</h2>x<hr>y", "T\n\nx\n\ny"),
        ("<q>yes</q>, he said", '"yes", he said'),
        ("a <del>b</del> <code>c  d</code>", "a b c d"),
        ("<script>a</script><style>b</style><template>c</template>d", "d"),
        ("<html><head><title>a</title></head><body>b</body></html>", "b"),
        ("x<!-- y -->z<?php w ?>", "xz"),
        ("<svg><title>a</title><text>b</text></svg>c", "c"),
        ("<p>a</p></body></html><p>b", "a\n\nb"),
        ("</p></b>a</div>", "a"),
        ("I <3 you & a < b", "I <3 you & a < b"),
        ("<", "<"),
        ("", ""),
        (" \n ", ""),
        ("<p> </p>", ""),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "a\nb"),
        ("<details><summary>a</summary>b</details>", "a\nb"),
    ],
)
def test_text(markup: str, text: str) -> None:
    assert from_html(markup) == Body(text)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<ul><li>a</li><li>b</li></ul>c", "- a\n- b\n\nc"),
        ("x<ol><li>a<li>b</ol>", "x\n\n1. a\n2. b"),
        ("<ol start=9><li>a<li>b</ol>", "9. a\n10. b"),
        ("<ol start=x><li>a</ol>", "1. a"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("<ol><li>a<ul><li>b</ul><li>c</ol>", "1. a\n   - b\n2. c"),
        ("<ul><li><p>a</p><p>b</p></li><li><p>c</p></li></ul>", "- a\n\n  b\n- c"),
        ("<ul><li>a<br>b</ul>", "- a\n  b"),
        ("<ul><li></li><li>a</li><li> </li></ul>b", "- a\n\nb"),
        ("<li>a<li>b", "- a\n- b"),
        ("<ul>a</ul>", "  a"),
    ],
)
def test_lists(markup: str, text: str) -> None:
    assert from_html(markup).text == text


def test_deep_lists_stop_being_indented() -> None:
    text = from_html("<ul><li>x" * 3000).text
    assert text.count("- x") == 3000
    assert max(map(len, text.split("\n"))) < 50


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<pre>\n  if x:\n    y\n</pre>z", "  if x:\n    y\n\nz"),
        ("a<pre><code>\n\n  b\n\n  c\n\n</code></pre>", "a\n\n  b\n\n  c"),
        ("<pre>a\n<b>b</b>\n\n c</pre>", "a\nb\n\n c"),
        ("<pre>a<br>b\r\nc\rd</pre>", "a\nb\nc\nd"),
        ("<pre>\n\n</pre>a", "a"),
        ("<pre>x &lt;b&gt;</pre>", "x <b>"),
        ("<ul><li>a<pre>b\n  c</pre></ul>", "- a\n\nb\n  c"),
    ],
)
def test_code_keeps_its_lines(markup: str, text: str) -> None:
    assert from_html(markup).text == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>c", "a | b\n1 | 2\n\nc"),
        ("<table><tr><td><td>2<tr><td>1<td><tr><td>3</table>", "| 2\n1\n3"),
        ("<table><tr><td><p>1</p><p>2</p><td><p>3</p></table>", "1\n\n2 | 3"),
        ("<table><caption>t</caption><tbody><tr><td>1</td></tr></tbody></table>", "t\n1"),
        ("<table><tr><td>a<table><tr><td>b<td>c</table><td>d</table>", "a\n\nb | c | d"),
        ("<table><tr><td><ul><li>x</ul><td><ul><li>y</ul></table>", "- x | - y"),
        ("<td>a</td><td>b</td>", "a\nb"),
    ],
)
def test_tables(markup: str, text: str) -> None:
    assert from_html(markup).text == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("see <a href='https://e.org/x'>this </a>now", "see this (https://e.org/x) now"),
        ("<a href='https://e.org/x'>https://e.org/x</a>", "https://e.org/x"),
        ("<a href='https://www.e.org/'>e.org</a>", "e.org"),
        ("<a href='mailto:a@e.org'>a@e.org</a>", "a@e.org"),
        ("<a href='https://e.org/a%20b'>e.org/a b</a>", "e.org/a b"),
        ("(<a href='https://e.org/long-one/x'>https://e.org/lo...</a>)", "(https://e.org/long-one/x)"),
        ("<a href='https://e.org/long/x'>e.org/lo…/x</a>", "https://e.org/long/x"),
        ("<a href='https://e.org/x'>wait...</a>", "wait... (https://e.org/x)"),
        ("<a href='https://e.org/x'>...</a>", "... (https://e.org/x)"),
        ("<a href='javascript:void(0)'>a</a> <a href='DATA:x'>b</a> <a href='#n'>c</a> <a name=d>d</a>", "a b c d"),
        ("<a href='/u/ann' class='mention'>@ann</a>", "@ann"),
        ("<a href='https://e.org'></a>a<a href='https://e.org'><img src=x></a>", "a"),
        ("<a href='https://e.org'><img alt=pic></a>", "pic (https://e.org)"),
        ("<ul><li><a href='http://e.org/abc'>http://e.org/...</a></ul>", "- http://e.org/abc"),
        ("<a href='https://e.org/x'><p>a</p></a><p>b</p>", "a (https://e.org/x)\n\nb"),
        ("<a href=' https://e.org/a b\n'>c</a>", "c (https://e.org/a%20b)"),
        ("<a href='/x'>c</a>", "c (/x)"),
        ("<a href='//e.org/x'>e.org/x</a>", "e.org/x"),
        (
            "<a href='https://e.org/abc'><span class='invisible'>https://</span><span>e.org/a</span><span>bc</span></a>",
            "https://e.org/abc",
        ),
        ("<a class=lightbox href=https://e.org/p><img alt=pic><div class=meta>9 kB</div></a>", "pic (https://e.org/p)"),
    ],
)
def test_links(markup: str, text: str) -> None:
    assert from_html(markup).text == text


def test_relative_links() -> None:
    assert from_html("<a href='../y'>a</a>", "https://e.org/x/z").text == "a (https://e.org/y)"
    assert from_html("<a href='https://o.org'>a</a>", "https://e.org/x/z").text == "a (https://o.org)"
    assert from_html("<a href='//[x'>a</a>", "https://e.org/").text == "a (//[x)"


def test_pictures() -> None:
    assert from_html("<img alt='a cat'> <img src=x> <img alt=''>end").text == "a cat end"
    assert from_html("ok <img class='emoji only-emoji' alt=':smile:'>").text == "ok 😄"
    assert from_html("<img class=emoji alt=':our_logo:'><img class=emoji alt='🎉'>").text == ":our_logo:🎉"
    assert from_html("<img alt=':smile:'>").text == ":smile:"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<blockquote>a</blockquote>b", ["a"]),
        ("a<blockquote><p>b</p><blockquote>c</blockquote><p>d</p></blockquote>e", ["b\n\nc\n\nd"]),
        ("<blockquote>a</blockquote><blockquote>b</blockquote>c", ["a", "b"]),
        ("<blockquote> </blockquote>a", []),
        ("<blockquote>a", ["a"]),
        ("<ul><li><blockquote>a</blockquote>b</ul>", ["- a"]),
        (
            '<aside class="quote no-group"><div class="title"><img alt="" class="avatar"> ann:</div>'
            "<blockquote><p>x</p></blockquote></aside><p>y</p>",
            ["ann:\n\nx"],
        ),
        (
            '<div class="gmail_quote">On Monday Ann wrote:<blockquote>x</blockquote></div>y',
            ["On Monday Ann wrote:\n\nx"],
        ),
        ('<div class="moz-cite-prefix">Ann:<br></div><blockquote type="cite">x</blockquote>y', ["Ann:", "x"]),
        ('<aside class="onebox">A page</aside>y', ["A page"]),
        ('<p class="quote">a</p><a class="onebox" href="http://e.org">b</a>', []),
        ('<span class="moz-signature">a</span>', ["a"]),
    ],
)
def test_quotes(markup: str, expected: list[str]) -> None:
    assert quotes(markup) == expected


def test_what_no_text_holds() -> None:
    assert from_html("a\0b\ud800c").text == "a\ufffdb\ufffdc"
    assert from_html("<p>a\0b\ud800c\x1bd</p>").text == "a\ufffdb\ufffdc\ufffdd"
    for markup in ("&#0;", "&#xD800;", "&#99999999999999;", "&#x;", "&bogus;", "&#1;", "&;", "&#"):
        for text in (from_html(markup).text, from_html(f"<p>{markup}</p>").text):
            text.encode("utf-8")
            assert "\0" not in text


def test_depth_is_no_limit() -> None:
    deep = "<div>" * 10_000 + "a" + "</div>" * 10_000 + "<p>b"
    assert from_html(deep).text == "a\n\nb"
    assert quotes("<blockquote>" * 10_000 + "a") == ["a"]
    assert from_html("<b>" * 10_000 + "a").text == "a"


def test_long_input() -> None:
    text = from_html("<p>word &amp; <b>word</b>\n" * 100_000).text
    assert text.count("\n\n") == 99_999
    assert from_html("<p>" + "word " * 500_000).text.count("word") == 500_000


def test_a_failed_run_leaves_nothing_behind() -> None:
    from_html("<blockquote><ul><li><pre><a href='x'><table><tr><td>")
    assert from_html("<b>a</b>  b") == Body("a b")


def test_threads_do_not_meet() -> None:
    results: list[bool] = []

    def work(word: str) -> None:
        results.append(
            all(from_html(f"<p>{word}</p><ul><li>{word}") == Body(f"{word}\n\n- {word}") for _ in range(300))
        )

    threads = [threading.Thread(target=work, args=(word,)) for word in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 3


def test_element_text() -> None:
    root = etree.HTML("<div id=a>x<!--c-->y<blockquote>q</blockquote><?p?>z</div>tail")
    element = root.find(".//div")
    assert element_text(element) == Body("xy\n\nq\n\nz", ((4, 5),))
    assert element_text(root.find(".//blockquote")) == Body("q")
    assert element_text(etree.HTML("<ul><li>a<ul><li>b</ul></ul>").find(".//li")) == Body("a\n\n- b")
    assert element_text(element, skip=[root.find(".//blockquote")]) == Body("xyz")
    assert element_text(etree.HTML("<p><a href='y'>x</a>").find(".//p"), "http://e.org/").text == "x (http://e.org/y)"


TAGS = ("p", "div", "b", "br", "ul", "ol", "li", "blockquote", "pre", "table", "tr", "td", "a href='/x'", "img alt=i")
TAGS += ("script", "aside class=quote", "div class=gmail_quote", "h1", "span", "q", "details", "tbody", "a href=#")
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag.split()[0]}>" for tag in TAGS]),
    st.text(max_size=6),
    st.sampled_from([" ", "\n", "&nbsp;", "word", "&lt;", "&#0;", "x...", "<!--", "-->", "\xa0"]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_markup(markup: str) -> None:
    text, asides = body = from_html(markup)
    text.encode("utf-8")
    assert text == text.strip("\n")
    last = 0
    for start, end in asides:
        assert last <= start < end <= len(text)
        assert text[start:end].strip("\n") == text[start:end]
        last = end
    assert from_html(markup) == body


@given(st.lists(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1), min_size=1).map(" ".join))
def test_escaped_words_come_back(words: str) -> None:
    assert from_html(html.escape(words)) == Body(words)
    assert from_html(f"<p>{html.escape(words)}</p>") == Body(words)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=15).map("".join))
def test_the_tree_says_the_same(markup: str) -> None:
    tree = etree.HTML(
        f"<div><p>{markup}".replace("\0", "").encode("utf-8", "replace"), etree.HTMLParser(encoding="utf-8")
    )
    text, asides = element_text(tree)
    text.encode("utf-8")
    assert all(0 <= start < end <= len(text) for start, end in asides)


def test_shortcodes() -> None:
    assert emoji_of("thumbsup") == emoji_of("+1") == "👍"
    assert emoji_of("white-check-mark") == "✅"
    assert emoji_of("no_such_thing") is None
    assert decode_shortcodes("ok :+1::skin-tone-3: and :tada::tada:") == "ok 👍 and 🎉🎉"
    assert (
        decode_shortcodes("at 10:30:15, a::b:x:c, ratio 1:100:1, :nope:")
        == "at 10:30:15, a::b:x:c, ratio 1:100:1, :nope:"
    )


def test_with_target() -> None:
    assert with_target("E.org/Ab", "https://e.org/ab/") == "E.org/Ab"
    assert with_target("abc... more", "https://e.org/abc") == "abc... more (https://e.org/abc)"
    assert with_target("https://e.org/a…", "https://other.org/a") == "https://e.org/a… (https://other.org/a)"


@given(st.text(st.sampled_from(" \t\n\r\f\v\xa0\u2003\u3000aé👍")))
def test_white_space_is_collapsed_as_a_pattern_would(text: str) -> None:
    assert collapsed(text) == re.sub("[ \t\n\r\f\v\xa0]+", " ", text).strip(" ")
    assert collapsed(text) or set(text) <= set(spaces_of(text))
