"""What forgetting, verifying and repairing have to say."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

from qa.render.reports import report_json, report_plain
from qa.render.safe import safe_line
from qa.reports import Forgotten, Repaired, Verification


def forgotten_plain(gone: Forgotten, index: str) -> str:
    """Return what went, and whether it is off the disk."""
    what = f"the source {safe_line(gone.name)}" if gone.whole_source else safe_line(gone.name)
    lines = [f"forgot {what}: {_comments(gone.comments)} gone from the index"]
    if gone.encoded:
        lines.append(f"encoded again, as they quoted it: {gone.encoded:,} replies")
    lines.append(_disk(gone.pending, index))
    lines.append(f"it stays out of every update; to take it in again: qa forget --undo {shlex.quote(gone.name)}")
    return "\n".join(lines)


def forgotten_json(gone: Forgotten) -> dict[str, Any]:
    """Return what went as plain values."""
    return dataclasses.asdict(gone)


def verification_plain(found: Verification) -> str:
    """Return each finding with the command that mends it, or that all is well."""
    if not found.findings:
        how = "every checksum, " if found.deep else ""
        return (
            f"all is well: {found.comments:,} comments, {found.passages:,} passages; {how}every citation compared with "
            f"its source, {min(found.sampled, found.passages):,} passages encoded again"
        )
    lines = [f"wrong: {safe_line(one.fact)}\n  run: {safe_line(one.mend)}" for one in found.findings]
    return "\n".join(lines)


def verification_json(found: Verification) -> dict[str, Any]:
    """Return the findings as plain values."""
    return {"ok": not found.findings, **dataclasses.asdict(found)}


def repaired_plain(done: Repaired, index: str) -> str:
    """Return what a repair dropped, what reading the sources again gave, and what was made anew."""
    lines = []
    if done.kept:
        lines.append(f"the damaged store stays as {safe_line(done.kept)}; remove it once all is well")
    if done.dropped:
        lines.append(f"{_comments(done.dropped)} could not be kept as stored: read again where a source has them")
    lines.append(report_plain(done.report))
    made = "words, checkpoint and store rewritten" if done.compacted else "words and checkpoint made anew"
    return "\n".join([*lines, made] + ([_disk(True, index)] if done.pending else []))


def repaired_json(done: Repaired) -> dict[str, Any]:
    """Return what a repair did as plain values."""
    return {
        "dropped": done.dropped,
        "compacted": done.compacted,
        "pending": done.pending,
        "kept": done.kept,
        **report_json(done.report),
    }


def _comments(count: int) -> str:
    return f"{count:,} {'comment' if count == 1 else 'comments'}"


def _disk(pending: bool, index: str) -> str:
    if pending:
        return (
            "pending: another process still reads the old state, so deleted text is still on disk; when it has ended, "
            f"run: qa repair --index {shlex.quote(index)}"
        )
    return "its text is off the disk"
