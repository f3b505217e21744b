"""Where the server runs and how it fares: in a process of its own, on the window's loop, or elsewhere.

A host is started once and then keeps the server running: after a crash it starts again with back-off, on the same port, and says why.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from desktop.core.host_status import HostPhase, HostStatus
from desktop.core.i18n import tr
from desktop.core.problems import problem_of, title_of
from desktop.services.heavy_imports import heavy_imports
from embedded_server.contracts.concurrency import Backoff, cancel, spawn

__all__ = ["HostPhase", "HostStatus", "InLoopHost", "ProcessHost", "RemoteHost", "ServerHost", "serve_command"]

log = logging.getLogger(__name__)

READY_TIMEOUT_S: Final = 20.0
STOP_TIMEOUT_S: Final = 8.0
KILL_TIMEOUT_S: Final = 2.0
STABLE_S: Final = 10.0
ATTEMPTS_BEFORE_GIVING_UP: Final = 5
"""Starts that never got ready, one after the other. A server that once ran is always started again."""
STDERR_LINES: Final = 40


class ServerHost(QObject):
    """What the window knows of where its server runs."""

    state_changed = Signal(object)
    """The `HostStatus` from now on."""

    def __init__(self) -> None:
        super().__init__()
        self._status = HostStatus()

    @property
    def status(self) -> HostStatus:
        """How the server fares."""
        return self._status

    @property
    def url(self) -> str:
        """Where the server is; empty before it was ready for the first time."""
        return self._status.url

    @property
    def is_embedded(self) -> bool:
        """Whether the server is the window's own and ends with it."""
        return True

    def start(self) -> None:
        """Begin; `state_changed` tells how it goes on."""
        raise NotImplementedError

    def restart(self) -> None:
        """Stop the server and start it again, or try at once where a start is pending."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End the server and wait for its end, within bounds; may be called twice."""
        raise NotImplementedError

    def _set(self, status: HostStatus) -> None:
        if status != self._status:
            self._status = status
            self.state_changed.emit(status)


Command = Callable[[int], Sequence[str]]
"""Given the port to use (0 for a free one), the program and its arguments."""


def serve_command(data_dir: Path) -> Command:
    """Answer how the embedded server is started for *data_dir*."""

    def command(port: int) -> Sequence[str]:
        return [sys.executable, "-m", "embedded_server", "serve", "--child", "--port", str(port), "--data-dir", str(data_dir)]

    return command


class ProcessHost(ServerHost):
    """Runs the server as a child process. Its standard input stays open: the child ends when that ends, whatever ends us."""

    def __init__(self, command: Command, *, first_delay_s: float = 0.25) -> None:
        super().__init__()
        self._command = command
        self._backoff = Backoff(first_s=first_delay_s, stable_s=STABLE_S)
        self._process: QProcess | None = None
        self._port = 0
        self._output = b""
        self._errors: deque[str] = deque(maxlen=STDERR_LINES)
        self._wanted = False
        self._restarting = False
        self._unready_starts = 0
        self._timed_out = False
        self._retry = _one_shot(self, self._launch)
        self._ready_limit = _one_shot(self, self._on_not_ready)
        self._end_limit = _one_shot(self, self._on_not_ended)
        self._gone: asyncio.Event | None = None

    def start(self) -> None:
        """Start the server, unless it is wanted already."""
        if not self._wanted:
            self._wanted = True
            self._launch()

    def restart(self) -> None:
        """Stop it if it runs, and start it now."""
        self._wanted = True
        self._unready_starts = 0
        if self._process is None:
            self._retry.stop()
            self._launch()
        elif not self._restarting:
            self._restarting = True
            self._end_gently()
            self._end_limit.start(int(STOP_TIMEOUT_S * 1000))

    async def stop(self) -> None:
        """End it: standard input first, then a signal, then by force."""
        self._wanted = False
        self._retry.stop()
        self._ready_limit.stop()
        if self._process is not None:
            self._gone = asyncio.Event()
            self._end_gently()
            self._end_limit.start(int(STOP_TIMEOUT_S * 1000))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT_S + KILL_TIMEOUT_S):
                    await self._gone.wait()
        self._set(HostStatus())

    def _launch(self) -> None:
        self._output = b""
        self._errors.clear()
        self._timed_out = False
        process = QProcess(self)
        process.readyReadStandardOutput.connect(self._on_output)
        process.readyReadStandardError.connect(self._on_errors)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_process_error)
        self._process = process
        before = self._status
        self._set(HostStatus(HostPhase.STARTING, url=before.url, reason=before.reason, detail=before.detail, attempt=self._backoff.attempt))
        program, *arguments = self._command(self._port)
        process.start(program, arguments)
        self._ready_limit.start(int(READY_TIMEOUT_S * 1000))

    def _end_gently(self) -> None:
        if self._process is not None:
            self._process.closeWriteChannel()
            self._process.terminate()  # SIGTERM; on Windows a console program has no window to be told, and the end of its input does it

    def _on_output(self) -> None:
        if self._process is None:
            return
        self._output += bytes(self._process.readAllStandardOutput().data())
        *lines, self._output = self._output.split(b"\n")
        for line in lines:
            self._read_ready_line(line)

    def _read_ready_line(self, line: bytes) -> None:
        try:
            ready = json.loads(line)
            url, pid = str(ready["url"]), int(ready["pid"])
        except (ValueError, KeyError, TypeError):
            return
        self._ready_limit.stop()
        self._port = urlsplit(url).port or 0
        self._unready_starts = 0
        self._backoff.started()
        self._set(HostStatus(HostPhase.READY, url=url, pid=pid))

    def _on_errors(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode(errors="backslashreplace")
            self._errors.extend(line for line in text.splitlines() if line.strip())

    def _on_not_ready(self) -> None:
        if self._process is not None:
            self._timed_out = True
            self._process.kill()

    def _on_not_ended(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self._ended(tr("The server could not be started: {why}", why=self._process.errorString()))

    def _on_finished(self, code: int, how: QProcess.ExitStatus) -> None:
        self._on_errors()
        self._ended(self._reason(code, how))

    def _reason(self, code: int, how: QProcess.ExitStatus) -> str:
        if self._timed_out:
            return tr("The server did not answer within {n} s", n=int(READY_TIMEOUT_S))
        if how is QProcess.ExitStatus.CrashExit:
            return tr("The server was ended by {signal}", signal=_signal_name(code))
        said = self._errors[-1].strip() if self._errors else ""
        if said:
            return tr("The server stopped: {why}", why=said)
        return tr("The server stopped with exit status {code}", code=code)

    def _ended(self, reason: str) -> None:
        was_ready = self._status.is_ready
        self._ready_limit.stop()
        self._end_limit.stop()
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        if self._gone is not None:
            self._gone.set()
        if self._restarting:
            self._restarting = False
            self._launch()
            return
        if not self._wanted:
            return
        detail = "\n".join(self._errors)
        if not was_ready:
            self._unready_starts += 1
            self._port = 0  # the port of before may be taken by now
            if self._unready_starts >= ATTEMPTS_BEFORE_GIVING_UP:
                self._set(HostStatus(HostPhase.FAILED, url=self.url, reason=reason, detail=detail, attempt=self._unready_starts))
                return
        delay_s = self._backoff.delay()
        retry_at = time.monotonic() + delay_s
        self._set(HostStatus(HostPhase.WAITING, self.url, reason, detail, self._backoff.attempt, retry_at))
        self._retry.start(int(delay_s * 1000))


class Servable(Protocol):
    """A server that `InLoopHost` can run."""

    should_exit: bool

    async def serve(self) -> None:
        """Serve until ``should_exit``."""


MakeServer = Callable[[Path, int, Callable[[str], None]], Servable]
"""Given the data directory, the port (0 for a free one) and whom to tell the address once it answers, a server to run."""


class InLoopHost(ServerHost):
    """Runs the server on the window's own loop: one process to debug, at the price of a window that waits for its server."""

    def __init__(self, data_dir: Path, make_server: MakeServer | None = None) -> None:
        super().__init__()
        self._data_dir = data_dir
        self._make_server = make_server or make_bound_server
        self._port = 0
        self._server: Servable | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start it as a task as soon as the loop runs."""
        self._set(HostStatus(HostPhase.STARTING, url=self.url))
        QTimer.singleShot(0, self._start_task)

    def restart(self) -> None:
        """Stop it and start it."""

        async def again() -> None:
            await self.stop()
            self.start()

        spawn(again(), name="restart in-loop server", notify=self._on_failed)

    async def stop(self) -> None:
        """Let it end in good order."""
        task, server = self._task, self._server
        self._task = self._server = None
        if task is not None:
            if server is not None:
                server.should_exit = True
                await asyncio.wait([task], timeout=STOP_TIMEOUT_S)
            await cancel(task)
        self._set(HostStatus())

    def _start_task(self) -> None:
        if self._task is None or self._task.done():
            self._task = spawn(self._serve(), name="in-loop server", notify=self._on_failed)

    async def _serve(self) -> None:
        await heavy_imports()
        self._server = self._make_server(self._data_dir, self._port, self._on_ready)
        await self._server.serve()

    def _on_ready(self, url: str) -> None:
        self._port = urlsplit(url).port or 0
        self._set(HostStatus(HostPhase.READY, url=url, pid=os.getpid()))

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        why = title_of(problem) if problem is not None else str(exc)
        log.info("The in-loop server failed", exc_info=exc)
        self._set(HostStatus(HostPhase.FAILED, url=self.url, reason=tr("The server could not be started: {why}", why=why), attempt=1))


def make_bound_server(data_dir: Path, port: int, on_ready: Callable[[str], None]) -> Servable:
    """Make the real server for `InLoopHost`."""
    from embedded_server.app import BoundServer
    from embedded_server.settings import Settings

    server: Servable = BoundServer(Settings(data_dir=data_dir, port=port), on_ready=lambda ready: on_ready(ready.url))
    return server


class RemoteHost(ServerHost):
    """A server that runs elsewhere and is nobody's child: always ready, and the clients say when it does not answer."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._remote_url = url.rstrip("/")

    @property
    def is_embedded(self) -> bool:
        """Not ours to start or stop."""
        return False

    def start(self) -> None:
        """Name its address."""
        self._set(HostStatus(HostPhase.READY, url=self._remote_url))

    def restart(self) -> None:
        """Nothing: it is not ours."""

    async def stop(self) -> None:
        """Forget it."""
        self._set(HostStatus())


def _one_shot(parent: QObject, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(slot)
    return timer


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return tr("signal {n}", n=number)
