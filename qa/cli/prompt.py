"""The prompt of `qa ask` without a question: one question after another, the index and the model kept open."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qa
from qa.errors import QAError, UsageError
from qa.records import Answer
from qa.render import error_lines, explained_plain, print_answer, print_comment, safe_line

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from rich.console import Console

_FILTERS = ("author", "since", "before", "thread", "source")
_HELP = """\
a question           ask it
:show 2              the whole comment of a passage, amid its thread
:more                the next passages
:why                 why each passage stands where it does
:author NAME         only this author's comments; :author alone lets all through again
:since, :before      the same for dates, :thread and :source for threads and sources
:filters             what is asked now; :clear lets everything through again
:help, :quit         Ctrl-C drops a line or stops a question, Ctrl-D leaves"""


@dataclass(slots=True)
class Conversation:
    """Questions to one index. options are those of `Assistant.ask`, filters included."""

    assistant: qa.Assistant
    console: Console
    options: dict[str, Any]
    full: bool = False
    question: str | None = None
    answer: Answer | None = None
    step: int = field(init=False)

    def __post_init__(self) -> None:
        self.step = self.options["k"]

    def said(self, line: str) -> bool:
        """Do what a line says; return whether to go on. Raises: QAError."""
        words = line.strip()
        if not words:
            return True
        if not words.startswith(":"):
            self.question, self.options["k"] = words, self.step
            self._ask()
            return True
        name, _, value = words[1:].partition(" ")
        if name in ("quit", "q", "exit"):
            return False
        if name in _FILTERS:
            self._filter(name, value.strip())
        else:
            self._command(name)(value.strip())
        return True

    def _command(self, name: str) -> Callable[[str], None]:
        known: Mapping[str, Callable[[str], None]] = {
            "show": self._show, "more": self._more, "why": self._why, "filters": self._told, "clear": self._clear,
            "help": self._help,
        }  # fmt: skip
        if name not in known:
            raise UsageError(f"there is no :{name}", ":help")
        return known[name]

    def _ask(self, seen: int = 0) -> None:
        """Ask, and print what was not seen before."""
        if self.question is None:
            return
        self.answer = self.assistant.ask(self.question, **self.options)
        shown = self.answer
        if seen:
            shown = replace(shown, citations=shown.citations[seen:], statements=())
            if not shown.citations:
                self.console.print("no more")
                return
        print_answer(shown, self.console, full=self.full)

    def _more(self, _: str) -> None:
        seen = len(self._answered().citations)
        self.options["k"] = seen + self.step
        self._ask(seen)

    def _show(self, value: str) -> None:
        cited = {str(one.rank): one for one in self._answered().citations}
        if value not in cited:
            raise UsageError(f"no passage has the number {value or 'that'}", f":show {next(iter(cited), 1)}")
        found = self.assistant.show(cited[value].comment.comment_id)
        print_comment(found.comment, found.parents, found.replies, found.neighbours, self.console)

    def _why(self, _: str) -> None:
        self.console.print(explained_plain(self._answered()), markup=False, highlight=False, soft_wrap=True)

    def _answered(self) -> Answer:
        if self.answer is None:
            raise UsageError("nothing was asked yet", "type a question")
        return self.answer

    def _filter(self, name: str, value: str) -> None:
        """Set a filter, or let everything through again, and ask the last question anew."""
        before = self.options[name]
        self.options[name] = value or None
        self.options["k"] = self.step
        self._told("")
        try:
            self._ask()
        except UsageError:
            self.options[name] = before
            raise

    def _clear(self, _: str) -> None:
        self.options.update(dict.fromkeys(_FILTERS))
        self._told("")

    def _told(self, _: str) -> None:
        chosen = [f"{name} {_shown(self.options[name])}" for name in _FILTERS if self.options[name]]
        self.console.print(", ".join(chosen) or "everything", markup=False, highlight=False, style="dim")

    def _help(self, _: str) -> None:
        self.console.print(_HELP, markup=False, highlight=False)


def converse(conversation: Conversation) -> None:
    """Read lines and answer them until the end of input."""
    session = _session()
    comments = conversation.assistant.status().index.comments
    conversation.console.print(f"{comments:,} comments · :help", style="dim", highlight=False)
    going = True
    while going:
        try:
            going = conversation.said(session.prompt("qa> "))
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        except QAError as error:
            conversation.console.print(error_lines(error), markup=False, highlight=False)


def _session() -> PromptSession[str]:
    """Return what reads lines. Questions are remembered in the user's state folder, for the user alone to read."""
    import platformdirs
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    path = Path(platformdirs.user_state_dir("comment-qa", appauthor=False)) / "questions"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    except OSError:
        return PromptSession(history=InMemoryHistory())
    return PromptSession(history=FileHistory(path))


def _shown(value: Any) -> str:
    names = [value] if isinstance(value, str) else list(value)
    return " ".join(safe_line(shlex.quote(str(name))) for name in names)
