"""A GPU for bulk encoding, selected only where one is present and there is much to encode.

Opening one takes as long as the processor takes for some thousands of passages. A GPU gives the compiled model's token
states, so what is made of them is the same code; a GPU whose states differ on a few tokens is not used.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.encoder.batching import BATCH_TOKENS
from qa.encoder.model_files import ModelFiles
from qa.encoder.original import load_original
from qa.encoder.probes import LEAST_AGREEMENT

# Importing torch alone takes 13 to 20 s, as the processor does for about these: at worst, twice the time is spent.
BULK = 4_000
_GPU_BATCH_TOKENS = 32 * BATCH_TOKENS
Inputs = Mapping[str, NDArray[np.int64]]
States = NDArray[np.float32]


class Session(Protocol):
    """What runs a model, as onnxruntime's sessions do."""

    def run(self, names: None, inputs: Inputs) -> list[States]:
        """Shapes: input_ids and attention_mask (b, t) -> one array of token states (b, t, d)."""


class BulkSession:
    """Runs on the processor, and from `BULK` passages on where a GPU does; a GPU that fails is not used again."""

    def __init__(self, cpu: Session, open_gpu: Callable[[], Session | None], notice: Callable[[str], None]) -> None:
        self.batch_tokens = BATCH_TOKENS
        self._cpu = cpu
        self._gpu: Session | None = None
        self._open_gpu = open_gpu
        self._notice = notice
        self._seen = 0

    def expect(self, passages: int) -> None:
        """Count passages that are about to be run; open a GPU, once, where there are many."""
        before, self._seen = self._seen, self._seen + passages
        if not before < BULK <= self._seen:
            return
        try:
            self._gpu = self._open_gpu()
            if self._gpu is not None:
                _compare(self._cpu, self._gpu)
                self.batch_tokens = _GPU_BATCH_TOKENS
                self._notice("many passages: the GPU encodes the rest")
        except _failures() as error:
            self._back_to_cpu(error)

    def run(self, names: None, inputs: Inputs) -> list[States]:
        """Return the token states."""
        if self._gpu is not None:
            try:
                return self._gpu.run(names, inputs)
            except _failures() as error:  # out of memory, above all
                self._back_to_cpu(error)
        return self._cpu.run(names, inputs)

    def _back_to_cpu(self, error: BaseException) -> None:
        self._gpu, self.batch_tokens = None, BATCH_TOKENS
        self._notice(f"the GPU is not used ({str(error).partition(chr(10))[0]}): the processor encodes on")


def _compare(cpu: Session, gpu: Session) -> None:
    """Raise RuntimeError where the two give other states for a few tokens."""
    ids = np.arange(16, dtype=np.int64).reshape(2, 8) % 8
    mine, theirs = (one.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0] for one in (cpu, gpu))
    lengths = np.linalg.norm(mine, axis=2) * np.linalg.norm(theirs, axis=2)
    cosine = float(((mine * theirs).sum(axis=2) / lengths).min())
    if not cosine >= LEAST_AGREEMENT:
        raise RuntimeError(f"its vectors differ, cosine {cosine:.4f}")


def _failures() -> tuple[type[BaseException], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as faults

    return RuntimeError, faults.RuntimeException, faults.Fail, faults.EPFail


def open_gpu(model: ModelFiles, graph: Path) -> Session | None:
    """Open the model on the machine's GPU; None where there is none, or for int8, which a GPU computes otherwise."""
    import onnxruntime

    nvidia = Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
    if model.fast or not (nvidia or sys.platform == "darwin"):
        return None
    if nvidia and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        session = onnxruntime.InferenceSession(str(graph), providers=[("CUDAExecutionProvider", {"use_tf32": "0"})])
        return session if "CUDAExecutionProvider" in session.get_providers() else None
    import torch

    device, there = ("cuda", torch.cuda) if nvidia else ("mps", torch.backends.mps)
    return TorchSession(model.folder, device) if there.is_available() else None


class TorchSession:
    """Runs the model that was compiled with torch itself, on any of torch's devices."""

    def __init__(self, folder: Path, device: str) -> None:
        self._network: Any = load_original(folder, device)[0].auto_model.eval()
        self._device = device

    def run(self, names: None, inputs: Inputs) -> list[States]:
        """Return the token states."""
        import torch

        with torch.inference_mode():
            given = {name: torch.from_numpy(rows).to(self._device) for name, rows in inputs.items()}
            return [self._network(**given).last_hidden_state.float().cpu().numpy()]
