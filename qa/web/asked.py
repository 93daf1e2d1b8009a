"""The parameters of a question, as an address has them; the API's and the page's."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from qa.questions import LONGEST_QUESTION
from qa.records import Mode
from qa.web.limits import LONGEST_NAME, MOST_HITS, MOST_NAMES

_Name = Annotated[str, Query(max_length=LONGEST_NAME)]
# What the document promises: a year, a month or a day. Other forms that the command line reads are read too.
_DAY = "(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31"
_DATE = {"pattern": f"^(19|20|21)[0-9][0-9](-({_DAY}))?$", "examples": ["2024-03-01", "2024-03", "2024"]}

Question = Annotated[
    str,
    Query(
        min_length=1, max_length=LONGEST_QUESTION, pattern=r"\S", description="A question in plain English.",
        examples=["Why did we move away from weekly releases?"],
    ),
]  # fmt: skip
Count = Annotated[int, Query(ge=1, le=MOST_HITS, description="How many passages to return at most.")]
Names = Annotated[list[_Name], Query(max_length=MOST_NAMES)]
Since = Annotated[
    str | None, Query(max_length=60, description="Only comments from this date on (ISO, UTC).", json_schema_extra=_DATE)
]
Before = Annotated[
    str | None, Query(max_length=60, description="Only comments before this date (ISO, UTC).", json_schema_extra=_DATE)
]
Ranking = Annotated[Mode, Query(description="Rank by meaning and words together, or by one of them alone.")]
All = Annotated[
    bool, Query(alias="all", description="Fold nothing that says the same; let a thread take any number of places.")
]
Explain = Annotated[bool, Query(description="Say why each hit stands where it does.")]


def without_blanks(names: list[str]) -> list[str]:
    """Return the names that are any: a form sends its empty fields too."""
    return [name.strip() for name in names if name.strip()]
