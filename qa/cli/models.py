"""Commands on the models of this machine: models list, pull, verify, compile."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli import options
from qa.cli.telling import Telling
from qa.errors import QAError
from qa.render import dump_json, error_lines, safe_line

if TYPE_CHECKING:
    from qa.encoder.inventory import Check, CompiledForm, KnownModel

# `qa.encoder.inventory` is imported where it is used: other commands need nothing of it.

Name = Annotated[str, typer.Argument(metavar="NAME", help="A hub name, a folder, or the default model's name.")]
Chosen = Annotated[str | None, typer.Argument(metavar="[NAME]", help="A model's name; by default the default model.")]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    group = typer.Typer(help="List, fetch, verify and compile the models on this machine.", no_args_is_help=True)
    group.command("list")(list_models)
    group.command()(pull)
    group.command()(verify)
    group.command("compile")(compile_model)
    app.add_typer(group, name="models")


def list_models(json: options.Json = False) -> None:
    """List the models on this machine: the default, those fetched, and what is compiled of each."""
    from qa.encoder.inventory import known_models

    models, leftovers = known_models()
    if json:
        print(dump_json(_plain({"models": [asdict(model) for model in models], "leftovers": leftovers})))
        return
    for model in models:
        print(_model_line(model))
        for form in model.compiled:
            print(_form_line(form))
    for folder in leftovers:
        print(f"unfinished, or of an earlier version, and of no use: {safe_line(str(folder))}")


def pull(name: Name, offline: options.Offline = False) -> None:
    """Fetch a model of the Hugging Face hub into the hub's cache: safetensors, tokenizer and configuration, no code."""
    from qa.encoder import inventory

    with Telling() as telling:
        folder = inventory.pull(name, telling.notice)
    print(f"{safe_line(name)}: {_size(inventory.size_of(folder))} in {safe_line(str(folder))}")


def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A model's name; by default all of them.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Hash a model's files again, and hold what is compiled of it against its seal. Exit code 2: something is wrong."""
    from qa.encoder import inventory

    names = [name] if name else [model.name for model in inventory.known_models()[0]]
    checks = [check for one in names for check in inventory.verify(one)]
    if json:
        print(dump_json({"ok": not any(check.mend for check in checks), "checks": [_check(one) for one in checks]}))
    for check in () if json else checks:
        if check.mend:
            print(error_lines(QAError(check.fact, check.mend)), file=sys.stderr)
        else:
            print(f"ok: {safe_line(check.fact)}")
    if any(check.mend for check in checks):
        raise typer.Exit(2)


def compile_model(
    name: Chosen = None,
    fast: Annotated[bool, typer.Option("--fast", help="The int8 form, which `qa index --fast` uses.")] = False,
) -> None:
    """Compile a model anew, whatever the cache holds; every command compiles what it needs by itself."""
    from qa.encoder import DEFAULT_MODEL, fast_name, inventory

    name = name or DEFAULT_MODEL
    with Telling() as telling:
        model, seal = inventory.compile_named(fast_name(name) if fast else name, telling.notice)
    measured = seal.measured
    print(
        f"{safe_line(model.name)}: compiled, cosine to the original {measured.agreement:.4f}, "
        f"{measured.characters_per_second:,.0f} characters a second on this machine"
    )


def _check(check: Check) -> dict[str, Any]:
    return {"model": check.model, "ok": check.mend is None, "fact": check.fact, "mend": check.mend}


def _model_line(model: KnownModel) -> str:
    notes = ["default"] if model.default else []
    if model.folder is None:
        return ", ".join([safe_line(model.name), *notes, "its files are not on this machine"])
    verdict = {True: "verified", False: "ALTERED", None: "not verified"}[model.verified]
    return ", ".join([safe_line(model.name), *notes, _size(model.size_bytes), verdict, safe_line(str(model.folder))])


def _form_line(form: CompiledForm) -> str:
    state = form.problem or "is ready"
    speed = f", {form.characters_per_second:,.0f} characters a second" if form.characters_per_second else ""
    return f"  compiled {safe_line(form.name)} {state}, {_size(form.size_bytes)}{speed}"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


def _plain(value: Any) -> Any:
    """Return value with paths as text."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)
