"""Compile a sentence-transformers model to ONNX, once, in a process of its own.

Run as ``python -m qa.encoder.compiling MODEL_FOLDER OUT_FOLDER [int8]``: importing torch and transformers takes seconds
and hundreds of megabytes, which the process that answers questions must not pay. The graph yields the token states, so
that one pass gives the passage's vector and its sentences' vectors; pooling happens in `qa.encoder.compiled`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qa.encoder.compiled import CompiledEncoder
from qa.encoder.model_files import fast_name, find_model
from qa.encoder.original import load_original
from qa.encoder.probes import (
    LEAST_AGREEMENT,
    LEAST_AGREEMENT_FAST,
    PROBES,
    agreement,
    characters_per_second,
    write_probes,
)
from qa.encoder.seals import Measured


def compile_model(folder: Path, out: Path, *, fast: bool) -> Measured:
    """Write the compiled model into `out`, its weights as int8 where it is to be fast; return how it measured."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.filterwarnings("ignore")
    original = load_original(folder, "cpu")
    exported = out / "exported.onnx"
    _export(original[0].auto_model, exported)
    if fast:
        _weights_as_int8(exported)
    _optimise(exported, out)
    exported.unlink()
    shutil.copyfile(folder / "tokenizer.json", out / "tokenizer.json")
    write_probes(out, original.encode(PROBES, normalize_embeddings=True))
    name = fast_name(str(folder)) if fast else str(folder)
    encoder = CompiledEncoder(find_model(name), out)
    return Measured(agreement(encoder, out), characters_per_second(encoder))


def _export(network: Any, path: Path) -> None:
    import onnx
    import torch

    class TokenStates(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.network(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return states

    example = torch.full((2, 7), 7, dtype=torch.int64)
    axes = {0: "batch", 1: "tokens"}
    with torch.no_grad():
        torch.onnx.export(
            TokenStates().eval(),
            (example, torch.ones_like(example)),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["input_ids", "attention_mask"],
            output_names=["token_states"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "token_states": axes},
        )
    onnx.checker.check_model(str(path))


def _weights_as_int8(path: Path) -> None:
    """Make the matrices' weights int8, a scale for each column; words' vectors are only looked up, and stay as exact.

    reduce_range keeps one bit free, without which sums overflow on processors that have no instruction for int8.
    """
    from onnxruntime.quantization import quantize_dynamic

    made = path.with_suffix(".int8.onnx")
    quantize_dynamic(path, made, op_types_to_quantize=["MatMul"], per_channel=True, reduce_range=True)
    made.replace(path)


def _optimise(exported: Path, out: Path) -> None:
    """Write the graph as the runtime would rewrite it, and the weights beside it, where they can be memory-mapped.

    Opening the exported file takes 0.2 s at every question, opening this 0.02 s.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Beyond "extended", graphs are made for one processor only.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(out / "model.onnx")
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", "weights.bin")
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(exported), options, providers=["CPUExecutionProvider"])


def main() -> int:
    """Compile and print, on the last line, how it measured; exit 1 where the vectors are not the original's."""
    fast = sys.argv[3:] == ["int8"]
    measured = compile_model(Path(sys.argv[1]), Path(sys.argv[2]), fast=fast)
    least = LEAST_AGREEMENT_FAST if fast else LEAST_AGREEMENT
    if not measured.agreement >= least:
        print(f"its vectors differ from the original's: cosine {measured.agreement:.4f}, not {least}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(measured)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
