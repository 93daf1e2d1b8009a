from __future__ import annotations

import base64
import email
import mailbox
import random
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import Malformed, NoComments, QAError
from qa.formats import ReadOptions, read_comments
from qa.formats.platforms.mail import bodies
from qa.formats.platforms.mail import mailbox as splitting
from qa.formats.platforms.mail.headers import moment_of

FIRST = """\
From ada at example.org  Thu Mar  7 10:22:00 2024
From: ada at example.org (Ada Byron)
Date: Thu, 7 Mar 2024 12:22:00 +0200
Subject: [figs] Watering the
\t=?utf-8?q?caf=C3?= =?utf-8?q?=A9's?= fig
Message-ID: <a1@example.org>

When do we water it?

From the look of it, today.

"""
SECOND = """\
From grace at example.org  Thu Mar  7 11:00:00 2024
From: "Hopper, Grace" <grace@example.org>
Date: Thu, 07 Mar 2024 11:00:00 GMT
Subject: Re: [figs] RE: Watering the fig
In-Reply-To: <a1@example.org>
References: <a0@example.org>
 <a1@example.org>
Message-ID: <b2@example.org>
Archived-At: <https://lists.example.org/figs/b2>

> When do we water it?
At dawn.
>From here it looks dry.

"""


def drafts(path: Path) -> list:
    return list(read_comments(path, "s")._drafts)


@pytest.fixture
def draft(tmp_path: Path):
    def run(fields: str, body: str | bytes = "text\n"):
        path = tmp_path / "one.eml"
        head = f"From: Ada <ada@example.org>\nDate: Thu, 7 Mar 2024 10:00:00 +0000\nMIME-Version: 1.0\n{fields}\n"
        path.write_bytes(head.encode("latin-1") + b"\n" + (body.encode() if isinstance(body, str) else body))
        (one,) = drafts(path)
        return one

    return run


def test_every_field(tmp_path: Path, read_file) -> None:
    path = tmp_path / "2024-March.txt"
    path.write_text(FIRST + SECOND, encoding="utf-8")
    (first, second), reader = read_file(path)
    assert reader.format == "mbox"
    assert (first.author, first.thread_title) == ("Ada Byron", "Watering the café's fig")
    assert first.text == "When do we water it?\n\nFrom the look of it, today."
    assert first.created_at == datetime(2024, 3, 7, 10, 22, tzinfo=UTC)
    assert (first.comment_id, first.thread_id, first.parent_id) == ("mail:a1@example.org", "mail:a1@example.org", None)
    assert (first.url, first.record, first.field) == (None, 1, "text/plain")
    assert (first.line_start, first.line_end) == (1, 10)
    assert (second.author, second.thread_title) == ("Hopper, Grace", "Watering the fig")
    assert second.text == "> When do we water it?\nAt dawn.\nFrom here it looks dry."
    assert (second.comment_id, second.parent_id) == ("mail:b2@example.org", "mail:a1@example.org")
    assert second.thread_id == first.thread_id
    assert (second.url, second.record) == ("https://lists.example.org/figs/b2", 2)
    assert (second.line_start, second.line_end) == (12, 24)


def test_line_ends_and_compression_change_nothing(tmp_path: Path, read_file) -> None:
    plain, windows = tmp_path / "a.mbox", tmp_path / "b.mbox"
    plain.write_text(FIRST + SECOND, encoding="utf-8", newline="\n")
    windows.write_text(FIRST + SECOND, encoding="utf-8", newline="\r\n")
    one, other = read_file(plain)[0], read_file(windows)[0]
    assert [(c.text, c.thread_title, c.line_start, c.line_end) for c in one] == [
        (c.text, c.thread_title, c.line_start, c.line_end) for c in other
    ]


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("From bob@example.org Thu Mar  7 10:22:00 2024\nFrom: bob", True),
        ("From - Thu Mar 07 10:22:00 2024\nX-Mozilla-Status: 0001", True),
        ("From 17@xxx Thu Mar 07 10:22:00 +0000 2024\nX-GM-THRID: 1", True),
        ("From bob@example.org Thu Mar  7 10:22:00 CET 2024\nReceived: x", True),
        ("From what Bob said in 2024\nTo: nobody", False),
        ("From Thursday, Mar 7 we begin.\nNote: early", False),
        ("From bob@example.org Thu Mar  7 10:22:00 2024\nno header follows", False),
        (">From bob@example.org Thu Mar  7 10:22:00 2024\nFrom: bob", False),
    ],
)
def test_what_begins_a_message(tmp_path: Path, line: str, begins: bool) -> None:
    path = tmp_path / "a.mbox"
    path.write_text(f"{FIRST}{line}\n\nbody\n", encoding="utf-8")
    assert len(drafts(path)) == 1 + begins
    path.write_text(f"{FIRST.rstrip()}\n{line}\n\nbody\n", encoding="utf-8")
    assert len(drafts(path)) == 1


def test_blocks_hide_no_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "_LONGEST", 120)
    path = tmp_path / "a.mbox"
    path.write_text((FIRST + SECOND) * 3, encoding="utf-8")
    monkeypatch.setattr(splitting, "_BLOCK", 1 << 20)
    expected = [(d.text, d.line_start, d.line_end) for d in drafts(path)]
    assert len(expected) == 6
    for size in (130, 131, 137, 200, 333, 500, 1000):
        monkeypatch.setattr(splitting, "_BLOCK", size)
        assert [(d.text, d.line_start, d.line_end) for d in drafts(path)] == expected


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Ada Byron <ada@example.org>", "Ada Byron"),
        ('"Ada \\"A\\" Byron" <ada@example.org>', 'Ada "A" Byron'),
        ("ada@example.org (Ada (Countess) Byron)", "Ada (Countess) Byron"),
        ("ada at example.org (=?iso-8859-1?Q?Jo=E3o_M?=)", "João M"),
        ("=?UTF-8?B?w4RkYSDFgQ==?= <ada@example.org>", "Äda Ł"),
        ("<ada@example.org>", "ada@example.org"),
        ("ada@example.org", "ada@example.org"),
        ("Ada Byron", "Ada Byron"),
        ("J\xf6rg <j@example.org>", "Jörg"),
        ("=?x-none?q?J=F6rg?= <j@example.org>", "Jörg"),
        ("=?utf-8?b?w4Rk*?= <j@example.org>", "Äd"),
    ],
)
def test_authors(tmp_path: Path, written: str, name: str) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(
        f"From: {written}\nDate: Thu, 7 Mar 2024 10:00:00 +0000\nMessage-ID: <x@y>\n\nhi\n".encode("latin-1")
    )
    assert drafts(path)[0].author == name


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ("Subject: Re: Aw: FWD: [figs] Re[2]: Dry", "Dry"),
        ("Subject: [figs] [dates] Dry", "[dates] Dry"),
        ("Subject: [Solved] Dry\nTo: bob@example.org", "[Solved] Dry"),
        ("Subject: [Solved] Dry\nList-Id: <figs.example.org>", "[Solved] Dry"),
        ("Subject: [Fig-Talk] Dry\nList-Id: <fig-talk.example.org>", "Dry"),
        ("Subject: [PATCH v2 1/3] Dry", "[PATCH v2 1/3] Dry"),
        ("Subject: Re:", "Re:"),
        ("Subject: Research: figs", "Research: figs"),
        ("Subject: =?utf-8?q?Re=3A_a_b?=", "a b"),
        ("Subject: =?utf-8?q?a b?= =?utf-8?b?!!!?=", "a b"),
        ("Subject:", None),
    ],
)
def test_subjects(draft, fields: str, title: str | None) -> None:
    assert draft(fields).title == title


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain; charset=utf-8", "caf\u00e9".encode(), "café"),
        ("text/plain; charset=us-ascii", "caf\u00e9".encode(), "café"),
        ("text/plain; charset=us-ascii", b"caf\xe9 \x93x\x94 \x81", "café “x” \x81"),
        ("text/plain; charset=utf-8", b"caf\xe9", "café"),
        ("text/plain; charset=iso-8859-1", b"\x93x\x94 \xe9", "“x” é"),
        ("text/plain; charset=no-such", b"caf\xe9", "café"),
        ("text/plain; charset=unicode_escape", b"a\\x41 \xe9", "a\\x41 é"),
        ("text/plain; charset=rot13", b"caf\xe9", "café"),
        ("text/plain; charset*=utf-8'en'koi8-r", b"caf\xc3\xa9", "café"),
        ('text/plain; charset="koi8-r"', "да".encode("koi8-r"), "да"),
        ("text/plain; charset=gb2312", "開".encode("gb18030"), "開"),
        ("text/plain; charset=iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
        ("text/plain; charset=utf-7", b"+2AA- a", "\ufffd a"),
        ("text", b"words", "words"),
        ("text/markdown", b"# words", "# words"),
        ("text/calendar", b"BEGIN:VCALENDAR", ""),
        ("image/png", b"\x89PNG", ""),
        ("multipart/mixed", b"no boundary", "no boundary"),
        ("multipart/mixed; boundary=x", b"no part", "no part"),
    ],
)
def test_charsets_and_kinds(draft, content_type: str, body: bytes, text: str) -> None:
    assert draft(f"Content-Type: {content_type}", body).text == text


def test_transfer_encodings(draft) -> None:
    quoted = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable"
    assert draft(quoted, "caf=C3=A9 is=\n open =zz\n").text == "café is open =zz"
    packed = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: BASE64"
    whole = base64.encodebytes("café is open, come in".encode())
    assert draft(packed, whole).text == "café is open, come in"
    assert draft(packed, whole.rstrip(b"=\n")[:-1]).text.startswith("café is open, come")
    assert draft(packed, b"????").text == ""


def test_flowed_lines(draft) -> None:
    body = "One \nline.\n> quoted \n> line\n>> deeper \n> end\n From here\n-- \nAda \nByron\n"
    flowed = draft('Content-Type: text/plain; format="flowed"', body)
    assert flowed.text == "One line.\n> quoted line\n>> deeper \n> end\nFrom here\n-- \nAda Byron"
    assert draft("Content-Type: text/plain; format=flowed; delsp=yes", "日 \n本\n").text == "日本"
    assert draft("Content-Type: text/plain", "One \nline.\n").text == "One \nline."


def part(kind: str, text: str, fields: str = "") -> str:
    return f"Content-Type: {kind}\n{fields}\n{text}\n"


def multipart(kind: str, *parts: str, boundary: str = "=_b") -> str:
    inner = "".join(f"--{boundary}\n{one}" for one in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\npreamble\n{inner}--{boundary}--\nepilogue\n'


def test_parts(draft) -> None:
    both = multipart("alternative", part("text/plain", "plain"), part("text/html", "<p>html</p>"), boundary="in")
    named = part("text/plain", "file", "Content-Disposition: attachment; filename=a.txt\n")
    loose = part('text/plain; name="b.txt"', "file")
    forwarded = part("message/rfc822", "Subject: x\n\nsomebody else's words")
    footer = part("text/plain", "the list's footer")
    fields, _, body = multipart("mixed", both, named, loose, forwarded, footer).partition("\n\n")
    assert draft(fields, body).text == "plain\n\nthe list's footer"
    fields, _, body = multipart(
        "signed", part("text/plain", "signed"), part("application/pgp-signature", "x")
    ).partition("\n\n")
    assert draft(fields, body).text == "signed"
    cut = body[: body.index("--=_b\nContent-Type: application")]
    assert draft(fields, cut).text == "signed"


def test_html(draft) -> None:
    pytest.importorskip("qa.formats.markup.html")
    one = draft("Content-Type: text/html; charset=utf-8", "<p>Only <b>HTML</b> &amp; so</p>")
    assert (one.text, one.field) == ("Only HTML & so", "text/html")
    empty = part("text/plain", " ")
    fields, _, body = multipart("alternative", empty, part("text/html", "<p>hello</p>")).partition("\n\n")
    assert draft(fields, body).text == "hello"


def test_asides(draft) -> None:
    signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n"
    signature = "-----BEGIN PGP SIGNATURE-----\n\niQx\n=1\n-----END PGP SIGNATURE-----\n"
    note = "-------------- next part --------------\nAn HTML attachment was scrubbed...\nURL: http://x.org/a.htm \n"
    other = (
        "-------------- next part --------------\nA non-text attachment was scrubbed...\nName: a.png\nURL: <http://x>"
    )
    one = draft("", f"{signed}My words.\n{signature}More.\n{note}And more.\n{other}\n")
    assert [one.text[start:end] for start, end in one.asides] == [signed, signature, note, other]
    assert draft("", "-----BEGIN PGP SIGNATURE-----\nno end\n").asides == ()


def test_threads(tmp_path: Path) -> None:
    def mail(own: str, fields: str, day: int = 7) -> str:
        head = f"From x Thu Mar  {day} 10:22:00 2024\nFrom: a@b\nDate: Thu, {day} Mar 2024 10:22:00 +0000\n"
        return f"{head}{f'Message-ID: <{own}@h>' if own else 'X-No: id'}\n{fields}\n\ntext of {own}\n\n"

    path = tmp_path / "a.mbox"
    path.write_text(
        mail("1", "Subject: Figs")
        + mail("2", "Subject: Re: Figs\nIn-Reply-To: Your message of today <1@h>")
        + mail("3", "Subject: Other\nIn-Reply-To: <2@h>")
        + mail("4", "Subject: RE: figs")
        + mail("5", "Subject: Figs")
        + mail("6", "Subject: x\nReferences: <0@h> <9@h>")
        + mail("7", "Subject: x\nReferences: <6@h>")
        + mail("8", "Subject: y\nIn-Reply-To: <8@h>\nReferences: <8@h>")
        + mail("", "Subject: z\nIn-Reply-To: <1 at h>")
        + mail("", "Subject: alone"),
        encoding="utf-8",
    )
    found = [(d.record_id, d.parent_id, d.thread_id) for d in drafts(path)]

    def name(one: str | None) -> str | None:
        return None if one is None else f"mail:{one}@h"

    expected = [("1", None, "1"), ("2", "1", "1"), ("3", "2", "1"), ("4", None, "1"), ("5", None, "5")]
    expected += [("6", "9", "0"), ("7", "6", "0"), ("8", None, "8"), (None, "1", "1"), (None, None, None)]
    assert found == [(name(own), name(parent), name(root)) for own, parent, root in expected]
    comments = list(read_comments(path, "s"))
    assert (comments[-2].parent_id, comments[-2].comment_id[:2]) == ("mail:1@h", "s#")


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Thu, 7 Mar 2024 10:00:00 -0500 (EST)", datetime(2024, 3, 7, 15, tzinfo=UTC)),
        ("7 Mar 24 10:00 EST", datetime(2024, 3, 7, 15, tzinfo=UTC)),
        ("2024-03-07 10:00:00", datetime(2024, 3, 7, 10, tzinfo=UTC)),
        ("yesterday", datetime(2024, 3, 9, 1, 2, 3, tzinfo=UTC)),
        ("Thu, 7 Mar 99999 10:00:00 +9999", datetime(2024, 3, 9, 1, 2, 3, tzinfo=UTC)),
        ("", datetime(2024, 3, 9, 1, 2, 3, tzinfo=UTC)),
    ],
)
def test_dates(tmp_path: Path, date: str, moment: datetime) -> None:
    path = tmp_path / "a.mbox"
    path.write_text(f"From x Sat Mar  9 01:02:03 2024\nFrom: a@b\nDate: {date}\n\nhi\n", encoding="utf-8")
    assert drafts(path)[0].created_at == moment


def test_deleted_notices_and_empty(tmp_path: Path) -> None:
    head = "From x Sat Mar  9 01:02:03 2024\nFrom: a@b\n"
    path = tmp_path / "a.mbox"
    path.write_text(
        f"{head}X-IMAP: 1 2\nSubject: FOLDER INTERNAL DATA\n\ndata\n\n"
        f"{head}X-Mozilla-Status: 0009\n\ngone\n\n{head}X-Status: D\n\ngone\n\n"
        f"{head}X-Mozilla-Status: zz\n\nhere\n\n{head}\n",
        encoding="utf-8",
    )
    reader = read_comments(path, "s")
    assert [c.text for c in reader] == ["here"]
    counts = reader.counts
    assert (counts.notices, counts.deleted, counts.empty, counts.records) == (1, 2, 1, 5)


def test_maildir(tmp_path: Path, read_file) -> None:
    message = SECOND.split("\n", 1)[1]
    for name, kind in (("1.M1P1.host:2,S", "comment"), ("1.M1P1.host:2,ST", "deleted"), ("new.T", "comment")):
        path = tmp_path / "cur" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(message, encoding="utf-8")
        reader = read_comments(path, "s")
        (one,) = reader._drafts
        assert (reader.format, one.kind, one.record, one.line_start, one.line_end) == ("eml", kind, 1, 1, 12)
    assert read_file(tmp_path / "cur" / "new.T")[0][0].comment_id == "mail:b2@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "From: alice\nDate: 2024-03-01 10:22\n\nHello there.\n",
        "From the beginning of 2024\nNote: this\n\nis text.\n",
        "From: alice\nReceived: yes\nnot a header\n\nHello.\n",
    ],
)
def test_other_text_is_not_taken(read, text: str) -> None:
    assert read(text)[1].format == "text"


def test_what_is_no_mailbox(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Hello\n", encoding="utf-8")
    with pytest.raises(Malformed):
        list(read_comments(path, "s", ReadOptions(format="mbox")))
    path.write_bytes(b"")
    with pytest.raises((Malformed, NoComments)):
        list(read_comments(path, "s", ReadOptions(format="mbox")))
    reader = read_comments(path, "s", ReadOptions(format="eml"))
    assert (list(reader), reader.counts.empty) == ([], 1)


def test_damaged_mail_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = multipart("alternative", part("text/plain; charset=utf-8", "pl\u00e4in"), boundary="in")
    mixed = multipart("mixed", both, part("text/plain; format=flowed", "a \nb"))
    source = f"{FIRST[:-1]}From x Sat Mar  9 01:02:03 2024\nFrom: a@b\n{mixed}\n{SECOND}".encode()
    chance = random.Random(7)
    path = tmp_path / "a.mbox"
    for _ in range(1500):
        damaged = bytearray(source)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(60, len(damaged))
            damaged[at : at + chance.choice((0, 1, 9))] = chance.choice(
                (b"", b"\0", b"\xff", b"\n", b"=?", b"\xed\xa0\x80", b";", b'"', b":", b"--=_b--", b"\r")
            )
        path.write_bytes(damaged)
        try:
            reader = read_comments(path, "s", ReadOptions(format="mbox"))
            list(reader)
            assert reader.counts.records
        except QAError:
            pass


def test_long_headers_take_no_long_time(draft) -> None:
    """Each of these took minutes where a step was repeated for every place."""
    assert draft("Subject: " + "Re: " * 200_000 + "figs").title == "figs"
    assert draft("Content-Type: text/plain" + ';x="' * 200_000).text == "text"
    assert draft("Subject: " + "=?" * 200_000).title
    assert draft("", "-----BEGIN PGP SIGNATURE-----\n" * 3000).asides == ()


def test_deep_containers_are_bounded(draft) -> None:
    nested = part("text/plain", "deep")
    for level in range(400):
        nested = multipart("mixed", nested, boundary=f"b{level}x")
    fields, _, body = nested.partition("\n\n")
    assert "--b" in draft(fields, body).text
    assert bodies._DEEPEST < 100


@pytest.mark.shared
def test_the_real_archive(shared: Path) -> None:
    paths = sorted(shared.glob("exports/pipermail_mbox/*.txt"))
    assert paths
    for path in paths:
        raw = list(mailbox.mbox(path, create=False))
        reader = read_comments(path, path.name)
        found = list(reader)
        assert reader.format == "mbox"
        assert reader.counts.records == len(raw), path
        assert len(found) + reader.counts.empty + reader.counts.duplicates == len(raw)
        lines = path.read_bytes().split(b"\n")
        for comment in found:
            message = email.message_from_bytes(raw[comment.record - 1].as_bytes())
            assert comment.comment_id == "mail:" + message["Message-ID"].strip("<> \n")
            assert comment.created_at == parsedate_to_datetime(message["Date"]).astimezone(UTC)
            assert comment.parent_id == (
                "mail:" + message["In-Reply-To"].strip("<> \n") if message["In-Reply-To"] else comment.parent_id
            )
            assert message.get_payload().strip("\n").replace("\n>From ", "\nFrom ") == comment.text
            assert lines[comment.line_start - 1].startswith(b"From ")
            assert comment.text.split("\n")[-1].encode() in lines[comment.line_end - 1]
            name = str(email.header.make_header(email.header.decode_header(message["From"])))
            assert comment.author == (name[name.index("(") + 1 : -1] if "(" in name else name.split("<")[0].strip())
            title = " ".join(str(email.header.make_header(email.header.decode_header(message["Subject"]))).split())
            assert title.endswith(comment.thread_title)
            assert len(comment.thread_title) > 2 or len(title) < 24


@given(
    st.datetimes(datetime(1910, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),
    st.integers(-19 * 60, 19 * 60),
    st.sampled_from(["{:%a, %d %b %Y %H:%M:%S %z}", "{:%a, %d %b %Y %H:%M:60 %z}", "{:Xxx, 31 %b %Y %H:%M:%S %z}"]),
)
def test_dates_are_read_as_the_standard_library_reads_them(moment: datetime, minutes: int, form: str) -> None:
    written = form.format(moment.astimezone(timezone(timedelta(minutes=minutes))))
    try:
        expected = parsedate_to_datetime(written)
    except ValueError:
        assert moment_of(written) is None
    else:
        assert moment_of(written) == expected
