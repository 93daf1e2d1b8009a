"""A file of questions, each with the lines or the ids of the comments that answer it: JSON Lines, CSV or TSV."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from qa.errors import Malformed, UsageError
from qa.evaluation.judged import Asked, Gathered, counted
from qa.evaluation.lines import json_objects, text_lines

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_JUDGEMENTS = ("lines", "comment_ids", "comment_id")
EXAMPLE = '{"question": "Who disagreed?", "lines": [3, 4]}'


def read_questions(path: Path) -> Gathered:
    """Read the questions of a file; an empty list of lines or ids says that the collection holds no answer.

    Raises: Malformed, UsageError where no question is judged, SourceNotFound, Undecodable.
    """
    questions: list[Asked] = []
    unjudged = 0
    for number, row in _rows(path):
        text = row.get("question")
        if not isinstance(text, str) or not text.strip():
            raise Malformed(path, number, 'no "question"', f"each record like {EXAMPLE}")
        if not any(name in row for name in _JUDGEMENTS):
            unjudged += 1
            continue
        questions.append(_question(path, number, text, row))
    if not questions:
        fact = f"{path} holds no question with lines or comment_ids that answer it"
        raise UsageError(fact, f"each record like {EXAMPLE}")
    note = f"{counted(unjudged, 'question', 'questions')} left out: neither lines nor comment_ids"
    return Gathered(tuple(questions), (note,) if unjudged else ())


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    delimiter = _DELIMITERS.get(path.suffix.lower())
    if delimiter is None:
        yield from json_objects(path)
        return
    numbered = list(text_lines(path))
    reader = csv.DictReader((line + "\n" for _, line in numbered), delimiter=delimiter)
    for row in reader:
        yield numbered[reader.line_num - 1][0], {name: value for name, value in row.items() if value is not None}


def _question(path: Path, number: int, text: str, row: Mapping[str, Any]) -> Asked:
    names = _texts(path, number, row, "comment_ids") + _texts(path, number, row, "comment_id")
    source = row.get("source")
    return Asked(
        key=str(number),
        text=text,
        relevant=dict.fromkeys(names, 1),
        lines=_lines(path, number, row.get("lines")),
        source=source if isinstance(source, str) and source else None,
        sentences=_texts(path, number, row, "sentences"),
    )


def _lines(path: Path, number: int, given: object) -> tuple[int, ...]:
    if isinstance(given, str):
        given = [int(one) for one in re.findall(r"\d+", given)]
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, int) and one > 0 for one in given):
        raise Malformed(path, number, "lines is not a list of line numbers", f"each record like {EXAMPLE}")
    return tuple(given)


def _texts(path: Path, number: int, row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of texts; a table's cell separates them by semicolons, or is a JSON list."""
    given = row.get(name)
    if isinstance(given, str) and name != "comment_id":
        given = _cell(given)
    elif isinstance(given, str | int):
        given = [str(given)]
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, str | int) for one in given):
        raise Malformed(path, number, f"{name} is not a list of texts", f"sed -n {number}p {shlex.quote(str(path))}")
    return tuple(str(one).strip() for one in given if str(one).strip())


def _cell(written: str) -> Any:
    try:
        return json.loads(written) if written.startswith("[") else written.split(";")
    except ValueError:
        return written.split(";")
