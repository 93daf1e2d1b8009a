"""Run a model with sentence-transformers itself, where its layers are not ones that `qa.encoder.compiling` knows.

Loading it takes many seconds, at every question too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from qa.encoder.interface import Encoded, PassageInput, Vector, Vectors, encodable
from qa.encoder.model_files import ModelFiles
from qa.errors import BadVectors


class DirectEncoder:
    """Encode with sentence-transformers; a sentence's vector is that of the sentence alone."""

    characters_per_second: float | None = None

    def __init__(self, model: ModelFiles) -> None:
        """Load the model, from its folder alone and from safetensors alone."""
        from sentence_transformers import SentenceTransformer

        self._model = model
        self._network: Any = SentenceTransformer(
            str(model.folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
        )
        self._tokenizer = self._network.tokenizer
        self.dimensions = int(self._network.encode("", show_progress_bar=False).shape[0])
        self.max_tokens = model.max_length - self._tokenizer.num_special_tokens_to_add()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def fingerprint(self) -> str:
        """The model's fingerprint."""
        return self._model.fingerprint

    def token_offsets(self, texts: Sequence[str]) -> list[Sequence[tuple[int, int]]]:
        """Return the offsets of the texts' tokens."""
        if not texts:
            return []
        found = self._tokenizer(
            [encodable(text) for text in texts],
            add_special_tokens=False,
            return_offsets_mapping=True,
            truncation=False,
            verbose=False,
        )
        offsets: list[Sequence[tuple[int, int]]] = found["offset_mapping"]
        return offsets

    def encode_query(self, question: str) -> Vector:
        """Return the question's vector."""
        vector: Vector = self._encode([self._model.query_prompt + question])[0]
        return vector

    def encode_passages(
        self, passages: Sequence[PassageInput], done: Callable[[int], None] = lambda count: None
    ) -> list[Encoded]:
        """Return each passage's vector and those of its sentences."""
        prompt = self._model.passage_prompt
        texts = [prompt + "\n".join(part for part in (one.context, one.text) if part) for one in passages]
        sentences = [one.text[start:end] for one in passages for start, end in one.sentences]
        vectors = self._encode(texts)
        rows = iter(self._encode(sentences))
        done(len(passages))
        return [
            Encoded(vector, self._stacked([next(rows) for _ in one.sentences]))
            for one, vector in zip(passages, vectors, strict=True)
        ]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        rows = self._network.encode(
            [encodable(text) for text in texts], normalize_embeddings=True, show_progress_bar=False
        )
        vectors: Vectors = np.asarray(rows, np.float32).reshape(len(texts), -1)
        if not np.isfinite(vectors).all():
            raise BadVectors("the model gave a vector that is not finite", "qa index PATH --model all-MiniLM-L6-v2")
        return vectors

    def _stacked(self, rows: Sequence[Vector]) -> Vectors:
        return np.stack(rows) if rows else np.zeros((0, self.dimensions), np.float32)
