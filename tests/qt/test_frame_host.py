"""ProcessHost over a real child: a fake server of a few lines."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from desktop.services.server_host import HostPhase, HostStatus, InLoopHost, ProcessHost, RemoteHost
from embedded_server.contracts.problems import N_, UserFacingError
from tests.helpers.qt_loop import run_on_qt, until

pytestmark = pytest.mark.usefixtures("qapp")


def fake(*extra: str) -> Callable[[int], Sequence[str]]:
    return lambda port: [sys.executable, "-m", "tests.helpers.fake_server", "--port", str(port), *extra]


class Watched:
    """A host and every state it was in."""

    def __init__(self, command: Callable[[int], Sequence[str]]) -> None:
        self.host = ProcessHost(command, first_delay_s=0.02)
        self.states: list[HostStatus] = []
        self.host.state_changed.connect(self.states.append)

    def phases(self) -> list[HostPhase]:
        return [state.phase for state in self.states]


def test_it_is_ready_when_the_server_says_so_and_gone_after_stop(qtbot: QtBot) -> None:
    async def scenario() -> None:
        watched = Watched(fake())
        watched.host.start()
        await until(lambda: watched.host.status.is_ready)
        pid = watched.host.status.pid
        assert watched.host.url.startswith("http://127.0.0.1:")
        await watched.host.stop()
        await watched.host.stop()
        assert not psutil.pid_exists(pid)
        assert watched.phases() == [HostPhase.STARTING, HostPhase.READY, HostPhase.STOPPED]

    run_on_qt(scenario())


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_server_starts_again_on_its_port_and_the_signal_is_told(qtbot: QtBot) -> None:
    async def scenario() -> None:
        watched = Watched(fake())
        watched.host.start()
        await until(lambda: watched.host.status.is_ready)
        before = watched.host.status
        os.kill(before.pid, signal.SIGKILL)
        await until(lambda: watched.host.status.is_ready and watched.host.status.pid != before.pid)
        assert watched.host.url == before.url
        waiting = next(state for state in watched.states if state.phase is HostPhase.WAITING)
        assert waiting.reason == "The server was ended by SIGKILL"
        assert waiting.attempt == 1
        await watched.host.stop()

    run_on_qt(scenario())


def test_what_a_crashing_server_wrote_last_is_the_reason(qtbot: QtBot) -> None:
    async def scenario() -> None:
        watched = Watched(fake("--crash-after", "0.05"))
        watched.host.start()
        await until(lambda: HostPhase.WAITING in watched.phases())
        waiting = next(state for state in watched.states if state.phase is HostPhase.WAITING)
        assert waiting.reason == "The server stopped: ValueError: the reactor is hot"
        await watched.host.stop()

    run_on_qt(scenario())


def test_a_server_that_never_gets_ready_is_given_up_with_its_reason_until_told_to_try(qtbot: QtBot) -> None:
    async def scenario() -> None:
        watched = Watched(fake("--fail", "switchroom: the data directory is in use."))
        watched.host.start()
        await until(lambda: watched.host.status.phase is HostPhase.FAILED)
        assert "the data directory is in use" in watched.host.status.reason
        assert watched.phases().count(HostPhase.STARTING) == 5
        watched.host.restart()
        await until(lambda: watched.phases().count(HostPhase.STARTING) == 6)
        await watched.host.stop()

    run_on_qt(scenario())


def test_a_program_that_does_not_exist_is_told(qtbot: QtBot) -> None:
    async def scenario() -> None:
        watched = Watched(lambda _: ["/nowhere/switchroom"])
        watched.host.start()
        await until(lambda: watched.host.status.phase is HostPhase.FAILED)
        assert watched.host.status.reason.startswith("The server could not be started: ")
        await watched.host.stop()

    run_on_qt(scenario())


def test_restart_replaces_a_running_server(qtbot: QtBot) -> None:
    async def scenario() -> None:
        watched = Watched(fake())
        watched.host.start()
        await until(lambda: watched.host.status.is_ready)
        before = watched.host.status
        watched.host.restart()
        watched.host.restart()
        await until(lambda: watched.host.status.is_ready and watched.host.status.pid != before.pid)
        assert not psutil.pid_exists(before.pid)
        assert HostPhase.WAITING not in watched.phases()
        await watched.host.stop()

    run_on_qt(scenario())


PARENT = """
import asyncio, sys
from PySide6.QtCore import QCoreApplication
from desktop.services.server_host import ProcessHost
app = QCoreApplication([])
host = ProcessHost(lambda port: [sys.executable, "-m", "tests.helpers.fake_server", "--port", str(port)])
host.state_changed.connect(lambda status: status.is_ready and print(status.pid, flush=True))
host.start()
app.exec()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_server_ends_when_the_window_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    child.wait(timeout=3)


class FakeServable:
    """A server for the loop."""

    def __init__(self, on_ready: Callable[[str], None]) -> None:
        self.should_exit = False
        self._on_ready = on_ready

    async def serve(self) -> None:
        self._on_ready("http://127.0.0.1:4711")
        while not self.should_exit:  # noqa: ASYNC110 - as uvicorn does
            await asyncio.sleep(0.001)


def test_the_in_loop_host_serves_and_ends_on_the_windows_own_loop(qtbot: QtBot, tmp_path: Path) -> None:
    asked: list[int] = []

    def make(_: Path, port: int, on_ready: Callable[[str], None]) -> FakeServable:
        asked.append(port)
        return FakeServable(on_ready)

    async def scenario() -> None:
        host = InLoopHost(tmp_path, make)
        host.start()
        await until(lambda: host.status.is_ready)
        host.restart()
        await until(lambda: len(asked) == 2 and host.status.is_ready)
        await host.stop()
        assert host.status.phase is HostPhase.STOPPED
        assert asked == [0, 4711], "a restarted server keeps its port"

    run_on_qt(scenario())


class PortTaken(UserFacingError):
    title = N_("The port {port} is taken")


def test_the_in_loop_host_tells_why_its_server_does_not_start(qtbot: QtBot, tmp_path: Path) -> None:
    def make(_: Path, __: int, ___: Callable[[str], None]) -> FakeServable:
        raise PortTaken(port=80)

    async def scenario() -> None:
        host = InLoopHost(tmp_path, make)
        host.start()
        await until(lambda: host.status.phase is HostPhase.FAILED)
        assert host.status.reason == "The server could not be started: The port 80 is taken"
        await host.stop()

    run_on_qt(scenario())


def test_a_remote_server_is_neither_started_nor_stopped(qtbot: QtBot) -> None:
    host = RemoteHost("http://other:8000/")
    host.start()
    assert (host.url, host.is_embedded) == ("http://other:8000", False)
    began = time.monotonic()
    host.restart()
    assert host.status.is_ready
    assert time.monotonic() - began < 1
