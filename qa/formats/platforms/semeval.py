"""SemEval's question threads (task 3 of 2016 and 2017, community question answering): a forum in XML.

Rests on the development file of 2016 and on what the task's own site says of its files. A ``<Thread>`` holds a
``<RelQuestion>``, with its subject and body, and the ``<RelComment>``s below it. Some files hold threads alone; in
others an ``<OrgQuestion>`` stands around each one.

A record is a RelQuestion or a RelComment: what somebody wrote in a thread. The OrgQuestion around it is no record: it
is the query that the thread was found for, without author or date, and repeated for each of its threads.

One thread of the forum may be found for several queries and has another number for each. Where the file says of a
thread that it is the same as an earlier one (``SubtaskA_Skip_Because_Same_As_RelQuestion_ID``), its records have the
ids of that one, so that nobody's words count twice. Labels and ranks are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.dates import parse_date
from qa.formats.contents import Content
from qa.formats.drafts import Draft
from qa.formats.markup.xml_stream import Element, xml_elements
from qa.formats.platforms.platform import Platform, Role
from qa.formats.samples import Sample

_SAME_AS = "SubtaskA_Skip_Because_Same_As_RelQuestion_ID"
_MARK = re.compile(r"<RelQuestion\s[^<>]*\bRELQ_ID\s*=")


def _recognises(sample: Sample) -> Role | None:
    return "comments" if sample.root is not None and _MARK.search(sample.text) else None


def _read(content: Content) -> Iterator[Draft]:
    question: Draft | None = None
    thread: Element | None = None
    for number, element in enumerate(xml_elements(content, {"RelQuestion", "RelComment"}), 1):
        if element.outer is not thread:
            question, thread = None, element.outer
        if element.name == "RelQuestion":
            question = _question(element, number)
            yield question
        else:
            yield _comment(element, number, question)


def _question(element: Element, number: int) -> Draft:
    subject, body = element.text_of("RelQSubject"), element.text_of("RelQBody")
    untold = bool(subject and subject.strip()) and not (body and body.strip())
    draft = _draft(element, number, "RELQ", subject if untold else body, "RelQSubject" if untold else "RelQBody")
    draft.title = subject.strip() or None if subject else None
    draft.thread_id = draft.record_id
    return draft


def _comment(element: Element, number: int, question: Draft | None) -> Draft:
    draft = _draft(element, number, "RELC", element.text_of("RelCText"), "RelCText")
    if question is not None:
        draft.thread_id = draft.parent_id = question.record_id
        draft.title = question.title
    return draft


def _draft(element: Element, number: int, prefix: str, text: str | None, field: str) -> Draft:
    values = element.attributes
    return Draft(
        text,
        element.line_start,
        element.line_end,
        author=values.get(f"{prefix}_USERNAME") or None,
        created_at=parse_date(values.get(f"{prefix}_DATE")),
        record_id=_id(values.get(f"{prefix}_ID"), element.outer),
        record=number,
        field=field,
        platform=True,
    )


def _id(own: str | None, thread: Element | None) -> str | None:
    """Name a record, in a repeated thread as it is named where it came first."""
    if not own:
        return None
    values = thread.attributes if thread is not None else {}
    this, same = values.get("THREAD_SEQUENCE"), values.get(_SAME_AS)
    if this and same and (own == this or own.startswith(f"{this}_")):
        own = same + own[len(this) :]
    return f"semeval:{own}"


PLATFORM = Platform("semeval", "SemEval's question threads", _recognises, _read)
