from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.formats.markup import boilerplate
from qa.formats.markup.asides import find_asides, merged


def asides(text: str) -> list[str]:
    return [text[start:end] for start, end in find_asides(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> a\nb", ["> a"]),
        ("a\n\n> b\n> c\n\nd", ["> b\n> c"]),
        (">a\n>\n>b\nc", [">a\n>\n>b"]),
        ("> a\n>> b\n> > > c\nd", ["> a\n>> b\n> > > c"]),
        ("  > a\nb", ["  > a"]),
        ("> a\r\n> b\r\nc\r\n", ["> a\r\n> b"]),
        ("> a\nb\n> c\nd", ["> a", "> c"]),
        ("> all of it\n> is quoted", ["> all of it\n> is quoted"]),
        ("> a  \n\nb", ["> a"]),
        ("> Is it far? No, a mile. \n", []),
        ("> 5 is too much\n\nI disagree", ["> 5 is too much"]),
        ("so:\n> 5 apples\nand\n> 6 pears\nyes", ["> 5 apples", "> 6 pears"]),
        (">> a\n>>> b\nc", [">> a\n>>> b"]),
        ("> >>> print(1)\nthat fails", ["> >>> print(1)"]),
        ("| he said\n| and went\nyes", ["| he said\n| and went"]),
        ("| | deeper\n| less\nyes", ["| | deeper\n| less"]),
        ("Ann wrote:\n| only one\nyes", ["Ann wrote:\n| only one"]),
        (
            '[quote="Ann, post:3"]a\n[QUOTE]b[/QUOTE][/quote]c\n[quote]d[/quote]',
            ['[quote="Ann, post:3"]a\n[QUOTE]b[/QUOTE][/quote]', "[quote]d[/quote]"],
        ),
        ("[quote=Ann]a[/quote]\nb\n> c", ["[quote=Ann]a[/quote]", "> c"]),
        ("[quote]a [quote]b[/quote]", ["[quote]b[/quote]"]),
    ],
)
def test_quoted_lines(text: str, expected: list[str]) -> None:
    assert asides(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a > b\nc -> d\n-> e\n=> f",
        "the price was\n> 5 is too much\nfor me",
        "it needs\n>= 3.11 to run",
        "that hurts\n>:(",
        ">_<",
        ">\n",
        ">>> print(1)\n1\n>>> x = 2",
        "so\n>>>\n>>> import this\n",
        "<<<<<<< mine\na\n=======\nb\n>>>>>>> theirs",
        "```\n> a\n> b\n```\nc",
        "~~~sh\n> ls\n~~~",
        "```\n> never closed",
        "````\n```\n> a\n````\n",
        "hello\n>From here on it is fine",
        "    > four spaces are code",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "| one line",
        "|-- a\n|-- b",
        "|   a\n|   b",
        "a || b\n| c\nd",
        "I wrote:\nnothing is quoted here",
        "write [quote] before and",
        "[/quote] alone, [quoted] and [unquote]x[/unquote]",
    ],
)
def test_what_only_looks_quoted(text: str) -> None:
    assert asides(text) == []


def test_a_fence_ends() -> None:
    assert asides("```\n> code\n```\n\n> quote\n\nown") == ["> quote"]
    assert asides("> ```\n> code\n> ```\nown") == ["> ```\n> code\n> ```"]


@pytest.mark.parametrize(
    "line",
    [
        "On Tue, 3 Jan 2012, Ann Smith wrote:",
        "On Jan 3, 2012, at 10:38 AM, A. B. Smith <ann@example.org> wrote:",
        "On Thu, Feb 23, 2012 at 4:09 PM, Ann Smith\n<ann at example.org> wrote:",
        "On Thu, Feb 23, 2012 at 4:09 PM,\nAnn Smith <ann at example.org>\nwrote:",
        "On Sun, Mar 4, 2012 at 9:04 PM, Ann <ann at example.org>wrote:",
        "ann wrote:",
        "You wrote:",
        "Ann Smith <ann@example.org> writes:",
        "*Ann Smith* wrote:",
        "@ann said:",
        "Ann wrote on 2012-01-03 10:00:",
        "In article <x@y>, Ann writes:",
        "Quoting Ann Smith <ann@example.org>:",
        "Am 03.01.2012 um 10:00 schrieb Ann Smith <ann@example.org>:",
        "Am 03.01.2012 10:00, schrieb Ann:",
        "Le 3 janvier 2012, Ann a écrit :",
        "El 3 de enero de 2012, Ann escribió:",
        "Em 3 de janeiro de 2012, Ann escreveu:",
        "Op 3 januari 2012 schreef Ann:",
        "Il giorno 3 gennaio 2012, Ann ha scritto:",
        "W dniu 3.01.2012 Ann napisał(a):",
    ],
)
@pytest.mark.parametrize("between", ["\n", "\n\n", "\r\n"])
def test_attributions(line: str, between: str) -> None:
    quoted = f"{line}{between}> a\n> b"
    assert asides(f"{quoted}\nown") == [quoted]
    assert asides(f"Hello.\n{quoted}\n\nown") == [quoted]
    assert asides(f"> x\n{quoted}\n\nown") == ["> x", quoted]


@pytest.mark.parametrize(
    "line",
    [
        "I do not understand what you wrote:",
        "Here is why that is not what the manual of the year before this one once wrote:",
        "The reason is simple:",
        "wrote: that is all.",
        "Ann wrote",
        "My manager has said:",
    ],
)
def test_lines_above_a_quote_that_stay_the_authors(line: str) -> None:
    assert asides(f"{line}\n> a\nown") == ["> a"]


def test_an_attribution_far_above_is_none() -> None:
    assert asides("Ann wrote:\n\n\n> a\nown") == ["> a"]
    assert asides("On Monday I slept for 9 hours\nand then\n> a\nown") == ["> a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("own\n-- \nAnn\nACME", ["-- \nAnn\nACME"]),
        ("own\n--\nAnn\nACME", ["--\nAnn\nACME"]),
        ("own\r\n-- \r\nAnn\r\n", ["-- \r\nAnn"]),
        ("own\n-- ", ["--"]),
        ("own\n-- \nAnn\n\nOn 3 Jan 2012, Bob wrote:\n> x", ["-- \nAnn", "On 3 Jan 2012, Bob wrote:\n> x"]),
        (
            "own\n-- \nAnn\n_______________________________________________\nTea mailing list\nTea@example.org\n"
            "http://example.org/mailman/listinfo/tea\n",
            [
                "-- \nAnn",
                "_______________________________________________\nTea mailing list\nTea@example.org\n"
                "http://example.org/mailman/listinfo/tea",
            ],
        ),
        (
            "own\n\n------------------------------\nTo unsubscribe, write to tea-leave@example.org",
            ["------------------------------\nTo unsubscribe, write to tea-leave@example.org"],
        ),
        ("own\n\nTo unsubscribe from this group, send a mail.", ["To unsubscribe from this group, send a mail."]),
        (
            "own\n\n—\nReply to this email directly, view it on GitHub.",
            ["—\nReply to this email directly, view it on GitHub."],
        ),
        ("own\n\nSent from my iPhone", ["Sent from my iPhone"]),
        ("own\n\nSent from my iPhone\n\n> x", ["Sent from my iPhone", "> x"]),
        ("own\nGet Outlook for Android", ["Get Outlook for Android"]),
        ("own\n\nVon meinem iPhone gesendet\n", ["Von meinem iPhone gesendet"]),
        ("own\n\nEnvoyé de mon iPhone", ["Envoyé de mon iPhone"]),
        (
            "own\n\n-----Original Message-----\nFrom: Bob\nSent: Monday\nTo: Ann\nSubject: Tea\n\nBob's.",
            ["-----Original Message-----\nFrom: Bob\nSent: Monday\nTo: Ann\nSubject: Tea\n\nBob's."],
        ),
        (
            "own\n\n---------- Forwarded message ----------\nFrom: Bob\n\nBob's.",
            ["---------- Forwarded message ----------\nFrom: Bob\n\nBob's."],
        ),
        (
            "own\n________________________________\nFrom: Bob\nTo: Ann\nCc: \nSent: Monday\nSubject: Tea\n\nBob's.",
            ["________________________________\nFrom: Bob\nTo: Ann\nCc: \nSent: Monday\nSubject: Tea\n\nBob's."],
        ),
        (
            "own\n\nVon: Bob\nGesendet: Montag\nAn: Ann\nBetreff: Tee\n\nBobs.",
            ["Von: Bob\nGesendet: Montag\nAn: Ann\nBetreff: Tee\n\nBobs."],
        ),
        (
            "-----Original Message-----\nFrom: Bob\nSubject: Tea\n\n> Is it far?\nNo.\n> And cold?\nYes.",
            ["-----Original Message-----\nFrom: Bob\nSubject: Tea", "> Is it far?", "> And cold?"],
        ),
        (
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nown\n-----BEGIN PGP SIGNATURE-----\nV: 1\n\nab=\n"
            "-----END PGP SIGNATURE-----\n",
            [
                "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1",
                "-----BEGIN PGP SIGNATURE-----\nV: 1\n\nab=\n-----END PGP SIGNATURE-----",
            ],
        ),
        (
            "own\n-------------- next part --------------\nAn HTML attachment was scrubbed...\nURL: http://example.org/a.html\n",
            [
                "-------------- next part --------------\nAn HTML attachment was scrubbed...\nURL: http://example.org/a.html"
            ],
        ),
        (
            "own\n-------------- next part --------------\nA attachment was scrubbed...\nName: a.py\nURL: <u>\n\nmore",
            ["-------------- next part --------------\nA attachment was scrubbed...\nName: a.py\nURL: <u>"],
        ),
    ],
)
def test_ends_of_mails(text: str, expected: list[str]) -> None:
    assert asides(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "first\n\n---\n\nsecond part of what I say",
        "own\n--\n" + "a paragraph that goes on, well beyond the width that a signature has, for some words more",
        "own\n-- \n" + "a line\n" * 13,
        "own\n--\n" + "a line\n" * 5,
        "--\nAnn",
        "a -- b\n--verbose is a flag\n",
        "Title\n==========\nThe mailing is late.",
        "It was sent from my office to yours, and that is the point.",
        "Sent from my office, the letter took three weeks to arrive, which nobody had expected of the post.",
        "From: London\nTo: Paris\nDate: Monday",
        "own\nFrom: London\nTo: Paris\nDate: Monday",
        "From: Bob\nTo: Ann\nSubject: a mail pasted whole\n\nHello.",
        "You can unsubscribe at any time. To unsubscribe is easy.",
    ],
)
def test_what_only_looks_added(text: str) -> None:
    assert asides(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Read the rules.\n\n*I am a bot, and this action was performed automatically. Contact us.*",
            ["*I am a bot, and this action was performed automatically. Contact us.*"],
        ),
        ("5 km is 3.1 miles\n\n^(I'm a bot, beep boop)", ["^(I'm a bot, beep boop)"]),
        ("Good.\n\n^I ^am ^a ^bot. ^Feedback", ["^I ^am ^a ^bot. ^Feedback"]),
        ("*Beep boop* the answer is 42", ["*Beep boop* the answer is 42"]),
        (
            "This issue has been automatically marked as stale because it has not had recent activity.\n\nThank you.",
            ["This issue has been automatically marked as stale because it has not had recent activity.\n\nThank you."],
        ),
        (
            "This thread has been automatically locked since there has been no recent activity.",
            ["This thread has been automatically locked since there has been no recent activity."],
        ),
    ],
)
def test_bots(text: str, expected: list[str]) -> None:
    assert asides(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I am a bot developer, and I like automation.",
        "People think I'm a bot. I am not.",
        "The issue was closed automatically by the merge.",
        "I closed this issue because nobody answered; there was no activity.",
        "It went beep.",
    ],
)
def test_people_who_talk_of_bots(text: str) -> None:
    assert asides(text) == []


def test_long_texts() -> None:
    assert asides("word " * 2_000_000) == []
    assert asides("a line of words -- and more\n" * 300_000) == []
    assert len(asides("> quoted\n\n" * 100_000)) == 100_000
    assert asides("> quoted\n" * 500_000 + "own") == ["> quoted\n" * 499_999 + "> quoted"]
    assert asides("\n" * 1_000_000) == []
    assert len(asides("--\n" * 100_000)) < 9
    assert asides("I am a bot " * 100_000) == []
    assert asides("From: a\n" * 100_000) == []
    assert asides("wrote: " * 100_000 + "\n> a\nb") == ["> a"]
    assert asides("|" * 100_000 + "\n" + "|" * 100_000) == []


LINES = st.sampled_from(
    """> a,>> b,>>> c,>,own,,-- ,--,Ann wrote:,On 3 Jan Ann,```,\r,> 5,  > x,\t,https://lists.example.org/x,é😀,stale
[quote=x],[/quote],| a,____________,------------,Tea mailing list,To unsubscribe
-----Original Message-----,From: a,To: b,Subject: c
| b | c,Sent from my iPhone
*I am a bot; beep boop*,This issue was automatically closed,Begin forwarded message:""".replace("\n", ",").split(",")
)


@settings(max_examples=600, deadline=None)
@given(
    st.one_of(
        st.lists(LINES, max_size=14).map("\n".join), st.text(alphabet="> |-\n\r`_:awrote1", max_size=60), st.text()
    )
)
def test_any_text(text: str) -> None:
    last = -1
    for start, end in find_asides(text):
        assert last < start < end <= len(text)
        assert not text[end - 1].isspace()
        last = end


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6)


@given(SPANS, SPANS)
def test_merged(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> None:
    spans = merged(one, two)
    covered = {at for start, end in one + two for at in range(start, end)}
    assert {at for start, end in spans for at in range(start, end)} == covered
    assert all(end < start for (_, end), (start, _) in pairwise(spans))
    assert merged(spans) == spans


def test_what_is_looked_for_first_is_in_every_hint() -> None:
    assert all(any(part in hint for part in boilerplate._IN_HINTS) for hint in boilerplate._HINTS)
