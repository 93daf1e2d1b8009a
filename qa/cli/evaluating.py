"""The command that measures how good the answers are: eval."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

import qa
from qa.cli import options
from qa.cli.telling import Telling
from qa.errors import UsageError
from qa.render import dump_json, evaluation_json, evaluation_plain
from qa.reports import METRICS, Evaluation

_BARRED = (*METRICS, "sentence")


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("eval")(evaluate)


def evaluate(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]", help="A BEIR folder, or a file of questions (JSONL, CSV).", show_default=False
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            "--index", metavar="DIR", help="The index to ask; by default a BEIR folder's own, kept in the cache."
        ),
    ] = None,
    mode: Annotated[
        Literal["hybrid", "dense", "words", "baseline"],
        typer.Option(
            "--mode", help="As qa ask; baseline: the model alone, whole comments, as published figures measure it."
        ),
    ] = "hybrid",
    split: Annotated[str, typer.Option("--split", metavar="NAME", help="Which qrels of a BEIR folder.")] = "dev",
    compare: Annotated[
        list[str] | None,
        typer.Option("--compare", metavar="MODE", help="Compare with this mode, with significance (repeatable)."),
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-under", metavar="[METRIC=]X", help="Exit 1 where nDCG@10, or METRIC, is below (repeatable)."
        ),
    ] = None,
    mine: Annotated[
        bool, typer.Option("--mine", help="Take questions from the index itself: comments that ask, and their replies.")
    ] = False,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The model to index a BEIR folder with.")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Index a BEIR folder with int8 weights.")] = False,
    json: options.Json = False,
    offline: options.Offline = False,
) -> None:
    """Measure the answers to questions whose answers are known: nDCG, MRR, recall, MAP, refusals, latency.

    Exit code 0: measured, 1: below --fail-under, 2: error.
    """
    bars = dict(_bar(one) for one in fail_under or [])
    modes = [one.strip() for given in compare or [] for one in given.split(",")]
    with Telling() as telling:
        found = qa.evaluate(
            path, index, mode=mode, compare=modes, split=split, mine=mine, model=model, fast=fast, events=telling
        )
    print(dump_json(evaluation_json(found)) if json else evaluation_plain(found))
    if not _holds(found, bars):
        raise typer.Exit(1)


def _bar(written: str) -> tuple[str, float]:
    """Read ``0.6`` or ``MAP=0.5``."""
    name, equals, figure = written.rpartition("=")
    try:
        bar = float(figure)
    except ValueError:
        bar = math.nan
    if equals and name not in _BARRED:
        raise UsageError(f"no metric is called {name!r}; known: {', '.join(_BARRED)}", "--fail-under nDCG@10=0.6")
    if math.isnan(bar):
        raise UsageError(f"--fail-under {written!r} is neither a number nor METRIC=NUMBER", "--fail-under nDCG@10=0.6")
    return name or METRICS[0], bar


def _holds(found: Evaluation, bars: dict[str, float]) -> bool:
    """Tell whether every measure reaches its bar; say which do not."""
    values = {**found.modes[0].metrics, "sentence": found.sentence}
    below = False
    for name, bar in bars.items():
        value = values[name]
        if value is None or value < bar:
            below = True
            shown = "not measured" if value is None else f"{value:.4f}"
            print(f"{name} is {shown}, under {bar:g}", file=sys.stderr)
    return not below
