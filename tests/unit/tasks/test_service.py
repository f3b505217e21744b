"""The service over a real journal and a fake broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.events import Kind
from embedded_server.contracts.tasks import EnqueueRequest, RevokeRequest
from embedded_server.journal import Journal
from embedded_server.tasks import TaskProjection, TaskService
from embedded_server.tasks.client import Outgoing
from embedded_server.tasks.problems import BrokerUnreachable, NoSuchTask, NoWorkerAnswered, TaskOver, UnknownSignal, UnknownTaskName
from tests.unit.tasks.events import WORKER, described, life, sent, wire
from tests.unit.tasks.test_workers import beat


class FakeClient:
    """Takes what is sent; answers for workers."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.failure: Exception | None = None
        self.before_confirm: Callable[[Outgoing], None] = lambda _: None

    async def send(self, task: Outgoing) -> None:
        self.before_confirm(task)
        if self.failure:
            raise self.failure
        self.sent.append(task)

    async def broadcast(self, command: str, arguments: Mapping[str, Any] | None = None, **_: Any) -> dict[str, Any]:
        self.asked.append((command, arguments or {}))
        return self.answers.get(command, {})

    async def close(self) -> None:
        pass


class Bench:
    """A service that was not started: its worker and monitor are played by the test."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder / "journal.db")
        self.journal.add_projection(TaskProjection())
        self.journal.open()
        self.service = TaskService(self.journal, amqp_url=lambda: "", data_dir=folder, log=lambda *_: None, run_worker=False)
        self.client = FakeClient()
        self.service._client = self.client  # type: ignore[assignment]  # a fake that has what is used

    def tell(self, *events: dict[str, Any]) -> None:
        self.journal.append_many(self.service._ingest.convert(events))

    def a_worker(self, *names: str, queue: str = "orders") -> None:
        self.service._registry.heard(beat(), 1)
        self.service._registry.answered({}, {WORKER: list(names)}, {WORKER: [{"name": queue}]})

    async def kinds(self) -> list[str]:
        await self.journal.flush()
        return [row.kind for row in (await self.journal.query("")).rows]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await asyncio.to_thread(bench.journal.close)


async def test_a_sent_task_is_in_the_journal_whole_and_shows_at_once(bench: Bench) -> None:
    bench.a_worker("shop.pay")
    number = 2**64 + 1
    enqueued = await bench.service.enqueue(EnqueueRequest("shop.pay", [number], {"deep": [{"n": 2**63 - 1}]}, priority=5))
    detail = await bench.service.detail(enqueued.id)
    assert (detail.state, detail.name, detail.queue) == ("PENDING", "shop.pay", "orders")
    assert json.loads(detail.args_json) == [number]
    assert json.loads(detail.kwargs_json) == {"deep": [{"n": 2**63 - 1}]}
    assert detail.args == f"({number},)"
    assert bench.client.sent[0].args == [number]
    assert [step.kind for step in detail.steps] == ["task.sent"]


async def test_a_task_the_broker_did_not_take_is_not_in_the_journal(bench: Bench) -> None:
    bench.a_worker("shop.pay")
    bench.client.failure = BrokerUnreachable(address="x")
    with pytest.raises(BrokerUnreachable):
        await bench.service.enqueue(EnqueueRequest("shop.pay"))
    assert await bench.kinds() == []


async def test_a_task_that_the_wire_tells_of_was_sent_though_its_confirm_was_lost(bench: Bench) -> None:
    bench.a_worker("shop.pay")
    bench.client.failure = BrokerUnreachable(address="x")
    bench.client.before_confirm = lambda task: bench.tell(described("task-received", task.id))
    enqueued = await bench.service.enqueue(EnqueueRequest("shop.pay"))
    assert await bench.kinds() == [Kind.TASK_SENT, Kind.TASK_RECEIVED]
    assert (await bench.service.detail(enqueued.id)).name == "shop.pay"


async def test_an_unknown_name_is_refused_with_those_that_resemble_it_and_sent_when_asked(bench: Bench) -> None:
    bench.a_worker("shop.pay")
    with pytest.raises(UnknownTaskName) as caught:
        await bench.service.enqueue(EnqueueRequest("shop.pai"))
    assert "shop.pay" in caught.value.problem().hint
    assert bench.client.sent == []
    await bench.service.enqueue(EnqueueRequest("shop.pai", allow_unknown=True))
    assert [task.name for task in bench.client.sent] == ["shop.pai"]


async def test_a_name_registered_a_moment_ago_is_found_by_asking(bench: Bench) -> None:
    bench.a_worker()
    bench.client.answers["registered"] = {WORKER: ["shop.new"]}
    await bench.service.enqueue(EnqueueRequest("shop.new"))
    assert [task.name for task in bench.client.sent] == ["shop.new"]


async def test_a_foreign_task_is_known_from_its_events_alone(bench: Bench) -> None:
    bench.tell(*life("a"))
    await bench.journal.flush()
    detail = await bench.service.detail("a")
    assert (detail.state, detail.result, detail.result_from, detail.args_json) == ("SUCCESS", "'paid'", "event", "")
    assert [step.state for step in detail.steps] == ["PENDING", "RECEIVED", "STARTED", "PROGRESS", "PROGRESS", "SUCCESS"]


async def test_a_failure_tells_its_error_and_traceback(bench: Bench) -> None:
    bench.tell(sent(), wire("task-failed", exception="Refused('no')", traceback="Traceback: x"))
    await bench.journal.flush()
    detail = await bench.service.detail("t1")
    assert (detail.exception, detail.traceback, detail.result) == ("Refused('no')", "Traceback: x", "")


async def test_an_id_nobody_knows_is_no_pending_task(bench: Bench) -> None:
    with pytest.raises(NoSuchTask):
        await bench.service.detail("nobody")


async def test_revoking_asks_the_workers(bench: Bench) -> None:
    bench.a_worker("shop.pay")
    bench.tell(sent())
    bench.client.answers["revoke"] = {WORKER: {"ok": "flagged"}}
    await bench.service.revoke("t1", RevokeRequest(terminate=True, signal="SIGKILL"))
    assert bench.client.asked == [("revoke", {"task_id": "t1", "terminate": True, "signal": "SIGKILL"})]


async def test_revoking_says_why_it_cannot(bench: Bench) -> None:
    bench.tell(sent("waiting"), *life("over"))
    await bench.journal.flush()
    with pytest.raises(TaskOver, match="SUCCESS"):
        await bench.service.revoke("over", RevokeRequest())
    with pytest.raises(NoSuchTask):
        await bench.service.revoke("nobody", RevokeRequest())
    with pytest.raises(NoWorkerAnswered):
        await bench.service.revoke("waiting", RevokeRequest())
    with pytest.raises(UnknownSignal):
        await bench.service.revoke("waiting", RevokeRequest(terminate=True, signal="SIGSTOPIT"))


async def test_stats_count_all_that_is_kept_and_the_last_seconds(bench: Bench) -> None:
    import time

    bench.a_worker("shop.pay")
    bench.tell(sent("waiting"), *life("done", time.time() - 9))
    await bench.journal.flush()
    stats = await bench.service.stats(30)
    assert stats.counts == {"PENDING": 1, "SUCCESS": 1}
    assert (sum(stats.throughput), sum(stats.failures), len(stats.throughput)) == (1, 0, 30)
    assert max(stats.wait_p95_ms) == pytest.approx(2000, rel=0.1)
    assert stats.workers_known == 1


async def test_tasks_and_workers_are_there_after_a_restart(bench: Bench, tmp_path: Path) -> None:
    bench.tell(*life("done"), sent("waiting"), {"type": "worker-online", "hostname": WORKER, "timestamp": 4_000_000_000})
    await bench.journal.flush()
    await asyncio.to_thread(bench.journal.close)
    again = Bench(tmp_path)
    try:
        await again.service.start()
        again.tell(wire("task-started", "waiting"))
        await again.journal.flush()
        assert (await again.service.detail("done")).state == "SUCCESS"
        rows = (await again.journal.query("key:waiting")).rows
        assert [row.subject for row in rows] == ["shop.pay", "shop.pay"]
        assert [(worker.name, worker.online) for worker in await again.service.workers()] == [(WORKER, False)]
        assert "demo.add" in {name.name for name in await again.service.names()}
    finally:
        await again.service.stop()
        await again.service.stop()
        await asyncio.to_thread(again.journal.close)
