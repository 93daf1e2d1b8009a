"""Run a compiled model: tokenizers and onnxruntime only, ready in a fraction of a second."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.encoder.interface import Encoded, PassageInput, Vector, Vectors, encodable
from qa.encoder.model_files import ModelFiles, cache_folder
from qa.errors import BadVectors, ModelNotCompiled

# Padded tokens in one batch. Measured on two cores, small batches that stay in the processor's cache are the
# faster ones: 1,024 took 18 s where 4,096 took 25 s and sentence-transformers' own batches of 32 texts 37 s.
_BATCH_TOKENS = 1024
# Context never takes more than this from a passage, and never a token that the text itself needs.
_CONTEXT_TOKENS = 48


def open_compiled(model: ModelFiles, notice: Callable[[str], None]) -> CompiledEncoder:
    """Return the model's encoder from the cache, compiling it in a child process where it is missing or damaged.

    Raises: ModelNotCompiled.
    """
    folder = cache_folder() / "compiled" / model.fingerprint
    if _complete(folder):
        try:
            return CompiledEncoder(model, folder)
        except ModelNotCompiled:
            notice("the compiled model in the cache is damaged: compiling it again")
            (folder / "complete.json").unlink(missing_ok=True)
    _compile(model, folder, notice)
    return CompiledEncoder(model, folder)


def _complete(folder: Path) -> bool:
    """Tell whether the folder holds what was sealed. The tokenizer is hashed, the large graph only measured."""
    try:
        seal = json.loads((folder / "complete.json").read_text(encoding="utf-8"))
        return bool(seal == _describe(folder))
    except (OSError, ValueError):
        return False


def _describe(folder: Path) -> dict[str, object]:
    import onnxruntime

    sizes: dict[str, object] = {name: (folder / name).stat().st_size for name in ("model.onnx", "weights.bin")}
    tokenizer = hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    return {**sizes, "tokenizer.json": tokenizer, "onnxruntime": onnxruntime.__version__}


def _seal(folder: Path) -> None:
    (folder / "complete.json").write_text(json.dumps(_describe(folder)), encoding="utf-8")


def _compile(model: ModelFiles, folder: Path, notice: Callable[[str], None]) -> None:
    import shutil
    import tempfile

    from filelock import FileLock

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(folder) + ".lock"):
            if _complete(folder):
                return
            notice(f"first use of {model.name}: compiling it once, about 20 seconds")
            with tempfile.TemporaryDirectory(dir=folder.parent) as work:
                _compile_in_child(model.folder, Path(work))
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(work, folder)
                _seal(folder)
    except OSError as error:
        raise ModelNotCompiled(
            f"cannot write the compiled model to {folder}: {error.strerror or error}",
            "QA_CACHE=/a/writable/folder qa …",
        ) from error


def _compile_in_child(source: Path, out: Path) -> None:
    import subprocess

    command = [sys.executable, "-m", "qa.encoder.compiling", str(source), str(out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    child = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if child.returncode != 0:
        last = (child.stderr.strip() or child.stdout.strip() or "no output").splitlines()[-1]
        raise ModelNotCompiled(f"compiling the model in {source} failed: {last}", " ".join(command[:3]) + " …")


class CompiledEncoder:
    """Encode with a model compiled by `qa.encoder.compiling`."""

    def __init__(self, model: ModelFiles, folder: Path) -> None:
        """Open the compiled files in `folder`. Raises: ModelNotCompiled where they are damaged."""
        from tokenizers import Tokenizer

        self._model = model
        self._graph = folder / "model.onnx"
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        specials = self._tokenizer.encode("", add_special_tokens=True).ids
        self._first, self._last = specials[:1], specials[1:]
        self.max_tokens = model.max_length - len(specials)
        self._for_questions = _open_graph(self._graph, repack=False)
        self.dimensions = int(self._for_questions.get_outputs()[0].shape[2])

    @cached_property
    def _for_passages(self) -> Any:
        return _open_graph(self._graph, repack=True)

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def fingerprint(self) -> str:
        """The model's fingerprint."""
        return self._model.fingerprint

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the offsets of the text's tokens."""
        offsets: Sequence[tuple[int, int]] = self._tokenizer.encode(self._cased(text), add_special_tokens=False).offsets
        return offsets

    def encode_query(self, question: str) -> Vector:
        """Return the question's vector; tokens beyond the model's length are not read."""
        ids = self._tokenizer.encode(self._cased(self._model.query_prompt + question), add_special_tokens=False).ids
        row = self._first + ids[: self.max_tokens] + self._last
        vector: Vector = self._pool(*_run(self._for_questions, [row]))[0]
        return vector

    def encode_passages(
        self, passages: Sequence[PassageInput], done: Callable[[int], None] = lambda count: None
    ) -> list[Encoded]:
        """Encode in batches of similar length: the longest first, so that little is padded."""
        rows = [*self._rows(passages)]
        encoded: list[Encoded | None] = [None] * len(rows)
        for batch in _batches([len(row.ids) for row in rows]):
            states, mask = _run(self._for_passages, [rows[i].ids for i in batch])
            vectors = self._pool(states, mask)
            for at, i in enumerate(batch):
                encoded[i] = Encoded(vectors[at], _pool_spans(states[at], rows[i].sentences))
            done(len(batch))
        return [one for one in encoded if one is not None]

    def _cased(self, text: str) -> str:
        # Offsets must survive, so a text whose lower case has another length is left as it is.
        text = encodable(text)
        lower = text.lower() if self._model.lower else text
        return lower if len(lower) == len(text) else text

    def _rows(self, passages: Sequence[PassageInput]) -> Iterator[_Row]:
        prompt = self._model.passage_prompt
        heads = self._tokenizer.encode_batch(
            [self._cased(prompt + passage.context) for passage in passages], add_special_tokens=False
        )
        bodies = self._tokenizer.encode_batch(
            [self._cased(passage.text) for passage in passages], add_special_tokens=False
        )
        for passage, head, body in zip(passages, heads, bodies, strict=True):
            ids = body.ids[: self.max_tokens]
            context = head.ids[: min(_CONTEXT_TOKENS, self.max_tokens - len(ids))]
            shift = len(self._first) + len(context)
            starts = [start for start, _ in body.offsets[: len(ids)]]
            spans = [
                (shift + bisect_left(starts, start), shift + bisect_left(starts, end))
                for start, end in passage.sentences
            ]
            yield _Row(self._first + context + ids + self._last, spans)

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
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (faults.Fail, faults.InvalidProtobuf, faults.InvalidGraph, faults.NoSuchFile) as error:
        raise ModelNotCompiled(f"cannot open the compiled model {path}: {error}", "qa ask ...") from error


def _run(session: Any, rows: Sequence[list[int]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    width = max(len(row) for row in rows)
    ids = np.zeros((len(rows), width), np.int64)
    mask = np.zeros((len(rows), width), np.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = row
        mask[at, : len(row)] = 1
    states: NDArray[np.float32] = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    return states, mask


class _Row:
    """Model input for one passage. Units: sentences are (start, end) token positions."""

    __slots__ = ("ids", "sentences")

    def __init__(self, ids: list[int], sentences: list[tuple[int, int]]) -> None:
        self.ids = ids
        self.sentences = sentences


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    at = 0
    while at < len(order):
        size = max(1, _BATCH_TOKENS // lengths[order[at]])
        yield order[at : at + size]
        at += size


def _pool_spans(states: NDArray[np.float32], spans: Sequence[tuple[int, int]]) -> Vectors:
    rows = [states[start : max(end, start + 1)].mean(axis=0) for start, end in spans]
    return _unit(np.stack(rows)) if rows else np.zeros((0, states.shape[1]), np.float32)


def _unit(rows: NDArray[np.float32]) -> Vectors:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms == 0).any():
        raise BadVectors("the model gave a vector that is zero or not finite", "qa index PATH --model all-MiniLM-L6-v2")
    unit: Vectors = (rows / norms).astype(np.float32)
    return unit
