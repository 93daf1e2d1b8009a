"""Answers, comments, changes and errors -> text, JSON and Markdown. Pure functions; records in, text out."""

from __future__ import annotations

from qa.render.evaluation import evaluation_json, evaluation_plain
from qa.render.explained import explained_plain, explanation_json
from qa.render.html import answer_html
from qa.render.jsons import answer_json, comment_json, dump_json, record_json
from qa.render.lines import (
    author,
    change_line,
    day,
    error_lines,
    notes,
    place,
    segments,
    stale_line,
    title,
    verdict_line,
)
from qa.render.markdown import answer_markdown
from qa.render.plain import answer_plain, comment_plain
from qa.render.reports import (
    commit_json,
    commit_plain,
    listing_plain,
    report_json,
    report_plain,
    status_json,
    status_plain,
)
from qa.render.safe import clip, safe_line, safe_text, web_address
from qa.render.surveys import (
    print_timeline,
    print_voices,
    timeline_json,
    timeline_plain,
    voices_json,
    voices_plain,
)
from qa.render.terminal import print_answer, print_comment
from qa.render.upkeep import (
    forgotten_json,
    forgotten_plain,
    repaired_json,
    repaired_plain,
    verification_json,
    verification_plain,
)

__all__ = [
    "answer_html",
    "answer_json",
    "answer_markdown",
    "answer_plain",
    "author",
    "change_line",
    "clip",
    "comment_json",
    "comment_plain",
    "commit_json",
    "commit_plain",
    "day",
    "dump_json",
    "error_lines",
    "evaluation_json",
    "evaluation_plain",
    "explained_plain",
    "explanation_json",
    "forgotten_json",
    "forgotten_plain",
    "listing_plain",
    "notes",
    "place",
    "print_answer",
    "print_comment",
    "print_timeline",
    "print_voices",
    "record_json",
    "repaired_json",
    "repaired_plain",
    "report_json",
    "report_plain",
    "safe_line",
    "safe_text",
    "segments",
    "stale_line",
    "status_json",
    "status_plain",
    "timeline_json",
    "timeline_plain",
    "title",
    "verdict_line",
    "verification_json",
    "verification_plain",
    "voices_json",
    "voices_plain",
    "web_address",
]
