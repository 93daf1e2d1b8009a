"""How `qa serve` bears a crowd: so many clients ask without pause; errors, latencies, memory.

python tests/benchmarks/serve.py --index indexes/default --clients 50 --seconds 120 --beside

--beside also asks the baseline, in turns with one client alone: a warm process that encodes the question with
sentence-transformers and searches a flat FAISS index of the same comments, without a server around it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import measuring
import psutil

import qa

_TURNS = 8
_A_TURN = 25
_LOOKS = 6
Asked = list[tuple[int, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--beside", action="store_true", help="also ask the baseline, in turns")
    arguments = parser.parse_args()
    index = qa.open(arguments.index)
    questions = [words(one.text) for one in index.comments(limit=2000)]
    begun = time.perf_counter()
    with measuring.serving(arguments.index) as (server, address):
        port = urllib.parse.urlsplit(address).port or 0
        first = asked(port, questions[:1], 1, 0)
        start_s = time.perf_counter() - begun
        sides = alone(port, questions, arguments)
        seen, crowd = [memory(server.pid)], []
        for _ in range(_LOOKS):
            crowd += asked(port, questions, arguments.clients, arguments.seconds / _LOOKS)
            seen.append(memory(server.pid))
    shown = {
        "index": str(arguments.index),
        "passages": index.status().passages,
        "first_answer_after_start_s": round(start_s, 2),
        "first_status": first[0][0],
        **{side: summary(times) for side, times in sides.items()},
        "clients": arguments.clients,
        "crowd": summary(crowd),
        "memory_mib": seen,
        "exit_code": server.returncode,
    }
    print(json.dumps(shown, indent=2))


def alone(port: int, questions: list[str], arguments: argparse.Namespace) -> dict[str, Asked]:
    """Ask from one client; with --beside the baseline in turns."""
    if not arguments.beside:
        return {"alone": asked(port, questions, 1, min(5, arguments.seconds))}
    found: dict[str, Asked] = {"alone": [], "baseline": []}
    with baseline(arguments.index) as ask:
        ask(questions[0])
        for turn in range(_TURNS):
            mine = [questions[at % len(questions)] for at in range(turn * _A_TURN, (turn + 1) * _A_TURN)]
            found["alone"] += asked(port, mine, 1, 0, each=True)
            found["baseline"] += [(200, ask(question)) for question in mine]
    return found


@contextmanager
def baseline(index: Path) -> Iterator[Callable[[str], float]]:
    """Start the baseline on the comments of an index, with their vectors as they are; give what asks it, in ms."""
    import faiss

    with qa.open(index).browse() as browser:
        points = browser.points(sys.maxsize)
    texts = {one.comment_id: one.text for one in qa.open(index).comments()}
    with tempfile.TemporaryDirectory() as folder:
        flat = faiss.IndexFlatIP(points.vectors.shape[1])
        flat.add(points.vectors)
        faiss.write_index(flat, f"{folder}/baseline.faiss")
        rows = [{"id": one, "text": texts[one]} for one in points.comment_ids]
        (Path(folder) / "baseline.json").write_text(json.dumps(rows), encoding="utf-8")
        command = [sys.executable, str(Path(__file__).with_name("inside.py")), "baseline", folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
            assert process.stdin
            assert process.stdout
            to, back = process.stdin, process.stdout

            def ask(question: str) -> float:
                print(json.dumps({"question": question}), file=to, flush=True)
                return float(back.readline()) * 1000

            yield ask
            to.close()


def words(text: str) -> str:
    """Return the first words of a comment, which stand in for a question."""
    return " ".join(text.split()[:12]) or "nothing"


def asked(port: int, questions: list[str], clients: int, seconds: float, *, each: bool = False) -> Asked:
    """Ask from so many clients, each with a connection of its own; return (status, ms) of every answer.

    each: every question once, however long it takes.
    """
    results: Asked = []
    until = time.perf_counter() + seconds

    def ask(client: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        at = client * 37
        while True:
            question = urllib.parse.urlencode({"question": questions[at % len(questions)]})
            begun = time.perf_counter()
            connection.request("GET", f"/api/ask?{question}")
            served = connection.getresponse()
            served.read()
            results.append((served.status, (time.perf_counter() - begun) * 1000))
            at += 1
            if at == len(questions) if each else time.perf_counter() >= until:
                return

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(clients)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return results


def summary(results: Asked) -> dict[str, object]:
    times = sorted(ms for _, ms in results)
    return {
        "answers": len(results),
        "statuses": dict(Counter(status for status, _ in results)),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "p99_ms": round(times[int(len(times) * 0.99)], 1),
    }


def memory(process: int) -> float:
    return round(psutil.Process(process).memory_info().rss / 2**20, 1)


if __name__ == "__main__":
    main()
