"""How much work is taken on at once: the rest is refused at once and told when to come back."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
import anyio.to_thread

Result = TypeVar("Result")

# What a request may hold.
MOST_HITS = 100
MOST_NAMES = 20
LONGEST_NAME = 500
LONGEST_ID = 2000

_MOST_CLIENTS = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """working questions are answered at once, and at most waiting others wait, no longer than patience_s.

    A client may ask per_second times a second on average, and burst times at once; None lets it ask as it likes.
    """

    working: int = field(default_factory=lambda: max(2, min(8, os.cpu_count() or 2)))
    waiting: int = 128
    patience_s: float = 10.0
    per_second: float | None = None
    burst: int = 60


class Refused(Exception):
    """The work is not taken on. status is HTTP's; retry_after_s says when to come back."""

    def __init__(self, status: int, fact: str, retry_after_s: int) -> None:
        super().__init__(fact)
        self.status = status
        self.fact = fact
        self.retry_after_s = retry_after_s


class Gate:
    """Lets so much work through, each on a thread of its own."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._slots = anyio.Semaphore(limits.working)
        self._threads = anyio.CapacityLimiter(limits.working)
        self._waiting = 0
        self._clients: dict[str, tuple[float, float]] = {}

    async def run(self, work: Callable[[], Result], client: str) -> Result:
        """Do the work when its turn comes. Raises: Refused."""
        self._count(client)
        await self._admit()
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads)
        finally:
            self._slots.release()

    async def _admit(self) -> None:
        if self._waiting >= self._limits.waiting:
            raise Refused(503, "too many questions at once", 2)
        self._waiting += 1
        try:
            with anyio.fail_after(self._limits.patience_s):
                await self._slots.acquire()
        except TimeoutError:
            raise Refused(503, "too many questions at once", 5) from None
        finally:
            self._waiting -= 1

    def _count(self, client: str) -> None:
        """Take a token from a client's bucket, which fills as time goes by. Raises: Refused."""
        rate = self._limits.per_second
        if rate is None:
            return
        now = time.monotonic()
        if len(self._clients) >= _MOST_CLIENTS:
            self._clients.clear()  # who asks from so many addresses is held by the other limits
        tokens, seen = self._clients.get(client, (float(self._limits.burst), now))
        tokens = min(float(self._limits.burst), tokens + (now - seen) * rate)
        if tokens < 1:
            raise Refused(429, "too many questions from this address", math.ceil((1 - tokens) / rate))
        self._clients[client] = (tokens - 1, now)
