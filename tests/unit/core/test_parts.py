"""Parts start in order, stop in reverse, and none takes the others along."""

import asyncio
import logging

import pytest

from embedded_server.contracts.events import Event
from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.server import Part, PartState
from embedded_server.core import parts
from embedded_server.core.parts import PartNotRestartable, PartStarting, Supervisor, UnknownPart, idle_part


class RefusalError(UserFacingError):
    title = "Will not"
    hint = "Ask nicely."


class FakePart:
    """Notes what is done to it."""

    def __init__(self, name: str, done: list[str], *, fails: Exception | None = None, hangs: bool = False) -> None:
        self.name = name
        self.done = done
        self.fails = fails
        self.hangs = hangs
        self.state = PartState.STOPPED

    async def start(self) -> None:
        if self.fails is not None:
            raise self.fails
        self.done.append(f"start {self.name}")
        self.state = PartState.RUNNING

    async def stop(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        self.done.append(f"stop {self.name}")
        self.state = PartState.STOPPED

    def status(self) -> Part:
        return idle_part(self.name, self.state)


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def supervisor(events: list[Event]) -> Supervisor:
    return Supervisor(events.append)


async def test_parts_start_in_order_and_stop_in_reverse(supervisor: Supervisor, done: list[str], events: list[Event]) -> None:
    for name in ("a", "b"):
        supervisor.add(name, FakePart(name, done))
    await supervisor.start(["a", "b"])
    await supervisor.stop()
    await supervisor.stop()
    assert done == ["start a", "start b", "stop b", "stop a"]
    assert [(event.subject, event.status) for event in events] == [
        ("a", "started"),
        ("b", "started"),
        ("b", "stopped"),
        ("a", "stopped"),
    ]


async def test_each_step_tells_its_duration_in_ms(supervisor: Supervisor, done: list[str], events: list[Event]) -> None:
    supervisor.add("a", FakePart("a", done))
    await supervisor.start(["a"])
    assert float(events[0].key) >= 0
    assert events[0].preview == f"a started in {events[0].key} ms"


async def test_failing_part_is_shown_with_its_reason_and_the_rest_starts(
    supervisor: Supervisor, done: list[str], events: list[Event]
) -> None:
    supervisor.add("a", FakePart("a", done, fails=RefusalError()))
    supervisor.add("b", FakePart("b", done))
    await supervisor.start(["a", "b"])
    failed, running = supervisor.status()
    assert (failed.state, failed.reason) == (PartState.FAILED, "Will not. Ask nicely.")
    assert running.state is PartState.RUNNING
    assert events[0].status == "failed"


async def test_unforeseen_failure_is_logged_and_not_shown_raw(
    supervisor: Supervisor, done: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    supervisor.add("a", FakePart("a", done, fails=KeyError("secret detail")))
    with caplog.at_level(logging.ERROR, logger="embedded_server.core.parts"):
        await supervisor.start(["a"])
    assert "secret detail" not in supervisor.status()[0].reason
    assert "secret detail" in caplog.text


async def test_required_part_takes_the_start_down(supervisor: Supervisor, done: list[str]) -> None:
    with pytest.raises(RefusalError):
        await supervisor.start_required("journal", FakePart("journal", done, fails=RefusalError()))


async def test_restart_mends_a_failed_part(supervisor: Supervisor, done: list[str]) -> None:
    part = FakePart("a", done, fails=RefusalError())
    supervisor.add("a", part)
    await supervisor.start(["a"])
    part.fails = None
    assert (await supervisor.restart("a")).state is PartState.RUNNING
    assert supervisor.status()[0].reason == ""


async def test_required_and_unknown_parts_cannot_be_restarted(supervisor: Supervisor, done: list[str]) -> None:
    await supervisor.start_required("journal", FakePart("journal", done))
    with pytest.raises(PartNotRestartable):
        await supervisor.restart("journal")
    with pytest.raises(UnknownPart, match="nobody"):
        await supervisor.restart("nobody")


async def test_part_that_does_not_end_holds_nothing_up(
    supervisor: Supervisor, done: list[str], events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "STOP_LIMIT_S", 0.01)
    monkeypatch.setattr(parts, "_STOP_LEAST_S", 0.01)
    supervisor.add("a", FakePart("a", done))
    supervisor.add("b", FakePart("b", done, hangs=True))
    await supervisor.start(["a", "b"])
    await supervisor.stop()
    assert done[-1] == "stop a"
    assert [event.status for event in events[-2:]] == ["failed", "stopped"]


async def test_parts_in_the_background_are_settled_when_up(supervisor: Supervisor, done: list[str]) -> None:
    supervisor.add("a", FakePart("a", done))
    supervisor.start_later(["a"])
    await supervisor.settled()
    assert done == ["start a"]


class SlowPart(FakePart):
    """Is never ready."""

    async def start(self) -> None:
        await asyncio.Event().wait()


async def test_parts_in_the_background_start_side_by_side(supervisor: Supervisor, done: list[str]) -> None:
    supervisor.add("slow", SlowPart("slow", done))
    supervisor.add("quick", FakePart("quick", done))
    supervisor.start_later(["slow", "quick"])
    async with asyncio.timeout(5):
        while done != ["start quick"]:  # noqa: ASYNC110 - the fakes tell nobody
            await asyncio.sleep(0)
    await supervisor.stop()
    assert done == ["start quick", "stop quick"]


async def test_the_kept_part_goes_on(supervisor: Supervisor, done: list[str]) -> None:
    await supervisor.start_required("journal", FakePart("journal", done))
    await supervisor.stop(keep="journal")
    assert done == ["start journal"]


class FakeTasks(FakePart):
    """Two in one."""

    def parts(self) -> list[Part]:
        return [idle_part("worker", self.state), idle_part("monitor", self.state)]


async def test_compound_part_is_shown_as_its_parts_and_restarted_by_any_name(supervisor: Supervisor, done: list[str]) -> None:
    supervisor.add("tasks", FakeTasks("tasks", done))
    await supervisor.start(["tasks"])
    assert [part.name for part in supervisor.status()] == ["worker", "monitor"]
    assert (await supervisor.restart("worker")).name == "worker"
    assert (await supervisor.restart("tasks")).name == "tasks"
    assert done == ["start tasks", *["stop tasks", "start tasks"] * 2]


async def test_compound_part_that_cannot_start_fails_as_a_whole(supervisor: Supervisor, done: list[str]) -> None:
    supervisor.add("tasks", FakeTasks("tasks", done, fails=RefusalError()))
    await supervisor.start(["tasks"])
    assert [(part.state, part.reason) for part in supervisor.status()] == [(PartState.FAILED, "Will not. Ask nicely.")] * 2


async def test_part_that_is_going_to_start_is_told_from_one_that_is_not(supervisor: Supervisor, done: list[str]) -> None:
    supervisor.add("tasks", FakeTasks("tasks", done))
    supervisor.require("tasks")
    supervisor.start_later(["tasks"])
    with pytest.raises(PartStarting, match="tasks"):
        supervisor.require("tasks")
    await supervisor.settled()
    supervisor.require("tasks")


async def test_part_that_does_not_tell_since_when_it_runs_is_timed_by_its_start(supervisor: Supervisor, done: list[str]) -> None:
    supervisor.add("hub", FakePart("hub", done))
    assert supervisor.status()[0].started_at == 0
    await supervisor.start(["hub"])
    assert supervisor.status()[0].started_at > 0
    await supervisor.stop()
    assert supervisor.status()[0].started_at == 0
