"""What the tools take. An argument that is not known is an error: a misspelt filter must not be passed over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from qa.errors import UsageError
from qa.questions import LONGEST_QUESTION
from qa.records import Mode
from qa.web.limits import LONGEST_ID, LONGEST_NAME, MOST_HITS, MOST_NAMES

Some = TypeVar("Some", bound="Arguments")


def _listed(given: object) -> object:
    """Return a single name as a list of it; some assistants also send a list as the text of its JSON."""
    if not isinstance(given, str):
        return given
    try:
        written = json.loads(given)
    except ValueError:
        return [given]
    return written if isinstance(written, list) else [given]


_Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Names = Annotated[list[_Name], Field(max_length=MOST_NAMES), BeforeValidator(_listed)]
Date = Annotated[str | None, Field(max_length=60, examples=["2024-03-01", "2024-03", "2024"])]


class Arguments(BaseModel):
    """What a tool takes; no other."""

    model_config = ConfigDict(extra="forbid")


class AskArguments(Arguments):
    """What `qa ask` takes."""

    question: str = Field(
        min_length=1, max_length=LONGEST_QUESTION, description="A question in plain English, in whole sentences."
    )
    k: int = Field(5, ge=1, le=MOST_HITS, description="How many passages to return at most.")
    author: Names = Field([], description="Only comments of these authors.")
    since: Date = Field(None, description="Only comments from this date on (ISO, UTC).")
    before: Date = Field(None, description="Only comments before this date (ISO, UTC).")
    thread: Names = Field([], description="Only threads with this id, or these words in their title.")
    source: Names = Field([], description="Only these sources, folders or globs, as list_sources names them.")
    mode: Mode = Field("hybrid", description="Rank by meaning and words together, or by one of them alone.")
    every: bool = Field(
        False, alias="all", description="Fold nothing that says the same; let a thread take any number of places."
    )


class ShowArguments(Arguments):
    """What `qa show` takes."""

    comment_id: str = Field(min_length=1, max_length=LONGEST_ID, description="As ask_comments gives it.")


class ListArguments(Arguments):
    """Which of the sources to list."""

    offset: int = Field(0, ge=0, description="How many sources to pass over.")
    limit: int = Field(100, ge=1, le=1000, description="How many sources to return at most.")


def read(kind: type[Some], given: Mapping[str, Any], hint: str) -> Some:
    """Return the arguments. Raises: UsageError, which names each that cannot be used."""
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        known = ", ".join(field.alias or name for name, field in kind.model_fields.items())
        told = {"extra_forbidden": f"there is no such argument; known: {known}", "missing": "it is needed"}
        facts = [f"{_named(one['loc'])}: {told.get(one['type'], one['msg'])}" for one in error.errors()]
        raise UsageError("; ".join(facts), hint) from error


def _named(place: tuple[int | str, ...]) -> str:
    return ".".join(map(str, place))
