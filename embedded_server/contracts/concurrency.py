"""How both processes run background work: no task is lost, no failure is silent, every retry backs off the same way."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

Notify = Callable[[BaseException], None]

_alive: Final[set[asyncio.Task[Any]]] = set()


def spawn(coro: Coroutine[Any, Any, None], *, name: str, notify: Notify) -> asyncio.Task[None]:
    """Run *coro* in the background; keep it alive and let no failure be silent.

    *notify* gets every exception but cancellation. The task itself never raises into the loop's exception handler.
    """
    task = asyncio.create_task(_guard(coro, notify), name=name)  # noqa: TID251 - the one place
    _alive.add(task)
    task.add_done_callback(_alive.discard)
    task.add_done_callback(lambda _: coro.close())  # cancelled before its first step it would count as never awaited
    return task


async def _guard(coro: Coroutine[Any, Any, None], notify: Notify) -> None:
    try:
        await coro
    except Exception as exc:  # noqa: BLE001 - handed on, whatever it is
        notify(exc)


async def cancel(task: asyncio.Task[Any] | None) -> None:
    """Cancel *task* and wait until it has ended; nothing where there is none."""
    if task is None or task.done():
        return
    task.cancel()
    await asyncio.wait([task])


class Backoff:
    """Delays that double up to a cap, with jitter, and start anew only after a stable period.

    ``delay()`` is asked after each failure; ``started()`` is told when an attempt has succeeded.
    """

    def __init__(self, *, first_s: float = 0.25, cap_s: float = 15.0, stable_s: float = 10.0) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._stable_s = stable_s
        self._started_at = 0.0
        self.attempt = 0
        """Failures since the last stable period."""

    def started(self) -> None:
        """Begin to count towards the stable period."""
        self._started_at = time.monotonic()

    def delay(self) -> float:
        """Seconds to wait before the next attempt: full range from half the step to the step."""
        if self._started_at and time.monotonic() - self._started_at >= self._stable_s:
            self.attempt = 0
        self._started_at = 0.0
        step = min(self._cap_s, self._first_s * 2.0**self.attempt)
        self.attempt += 1
        return step * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
