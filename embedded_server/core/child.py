"""Supervision of one child process: start, watch, restart with back-off, stop."""

import asyncio
import contextlib
import logging
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from embedded_server.contracts.concurrency import Backoff, cancel, spawn
from embedded_server.contracts.server import Part, PartState
from embedded_server.core.head_start import HeadStart
from embedded_server.core.process import Log, RunningProcess, launch

_logger = logging.getLogger(__name__)

STOP_GRACE_S: Final = 3.0


class ChildProcess:
    """Keeps one child process running: the embedded brokers, the worker.

    Its output lines go to *log*. It is *ready* once that function, given each line of its standard output, answers an address
    (without one it is ready at once). One that got a *head_start* is taken over at the first start. The child gets a pipe as
    standard input that ends with this process, and is expected to call `core.parent.watch_parent`.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[], list[str]],
        *,
        log: Log,
        ready: Callable[[str], str | None] | None = None,
        env: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
        ready_timeout_s: float = 20.0,
        stop_grace_s: float = STOP_GRACE_S,
        backoff: Backoff | None = None,
        head_start: HeadStart | None = None,
    ) -> None:
        self._command = command
        self._log = log
        self._ready = ready
        self._env = env
        self._ready_timeout_s = ready_timeout_s
        self._stop_grace_s = stop_grace_s
        self._backoff = backoff or Backoff()
        self._head_start = head_start or HeadStart()
        self._part = Part(name, PartState.STOPPED, "", 0, "", 0, 0, 0)
        self._run: RunningProcess | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._hurry = asyncio.Event()
        self.on_change: list[Callable[[Part], None]] = []
        """Called on the loop with every new status."""

    def status(self) -> Part:
        """Answer what it is doing and why."""
        return self._part

    @property
    def address(self) -> str:
        """Where it answers, as its ready line told; empty before the first."""
        return self._part.address

    async def start(self) -> None:
        """Begin to supervise; returns once the first attempt is ready or has failed. Never raises for a failing child."""
        if self._supervisor is None or self._supervisor.done():
            self._settled.clear()
            self._set(state=PartState.STARTING, reason="", retry_at=0)
            self._supervisor = spawn(self._supervise(), name=f"supervise {self._part.name}", notify=self._on_failure)
        await self._settled.wait()

    async def stop(self) -> None:
        """End the child and stay stopped. May be called twice."""
        await cancel(self._supervisor)
        self._supervisor = None
        await self._end_run()
        self._set(state=PartState.STOPPED, reason="", pid=0, retry_at=0)

    async def restart(self) -> None:
        """End the child and start it anew at once, whatever it was doing; returns once it is ready or has failed."""
        if self._supervisor is None or self._supervisor.done():
            await self.start()
            return
        self._settled.clear()
        self._hurry.set()
        await self._end_run()
        await self._settled.wait()

    async def _supervise(self) -> None:
        while True:
            self._hurry.clear()
            reason = await self._live_once()
            if reason is None:
                return
            asked = self._hurry.is_set()
            self._set(pid=0, restarts=self._part.restarts + 1, reason="" if asked else reason)
            if not asked:
                await self._wait_before_retry(reason)

    async def _live_once(self) -> str | None:
        """Run the child until it ends; answer the reason, or None where trying again is of no use."""
        self._set(state=PartState.STARTING, retry_at=0)
        try:
            launched = self._head_start.take(self._part.name) or self._launch()
            self._run = RunningProcess(self._part.name, launched, log=self._log, ready=self._ready)
        except OSError as exc:
            self._set(state=PartState.FAILED, reason=f"Cannot be started: {exc.strerror or exc}")
            self._settled.set()
            return None
        run = self._run
        self._set(pid=run.pid, started_at=time.time_ns())
        outcomes: list[asyncio.Future[Any]] = [run.ready, run.ended]
        await asyncio.wait(outcomes, timeout=self._ready_timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if run.ready.done() and not run.ended.done():
            self._backoff.started()
            self._set(state=PartState.RUNNING, address=run.ready.result() or self._part.address)
            self._settled.set()
        elif not run.ended.done():
            await run.stop(self._stop_grace_s)
            return f"Not ready within {self._ready_timeout_s:g} seconds"
        await asyncio.wait([run.ended])  # not awaited itself: a cancelled supervisor must not cancel it
        return run.reason(run.ended.result())

    def _launch(self) -> "subprocess.Popen[bytes]":
        return launch(self._command(), self._env() if callable(self._env) else self._env)

    async def _wait_before_retry(self, reason: str) -> None:
        delay_s = self._backoff.delay()
        self._log(self._part.name, "WARNING", f"{reason}. Starts again in {delay_s:.1f} s")
        self._set(state=PartState.WAITING, reason=reason, retry_at=time.time_ns() + int(delay_s * 1e9))
        self._settled.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._hurry.wait()

    async def _end_run(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            await run.stop(self._stop_grace_s)

    def _set(self, **changes: object) -> None:
        changed = replace(self._part, **changes)  # type: ignore[arg-type]  # replace() of a dataclass by its own field names
        if changed != self._part:
            self._part = changed
            for callback in list(self.on_change):
                callback(changed)

    def _on_failure(self, exc: BaseException) -> None:
        _logger.error("supervision of %s failed", self._part.name, exc_info=exc)
        self._set(state=PartState.FAILED, reason="Its supervision failed; the server's log has the cause")
        self._settled.set()
