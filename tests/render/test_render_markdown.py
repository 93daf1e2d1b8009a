from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from qa.records import Answer, Citation, Comment, IndexState
from qa.render import answer_markdown, safe_text

STATE = IndexState("indexes/mine", 9, None)
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TRICKS = st.one_of(
    st.text(),
    st.text("ab _*`~#>-+=|[]()!<&$\\:1.\n\t", max_size=40),
    st.sampled_from(
        ["```\nx\n```", "    code", "<!-- x -->", "&amp;", "| a |\n|---|\n| b |", "a\n===", "[x]: http://y"]
    ),
)

Cite = Callable[..., Citation]


def _one(text: str, *spans: tuple[int, int]) -> Answer:
    citation = Citation(Comment("1", text, "a.txt"), text, 0, len(text), 1, 0.5, None, None, spans)
    return Answer("Q", (citation,), False, STATE, 9)


def test_answer(answer: Answer) -> None:
    assert answer_markdown(answer) == (
        "**How often?**\n"
        "\n"
        "> I descale every two months. **Citric acid, 30 g to a litre, run through twice.** Vinegar leaves a smell.\n"
        ">\n"
        "> Not for tin. [^1]\n"
        "\n"
        "> \\[…\\] **Yes, exactly: use snake_case_names.** [^2]\n"
        "\n"
        "[^1]: alice, 2024-03-01, “Espresso care”, "
        "[comments.txt:17-19](https://example.test/item?id=8863&amp;p=1)\n"
        "[^2]: t.csv record 12 (line 15) (truncated by the page it was copied from) "
        "(source changed since; run: qa update)"
    )


def test_abstained_and_empty_scope(answer: Answer) -> None:
    abstained = answer_markdown(replace(answer, abstained=True))
    assert abstained.startswith("**How often?**\n\nNo good answer among 9,984 comments. Nearest:\n\n> I descale")
    empty = replace(answer, abstained=True, citations=(), reason="empty_scope")
    assert answer_markdown(empty) == "**How often?**\n\n0 of 9,984 comments match the filters."


def test_hostile_comment(attacked: Answer) -> None:
    assert answer_markdown(attacked) == (
        "**why␛\\[2J\\\\u202e?**\n"
        "\n"
        "> Yes.  \n"
        "> ␛\\[2J␛\\]8;;http://evil.test␇click␛\\]8;;␇ \\[red\\]is\\[/red\\] \\[link=http://evil.test\\]x\\[/link\\] "
        "\\\\u202egnp.exe\\\\u202c \\\\x9b31m␡␍fake &lt;script>alert(1)&lt;/script> "
        "!\\[i\\](http://evil.test/p.png)  \n"
        "> \\[^1\\]: mallory\\\\ud800\\\\U000e0041\\\\u2028\\\\ufeff [^1]\n"
        "\n"
        "[^1]: eve␛\\[31m\\[red\\]x\\[/red\\] \\\\u202e&lt;b>, “␛\\[31m\\[red\\]x\\[/red\\] \\\\u202e&lt;b>”, "
        "[dir/␛\\[31m\\[red\\]x\\[/red\\] \\\\u202e&lt;b>.txt:1-3]"
        "(https://evil.test/%1B[31m[red]x[/red]%0D%0A%E2%80%AE%3Cb%3E%29%20[x]%28y)"
    )


def test_only_web_addresses_become_links(coffee: Comment, cite: Cite) -> None:
    for url in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"):
        shown = answer_markdown(replace(_one("x"), citations=(cite(replace(coffee, url=url)),)))
        assert shown.endswith("“Espresso care”, comments.txt:17-19")


def test_newlines_and_indent_are_kept() -> None:
    shown = answer_markdown(_one("# a\n- b\n1. c\n    d\n\n> e"))
    assert "> \\# a  \n> \\- b  \n> 1\\. c  \n> &nbsp;&nbsp;&nbsp;&nbsp;d\n>\n> \\> e [^1]\n" in shown


def test_bold_is_per_line_and_only_where_it_would_be_read_as_bold() -> None:
    assert "> **One**  \n> **two.** Three. [^1]" in answer_markdown(_one("One\ntwo. Three.", (0, 8)))
    assert "> 終わり。次 [^1]" in answer_markdown(_one("終わり。次", (0, 4)))


@given(TRICKS.filter(lambda text: text.strip()), st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_markdown_shows_every_character_and_nothing_else(text: str, span: tuple[int, int]) -> None:
    quote = answer_markdown(_one(text, span)).split("\n\n", 1)[1].rsplit("\n\n", 1)[0]
    tokens = READER.parse(quote)
    inline = [child for token in tokens for child in token.children or []]
    kinds = {token.type for token in tokens} | {child.type for child in inline}
    assert kinds <= {
        "blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline",
        "text", "softbreak", "hardbreak", "strong_open", "strong_close",
    }  # fmt: skip
    shown = "".join(child.content for child in inline)
    assert "".join(shown.split()) == "".join(safe_text(text).split()) + "[^1]"
