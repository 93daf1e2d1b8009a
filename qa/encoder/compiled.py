"""Run a compiled model: tokenizers and onnxruntime only, ready in a fraction of a second."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qa.encoder.batching import Row, ahead, batches, groups_by_length
from qa.encoder.interface import Encoded, PassageInput, Vector, Vectors, encodable
from qa.encoder.model_files import ModelFiles
from qa.errors import BadVectors, ModelNotCompiled

if TYPE_CHECKING:
    from qa.encoder.bulk import BulkSession

# Context never takes more than this from a passage, and never a token that the text itself needs.
_CONTEXT_TOKENS = 48
# Questions that laying out the weights for speed pays for: it takes as long as it saves on so many.
_MANY_QUESTIONS = 32


class CompiledEncoder:
    """Encode with a model compiled by `qa.encoder.compiling`."""

    def __init__(
        self,
        model: ModelFiles,
        folder: Path,
        characters_per_second: float | None = None,
        notice: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Open the compiled files in `folder`. Raises: ModelNotCompiled where they are damaged."""
        from tokenizers import Tokenizer

        self.characters_per_second = characters_per_second
        self._model = model
        self._notice = notice
        self._graph = folder / "model.onnx"
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        specials = self._tokenizer.encode("", add_special_tokens=True).ids
        self._first, self._last = specials[:1], specials[1:]
        self.max_tokens = model.max_length - len(specials)
        self._questions = 0
        self._for_questions = _open_graph(self._graph, repack=False)
        self.dimensions = int(self._for_questions.get_outputs()[0].shape[2])

    @cached_property
    def _for_passages(self) -> BulkSession:
        from qa.encoder.bulk import BulkSession, open_gpu

        session = _open_graph(self._graph, repack=True)
        return BulkSession(session, partial(open_gpu, self._model, self._graph), self._notice)

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
        found = self._tokenizer.encode_batch([self._cased(text) for text in texts], add_special_tokens=False)
        return [one.offsets for one in found]

    def encode_query(self, question: str) -> Vector:
        """Return the question's vector; tokens beyond the model's length are not read."""
        ids = self._tokenizer.encode(self._cased(self._model.query_prompt + question), add_special_tokens=False).ids
        row = self._first + ids[: self.max_tokens] + self._last
        self._questions += 1
        session = self._for_questions if self._questions < _MANY_QUESTIONS else self._for_passages
        vector: Vector = self._pool(*_run(session, [row]))[0]
        return vector

    def encode_passages(
        self, passages: Sequence[PassageInput], done: Callable[[int], None] = lambda count: None
    ) -> list[Encoded]:
        """Encode in batches of similar length, so that little is padded: the longest first."""
        encoded: list[Encoded | None] = [None] * len(passages)
        session = self._for_passages
        session.expect(len(passages))
        groups = ahead(partial(self._rows, passages), groups_by_length(passages))
        for batch in batches(chain.from_iterable(groups), session.batch_tokens):
            states, mask = _run(session, [row.ids for row in batch])
            vectors = self._pool(states, mask)
            for at, row in enumerate(batch):
                encoded[row.place] = Encoded(vectors[at], _pool_spans(states[at], row.sentences))
            done(len(batch))
        return [one for one in encoded if one is not None]

    def _cased(self, text: str) -> str:
        # Offsets must survive, so a text whose lower case has another length is left as it is.
        text = encodable(text)
        lower = text.lower() if self._model.lower else text
        return lower if len(lower) == len(text) else text

    def _rows(self, passages: Sequence[PassageInput], places: Sequence[int]) -> list[Row]:
        """Return the model input of the passages at these places, the longest first."""
        prompt = self._model.passage_prompt
        heads = self._tokenizer.encode_batch(
            [self._cased(prompt + passages[place].context) for place in places], add_special_tokens=False
        )
        bodies = self._tokenizer.encode_batch(
            [self._cased(passages[place].text) for place in places], add_special_tokens=False
        )
        rows = [
            self._row(place, passages[place].sentences, head.ids, body.ids, body.offsets)
            for place, head, body in zip(places, heads, bodies, strict=True)
        ]
        return sorted(rows, key=lambda row: -len(row.ids))

    def _row(
        self,
        place: int,
        sentences: Sequence[tuple[int, int]],
        head: list[int],
        body: list[int],
        offsets: Sequence[tuple[int, int]],
    ) -> Row:
        ids = body[: self.max_tokens]
        context = head[: min(_CONTEXT_TOKENS, self.max_tokens - len(ids))]
        shift = len(self._first) + len(context)
        starts = [start for start, _ in offsets[: len(ids)]]
        spans = [(shift + bisect_left(starts, start), shift + bisect_left(starts, end)) for start, end in sentences]
        return Row(place, self._first + context + ids + self._last, spans)

    def _pool(self, states: NDArray[np.float32], mask: NDArray[np.int64]) -> Vectors:
        if self._model.pooling == "cls":
            return _unit(states[:, 0])
        weights = mask.astype(np.float32)
        return _unit(np.einsum("btd,bt->bd", states, weights) / weights.sum(axis=1, keepdims=True))


def _open_graph(path: Path, *, repack: bool) -> Any:
    """Open the compiled graph; repack lays the weights out for speed, which pays only where much is encoded.

    Raises: ModelNotCompiled where it is damaged.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as faults

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_prepacking", "0" if repack else "1")
    # Threads that wait by spinning take the processor from the search that follows.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (faults.Fail, faults.InvalidProtobuf, faults.InvalidGraph, faults.NoSuchFile) as error:
        raise ModelNotCompiled(f"cannot open the compiled model {path}: {error}", "qa models compile") from error


def _run(session: Any, rows: Sequence[list[int]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    width = max(len(row) for row in rows)
    ids = np.zeros((len(rows), width), np.int64)
    mask = np.zeros((len(rows), width), np.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = row
        mask[at, : len(row)] = 1
    states: NDArray[np.float32] = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    return states, mask


def _pool_spans(states: NDArray[np.float32], spans: Sequence[tuple[int, int]]) -> Vectors:
    rows = [states[start : max(end, start + 1)].mean(axis=0) for start, end in spans]
    return _unit(np.stack(rows)) if rows else np.zeros((0, states.shape[1]), np.float32)


def _unit(rows: NDArray[np.float32]) -> Vectors:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms == 0).any():
        raise BadVectors("the model gave a vector that is zero or not finite", "qa index PATH --model all-MiniLM-L6-v2")
    unit: Vectors = (rows / norms).astype(np.float32)
    return unit
