"""A second look at the first hits: a model that reads question and passage together, slower and closer than vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.encoder import hub
from qa.encoder.interface import encodable
from qa.errors import ModelNotFound


class Reranker:
    """A sentence-transformers CrossEncoder."""

    def __init__(self, name: str, folder: Path) -> None:
        """Load a model from its folder alone, from safetensors and without foreign code. Raises: ModelNotFound."""
        from sentence_transformers import CrossEncoder

        settings = {"use_safetensors": True}
        try:
            self._model = CrossEncoder(
                str(folder), local_files_only=True, trust_remote_code=False, model_kwargs=settings
            )
        except (OSError, ValueError, KeyError) as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            fact = f"{name} cannot be loaded as a cross-encoder: {said[0]}"
            raise ModelNotFound(fact, "qa ask without --rerank") from error
        if self._model.num_labels != 1:
            fact = f"{name} gives {self._model.num_labels} figures for a pair of texts, not one: it classifies"
            raise ModelNotFound(fact, "qa ask without --rerank")

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return how well each text answers, shape (n,): the model's own figure, higher is better."""
        pairs = [(encodable(question), encodable(text)) for text in texts]
        return np.asarray(self._model.predict(pairs, show_progress_bar=False), np.float32)


def load_reranker(name: str, notice: Callable[[str], None]) -> Reranker:
    """Return the cross-encoder of a folder or, fetched where it is not cached, of the hub. Raises: ModelNotFound."""
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if not hub.is_hub_name(name):
            raise ModelNotFound(f"no cross-encoder {name!r}: no folder of that name", "qa ask --rerank FOLDER")
        folder = hub.fetch(name, notice, needed=hub.CROSS_ENCODER)
    notice(f"loading the cross-encoder {name}: some seconds, once")
    return Reranker(name, folder)
