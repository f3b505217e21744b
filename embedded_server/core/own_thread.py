"""Long, blocking work on a thread of its own: the loop waits for its end, and is told on the way."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any


class OwnThread:
    """One piece of work; made on the loop that waits for it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop = asyncio.get_running_loop()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that waits."""
        return self._loop

    async def run(self, work_blocking: Callable[[], None]) -> None:
        """Do the work and wait for it. Raises what it raises; cancelling waits no longer, and leaves the thread to whoever can end it."""
        done: asyncio.Future[None] = self._loop.create_future()

        def work() -> None:
            problem: BaseException | None = None
            try:
                work_blocking()
            except BaseException as exc:  # noqa: BLE001 - handed over to who waits
                problem = exc
            self.tell(_settle, done, problem)

        threading.Thread(target=work, name=self._name, daemon=True).start()
        await asyncio.shield(done)

    def tell(self, callback: Callable[..., None], *arguments: Any) -> None:
        """Call *callback* on the loop, from any thread; nothing once the loop has ended."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *arguments)


def _settle(done: asyncio.Future[None], problem: BaseException | None) -> None:
    if done.done():
        return
    if problem is None:
        done.set_result(None)
    else:
        done.set_exception(problem)
