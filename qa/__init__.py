"""qa: ask your comments, get cited answers.

import qa

qa.build(["comments.csv"])                     # read, encode, index
index = qa.open("indexes/default")
answer = index.ask("Who disagreed?", author="marit_o")
print(answer.citations[0].quote)
"""

from typing import TYPE_CHECKING, Any

from qa.assistant import Assistant, Thread, open  # noqa: A004
from qa.building import build, repair, verify
from qa.errors import QAError
from qa.records import Answer, Citation, Comment, Filters, IndexState
from qa.reports import (
    Evaluation,
    Finding,
    Forgotten,
    ModeScores,
    Repaired,
    Report,
    SourceReport,
    Status,
    Timeline,
    Verification,
    Voices,
)

if TYPE_CHECKING:
    from qa.evaluation import evaluate
    from qa.formats import ReadOptions

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Comment",
    "Evaluation",
    "Filters",
    "Finding",
    "Forgotten",
    "IndexState",
    "ModeScores",
    "QAError",
    "ReadOptions",
    "Repaired",
    "Report",
    "SourceReport",
    "Status",
    "Thread",
    "Timeline",
    "Verification",
    "Voices",
    "build",
    "evaluate",
    "open",
    "repair",
    "verify",
]


def _repr_html_(answer: Answer) -> str:
    """Show an answer in a notebook."""
    from qa.render import answer_html

    return answer_html(answer)


def _repr_pretty_(answer: Answer, printer: Any, cycle: bool) -> None:
    """Show an answer in IPython."""
    from qa.render import answer_plain

    printer.text(answer_plain(answer))


# Records do not know how they are shown; here, at the door, both are known.
Answer._repr_html_ = _repr_html_  # type: ignore[attr-defined]
Answer._repr_pretty_ = _repr_pretty_  # type: ignore[attr-defined]


def __getattr__(name: str) -> Any:
    """Import what only reading or evaluating needs when it is first used."""
    if name == "evaluate":
        from qa.evaluation import evaluate

        return evaluate
    if name == "ReadOptions":
        from qa.formats import ReadOptions

        return ReadOptions
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
