"""Text -> vectors. The only part of the program that touches models.

Three encoders share one shape (`Encoder`): `CompiledEncoder` runs a sentence-transformers model compiled to ONNX, so
that asking a question imports neither torch nor transformers; `DirectEncoder` runs a model that cannot be compiled;
`HashingEncoder` is a pure function of the words, for tests and for trying things without a model.
"""

from __future__ import annotations

from collections.abc import Callable

from qa.encoder import hub
from qa.encoder.cache import cache_folder
from qa.encoder.compiled import CompiledEncoder
from qa.encoder.direct import DirectEncoder
from qa.encoder.hashing import HashingEncoder
from qa.encoder.interface import Encoded, Encoder, PassageInput
from qa.encoder.kept import open_compiled
from qa.encoder.model_files import DEFAULT_MODEL, fast_name, find_model, full_name
from qa.encoder.reranker import Reranker, load_reranker
from qa.errors import ModelNotCompiled, ModelNotFound

__all__ = [
    "DEFAULT_MODEL",
    "CompiledEncoder",
    "DirectEncoder",
    "Encoded",
    "Encoder",
    "HashingEncoder",
    "PassageInput",
    "Reranker",
    "cache_folder",
    "fast_name",
    "load_encoder",
    "load_reranker",
]


def load_encoder(
    name: str = DEFAULT_MODEL, notice: Callable[[str], None] | None = None, fetch: bool = False
) -> Encoder:
    """Return the encoder called `name`, compiling it first where that has not been done.

    name is "all-MiniLM-L6-v2" (the default), the path of a sentence-transformers folder, a hub name, any of these with
    ":int8" behind (`fast_name`), or "hashing". fetch lets the files of a hub name be fetched where they are not in the
    local hub cache; nothing else connects. notice is told, in one line, of anything that takes long.

    Raises: ModelNotFound, ModelAltered, ModelNotCompiled.
    """
    if full_name(name) == HashingEncoder.name:
        return _hashing(name)
    tell = notice or (lambda line: None)
    if fetch and full_name(name) != DEFAULT_MODEL and hub.is_hub_name(full_name(name)):
        hub.fetch(full_name(name), tell)
    model = find_model(name)
    if model.pooling != "other":
        return open_compiled(model, tell)
    if model.fast:
        fact = f"{full_name(name)} has layers that cannot be compiled, so it has no int8 form"
        raise ModelNotCompiled(fact, f"qa index PATH... --model {full_name(name)}")
    tell(f"{name} has layers that cannot be compiled: loading sentence-transformers for it, many seconds each time")
    return DirectEncoder(model)


def _hashing(name: str) -> HashingEncoder:
    if name != HashingEncoder.name:
        fact = f"{HashingEncoder.name} has no weights, so it has no int8 form"
        raise ModelNotFound(fact, f"qa index PATH... --fast --model {DEFAULT_MODEL}")
    return HashingEncoder()
