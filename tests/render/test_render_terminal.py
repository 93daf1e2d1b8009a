from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from qa.records import Answer, Citation, Comment, IndexState
from qa.render import print_answer, print_comment
from qa.render.safe import UNSAFE

STYLED = "\x1b[1;32mCitric acid, 30 g to a litre, run through twice.\x1b[0m"

Cite = Callable[..., Citation]


def _drawn(
    answer: Answer, width: int = 80, color: str | None = None, *, full: bool = False, no_color: bool = False
) -> str:
    file = io.StringIO()
    system: Any = color
    console = Console(
        file=file,
        width=width,
        force_terminal=True,
        legacy_windows=False,
        color_system=system,
        no_color=no_color,
        _environ={},
    )
    print_answer(answer, console, full=full)
    return file.getvalue()


def test_without_styles_the_sentence_stands_in_marks(answer: Answer) -> None:
    assert _drawn(answer) == (
        "[1] alice · 2024-03-01 · comments.txt:17-19 · “Espresso care”\n"
        "    I descale every two months. »Citric acid, 30 g to a litre, run through\n"
        "    twice.« Vinegar leaves a smell.\n"
        "\n"
        "    Not for tin.\n"
        "    https://example.test/item?id=8863&p=1\n"
        "    score 0.62 · id hn:8863\n"
        "\n"
        "[2] t.csv record 12 (line 15)\n"
        "    »Yes, exactly: use snake_case_names.«\n"
        "    (truncated by the page it was copied from)\n"
        "    (source changed since; run: qa update)\n"
        "    score 0.58 · whole comment: qa show 't.csv#12'\n"
    )


def test_with_colour_and_with_no_color(answer: Answer) -> None:
    coloured = _drawn(answer, 200, "standard")
    assert STYLED in coloured
    assert "»" not in coloured
    assert "\x1b[2mcomments.txt:17-19\x1b[0m" in coloured
    plain = _drawn(answer, 200, "standard", no_color=True)
    assert STYLED.replace("[1;32m", "[1m") in plain
    assert "\x1b[2mcomments.txt:17-19\x1b[0m" in plain
    assert "»" not in plain


@pytest.mark.parametrize(("width", "most"), [(40, 40), (80, 80), (200, 100)])
def test_body_width_is_capped(answer: Answer, coffee: Comment, width: int, most: int, cite: Cite) -> None:
    long = replace(coffee, text="some words and 漢字 " * 40, thread_title="a long title " * 20, url=None)
    drawn = _drawn(replace(answer, citations=(cite(long),)), width, full=True)
    widths = [cell_len(line) for line in drawn.splitlines()]
    assert most - 15 < max(widths) <= most


def test_long_quote_is_shortened_around_its_highlight(answer: Answer, cite: Cite) -> None:
    comment = Comment("n:1", "\n".join(f"line {n}." for n in range(40)), "n.txt")
    long = replace(answer, citations=(cite(comment, lit="line 20."),))
    body = [f"    line {n}." for n in range(14, 27)]
    body[6] = "    »line 20.«"
    assert _drawn(long).splitlines() == [
        "[1] n.txt",
        "    […]",
        *body,
        "    […]",
        "    score 0.62 · whole comment: qa show n:1",
    ]
    assert _drawn(replace(long, abstained=True)).splitlines()[:4] == [
        "No good answer among 9,984 comments.",
        "Nearest:",
        "",
        "[1] n.txt",
    ]
    full = _drawn(long, full=True).splitlines()
    assert (len(full), full[-1]) == (42, "    score 0.62 · id n:1")


def test_a_long_quote_that_is_all_highlight_is_shortened_too(answer: Answer, cite: Cite) -> None:
    text = "\n".join(f"line {n}." for n in range(40))
    drawn = _drawn(replace(answer, citations=(cite(Comment("n:1", text, "n.txt"), lit=text),))).splitlines()
    assert drawn[1:3] + drawn[12:14] == ["    »line 0.", "    line 1.", "    line 11.", "    […]"]


def test_footer_and_empty_scope(answer: Answer, state: IndexState) -> None:
    stale = replace(answer, index=replace(state, stale_sources=("a", "b", "c")))
    assert _drawn(stale).endswith("\n\n3 sources changed since they were indexed. run: qa update\n")
    empty = replace(answer, abstained=True, citations=(), reason="empty_scope")
    assert _drawn(empty) == "0 of 9,984 comments match the filters.\n"


def test_ten_hits_line_up(answer: Answer, row: Comment, cite: Cite) -> None:
    drawn = _drawn(replace(answer, citations=(cite(row, 9), cite(row, 10)))).splitlines()
    assert drawn[:2] == ["[9]  t.csv record 12 (line 15)", "     First, a word. Yes, exactly: use snake_case_names."]
    assert drawn[5] == "[10] t.csv record 12 (line 15)"


def test_hostile_comment(attacked: Answer) -> None:
    drawn = _drawn(attacked, 300)
    assert not UNSAFE.search(drawn)
    assert "␛]8;;http://evil.test␇»click«␛]8;;␇" in drawn
    assert "[red]is[/red] [link=http://evil.test]x[/link]" in drawn
    assert "qa show" not in drawn
    coloured = _drawn(attacked, 300, "truecolor")
    assert "\x1b]8" not in coloured
    assert "\x1b[31m" not in coloured
    assert "\u202e" not in coloured


def test_command_is_quoted_for_the_shell(answer: Answer, cite: Cite) -> None:
    part = cite(Comment("a; rm -rf ~", "One. Two.", "a.txt"), quote="Two.", start=5)
    assert _drawn(replace(answer, citations=(part,))).endswith("whole comment: qa show 'a; rm -rf ~'\n")


def test_comment(coffee: Comment, row: Comment, hostile: Comment) -> None:
    file = io.StringIO()
    console = Console(file=file, width=80, color_system=None, _environ={})
    print_comment(coffee, [row], [row], [], console)
    assert file.getvalue() == (
        "In reply to\n"
        "  t.csv record 12 (line 15)\n"
        "    First, a word. Yes, exactly: use snake_case_names.\n"
        "    id t.csv#12\n"
        "\n"
        "alice · 2024-03-01 · comments.txt:17-19 · “Espresso care”\n"
        "\n"
        "    I descale every two months. Citric acid, 30 g to a litre, run through twice.\n"
        "    Vinegar leaves a smell.\n"
        "\n"
        "    Not for tin.\n"
        "\n"
        "    https://example.test/item?id=8863&p=1\n"
        "    id hn:8863\n"
        "\n"
        "Replies\n"
        "  t.csv record 12 (line 15)\n"
        "    First, a word. Yes, exactly: use snake_case_names.\n"
        "    id t.csv#12\n"
    )
    file.truncate(0)
    print_comment(hostile, [], [], [hostile], console)
    assert not UNSAFE.search(file.getvalue().lstrip("\0"))
    assert "Nearby in dir/␛[31m[red]x[/red] \\u202e<b>.txt\n" in file.getvalue()


def test_rich_is_not_imported_for_json() -> None:
    code = "import sys, qa.render; print(sorted({'rich'} & {m.split('.')[0] for m in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
