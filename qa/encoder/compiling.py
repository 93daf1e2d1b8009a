"""Compile a sentence-transformers model to ONNX, once, in a process of its own.

Run as ``python -m qa.encoder.compiling MODEL_FOLDER OUT_FOLDER``: importing torch and transformers takes seconds and
hundreds of megabytes, which the process that answers questions must not pay. The graph yields the token states, so
that one pass gives the passage's vector and its sentences' vectors; pooling happens in `qa.encoder.compiled`.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from pathlib import Path

import numpy as np

PROBES = [
    "What is the difference between cosine similarity and the dot product?",
    "Yes, exactly.",
    "I was wrong about this in March: the index had been stale for a week, and nobody noticed. " * 4,
]


LEAST_AGREEMENT = 0.9999


def compile_model(folder: Path, out: Path) -> float:
    """Write model.onnx and tokenizer.json into `out`; return the lowest cosine to the original on the probe texts."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.filterwarnings("ignore")
    import onnx
    import torch
    from sentence_transformers import SentenceTransformer

    settings = {"use_safetensors": True, "attn_implementation": "eager"}
    original = SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs=settings)

    class TokenStates(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = original[0].auto_model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.network(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return states

    example = torch.full((2, 7), 7, dtype=torch.int64)
    axes = {0: "batch", 1: "tokens"}
    with torch.no_grad():
        torch.onnx.export(
            TokenStates().eval(),
            (example, torch.ones_like(example)),
            str(out / "exported.onnx"),
            dynamo=False,
            opset_version=17,
            input_names=["input_ids", "attention_mask"],
            output_names=["token_states"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "token_states": axes},
        )
    onnx.checker.check_model(str(out / "exported.onnx"))
    _optimise(out / "exported.onnx", out)
    (out / "exported.onnx").unlink()
    shutil.copyfile(folder / "tokenizer.json", out / "tokenizer.json")
    return _agreement(original.encode(PROBES, normalize_embeddings=True), folder, out)


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


def _agreement(expected: np.ndarray[tuple[int, ...], np.dtype[np.float32]], folder: Path, out: Path) -> float:
    from qa.encoder.compiled import CompiledEncoder
    from qa.encoder.interface import PassageInput
    from qa.encoder.model_files import find_model

    encoder = CompiledEncoder(find_model(str(folder)), out)
    found = encoder.encode_passages([PassageInput("", text, ()) for text in PROBES])
    return min(float(row @ one.vector) for row, one in zip(np.asarray(expected), found, strict=True))


def main() -> int:
    """Compile and print the agreement; exit 1 where it is too low."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    agreement = compile_model(folder, out)
    if agreement < LEAST_AGREEMENT:
        print(f"its vectors differ from the original's: cosine {agreement:.4f} on a probe text", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
