from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from qa.errors import Malformed, QAError
from qa.formats import CommentReader, read_comments
from qa.formats.contents import Content
from qa.formats.platforms.semeval import PLATFORM
from qa.formats.samples import take_sample
from qa.records import Comment

Reading = tuple[list[Comment], CommentReader]


def thread(number: str, same: str = "", body: str = "Where is &amp; how?\nTell me.", comments: int = 2) -> str:
    same = f' SubtaskA_Skip_Because_Same_As_RelQuestion_ID="{same}"' if same else ""
    below = "".join(
        f'<RelComment RELC_ID="{number}_C{n}" RELC_DATE="2013-05-0{n} 07:23:20" RELC_USERID="U{n}" '
        f'RELC_USERNAME="bob{n}" RELC_RELEVANCE2RELQ="Good">\n<RelCText>Answer {n}</RelCText>\n</RelComment>\n'
        for n in range(1, comments + 1)
    )
    return (
        f'<Thread THREAD_SEQUENCE="{number}"{same}>\n'
        f'<RelQuestion RELQ_ID="{number}" RELQ_RANKING_ORDER="4" RELQ_DATE="2013-05-02 19:43:00" '
        f'RELQ_USERID="U1" RELQ_USERNAME="ann">\n<RelQSubject>Tea </RelQSubject>\n<RelQBody>{body}</RelQBody>\n'
        f"</RelQuestion>\n{below}</Thread>\n"
    )


def org(inside: str) -> str:
    return (
        '<OrgQuestion ORGQ_ID="Q1">\n<OrgQSubject>Best tea</OrgQSubject>\n<OrgQBody>Which tea?</OrgQBody>\n'
        f"{inside}</OrgQuestion>\n"
    )


WITH_QUERIES = '<xml version="1.0">\n' + org(thread("Q1_R4")) + org(thread("Q1_R9", comments=1)) + "</xml>\n"
ALONE = '<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n' + thread("Q1_R4") + thread("Q1_R9", comments=1) + "</xml>\n"


@pytest.mark.parametrize(("data", "first"), [(WITH_QUERIES, 6), (ALONE, 4)])
def test_threads(read: Callable[..., Reading], data: str, first: int) -> None:
    comments, reader = read(data, "some.xml")
    assert comments[0] == Comment(
        comment_id="semeval:Q1_R4",
        text="Where is & how?\nTell me.",
        source="s",
        author="ann",
        created_at=datetime(2013, 5, 2, 19, 43, tzinfo=UTC),
        thread_id="semeval:Q1_R4",
        thread_title="Tea",
        line_start=first,
        line_end=first + 4,
        record=1,
        field="RelQBody",
    )
    assert comments[2] == Comment(
        comment_id="semeval:Q1_R4_C2",
        text="Answer 2",
        source="s",
        author="bob2",
        created_at=datetime(2013, 5, 2, 7, 23, 20, tzinfo=UTC),
        thread_id="semeval:Q1_R4",
        thread_title="Tea",
        parent_id="semeval:Q1_R4",
        line_start=first + 8,
        line_end=first + 10,
        record=3,
        field="RelCText",
    )
    assert [one.comment_id for one in comments[3:]] == ["semeval:Q1_R9", "semeval:Q1_R9_C1"]
    assert [one.thread_id for one in comments[3:]] == ["semeval:Q1_R9", "semeval:Q1_R9"]
    assert reader.counts.records == reader.counts.comments == 5


def test_a_question_without_a_body_has_its_subject(read: Callable[..., Reading]) -> None:
    comments, reader = read(f"<xml>{thread('Q1_R1', body='')}</xml>", "some.xml")
    assert (comments[0].text, comments[0].field, comments[0].thread_title) == ("Tea ", "RelQSubject", "Tea")
    assert reader.counts.records == 3


def test_a_thread_that_is_the_same_counts_once(read: Callable[..., Reading]) -> None:
    data = f"<xml>{org(thread('Q1_R1'))}{org(thread('Q2_R7', same='Q1_R1'))}{thread('Q3_R1', same='Q9_R9')}</xml>"
    comments, reader = read(data, "some.xml")
    assert [one.comment_id for one in comments] == [
        *("semeval:Q1_R1", "semeval:Q1_R1_C1", "semeval:Q1_R1_C2"),
        *("semeval:Q9_R9", "semeval:Q9_R9_C1", "semeval:Q9_R9_C2"),
    ]
    assert comments[4].parent_id == "semeval:Q9_R9"
    assert (reader.counts.duplicates, reader.counts.records) == (3, 9)


def test_broken_records_are_counted(read: Callable[..., Reading]) -> None:
    data = (
        '<xml><Thread><RelQuestion RELQ_ID="Q1"/><RelComment/><RelComment RELC_ID=""><RelCText/></RelComment>'
        "<RelComment><RelCText>kept</RelCText></RelComment></Thread>"
        '<RelComment RELC_ID="Q8_C1"><RelCText>alone</RelCText></RelComment></xml>'
    )
    comments, reader = read(data, "some.xml")
    assert [(one.text, one.author, one.created_at) for one in comments] == [("kept", None, None), ("alone", None, None)]
    assert [one.parent_id for one in comments] == ["semeval:Q1", None]
    assert (reader.counts.unreadable, reader.counts.empty, reader.counts.records) == (2, 1, 5)


@pytest.mark.parametrize(
    ("data", "role"),
    [
        (WITH_QUERIES, "comments"),
        (ALONE, "comments"),
        ("<xml><Thread><RelQuestion>no id</RelQuestion></Thread></xml>", None),
        ("The files hold <RelQuestion RELQ_ID='1'> and more", None),
        ('<forum><Thread id="1"><Question/></Thread></forum>', None),
    ],
)
def test_recognises_threads(tmp_path: Path, data: str, role: str | None) -> None:
    path = tmp_path / "some.xml"
    path.write_text(data, encoding="utf-8")
    assert PLATFORM.recognises(take_sample(Content(path))) == role


def test_cut_off_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "some.xml"
    for end in range(WITH_QUERIES.index("RELQ_ID=") + 9, len(WITH_QUERIES.rstrip()), 5):
        path.write_text(WITH_QUERIES[:end], encoding="utf-8")
        with pytest.raises(Malformed) as caught:
            list(read_comments(path, "s"))
        assert caught.value.line


def test_any_value_may_be_odd(tmp_path: Path) -> None:
    path = tmp_path / "some.xml"
    for name in sorted(set(re.findall(r" (\w+)=", WITH_QUERIES)) - {"version", "RELQ_ID"}):
        for value in ("", f' {name}=""', f' {name}="null"', f' {name}="{"9" * 300}"', f' {name}="&#xA;"'):
            path.write_text(re.sub(rf' {name}="[^"]*"', value, WITH_QUERIES), encoding="utf-8")
            assert records(path) == 5


def records(path: Path) -> int:
    try:
        reader = read_comments(path, "s")
        list(reader)
    except QAError:
        return -1
    return reader.counts.records


@pytest.mark.shared
def test_a_real_file(shared: Path, read_file: Callable[[Path], Reading]) -> None:
    paths = sorted(shared.glob("exports/semeval_xml/*.xml"))
    assert paths
    for path in paths:
        raw = path.read_text(encoding="utf-8")
        threads = re.findall(r"<Thread ([^>]*)>(.*?)</Thread>", raw, re.S)
        same = {re.findall(r'"(.*?)"', head)[0]: re.findall(r'"(.*?)"', head)[-1] for head, _ in threads}
        seen: dict[str, str] = {}
        for number, (_, body) in zip(same, threads, strict=True):
            for one, text in re.findall(r'REL[QC]_ID="(.*?)".*?<(?:RelQBody|RelCText)>(.*?)</Rel', body, re.S):
                seen[same[number] + one.removeprefix(number)] = unescape(text)
        comments, reader = read_file(path)
        assert reader.counts.records == raw.count("<RelQuestion ") + raw.count("<RelComment ") > 5000
        found = {one.comment_id.removeprefix("semeval:") for one in comments}
        assert found <= seen.keys()
        assert not any(re.search(r"[^\W_]", seen[one]) for one in seen.keys() - found)
        assert reader.counts.empty > 0
        assert reader.counts.comments == len(found) > 4000
        lines = raw.split("\n")
        for comment in comments[:: len(comments) // 20]:
            part = "\n".join(lines[comment.line_start - 1 : comment.line_end])
            assert f'_USERNAME="{comment.author}"' in part
            assert comment.created_at is not None
            assert f'_DATE="{comment.created_at:%Y-%m-%d %H:%M:%S}"' in part
            assert f"<{comment.field}>{comment.text}</{comment.field}>" in unescape(part)
            before = "\n".join(lines[: comment.line_end])
            assert unescape(re.findall(r"<RelQSubject>(.*?)</", before)[-1]).strip() == comment.thread_title
            assert comment.parent_id == (comment.thread_id if comment.field == "RelCText" else None)
            assert comment.url is None
