"""Text -> vectors. The only part of the program that touches models.

Three encoders share one shape (`Encoder`): `CompiledEncoder` runs a sentence-transformers model compiled to ONNX, so
that asking a question imports neither torch nor transformers; `DirectEncoder` runs a model that cannot be compiled;
`HashingEncoder` is a pure function of the words, for tests and for trying things without a model.
"""

from __future__ import annotations

from collections.abc import Callable

from qa.encoder.compiled import CompiledEncoder, open_compiled
from qa.encoder.direct import DirectEncoder
from qa.encoder.hashing import HashingEncoder
from qa.encoder.interface import Encoded, Encoder, PassageInput
from qa.encoder.model_files import DEFAULT_MODEL, cache_folder, find_model

__all__ = [
    "DEFAULT_MODEL",
    "CompiledEncoder",
    "DirectEncoder",
    "Encoded",
    "Encoder",
    "HashingEncoder",
    "PassageInput",
    "cache_folder",
    "load_encoder",
]


def load_encoder(name: str = DEFAULT_MODEL, notice: Callable[[str], None] | None = None) -> Encoder:
    """Return the encoder called `name`, compiling it first where that has not been done.

    name is "all-MiniLM-L6-v2" (the default), the path of a sentence-transformers folder, a hub name whose files are
    already in the local hub cache, or "hashing". notice is told, in one line, of anything that takes long.

    Raises: ModelNotFound, ModelAltered, ModelNotCompiled.
    """
    if name == HashingEncoder.name:
        return HashingEncoder()
    tell = notice or (lambda line: None)
    model = find_model(name)
    if model.pooling == "other":
        tell(f"{name} has layers that cannot be compiled: loading sentence-transformers for it, many seconds each time")
        return DirectEncoder(model)
    return open_compiled(model, tell)
