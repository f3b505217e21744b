"""Everything the rest of the server asks of tasks: send, look up, revoke, and the figures; it runs the worker and the monitor."""

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from uuid import uuid4

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.server import Part, PartState
from embedded_server.contracts.tasks import Enqueued, EnqueueRequest, RevokeRequest, TaskDetail, TaskName, TaskStats, Worker
from embedded_server.core.child import ChildProcess
from embedded_server.core.head_start import HeadStart
from embedded_server.core.process import Log
from embedded_server.journal import Journal
from embedded_server.tasks import names, queries, results
from embedded_server.tasks.arguments import checked
from embedded_server.tasks.client import CeleryClient, sent_event
from embedded_server.tasks.detail import described
from embedded_server.tasks.environment import QUEUE
from embedded_server.tasks.ingest import Ingest
from embedded_server.tasks.monitor import Monitor
from embedded_server.tasks.outcomes import read_outcomes_blocking
from embedded_server.tasks.problems import NoSuchTask, NoWorkerAnswered, TaskOver, UnknownSignal, UnknownTaskName
from embedded_server.tasks.reconcile import Reconciler
from embedded_server.tasks.record import TaskRecord
from embedded_server.tasks.seconds import read_seconds
from embedded_server.tasks.states import FINISHED
from embedded_server.tasks.worker import RESULTS_FILE, worker_process
from embedded_server.tasks.workers import WorkerRegistry

_logger = logging.getLogger(__name__)

PART: Final = "tasks"
ASK_INTERVAL_S: Final = 30.0
ASK_AGAIN_S: Final = 1.0
NEW_WORKER_POLL_S: Final = 0.5
ANSWER_S: Final = 1.0
LISTENING_LIMIT_S: Final = 2.5
"""The worker starts without somebody who listens where the broker is away for longer: it will tell why it cannot work."""
MAX_STATS_S: Final = 3600
_NS: Final = 1_000_000_000


class TaskService:
    """Tasks of one broker. A part of the server: `start`, `stop`, `status`."""

    def __init__(
        self,
        journal: Journal,
        *,
        amqp_url: Callable[[], str],
        data_dir: Path,
        log: Log,
        run_worker: bool = True,
        head_start: HeadStart | None = None,
    ) -> None:
        self._journal = journal
        self._results = data_dir / RESULTS_FILE
        self._registry = WorkerRegistry()
        self._ingest = Ingest()
        self._monitor = Monitor(journal, self._ingest, self._registry, amqp_url)
        self._client = CeleryClient(amqp_url)
        self._reconciler = Reconciler(journal, self._monitor, partial(read_outcomes_blocking, self._results), self._registry.is_idle)
        self._worker: ChildProcess | None = None
        if run_worker:
            self._worker = worker_process(amqp_url=amqp_url, data_dir=data_dir, log=log, head_start=head_start)
        self._worker_pid = 0
        if self._worker is not None:
            self._worker.on_change.append(self._on_worker_change)
        self._demo: list[TaskName] = []
        self._asking: asyncio.Task[None] | None = None
        self._reconciling: asyncio.Task[None] | None = None
        self._ask_again = asyncio.Event()

    # -- a part of the server

    async def start(self) -> None:
        """Take up where the last run ended, listen, and start the worker; returns once the worker is ready or has failed."""
        if self._asking is not None:
            return
        await asyncio.to_thread(results.prepare_blocking, self._results, self._journal.retention.max_age_s)
        self._demo = await asyncio.to_thread(names.demo_names)
        self._ingest.seed(await self._journal.run(queries.unfinished))
        self._registry.seed(await self._journal.run(queries.workers))
        self._monitor.start()
        self._asking = spawn(self._keep_asking(), name="ask workers", notify=_log_failure)
        self._reconciling = spawn(self._reconciler.run(), name="reconcile tasks", notify=_log_reconcile_failure)
        if self._worker is not None:
            await asyncio.to_thread(self._monitor.wait_blocking, LISTENING_LIMIT_S)  # so that nothing the worker does goes unheard
            await self._worker.start()

    async def follow_broker(self) -> None:
        """Start the worker anew: the broker has another address than the one it was told."""
        if self._worker is not None:
            await asyncio.to_thread(self._monitor.wait_blocking, LISTENING_LIMIT_S)
            await self._worker.restart()

    async def stop(self) -> None:
        """Stop the worker, then the monitor, so that the worker's last events are kept. May be called twice."""
        await cancel(self._asking)
        self._asking = None
        await cancel(self._reconciling)
        self._reconciling = None
        if self._worker is not None:
            await self._worker.stop()
        await asyncio.to_thread(self._monitor.stop_blocking)
        await self._client.close()

    def status(self) -> Part:
        """Tell how the worker fares, or without one the monitor; the monitor's trouble shows in either."""
        listening = self._monitor.status()
        if self._worker is None:
            return replace(listening, name=PART)
        part = self._worker.status()
        reason = part.reason or (listening.reason if part.state is PartState.RUNNING else "")
        return replace(part, name=PART, reason=reason, address=listening.address)

    def parts(self) -> list[Part]:
        """Tell of the worker and the monitor apart."""
        return [part.status() for part in (self._worker, self._monitor) if part is not None]

    # -- sending

    async def enqueue(self, request: EnqueueRequest) -> Enqueued:
        """Send one task; returns once the broker has confirmed it.

        Raises `UnknownTaskName`, `InvalidArguments`, `InvalidSchedule`, `BrokerUnreachable`, `BrokerRefused` or `NotConfirmed`.
        """
        outgoing = checked(request, str(uuid4()), lambda: self._registry.queue_for(request.name) or QUEUE)
        if not request.allow_unknown:
            await self._require_known(request.name)
        event = sent_event(outgoing)
        self._ingest.expect(event)
        try:
            await self._client.send(outgoing)
        except UserFacingError:
            if self._ingest.withdraw(outgoing.id) is not None:
                raise
            _logger.info("the broker took task %s, but its confirm was lost", outgoing.id)  # its event has come over the wire
        except BaseException:
            self._ingest.withdraw(outgoing.id)
            raise
        else:
            if (held := self._ingest.withdraw(outgoing.id)) is not None:
                await self._journal.room()
                self._journal.append(held)
        return Enqueued(outgoing.id, outgoing.name)

    async def _require_known(self, name: str) -> None:
        if name in self._known_names():
            return
        await self._ask_workers()
        if name not in (known := self._known_names()):
            raise UnknownTaskName(name=name, near=names.near(name, known))

    def _known_names(self) -> set[str]:
        return self._registry.names() | {name.name for name in self._demo}

    async def names(self) -> list[TaskName]:
        """Answer every task that can be sent: the demo app's, and those registered by workers online."""
        return names.merged(self._demo, self._registry.names())

    # -- looking up

    async def detail(self, task_id: str) -> TaskDetail:
        """Answer all that is known of one task; raises `NoSuchTask`."""
        record = await self._record(task_id)
        stored = await asyncio.to_thread(results.read_blocking, self._results, task_id)
        seqs = [int(seq) for seq in record.steps.split(",") if seq]
        steps = await self._journal.run(lambda db: queries.steps(db, seqs))
        return await described(self._journal, record, stored, steps)

    async def _record(self, task_id: str) -> TaskRecord:
        record = await self._journal.run(lambda db: queries.task(db, task_id))
        if record is None:
            await self._journal.flush()  # sent a moment ago
            record = await self._journal.run(lambda db: queries.task(db, task_id))
        if record is None:
            raise NoSuchTask(id=task_id[:80])
        return record

    async def stats(self, seconds: int = 60) -> TaskStats:
        """Answer the figures of the last whole *seconds*, and how many tasks are in each state."""
        seconds = max(1, min(seconds, MAX_STATS_S))
        first = time.time_ns() // _NS - seconds
        told = await self._journal.run(lambda db: read_seconds(db, first, seconds))
        return TaskStats(
            throughput=[float(second.finished) for second in told],
            failures=[float(second.failed) for second in told],
            wait_p95_ms=[round(second.wait_p95_ms(), 3) for second in told],
            workers_online=self._registry.online_in(first, seconds),
            workers_known=len(self._registry.workers()),
            counts=await self._journal.run(queries.counts),
        )

    async def workers(self) -> list[Worker]:
        """Answer every worker heard of in the last week, those online first."""
        return self._registry.workers()

    # -- control

    async def revoke(self, task_id: str, request: RevokeRequest) -> None:
        """Keep a task from running, or end it; raises `NoSuchTask`, `TaskOver`, `UnknownSignal`, `NoWorkerAnswered`."""
        record = await self._record(task_id)
        if record.base in FINISHED:
            raise TaskOver(state=record.state)
        if request.signal not in {name.name for name in signal.Signals} or not request.signal.startswith("SIG"):
            raise UnknownSignal(signal=request.signal[:40])
        arguments = {"task_id": task_id, "terminate": request.terminate, "signal": request.signal}
        answers = await self._client.broadcast("revoke", arguments, limit=self._registry.online_count(), timeout_s=ANSWER_S)
        if not answers:
            raise NoWorkerAnswered

    async def _keep_asking(self) -> None:
        """Ask workers what they have registered: soon where one has not told yet, else now and then."""
        asked_at = -ASK_INTERVAL_S
        while True:
            interval_s = ASK_INTERVAL_S if self._registry.all_have_told() else ASK_AGAIN_S
            if time.monotonic() - asked_at >= interval_s:
                await self._ask_workers()
                asked_at = time.monotonic()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(NEW_WORKER_POLL_S):
                    await self._ask_again.wait()
            self._ask_again.clear()

    async def _ask_workers(self) -> None:
        limit = self._registry.online_count()
        if not limit:
            return
        try:
            answers = [
                await self._client.broadcast(command, limit=limit, timeout_s=ANSWER_S)
                for command in ("stats", "registered", "active_queues")
            ]
        except UserFacingError as exc:
            _logger.debug("workers could not be asked: %s", exc)
            return
        self._registry.answered(*answers)

    def _on_worker_change(self, part: Part) -> None:
        if part.state in {PartState.WAITING, PartState.FAILED, PartState.STOPPED} and self._worker_pid:
            gone, self._worker_pid = self._worker_pid, 0
            self._journal.append_many(self._registry.lost(gone, time.time_ns(), part.reason or "stopped"))
        elif part.pid:
            self._worker_pid = part.pid
            self._ask_again.set()


def _log_failure(exc: BaseException) -> None:
    _logger.error("asking the workers failed", exc_info=exc)


def _log_reconcile_failure(exc: BaseException) -> None:
    _logger.error("comparing tasks with the result back end failed", exc_info=exc)
