"""A child that was begun early is taken over where its supervisor comes, and ended where none does."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable

import pytest

from embedded_server.contracts.server import PartState
from embedded_server.core.child import ChildProcess
from embedded_server.core.head_start import HeadStart
from embedded_server.core.process import launch

WAITS = """
from embedded_server.core.parent import wait_for_word
print('ready', 'told' if wait_for_word() else 'alone', flush=True)
"""


def running(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def head_start() -> HeadStart:
    return HeadStart()


@pytest.fixture
async def supervise(head_start: HeadStart) -> AsyncIterator[Callable[[str], ChildProcess]]:
    made: list[ChildProcess] = []

    def supervise(code: str) -> ChildProcess:
        made.append(
            ChildProcess(
                "child",
                lambda: running(code),
                log=lambda *_: None,
                ready=lambda line: line.removeprefix("ready ") if line.startswith("ready ") else None,
                head_start=head_start,
            )
        )
        return made[-1]

    yield supervise
    for child in made:
        await child.stop()


async def test_child_begun_early_is_taken_over_and_told_to_go_on(head_start: HeadStart, supervise: Callable[[str], ChildProcess]) -> None:
    head_start.begin("child", running(WAITS + "import sys; sys.stdin.read()"))
    child = supervise("raise SystemExit('there was one already')")
    await child.start()
    assert (child.status().state, child.address) == (PartState.RUNNING, "told")
    assert head_start.take("child") is None


async def test_child_that_cannot_be_begun_is_left_to_its_supervisor(
    head_start: HeadStart, supervise: Callable[[str], ChildProcess]
) -> None:
    head_start.begin("child", ["/no/such/program"])
    child = supervise("print('ready here', flush=True); input()")
    await child.start()
    assert child.address == "here"


async def test_child_that_ended_early_is_started_again(head_start: HeadStart, supervise: Callable[[str], ChildProcess]) -> None:
    head_start.begin("child", running("raise SystemExit('no')"))
    child = supervise("print('ready here', flush=True); input()")
    await child.start()
    await child.restart()
    assert child.status().state is PartState.RUNNING


def test_those_that_nobody_takes_over_are_ended(head_start: HeadStart, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = launch(running("input()"), None)
    monkeypatch.setattr("embedded_server.core.head_start.launch", lambda *_: begun)
    head_start.begin("child", running("input()"))
    head_start.abandon_blocking()
    head_start.abandon_blocking()
    assert begun.returncode is not None


def test_waiting_child_learns_that_its_parent_is_gone() -> None:
    told = subprocess.run(running(WAITS), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=True)
    assert told.stdout == "ready alone\n"
