"""Where the server runs and how it fares: in a process of its own, on the window's loop, or elsewhere.

A host is started once and then keeps the server running: after a crash it starts again with back-off, on the same port, and says why.
"""

import contextlib
import json
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from desktop.core.i18n import tr

if TYPE_CHECKING:
    import asyncio  # imported where it is used: the first paint does not wait for it

READY_TIMEOUT_S: Final = 20.0
STOP_TIMEOUT_S: Final = 8.0
KILL_TIMEOUT_S: Final = 2.0
STABLE_S: Final = 10.0
ATTEMPTS_BEFORE_GIVING_UP: Final = 5
"""Starts that never got ready, one after the other. A server that once ran is always started again."""
STDERR_LINES: Final = 40


class HostPhase(StrEnum):
    """What the server is doing, as seen from here."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    """It ended by itself; started again at ``retry_at``."""
    FAILED = "failed"
    """It does not start; only the user can help."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """One state of a host."""

    phase: HostPhase = HostPhase.STOPPED
    url: str = ""
    reason: str = ""
    """What happened, for people; empty when all is well."""
    detail: str = ""
    """The last lines the server wrote before it ended."""
    attempt: int = 0
    """Starts since it last ran well."""
    retry_at: float = 0.0
    """On the clock of `time.monotonic`."""
    pid: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether requests can be made."""
        return self.phase is HostPhase.READY


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
        from embedded_server.contracts.concurrency import Backoff

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
        from asyncio import Event, timeout

        self._wanted = False
        self._retry.stop()
        self._ready_limit.stop()
        if self._process is not None:
            self._gone = Event()
            self._end_gently()
            self._end_limit.start(int(STOP_TIMEOUT_S * 1000))
            with contextlib.suppress(TimeoutError):
                async with timeout(STOP_TIMEOUT_S + KILL_TIMEOUT_S):
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


class UvicornLike(Protocol):
    """The part of ``uvicorn.Server`` that `InLoopHost` uses."""

    should_exit: bool

    async def serve(self) -> None:
        """Serve until ``should_exit``."""


MakeServer = Callable[[Path, Callable[[str], None]], UvicornLike]
"""Given the data directory and whom to tell the address once it answers, a server to run."""


class InLoopHost(ServerHost):
    """Runs the server on the window's own loop: one process to debug, at the price of a window that waits for its server."""

    def __init__(self, data_dir: Path, make_server: MakeServer | None = None) -> None:
        super().__init__()
        self._data_dir = data_dir
        self._make_server = make_server or make_uvicorn
        self._server: UvicornLike | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start it as a task."""
        from embedded_server.contracts.concurrency import spawn

        if self._task is None or self._task.done():
            self._set(HostStatus(HostPhase.STARTING, url=self.url))
            self._task = spawn(self._serve(), name="in-loop server", notify=self._on_failed)

    def restart(self) -> None:
        """Stop it and start it."""
        from embedded_server.contracts.concurrency import spawn

        async def again() -> None:
            await self.stop()
            self.start()

        spawn(again(), name="restart in-loop server", notify=self._on_failed)

    async def stop(self) -> None:
        """Let it end in good order."""
        from asyncio import wait

        from embedded_server.contracts.concurrency import cancel

        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await wait([self._task], timeout=STOP_TIMEOUT_S)
            await cancel(self._task)
        self._server = self._task = None
        self._set(HostStatus())

    async def _serve(self) -> None:
        self._server = self._make_server(self._data_dir, self._on_started)
        await self._server.serve()
        if not self._server.should_exit:  # uvicorn logs why its start failed and returns
            self._on_failed(RuntimeError(tr("its log says why")))

    def _on_started(self, url: str) -> None:
        self._set(HostStatus(HostPhase.READY, url=url))

    def _on_failed(self, exc: BaseException) -> None:
        self._set(HostStatus(HostPhase.FAILED, url=self.url, reason=tr("The server could not be started: {why}", why=str(exc))))


def make_uvicorn(data_dir: Path, on_started: Callable[[str], None]) -> UvicornLike:
    """Make the real server for `InLoopHost`: no signal handlers, no log set-up of its own."""
    import uvicorn
    from embedded_server.app import create_app

    from embedded_server.settings import Settings

    class Server(uvicorn.Server):
        """Leaves signals to the window and says when it answers."""

        @contextlib.contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            yield

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                host, port = self.servers[0].sockets[0].getsockname()[:2]
                on_started(f"http://{host}:{port}")

    settings = Settings(data_dir=data_dir, host="127.0.0.1", port=0)
    config = uvicorn.Config(
        create_app(settings), host="127.0.0.1", port=0, ws="websockets-sansio", log_config=None, lifespan="on", timeout_graceful_shutdown=3
    )
    return Server(config)


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
