"""Slows guessing down: so many failures for a key within a time, then waiting."""

import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

_MAX_KEYS: Final = 10_000
"""Beyond this many keys the stalest are forgotten: memory stays bounded whatever is tried."""


class AttemptLimiter:
    """Counts attempts per key in a sliding window. An attempt counts from its begin, so that parallel ones do not slip through."""

    def __init__(self, *, limit: int, window_s: float, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._window_s = window_s
        self._clock = clock
        self._attempts: dict[str, deque[float]] = {}

    def wait_s(self, key: str) -> int:
        """Answer how many whole seconds *key* has to wait; 0 where it may try."""
        attempts = self._recent(key)
        if len(attempts) < self._limit:
            return 0
        return max(1, math.ceil(attempts[-self._limit] + self._window_s - self._clock()))

    def begin(self, key: str) -> None:
        """Count one attempt."""
        attempts = self._recent(key)
        attempts.append(self._clock())
        self._attempts[key] = attempts
        if len(self._attempts) > _MAX_KEYS:
            self._forget()

    def forgive(self, keys: Iterable[str]) -> None:
        """Forget the attempts of *keys*: the last one succeeded."""
        for key in keys:
            self._attempts.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        attempts = self._attempts.get(key, deque())
        oldest = self._clock() - self._window_s
        while attempts and attempts[0] <= oldest:
            attempts.popleft()
        return attempts

    def _forget(self) -> None:
        for key in [key for key in self._attempts if not self._recent(key)]:
            del self._attempts[key]
        while len(self._attempts) > _MAX_KEYS * 3 // 4:  # room for many more before the next look
            del self._attempts[next(iter(self._attempts))]
