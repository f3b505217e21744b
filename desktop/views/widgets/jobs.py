"""The background work of one widget, ended with it: an answer that comes late must not find a widget that is gone."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QObject

from embedded_server.contracts.concurrency import Notify, cancel, spawn


class Jobs:
    """Named tasks, at most one of each name."""

    def __init__(self, owner: QObject) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        owner.destroyed.connect(self.cancel_all)

    def is_running(self, name: str) -> bool:
        """Whether the task of that name is under way."""
        task = self._tasks.get(name)
        return task is not None and not task.done()

    def start(self, name: str, coro: Coroutine[Any, Any, None], notify: Notify) -> asyncio.Task[None]:
        """Begin *coro*; one of the same name that is under way is given up."""
        self.cancel(name)
        task = spawn(coro, name=name, notify=notify)
        self._tasks[name] = task
        return task

    def cancel(self, name: str) -> None:
        """Give up the task of that name, without waiting for its end."""
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()

    def cancel_all(self) -> None:
        """Give up everything."""
        for name in list(self._tasks):
            self.cancel(name)

    async def stop(self) -> None:
        """Give up everything and wait for the end of it; may be called twice."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            await cancel(task)


class Working:
    """A part of a form that asks the server by itself, with ``_jobs``; the form stops it together with its own work."""

    _jobs: Jobs

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self._jobs.stop()
