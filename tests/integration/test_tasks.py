"""Tasks from end to end: the real embedded broker, the real worker, both processes of their own."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
import pytest_asyncio

from embedded_server.contracts.server import PartState
from embedded_server.contracts.tasks import EnqueueRequest, RevokeRequest, TaskDetail
from embedded_server.journal import Journal
from embedded_server.tasks import TaskProjection, TaskService, reconcile
from embedded_server.tasks.outcomes import read_outcomes_blocking
from embedded_server.tasks.problems import BrokerUnreachable, UnknownTaskName
from embedded_server.tasks.wire import kombu
from embedded_server.tasks.worker import RESULTS_FILE
from tests.helpers.broker_processes import EmbeddedBroker

pytestmark = pytest.mark.asyncio(loop_scope="module")
POSIX = sys.platform != "win32"
T = TypeVar("T")
OVER = {"SUCCESS", "FAILURE", "REVOKED", "REJECTED"}


class System:
    """A task service with its journal, on a broker."""

    def __init__(self, folder: Path, url: Callable[[], str], *, run_worker: bool = True) -> None:
        self.folder = folder
        self.journal = Journal(folder / "journal.db")
        self.journal.add_projection(TaskProjection())
        self.journal.open()
        self.lines: list[str] = []
        self.service = TaskService(
            self.journal,
            amqp_url=url,
            data_dir=folder,
            log=lambda _, level, line: self.lines.append(f"{level} {line}"),
            run_worker=run_worker,
        )

    async def stop(self) -> None:
        await self.service.stop()
        await asyncio.to_thread(self.journal.close)

    async def run(self, name: str, *args: Any, **options: Any) -> TaskDetail:
        """Enqueue a task and wait for its end."""
        enqueued = await self.service.enqueue(EnqueueRequest(name, list(args), **options))
        return await self.wait(enqueued.id)

    async def wait(self, task_id: str, *states: str) -> TaskDetail:
        """Wait until a task is in one of *states*, or over."""

        async def there() -> TaskDetail | None:
            detail = await self.service.detail(task_id)
            return detail if detail.state in (states or OVER) else None

        return await until(there)

    async def family(self, root: str, count: int) -> dict[str, list[str]]:
        """Wait until *count* tasks of a root have succeeded; their results by name."""

        async def there() -> dict[str, list[str]] | None:
            query = "SELECT name, result FROM task WHERE root = ? AND state = 'SUCCESS' AND name NOT LIKE 'celery.%' ORDER BY row"
            rows = await self.journal.run(lambda db: db.execute(query, (root,)).fetchall())
            names: dict[str, list[str]] = {}
            for name, result in rows:
                names.setdefault(name, []).append(result)
            return names if len(rows) == count else None

        return await until(there)


async def until(ask: Callable[[], Awaitable[T | None]], limit_s: float = 30) -> T:
    """Ask until the answer is true; answer it."""
    async with asyncio.timeout(limit_s):
        while not (answer := await ask()):  # noqa: ASYNC110 - the state is another process's
            await asyncio.sleep(0.02)
        return answer


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    system = System(tmp_path_factory.mktemp("data"), lambda: broker.url)
    try:
        await system.service.start()
        assert system.service.status().state is PartState.RUNNING, system.lines

        async def listening() -> bool:
            return any(worker.online and worker.pool for worker in await system.service.workers())

        await until(listening)
        yield system
    finally:
        await system.stop()


@pytest.mark.parametrize(("args", "result"), [([2, 3], 5), ([2**63 - 1, 0], 2**63 - 1), ([2**64, 1], 2**64 + 1), ([0.5, 0.25], 0.75)])
async def test_add_gives_its_result_whole(system: System, args: list[Any], result: float) -> None:
    detail = await system.run("demo.add", *args)
    assert (detail.state, detail.result_from) == ("SUCCESS", "back end")
    assert json.loads(detail.result) == result
    assert json.loads(detail.args_json) == args
    assert [step.kind for step in detail.steps] == ["task.sent", "task.received", "task.started", "task.succeeded"]
    assert detail.queue == "switchroom"
    assert detail.runtime_ns > 0


async def test_keyword_arguments_arrive(system: System) -> None:
    assert (await system.run("demo.add", kwargs={"x": 20, "y": 22})).result == "42"


async def test_progress_is_seen_while_the_task_runs(system: System) -> None:
    enqueued = await system.service.enqueue(EnqueueRequest("demo.progress", [20, 2.0]))
    running = await system.wait(enqueued.id, "PROGRESS")
    assert 0 < running.progress < 1
    assert running.progress_note.endswith("of 20")
    over = await system.wait(enqueued.id)
    assert (over.state, over.progress) == ("SUCCESS", 1.0)
    assert [step.kind for step in over.steps].count("task.progress") == 20


async def test_a_failure_tells_its_error_and_the_one_behind_it(system: System) -> None:
    detail = await system.run("demo.fail", "no money")
    assert detail.state == "FAILURE"
    assert detail.exception == "PaymentRefusedError: no money"
    assert "KeyError: 'card'" in detail.traceback
    assert detail.result == ""


async def test_a_task_that_retries_succeeds_in_the_end(system: System) -> None:
    detail = await system.run("demo.retry", 2, 0.05)
    assert (detail.state, detail.retries, detail.result) == ("SUCCESS", 2, '"succeeded at attempt 3"')
    assert [step.kind for step in detail.steps].count("task.retried") == 2


async def test_a_chain_hands_its_results_on(system: System) -> None:
    detail = await system.run("demo.chain", 2)
    assert await system.family(detail.id, 4) == {
        "demo.chain": [repr(json.loads(detail.result))],
        "demo.add": ["3", "35"],
        "demo.multiply": ["30"],
    }


async def test_a_group_runs_side_by_side_and_a_chord_sums_it_up(system: System) -> None:
    group = await system.run("demo.group", 4)
    assert sorted((await system.family(group.id, 5))["demo.add"], key=int) == ["0", "2", "4", "6"]
    chord = await system.run("demo.chord", 4)
    assert (await system.family(chord.id, 6))["demo.total"] == ["12"]


async def test_a_large_result_is_whole_in_the_detail_and_short_in_the_table(system: System) -> None:
    detail = await system.run("demo.large_result", 1024)
    assert len(json.loads(detail.result)) == 1024 * 1024 // 128
    kept = await system.journal.run(lambda db: db.execute("SELECT length(result) FROM task WHERE id = ?", (detail.id,)).fetchone()[0])
    assert kept <= 1000


async def test_a_rejected_message_is_seen_as_rejected(system: System) -> None:
    enqueued = await system.service.enqueue(EnqueueRequest("demo.reject"))
    detail = await system.wait(enqueued.id, "REJECTED")
    assert detail.state == "REJECTED"


@pytest.mark.skipif(not POSIX, reason="threads cannot be killed")
async def test_a_running_task_is_terminated(system: System) -> None:
    enqueued = await system.service.enqueue(EnqueueRequest("demo.sleep", [60]))
    await system.wait(enqueued.id, "STARTED")
    began = time.monotonic()
    await system.service.revoke(enqueued.id, RevokeRequest(terminate=True))
    detail = await system.wait(enqueued.id)
    assert (detail.state, detail.exception) == ("REVOKED", "TaskRevokedError: terminated")
    assert time.monotonic() - began < 20


async def test_a_waiting_task_is_revoked_and_never_runs(system: System) -> None:
    enqueued = await system.service.enqueue(EnqueueRequest("demo.add", [1, 1], countdown=1.5))
    await system.wait(enqueued.id, "RECEIVED")
    await system.service.revoke(enqueued.id, RevokeRequest())
    detail = await system.wait(enqueued.id)
    assert detail.state == "REVOKED"
    assert detail.started_at == 0


async def test_an_eta_is_kept(system: System) -> None:
    eta = datetime.now(UTC) + timedelta(seconds=1)
    detail = await system.run("demo.add", 1, 2, eta=eta.isoformat())
    assert detail.started_at >= eta.timestamp() * 1e9
    assert datetime.fromisoformat(detail.eta) == eta


async def test_higher_priority_goes_first_and_a_countdown_is_kept(system: System) -> None:
    detail = await system.run("demo.add", 1, 2, priority=9, countdown=0.3)
    assert detail.state == "SUCCESS"
    assert detail.started_at - detail.sent_at >= 290_000_000


async def test_twenty_megabytes_of_arguments_arrive(system: System) -> None:
    numbers = ["x" * 1000] * 20_000
    enqueued = await system.service.enqueue(EnqueueRequest("demo.add", [numbers, []]))
    detail = await system.wait(enqueued.id)
    assert detail.state == "SUCCESS"
    assert len(json.loads(detail.args_json)[0]) == 20_000
    assert len(detail.args) <= 1000


async def test_an_unknown_task_is_refused_and_fails_in_the_worker_when_sent_anyway(system: System) -> None:
    with pytest.raises(UnknownTaskName) as caught:
        await system.service.enqueue(EnqueueRequest("demo.ad", [1]))
    assert "demo.add" in caught.value.problem().hint
    detail = await system.run("shop.nowhere", allow_unknown=True)
    assert detail.state == "FAILURE"
    assert "NotRegistered" in detail.exception


async def test_a_task_for_a_queue_nobody_reads_waits_there(system: System) -> None:
    enqueued = await system.service.enqueue(EnqueueRequest("demo.add", [1, 2], queue="nobody"))
    detail = await system.service.detail(enqueued.id)
    assert (detail.state, detail.queue) == ("PENDING", "nobody")


async def test_the_worker_is_known_by_its_heartbeats_and_answers(system: System) -> None:
    (worker,) = await system.service.workers()
    assert worker.ours
    assert worker.pool == ("prefork 2" if POSIX else "threads 2")
    assert worker.software.startswith("py-celery")
    assert worker.pid == system.service.status().pid
    assert any("celery" in line for line in system.lines)
    stats = await system.service.stats(30)
    assert sum(stats.throughput) > 0
    assert stats.workers_online[-1] == 1


async def test_tasks_whose_events_nobody_kept_are_learned_from_the_result_back_end(
    system: System, broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "POLL_S", 0.05)
    monkeypatch.setattr(reconcile, "AFTER_CONNECT_S", 0.5)
    monkeypatch.setattr(reconcile, "SETTLED_NS", 200_000_000)
    monitor = system.service._monitor
    await asyncio.to_thread(monitor.stop_blocking)
    try:
        with kombu().Connection(broker.url) as connection:
            connection.default_channel.queue_delete(f"switchroom.monitor.{system.journal.epoch}")
        well = await system.service.enqueue(EnqueueRequest("demo.add", [20, 22]))
        badly = await system.service.enqueue(EnqueueRequest("demo.fail", ["no money"]))

        async def stored() -> bool:
            kept = await asyncio.to_thread(read_outcomes_blocking, system.folder / RESULTS_FILE, [well.id, badly.id])
            return len(kept) == 2

        await until(stored)
        assert [(await system.service.detail(task.id)).state for task in (well, badly)] == ["PENDING", "PENDING"]
    finally:
        monitor.start()
    for task, state, told in ((well, "SUCCESS", "42"), (badly, "FAILURE", "PaymentRefusedError('no money')")):
        detail = await system.wait(task.id)
        assert (detail.state, detail.steps[-1].preview) == (state, told)
        assert detail.worker.startswith("switchroom@")
        assert [step.kind.startswith("task.") for step in detail.steps] == [True, True]
        assert 0 <= detail.finished_at - detail.sent_at < 30e9


async def test_history_is_there_after_a_restart_of_the_service(broker: EmbeddedBroker, tmp_path: Path) -> None:
    first = System(tmp_path, lambda: broker.url, run_worker=False)
    await first.service.start()
    enqueued = await first.service.enqueue(EnqueueRequest("demo.add", [1, 2], queue="waits"))
    await first.stop()
    second = System(tmp_path, lambda: broker.url, run_worker=False)
    try:
        await second.service.start()
        detail = await second.service.detail(enqueued.id)
        assert (detail.state, json.loads(detail.args_json)) == ("PENDING", [1, 2])
    finally:
        await second.stop()


async def test_without_a_broker_sending_says_so_within_three_seconds(tmp_path: Path) -> None:
    system = System(tmp_path, lambda: "amqp://guest:guest@127.0.0.1:9//", run_worker=False)
    try:
        began = time.monotonic()
        with pytest.raises(BrokerUnreachable) as caught:
            await system.service.enqueue(EnqueueRequest("x", allow_unknown=True))
        assert time.monotonic() - began < 10  # the limit is three; a loaded machine is not the point here
        problem = caught.value.problem()
        assert "127.0.0.1:9" in problem.title
        assert "guest" not in problem.title
        assert "again" in problem.hint
        page = await system.journal.query("")
        assert page.rows == []
    finally:
        await system.stop()


@pytest.mark.skipif(not POSIX, reason="kill -9 is POSIX's")
async def test_a_killed_worker_leaves_no_process_comes_back_and_runs_what_was_confirmed(system: System) -> None:
    before = system.service.status()
    pool = [child.pid for child in psutil.Process(before.pid).children(recursive=True)]
    assert pool
    sent = [(await system.service.enqueue(EnqueueRequest("demo.mixed", [0, 0.02]))).id for _ in range(50)]
    os.kill(before.pid, signal.SIGKILL)

    async def gone() -> bool:
        return not any(psutil.pid_exists(pid) for pid in pool)

    await until(gone, 5)
    for task_id in sent:
        assert (await system.wait(task_id)).state == "SUCCESS"
    after = system.service.status()
    assert after.restarts == before.restarts + 1
    assert "SIGKILL" in after.reason
    lives = [row.kind for row in (await system.journal.query("kind:worker")).rows]
    assert lives[-2:] == ["worker.offline", "worker.online"]


@pytest.mark.skipif(not POSIX, reason="kill -9 is POSIX's")
async def test_pool_processes_end_when_the_worker_is_killed_and_nobody_else_ends_them(tmp_path: Path) -> None:
    """The supervisor kills the worker's whole group; here is none, as when the server itself was killed."""
    broker = EmbeddedBroker(tmp_path / "broker")
    broker.start()
    environment = {**os.environ, "SWITCHROOM_BROKER_URL": broker.url, "SWITCHROOM_RESULT_URL": f"db+sqlite:///{tmp_path / 'r.db'}"}
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "embedded_server.tasks.worker_main",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    assert worker.stdout is not None
    async with asyncio.timeout(30):
        assert b"ready" in await worker.stdout.readline()
    pool = psutil.Process(worker.pid).children(recursive=True)
    assert pool
    worker.kill()
    await worker.wait()

    async def gone() -> bool:
        return not any(process.is_running() for process in pool)

    try:
        await until(gone, 5)
    finally:
        for process in pool:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        broker.stop()
