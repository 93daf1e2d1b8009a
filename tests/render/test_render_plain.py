from __future__ import annotations

from dataclasses import replace

from qa.records import Answer, Comment
from qa.render import answer_plain, comment_plain, safe_text

HITS = """\
[1] comments.txt:17-19  alice  2024-03-01  "Espresso care"  score 0.62  id hn:8863
    I descale every two months. »Citric acid, 30 g to a litre, run through twice.« Vinegar leaves a smell.
    \n    Not for tin.
    https://example.test/item?id=8863&p=1

[2] t.csv record 12 (line 15)  score 0.58  id t.csv#12
    »Yes, exactly: use snake_case_names.«
    (truncated by the page it was copied from)
    (source changed since; run: qa update)"""

ATTACKED = """\
[1] dir/␛[31m[red]x[/red] \\u202e<b>.txt:1-3  eve␛[31m[red]x[/red] \\u202e<b>  "␛[31m[red]x[/red] \\u202e<b>"  \
score 0.62  id id␛[0m
    Yes.
    ␛[2J␛]8;;http://evil.test␇»click«␛]8;;␇ [red]is[/red] [link=http://evil.test]x[/link] \
\\u202egnp.exe\\u202c \\x9b31m␡␍fake <script>alert(1)</script> ![i](http://evil.test/p.png)
    [^1]: mallory\\ud800\\U000e0041\\u2028\\ufeff
    https://evil.test/␛[31m[red]x[/red] \\u202e<b>) [x](y"""


def test_answer(answer: Answer) -> None:
    assert answer_plain(answer) == HITS


def test_abstained(answer: Answer) -> None:
    abstained = replace(answer, abstained=True)
    assert answer_plain(abstained) == f"No good answer among 9,984 comments.\nNearest:\n\n{HITS}"
    assert answer_plain(replace(abstained, citations=())) == "No good answer among 9,984 comments."


def test_empty_scope(answer: Answer) -> None:
    empty = replace(answer, abstained=True, citations=(), reason="empty_scope", in_scope=0)
    assert answer_plain(empty) == "0 of 9,984 comments match the filters."


def test_hostile_comment(attacked: Answer) -> None:
    assert answer_plain(attacked) == ATTACKED
    assert safe_text(ATTACKED) == ATTACKED


def test_comment_in_its_thread(coffee: Comment, row: Comment) -> None:
    assert comment_plain(coffee, [row], [row, row], [row]) == (
        "In reply to:\n"
        "  t.csv record 12 (line 15)  id t.csv#12\n"
        "      First, a word. Yes, exactly: use snake_case_names.\n"
        "\n"
        'comments.txt:17-19  alice  2024-03-01  "Espresso care"  id hn:8863\n'
        "    I descale every two months. Citric acid, 30 g to a litre, run through twice. Vinegar leaves a smell.\n"
        "    \n"
        "    Not for tin.\n"
        "    https://example.test/item?id=8863&p=1\n"
        "\n"
        "Replies:\n"
        "  t.csv record 12 (line 15)  id t.csv#12\n"
        "      First, a word. Yes, exactly: use snake_case_names.\n"
        "  t.csv record 12 (line 15)  id t.csv#12\n"
        "      First, a word. Yes, exactly: use snake_case_names."
    )


def test_comment_among_its_neighbours(coffee: Comment, row: Comment) -> None:
    assert comment_plain(row, neighbours=[replace(coffee, text="long " * 100, thread_title=None)]) == (
        "t.csv record 12 (line 15)  id t.csv#12\n"
        "    First, a word. Yes, exactly: use snake_case_names.\n"
        "    (truncated by the page it was copied from)\n"
        "\n"
        "Nearby in t.csv:\n"
        "  comments.txt:17-19  alice  2024-03-01  id hn:8863\n"
        f"      {('long ' * 48).strip()}…"
    )


def test_hostile_comment_shown(hostile: Comment) -> None:
    shown = comment_plain(hostile, [hostile], [hostile], [])
    assert safe_text(shown) == shown
    assert [line for line in shown.split("\n") if not line.startswith("    ")] == [
        "In reply to:",
        *[f"  {shown.splitlines()[4]}"],
        "",
        shown.splitlines()[4],
        "",
        "Replies:",
        f"  {shown.splitlines()[4]}",
    ]
