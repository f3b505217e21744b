"""A supervised child is started, restarted with its reason shown, and never left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable

import pytest

from embedded_server.contracts.concurrency import Backoff
from embedded_server.contracts.server import Part, PartState
from embedded_server.core.child import ChildProcess
from embedded_server.core.process import describe_exit

FOREVER = "import sys; print('ready here:1', flush=True); sys.stdin.read()"
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def address_in(line: str) -> str | None:
    return line.removeprefix("ready ") if line.startswith("ready ") else None


class Watched(ChildProcess):
    """A child whose states can be awaited."""

    def __init__(self, code: str, **options: object) -> None:
        self.lines: list[tuple[str, str, str]] = []
        self.seen: list[PartState] = []
        self._changed = asyncio.Event()
        super().__init__(
            "child",
            lambda: [sys.executable, "-S", "-c", code],
            log=lambda *line: self.lines.append(line),
            backoff=Backoff(first_s=0.02, cap_s=0.05),
            **{"ready": address_in, "stop_grace_s": 2.0, **options},  # type: ignore[arg-type]  # options of any type
        )
        self.on_change.append(self._on_change)

    def _on_change(self, part: Part) -> None:
        self.seen.append(part.state)
        self._changed.set()

    async def until(self, holds: Callable[[Part], bool]) -> Part:
        async with asyncio.timeout(10):
            while not holds(self.status()):
                self._changed.clear()
                await self._changed.wait()
        return self.status()


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make(code: str, **options: object) -> Watched:
        made.append(Watched(code, **options))
        return made[-1]

    yield make
    for child in made:
        await child.stop()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_start_returns_when_ready_with_the_address(make: Callable[..., Watched]) -> None:
    child = make(FOREVER)
    await child.start()
    part = child.status()
    assert (part.state, child.address, part.restarts) == (PartState.RUNNING, "here:1", 0)
    assert part.pid > 0
    assert part.started_at > 0


async def test_stop_ends_it_and_may_be_called_twice(make: Callable[..., Watched]) -> None:
    child = make(FOREVER)
    await child.start()
    pid = child.status().pid
    await child.stop()
    await child.stop()
    assert (child.status().state, child.status().pid) == (PartState.STOPPED, 0)
    assert not is_alive(pid)


@posix_only
async def test_killed_child_is_restarted_and_the_reason_shown(make: Callable[..., Watched]) -> None:
    child = make(FOREVER)
    await child.start()
    os.kill(child.status().pid, signal.SIGKILL)
    part = await child.until(lambda part: part.restarts == 1 and part.state is PartState.RUNNING)
    assert part.reason == "Killed by SIGKILL"
    assert PartState.WAITING in child.seen


async def test_reason_has_the_exit_status_and_the_last_words(make: Callable[..., Watched]) -> None:
    child = make("import sys; print('Address already in use', file=sys.stderr); sys.exit(3)")
    await child.start()
    part = await child.until(lambda part: part.restarts >= 2)
    assert part.reason == "Ended with exit status 3: Address already in use"


async def test_start_returns_after_a_failed_attempt_too(make: Callable[..., Watched]) -> None:
    child = make("raise SystemExit(1)")
    await child.start()
    assert child.status().state in {PartState.WAITING, PartState.STARTING}


async def test_missing_program_is_a_failure_and_not_retried(make: Callable[..., Watched]) -> None:
    child = make("")
    child._command = lambda: ["/does/not/exist"]
    await child.start()
    part = child.status()
    assert part.state is PartState.FAILED
    assert "No such file" in part.reason or "cannot find" in part.reason


async def test_child_that_never_gets_ready_is_ended_and_tried_again(make: Callable[..., Watched]) -> None:
    child = make("import sys; sys.stdin.read()", ready_timeout_s=0.2)
    await child.start()
    part = await child.until(lambda part: part.state is PartState.WAITING)
    assert part.reason == "Not ready within 0.2 seconds"


async def test_restart_on_request_has_no_reason_and_a_new_process(make: Callable[..., Watched]) -> None:
    child = make(FOREVER)
    await child.start()
    before = child.status().pid
    await child.restart()
    part = child.status()
    assert (part.state, part.reason, part.restarts) == (PartState.RUNNING, "", 1)
    assert part.pid != before


async def test_restart_starts_a_stopped_child(make: Callable[..., Watched]) -> None:
    child = make(FOREVER)
    await child.restart()
    assert child.status().state is PartState.RUNNING


async def test_output_is_logged_line_by_line_with_levels(make: Callable[..., Watched]) -> None:
    child = make(
        "import sys; print('plain'); print('WARNING careful', file=sys.stderr); print('é\\udcff'.encode('utf-8', 'surrogateescape'))"
    )
    await child.start()
    await child.stop()
    assert ("child", "INFO", "plain") in child.lines
    assert ("child", "WARNING", "WARNING careful") in child.lines


async def test_environment_is_added_to_ours(make: Callable[..., Watched]) -> None:
    child = make("import os; print('ready', os.environ['GIVEN'], flush=True); input()", env={"GIVEN": "yes"})
    await child.start()
    assert child.address == "yes"


@posix_only
async def test_child_that_ignores_sigterm_is_killed(make: Callable[..., Watched]) -> None:
    code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready x', flush=True)\nwhile True: time.sleep(9)"
    )
    child = make(code, stop_grace_s=0.1)
    await child.start()
    pid = child.status().pid
    await child.stop()
    assert not is_alive(pid)


@posix_only
async def test_grandchildren_do_not_outlive_a_killed_child(make: Callable[..., Watched]) -> None:
    code = (
        "import subprocess, sys; grandchild = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)']);"
        "print('ready', grandchild.pid, flush=True); sys.stdin.read()"
    )
    child = make(code)
    await child.start()
    grandchild = int(child.address)
    os.kill(child.status().pid, signal.SIGKILL)
    await child.until(lambda part: part.restarts == 1 and part.state is PartState.RUNNING)
    assert not is_alive(grandchild) or _is_zombie(grandchild)


def _is_zombie(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_exit_is_described_for_people() -> None:
    assert describe_exit(2) == "Ended with exit status 2"
    assert describe_exit(-9) == "Killed by SIGKILL"
    assert describe_exit(-200) == "Killed by signal 200"
