"""How `qa serve` bears a crowd: so many clients ask without pause; errors, latencies, memory.

python tests/benchmarks/serve.py --index indexes/default --clients 50 --seconds 120
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from pathlib import Path

import psutil

import qa


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    arguments = parser.parse_args()
    index = qa.open(arguments.index)
    questions = [words(one.text) for one in index.comments(limit=2000)]
    begun = time.perf_counter()
    command = [sys.executable, "-m", "qa", "serve", "--index", str(arguments.index), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:
        try:
            assert server.stdout
            found = re.search(r":(\d+)/", server.stdout.readline())
            assert found
            port = int(found.group(1))
            first = asked(port, questions[:1], 1, 0)
            start_s = time.perf_counter() - begun
            alone = asked(port, questions, 1, min(5, arguments.seconds))
            before = memory(server.pid)
            crowd = asked(port, questions, arguments.clients, arguments.seconds / 2)
            middle = memory(server.pid)
            crowd += asked(port, questions, arguments.clients, arguments.seconds / 2)
            after = memory(server.pid)
        finally:
            server.terminate()
    shown = {
        "index": str(arguments.index),
        "passages": index.status().passages,
        "first_answer_after_start_s": round(start_s, 2),
        "first_status": first[0][0],
        "alone": summary(alone),
        "clients": arguments.clients,
        "crowd": summary(crowd),
        "memory_mib": {"before": before, "middle": middle, "after": after},
        "exit_code": server.returncode,
    }
    print(json.dumps(shown, indent=2))


def words(text: str) -> str:
    """Return the first words of a comment, which stand in for a question."""
    return " ".join(text.split()[:12]) or "nothing"


def asked(port: int, questions: list[str], clients: int, seconds: float) -> list[tuple[int, float]]:
    """Ask from so many clients, each with a connection of its own; return (status, ms) of every answer."""
    results: list[tuple[int, float]] = []
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
            if time.perf_counter() >= until:
                return

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(clients)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return results


def summary(results: list[tuple[int, float]]) -> dict[str, object]:
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
