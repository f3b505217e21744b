"""How fast something comes: a count over the last second, in constant memory."""

import time
from collections.abc import Callable
from typing import Final

_BUCKETS: Final = 10
"""Tenths of a second."""


class RateMeter:
    """Counts; `rate` answers how many were counted within the last second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts = [0] * _BUCKETS
        self._now = int(clock() * _BUCKETS)

    def add(self, count: int = 1) -> None:
        """Count *count* now."""
        self._turn()
        self._counts[self._now % _BUCKETS] += count

    def rate(self) -> float:
        """Answer how many a second."""
        self._turn()
        return float(sum(self._counts))

    def _turn(self) -> None:
        now = int(self._clock() * _BUCKETS)
        for bucket in range(self._now + 1, min(now, self._now + _BUCKETS) + 1):
            self._counts[bucket % _BUCKETS] = 0
        self._now = now
