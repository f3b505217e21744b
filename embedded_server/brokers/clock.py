"""Time as the broker sees it: passed in, so that tests turn the hands, and timers without an event loop."""

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Final, Protocol

SWEPT_FROM: Final = 1_000
"""So many calls to come, cancelled ones among them, are kept without a look at how many of them are still meant."""


class Clock(Protocol):
    """Two clocks: one that never jumps, for deadlines, and the calendar's, for what outlives the process."""

    def now(self) -> float:
        """Seconds, monotonic."""
        ...

    def wall(self) -> float:
        """Seconds since the Unix epoch."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds, monotonic."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()


class Timer:
    """One call to come; ``cancel`` makes it never happen."""

    __slots__ = ("action", "when")

    def __init__(self, when: float, action: Callable[[], None]) -> None:
        self.when = when
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Forget the call; may be called twice."""
        self.action = None


class Timers:
    """Calls to come, in order of time. The shell asks when the next is due and tells when it is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = itertools.count()
        self._most = SWEPT_FROM

    def call_at(self, when: float, action: Callable[[], None]) -> Timer:
        """Call *action* once the clock shows *when*."""
        if len(self._heap) >= self._most:
            self._sweep()
        timer = Timer(when, action)
        heapq.heappush(self._heap, (when, next(self._count), timer))
        return timer

    def next_at(self) -> float | None:
        """When the next call is due; ``None`` where none is."""
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run_due(self) -> None:
        """Make the calls that are due."""
        now = self._clock.now()
        while self._heap and self._heap[0][0] <= now:
            timer = heapq.heappop(self._heap)[2]
            if timer.action is not None:
                timer.action()

    def _sweep(self) -> None:
        """Let go of cancelled calls: those of readers that would wait for hours, and are answered each second, must not add up."""
        self._heap = [one for one in self._heap if one[2].action is not None]
        heapq.heapify(self._heap)
        self._most = max(SWEPT_FROM, 2 * len(self._heap))
