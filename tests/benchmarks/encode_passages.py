"""Encode comments with the program's encoder alone; the other side of `baseline.py index`, run by `encode.py`.

python tests/benchmarks/encode_passages.py COMMENTS.jsonl OUT.npy
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from qa.encoder import PassageInput, load_encoder
from qa.passages import sentence_spans


def main() -> None:
    comments, out = map(Path, sys.argv[1:])
    encoder = load_encoder()
    texts = [json.loads(line)["text"] for line in comments.read_text(encoding="utf-8").splitlines()]
    start = time.perf_counter()
    encoded = encoder.encode_passages([PassageInput("", text, tuple(sentence_spans(text))) for text in texts])
    print(f"encoded {len(texts)} in {time.perf_counter() - start:.3f} s")
    np.save(out, np.stack([one.vector for one in encoded]))


if __name__ == "__main__":
    main()
