"""qa: ask your comments, get cited answers.

import qa

qa.build(["comments.csv"])                     # read, encode, index
index = qa.open("indexes/default")
answer = index.ask("Who disagreed?", author="marit_o")
print(answer.citations[0].quote)
"""

from qa.assistant import Assistant, Thread, build, open  # noqa: A004
from qa.errors import QAError
from qa.formats import ReadOptions
from qa.records import Answer, Citation, Comment, Filters, IndexState, Report, SourceReport, Status

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Comment",
    "Filters",
    "IndexState",
    "QAError",
    "ReadOptions",
    "Report",
    "SourceReport",
    "Status",
    "Thread",
    "build",
    "open",
]
