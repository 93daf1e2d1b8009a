from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.errors import Malformed
from qa.formats import ReadOptions, read_comments

LRM = "\u200e"


@pytest.fixture
def drafts(tmp_path: Path):
    def run(text: str, name: str = "_chat.txt") -> list:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return list(read_comments(path, "s", ReadOptions(format="whatsapp"))._drafts)

    return run


IPHONE = (
    f"{LRM}[12/03/2024, 14:05:01] Fig growers: {LRM}Messages and calls are end-to-end encrypted.\r\n"
    "[12/03/2024, 14:05:33] Ada B: When do we water?\r\n"
    "[13/03/2024, 06:00:00] ~\u202fGrace: At dawn.\nThe hill: first\n\nThen the valley.\r\n"
    f"{LRM}[13/03/2024, 06:01:00] Ada B: {LRM}image omitted\r\n"
    f"[13/03/2024, 06:02:00] Ada B: {LRM}This message was deleted.\r\n"
    f"[13/03/2024, 06:03:00] Ada B: Ripe ones {LRM}<attached: 0001-PHOTO.jpg>\r\n"
    f"[13/03/2024, 06:04:00] Ada B: At dusk {LRM}<This message was edited>\r\n"
)
ANDROID = (
    "3/12/24, 2:05 PM - Messages and calls are end-to-end encrypted.\n"
    '3/12/24, 2:05 PM - Ada changed the subject to "Figs: all"\n'
    "3/12/24, 2:06 PM - Ada: When do we water?\n"
    "3/13/24, 12:30 AM - \u202a+44 20 7946 0000\u202c: At dawn - or later: see\n"
    "3/13/24, 12:31 AM - Ada: <Media omitted>\n"
    "3/13/24, 12:31 PM - Ada: IMG-1.jpg (file attached)\nripe ones\n"
    "3/13/24, 12:32 PM - Ada: You deleted this message\n"
)


def test_iphone(tmp_path: Path, read_file) -> None:
    path = tmp_path / "_chat.txt"
    path.write_bytes(IPHONE.encode())
    (first, second, third, last), reader = read_file(path)
    assert reader.format == "whatsapp"
    assert (first.author, first.text, first.thread_title) == ("Ada B", "When do we water?", None)
    assert first.created_at == datetime(2024, 3, 12, 14, 5, 33, tzinfo=UTC)
    assert (first.record, first.line_start, first.line_end, first.url, first.parent_id) == (2, 2, 2, None, None)
    assert (second.author, second.text) == ("Grace", "At dawn.\nThe hill: first\n\nThen the valley.")
    assert (second.line_start, second.line_end) == (3, 6)
    assert (third.text, last.text) == ("Ripe ones", "At dusk")
    counts = reader.counts
    assert (counts.notices, counts.empty, counts.deleted, counts.records) == (1, 1, 1, 7)


def test_android(read) -> None:
    (first, second, third), reader = read(ANDROID, name="WhatsApp Chat with Fig growers.txt")
    assert (reader.format, first.thread_title) == ("whatsapp", "Fig growers")
    assert (first.author, first.created_at) == ("Ada", datetime(2024, 3, 12, 14, 6, tzinfo=UTC))
    assert (second.author, second.text) == ("+44 20 7946 0000", "At dawn - or later: see")
    assert second.created_at == datetime(2024, 3, 13, 0, 30, tzinfo=UTC)
    assert (third.text, third.created_at) == ("ripe ones", datetime(2024, 3, 13, 12, 31, tzinfo=UTC))
    counts = reader.counts
    assert (counts.notices, counts.empty, counts.deleted, counts.records) == (2, 1, 1, 7)


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("12/03/2024, 14:05 - Ada: x", datetime(2024, 3, 12, 14, 5)),
        ("12.03.24, 14:05 - Ada: x", datetime(2024, 3, 12, 14, 5)),
        ("12-03-2024 14:05 - Ada: x", datetime(2024, 3, 12, 14, 5)),
        ("2024-03-12, 2:05 p.m. - Ada: x", datetime(2024, 3, 12, 14, 5)),
        ("12/03/24, 2:05\u202fpm - Ada: x", datetime(2024, 3, 12, 14, 5)),
        ("3/12/24, 2:05\u202fPM - Ada: x", datetime(2024, 3, 12, 14, 5)),
        ("[12.3.2024 klo 14.05.33] Ada: x", datetime(2024, 3, 12, 14, 5, 33)),
        ("[2024. 3. 12. 오후 2:05:33] Ada: x", datetime(2024, 3, 12, 14, 5, 33)),
        ("[2024/3/12 上午12:05:33] Ada: x", datetime(2024, 3, 12, 0, 5, 33)),
        ("\u200e[12/03/2024, 14:05:33] Ada: x", datetime(2024, 3, 12, 14, 5, 33)),
        ("31/02/2024, 14:05 - Ada: x", None),
        ("12/03/2024, 25:05 - Ada: x", None),
    ],
)
def test_dates(drafts, line: str, moment: datetime | None) -> None:
    (one,) = drafts(f"{line}\n")
    assert (one.author, one.text) == ("Ada", "x")
    assert one.created_at == (moment.replace(tzinfo=UTC) if moment else None)


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (("1/2/24, 9:00", "13/2/24, 9:00"), (2024, 2, 1)),
        (("1/2/24, 9:00", "1/13/24, 9:00"), (2024, 1, 2)),
        (("1/2/24, 9:00", "2/1/24, 9:00", "3/1/24, 9:00", "1/2/24, 9:05"), (2024, 2, 1)),
        (("1/2/24, 9:00", "2/2/24, 9:00", "1/3/24, 9:00"), (2024, 2, 1)),
        (("1/2/24, 9:00", "1/3/24, 9:00", "2/1/24, 9:00"), (2024, 1, 2)),
        (("1/2/24, 9:00 AM", "1/2/24, 9:01 AM"), (2024, 1, 2)),
        (("1/2/24, 9:00 am", "1/2/24, 9:01 am"), (2024, 2, 1)),
        (("1/2/24, 9:00", "1/2/24, 9:01"), (2024, 2, 1)),
    ],
)
def test_the_order_of_day_and_month(drafts, dates: tuple[str, ...], first: tuple[int, int, int]) -> None:
    found = drafts("".join(f"{date} - Ada: x\n" for date in dates))
    assert (found[0].created_at.year, found[0].created_at.month, found[0].created_at.day) == first


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ("Ada: hello", "comment", "hello"),
        ("Ada:", "comment", ""),
        ("Ada created group “Figs”", "notice", "Ada created group “Figs”"),
        ("Ada changed the subject to “Figs: all”", "notice", "Ada changed the subject to “Figs: all”"),
        (f"Figs: {LRM}Ada added Grace", "notice", "Ada added Grace"),
        (f"Ada: {LRM}You deleted this message.", "deleted", "You deleted this message."),
        ("Ada: Diese Nachricht wurde gelöscht.", "deleted", "Diese Nachricht wurde gelöscht."),
        ("Ada: This message was deleted, they said", "comment", "This message was deleted, they said"),
        ("Ada: <Medien ausgeschlossen>", "comment", ""),
        ("Ada: <b>bold</b>", "comment", "<b>bold</b>"),
        ("Ada: look <here> now", "comment", "look <here> now"),
        (f"Ada: {LRM}<attached: 1-a.jpg>", "comment", ""),
        ("Ada: plan.pdf (file attached)", "comment", ""),
        ("Ada: plan.pdf (the old one)", "comment", "plan.pdf (the old one)"),
        ("Ada: x <This message was edited>", "comment", "x"),
    ],
)
def test_what_a_record_is(drafts, said: str, kind: str, text: str) -> None:
    (one,) = drafts(f"12/03/2024, 14:05 - {said}\n")
    assert (one.kind, one.text) == (kind, text)


def test_text_before_the_first_message_is_kept(drafts) -> None:
    first, second = drafts("the end of something\n\n12/03/2024, 14:05 - Ada: x\n\n")
    assert (first.text, first.author, first.line_start, first.line_end) == ("the end of something", None, 1, 1)
    assert (second.text, second.line_start, second.line_end, second.record) == ("x", 3, 3, 2)


@pytest.mark.parametrize(
    "text",
    [
        "[2024-03-01 10:22] alice: hi\n[2024-03-01 10:23] bob: end-to-end?\n[2024-03-01 10:24] alice: yes\n",
        "2024-03-01 10:22 - alice: hi\n2024-03-01 10:23 - bob: ho\n2024-03-01 10:24 - alice: yes\n",
        "[2024-03-01 10:22] <alice> hi\n[2024-03-01 10:23] <bob> ho\n[2024-03-01 10:24] <alice> yes\n",
        "12/03/2024 10:22 - alice: hi\n12/03/2024 10:23 - bob: ho\n12/03/2024 10:24 - alice: yes\n",
        "12/03/2024, 10:22 - the meeting began\nIt was long.\n",
        "A title\n12/03/2024, 10:22 - a: b\n12/03/2024, 10:23 - a: b\n12/03/2024, 10:24 - a: b\n",
    ],
)
def test_other_logs_are_not_taken(read, text: str) -> None:
    assert read(text)[1].format == "text"


def test_what_is_no_chat(drafts) -> None:
    with pytest.raises(Malformed):
        drafts("no date anywhere\n")
