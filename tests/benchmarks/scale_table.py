"""What `scale.py` measured, as a Markdown table: a column for each size, medians with least and most in brackets."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Found = dict[str, Any]
_MEBI = 1 << 20
_DROPPED = {"all": "nothing in memory", "files": "the collection's files not in memory"}


def table(results: dict[int, Found], drop: str) -> str:
    """Return the table; drop says what the system was made to forget."""
    first = next(iter(results.values()))
    lines = [["", *(f"{size:,}" for size in results)], ["---"] * (len(results) + 1)]
    for label, cell in _rows(first, drop):
        lines.append([label, *(cell(found) for found in results.values())])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rows(first: Found, drop: str) -> Iterator[tuple[str, Callable[[Found], str]]]:
    yield "passages", lambda found: f"{found['built']['passages']:,}"
    yield "build without encoding, s", lambda found: f"{_build(found):,.1f}"
    yield "- of it read, cut, keep vectors, commit", _steps
    yield "passages/s", lambda found: f"{found['built']['passages'] / _build(found):,.0f}"
    yield "build's peak memory, MiB", lambda found: f"{found['built']['peak']:,.0f}"
    yield "on disk, MiB", lambda found: f"{sum(found['bytes'].values()) / _MEBI:,.0f}"
    yield "- of it store, words, vectors", _parts
    for key, where in (("in memory", "files in memory"), ("dropped", _DROPPED.get(drop, ""))):
        if key in first:
            yield from _cold(first, key, where)
    yield from _warm(first)
    yield "`--since` half, one author: times an unscoped question", _scoped
    yield "recall@10: vectors like passages, questions", _recall
    yield "`qa update` after one edit, s", lambda found: _shown([one["wall"] for one in found["update"]])
    yield "- of it the commit, s", lambda found: _shown([one["commit"] for one in found["commit"]])
    yield "- passages encoded", lambda found: _shown([one["encoded"] for one in found["update"]])
    yield "- its peak memory, MiB", lambda found: _shown([one["peak"] for one in found["update"]])


def _cold(first: Found, key: str, where: str) -> Iterator[tuple[str, Callable[[Found], str]]]:
    def column(side: str, what: str) -> Callable[[Found], str]:
        return lambda found: _shown([one[what] for one in found[key][side]])

    yield f"`qa ask`, {where}, s", column("qa", "wall")
    if "baseline" in first[key]:
        yield "- baseline, s", column("baseline", "wall")
        yield "- better by", lambda found: _factor(found[key], "wall")
    if key == "in memory":
        yield "- peak memory, MiB", column("qa", "peak")
        if "baseline" in first[key]:
            yield "- baseline's, MiB", column("baseline", "peak")


def _warm(first: Found) -> Iterator[tuple[str, Callable[[Found], str]]]:
    yield "a question in one process, p50 and p95, ms", lambda found: _percentiles(found["warm"]["qa"])
    if "baseline" in first["warm"]:
        yield "- baseline, ms", lambda found: _percentiles(found["warm"]["baseline"])


def _build(found: Found) -> float:
    return float(sum(found["built"]["seconds"].values()))


def _steps(found: Found) -> str:
    return ", ".join(f"{seconds:,.1f}" for seconds in found["built"]["seconds"].values())


def _parts(found: Found) -> str:
    kinds = ("index.sqlite3", "words", "vectors")
    return ", ".join(f"{found['bytes'].get(kind, 0) / _MEBI:,.0f}" for kind in kinds)


def _scoped(found: Found) -> str:
    medians = {name: statistics.median(taken) for name, taken in found["scoped"].items()}
    return f"{medians['half'] / medians['all']:.2f}x, {medians['author'] / medians['all']:.2f}x"


def _recall(found: Found) -> str:
    return ", ".join(f"{share:.4f}" for share in found["recall"].values())


def _percentiles(seconds: Sequence[float]) -> str:
    cuts = statistics.quantiles(seconds, n=20)
    return f"{statistics.median(seconds) * 1000:,.1f}, {cuts[-1] * 1000:,.1f}"


def _factor(sides: dict[str, list[dict[str, float]]], what: str) -> str:
    ours, theirs = (statistics.median(one[what] for one in sides[side]) for side in ("qa", "baseline"))
    return f"{theirs / ours:.1f}x"


def _shown(values: Sequence[float]) -> str:
    digits = 0 if min(values) >= 100 or all(value == int(value) for value in values) else 2
    middle, least, most = (f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least}-{most})"
