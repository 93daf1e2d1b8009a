"""Which models this machine has, what is compiled of them, and whether all of it is what it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.encoder import hub
from qa.encoder.cache import cache_folder, hash_again, remembered_hash
from qa.encoder.compiled import CompiledEncoder
from qa.encoder.hashing import HashingEncoder
from qa.encoder.kept import compile_again, kept_folder
from qa.encoder.model_files import (
    DEFAULT_MODEL,
    DEFAULT_SHA256,
    INT8,
    REINSTALL,
    ModelFiles,
    fast_name,
    find_model,
    full_name,
    model_folder,
    weights_of,
)
from qa.encoder.probes import agreement
from qa.encoder.seals import Seal, altered, fault, read_seal
from qa.errors import EncoderError, ModelAltered, ModelNotCompiled, ModelNotFound

# The same arithmetic on another processor moves a cosine by far less.
_TOLERANCE = 0.001
_SHA256_LENGTH = 64

Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CompiledForm:
    """A compiled model in the cache; problem is why it cannot be used as it is, as a clause."""

    name: str
    folder: Path
    size_bytes: int
    problem: str | None
    characters_per_second: float | None


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model; folder is None where its files are gone, verified None where there is nothing yet to tell by."""

    name: str
    default: bool
    folder: Path | None
    size_bytes: int
    verified: bool | None
    compiled: tuple[CompiledForm, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was verified: the fact, and where it is wrong the command that mends it."""

    model: str
    fact: str
    mend: str | None = None


def known_models() -> tuple[list[KnownModel], list[Path]]:
    """Return the models on this machine, the default first, and the compiled folders that nobody can use."""
    sealed = [(folder, read_seal(folder)) for folder in sorted((cache_folder() / "compiled").glob("*/"))]
    forms: dict[str, list[CompiledForm]] = {name: [] for name in (DEFAULT_MODEL, *hub.cached_names())}
    for folder, seal in sealed:
        if seal is not None:
            name = full_name(seal.name)
            shown = hub.repository(name) if hub.is_hub_name(name) and hub.repository(name) in forms else name
            forms.setdefault(name if name == DEFAULT_MODEL else shown, []).append(_form(folder, seal))
    models = [_known(name, sorted(compiled, key=lambda form: form.name)) for name, compiled in forms.items()]
    return models, [folder for folder, seal in sealed if seal is None]


def _form(folder: Path, seal: Seal) -> CompiledForm:
    return CompiledForm(seal.name, folder, size_of(folder), fault(folder, seal), seal.measured.characters_per_second)


def _known(name: str, compiled: list[CompiledForm]) -> KnownModel:
    try:
        folder = model_folder(name)
        weights = weights_of(name, folder)
    except ModelNotFound:
        return KnownModel(name, name == DEFAULT_MODEL, None, 0, None, tuple(compiled))
    expected, found = _published(name, weights), remembered_hash(weights)
    verified = expected == found if expected and found else None
    return KnownModel(name, name == DEFAULT_MODEL, folder, size_of(folder), verified, tuple(compiled))


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _published(name: str, weights: Path) -> str | None:
    """Return the SHA-256 that the weights should have: the hub's cache names large files by theirs."""
    if full_name(name) == DEFAULT_MODEL:
        return DEFAULT_SHA256
    stored = weights.resolve().name
    return stored if weights.is_symlink() and len(stored) == _SHA256_LENGTH else None


def pull(name: str, notice: Notice) -> Path:
    """Return the folder of a hub model, fetching what is missing or altered. Raises: ModelNotFound, ModelAltered."""
    name = full_name(name)
    _check_has_files(name)
    if name == DEFAULT_MODEL or not hub.is_hub_name(name):
        folder = find_model(name).folder
        notice(f"{name} is not one of the hub's models: nothing to fetch")
        return folder
    folder = hub.fetch(name, notice)
    if any(check.mend for check in _check_files(name, folder)):
        notice(f"the files of {name} in {folder} were altered: fetching them again")
        folder = hub.fetch(name, notice, again=True)
        wrong = [check for check in _check_files(name, folder) if check.mend]
        if wrong:
            raise ModelAltered(wrong[0].fact, wrong[0].mend)
    return folder


def _check_has_files(name: str) -> None:
    if name == HashingEncoder.name:
        raise ModelNotFound(f"{name} is built in: it has no files", "qa models list")


def compile_named(name: str, notice: Notice) -> tuple[ModelFiles, Seal]:
    """Compile a model anew. Raises: EncoderError."""
    _check_has_files(full_name(name))
    model = find_model(name)
    if model.pooling == "other":
        raise ModelNotCompiled(
            f"{full_name(name)} has layers that cannot be compiled", f"qa index PATH... --model {name}"
        )
    compile_again(model, notice)
    seal = read_seal(kept_folder(model))
    if seal is None:
        raise ModelNotCompiled(f"{kept_folder(model)} lost its seal", f"qa models compile {name}")
    return model, seal


def verify(name: str) -> Iterator[Check]:
    """Check a model's files and what is compiled of them, reading all of it whatever is remembered."""
    try:
        _check_has_files(full_name(name))
        folder = model_folder(name)
        checks = [*_check_files(full_name(name), folder)]
        yield from checks
        if any(check.mend for check in checks):
            return
        forms = [name] if name.endswith(INT8) else [name, fast_name(name)]
        for model in map(find_model, forms):
            if kept_folder(model).is_dir():
                yield _check_compiled(model)
    except EncoderError as error:
        yield Check(name, error.message, error.hint or "qa models list")


def _check_files(name: str, folder: Path) -> Iterator[Check]:
    weights = weights_of(name, folder)
    expected = _published(name, weights)
    for path in (weights, folder / "tokenizer.json", *sorted(folder.glob("*/*.safetensors"))):
        if not path.is_file():
            continue
        before, found = remembered_hash(path), hash_again(path)
        should = expected if path == weights else None
        if found != (should or before or found):
            kind = "the published file" if should else "what it was, though its size and time are the same"
            fact = f"{path} is not {kind}: SHA-256 {found[:16]}…, expected {(should or before or '')[:16]}…"
            yield Check(name, fact, _mend_files(name))
        elif path == weights:
            said = "is the published file" if should else "was read; no hash is published to hold it against"
            yield Check(name, f"{path} {said} (SHA-256 {found[:16]}…)")


def _mend_files(name: str) -> str:
    if name == DEFAULT_MODEL:
        return REINSTALL
    return f"qa models pull {name}" if hub.is_hub_name(name) else f"qa index PATH... --index indexes/new --model {name}"


def _check_compiled(model: ModelFiles) -> Check:
    """Hash the compiled files, and hold their vectors against the original's, which were kept when it was compiled."""
    folder = kept_folder(model)
    mend = f"qa models compile {full_name(model.name)}{' --fast' if model.fast else ''}"
    seal = read_seal(folder)
    problem = fault(folder, seal)
    if problem is not None or seal is None:
        return Check(model.name, f"the compiled {model.name} {problem}", mend)
    changed = altered(folder, seal)
    if changed:
        return Check(model.name, f"the compiled {model.name} is damaged: {' and '.join(changed)} changed", mend)
    sealed = seal.measured.agreement
    found = agreement(CompiledEncoder(model, folder), folder)
    if not abs(found - sealed) <= _TOLERANCE:
        cosines = f"cosine {found:.4f} to the original, sealed with {sealed:.4f}"
        return Check(model.name, f"the compiled {model.name} gives other vectors: {cosines}", mend)
    return Check(model.name, f"the compiled {model.name} is whole; cosine to the original {found:.4f}")
