"""The model as sentence-transformers runs it: what is compiled, and what a GPU runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def load_original(folder: Path, device: str) -> Any:
    """Return the model on one of torch's devices, from its folder alone, from safetensors and without foreign code."""
    from sentence_transformers import SentenceTransformer

    settings = {"use_safetensors": True, "attn_implementation": "eager"}
    return SentenceTransformer(
        str(folder), device=device, local_files_only=True, trust_remote_code=False, model_kwargs=settings
    )
