"""Runs a coroutine on a loop that is Qt's and asyncio's at once, as the window's is."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import qasync
from PySide6.QtWidgets import QApplication

LIMIT_S = 30.0


def run_on_qt(coro: Coroutine[Any, Any, None]) -> None:
    """Run *coro* to its end; whatever it leaves running is cancelled."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    loop = qasync.QEventLoop(app, set_running_loop=False)
    with loop:
        loop.run_until_complete(_bounded(coro))
    asyncio.set_event_loop(None)


async def _bounded(coro: Coroutine[Any, Any, None]) -> None:
    try:
        await asyncio.wait_for(coro, LIMIT_S)
    finally:
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        ended = asyncio.gather(*rest, return_exceptions=True)
        await asyncio.wait([ended], timeout=LIMIT_S)
        assert ended.done(), [task for task in rest if not task.done()]


async def until(condition: Callable[[], object], limit_s: float = 15.0) -> None:
    """Wait for a state."""
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110 - any state, not one that has an event
            await asyncio.sleep(0.005)
