"""The server's composition root: which parts there are, and in which order they start and stop.

What takes long to import is imported late: the brokers and the worker are begun before FastAPI is.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from embedded_server.contracts.concurrency import spawn
from embedded_server.contracts.connections import TestReport
from embedded_server.contracts.feeds import Source
from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.server import Part, PartState, Ready
from embedded_server.core.binding import listen
from embedded_server.core.data_dir import DataDir
from embedded_server.core.head_start import HeadStart
from embedded_server.core.log_capture import LogCapture, line_log
from embedded_server.core.parts import Step, Supervisor, idle_part, lifecycle_event
from embedded_server.core.profiles import Profile
from embedded_server.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from embedded_server.api.dependencies import Services
    from embedded_server.journal import Journal

_logger = logging.getLogger(__name__)


def create_app(settings: Settings, data_dir: DataDir | None = None, head_start: HeadStart | None = None) -> "FastAPI":
    """Make the app. Its lifespan claims the data directory (unless *data_dir* is that claim), starts the parts and stops them."""
    from embedded_server.api.application import make_app

    @contextlib.asynccontextmanager
    async def lifespan(app: "FastAPI") -> AsyncIterator[None]:
        async with running(settings, data_dir or DataDir(settings.data_dir), head_start) as services:
            app.state.services = services
            yield

    return make_app(settings, lifespan)


def begin_children(settings: Settings) -> HeadStart:
    """Start the brokers and the worker, to be taken over by the parts that supervise them. The data directory is ours already."""
    from embedded_server.brokers import process as brokers
    from embedded_server.tasks import worker

    head_start = HeadStart()
    if settings.brokers:
        brokers.begin(head_start, settings.data_dir)
        if settings.worker:
            worker.begin(head_start, brokers.kept_url(settings.data_dir), settings.data_dir)
    return head_start


@contextlib.asynccontextmanager
async def running(settings: Settings, data_dir: DataDir, head_start: HeadStart | None = None) -> AsyncIterator["Services"]:
    """Run every part: what the server cannot do without first, then the quick ones, then the brokers and the worker in the background.

    Raises a `UserFacingError` where the data directory, the journal or the accounts cannot be used. Every other part that fails is
    shown as failed, and the rest runs.
    """
    await asyncio.to_thread(data_dir.claim)
    data_dir.publish(settings.url)
    composition = Composition(settings, head_start)
    try:
        yield await composition.start()
    finally:
        await composition.stop()
        data_dir.release()


class Composition:
    """The parts of one running server."""

    def __init__(self, settings: Settings, head_start: HeadStart | None = None) -> None:
        from embedded_server.api.dependencies import Services
        from embedded_server.brokers import EmbeddedBrokers
        from embedded_server.connections import ConnectionService, Hooks, LinkHooks, embedded_settings
        from embedded_server.core.jobs import Jobs
        from embedded_server.journal import EVENT_SOURCE, Feeds, Journal
        from embedded_server.kafka.service import KafkaService
        from embedded_server.rabbitmq.service import RabbitService
        from embedded_server.sessions import Sessions
        from embedded_server.streams import Hub, StreamManager
        from embedded_server.tasks import TaskFeedSource, TaskProjection, TaskService

        data_dir = settings.data_dir
        started_at = time.time_ns()
        journal = Journal(data_dir / "journal.db", retention=settings.retention)
        projection = TaskProjection()
        journal.add_projection(projection)
        log = line_log(journal.append)
        brokers = EmbeddedBrokers(data_dir, log, head_start)
        brokers.on_change.append(self._on_brokers_change)
        self._amqp_url = brokers.amqp_url
        self._began = time.monotonic()
        self._journal_part = JournalPart(journal)
        self._logs = LogCapture(journal.append, data_dir / "log")
        jobs = Jobs()
        rabbitmq = RabbitService(journal, self._resolve, data_dir, jobs)
        kafka = KafkaService(journal, self._resolve, data_dir, jobs)
        connections = ConnectionService(
            data_dir,
            Hooks(
                embedded=lambda: embedded_settings(brokers.amqp_url, brokers.management_url, brokers.kafka_address),
                rabbitmq=LinkHooks(rabbitmq.health, test_rabbitmq, rabbitmq.reconnect, rabbitmq.disconnect),
                kafka=LinkHooks(kafka.health, test_kafka, kafka.reconnect, kafka.disconnect),
            ),
        )
        connections.on_change.append(self._on_connection_change)
        self._services = Services(
            settings=settings,
            started_at=started_at,
            journal=journal,
            feeds=Feeds(journal, {Source.EVENTS: EVENT_SOURCE, Source.TASKS: TaskFeedSource(projection)}),
            sessions=Sessions(data_dir / "sessions.db", settings.sessions),
            brokers=brokers,
            tasks=TaskService(
                journal,
                amqp_url=lambda: brokers.amqp_url,
                data_dir=data_dir,
                log=log,
                run_worker=settings.worker,
                head_start=head_start,
            ),
            hub=Hub(journal),
            streams=StreamManager(journal, data_dir / "streams.json"),
            connections=connections,
            jobs=jobs,
            rabbitmq=rabbitmq,
            kafka=kafka,
            supervisor=Supervisor(journal.append),
        )

    async def start(self) -> "Services":
        """Start in order; answers once requests can be served. The brokers and the worker come up meanwhile."""
        services, supervisor = self._services, self._services.supervisor
        await supervisor.start_required("journal", self._journal_part)
        self._logs.start()
        await supervisor.start_required("sessions", services.sessions)
        supervisor.add("connections", services.connections)
        supervisor.add("hub", services.hub)
        supervisor.add("streams", services.streams)
        await supervisor.start(["connections", "hub", "streams"])
        supervisor.add("brokers", services.brokers)
        supervisor.add("tasks", services.tasks)
        supervisor.add("rabbitmq", services.rabbitmq)  # these are the last, so that their jobs end in good order before the brokers do
        supervisor.add("kafka", services.kafka)
        await supervisor.start(["rabbitmq", "kafka"])
        if services.settings.brokers:
            supervisor.start_later(["brokers", "tasks"])
        services.journal.append(lifecycle_event("server", Step.STARTED, time.monotonic() - self._began))
        return services

    async def stop(self) -> None:
        """Stop all in reverse; the journal last, so that every step is in it."""
        began = time.monotonic()
        await self._services.supervisor.stop(keep="journal")
        self._logs.stop()
        self._services.journal.append(lifecycle_event("server", Step.STOPPED, time.monotonic() - began))
        await self._journal_part.stop()

    def _on_brokers_change(self, part: Part) -> None:
        """Tell the tasks where the brokers had to move: the worker knows the address it was started with."""
        url = self._services.brokers.amqp_url
        if part.state is PartState.RUNNING and url != self._amqp_url:
            self._amqp_url = url
            spawn(self._services.tasks.follow_broker(), name="follow the brokers", notify=_log_failure)

    async def _resolve(self, connection: str) -> Profile:
        return await self._services.connections.resolve(connection)

    def _on_connection_change(self, connection: str) -> None:
        """Let what was open with the old settings go."""
        spawn(self._drop(connection), name="drop a connection's links", notify=_log_drop)

    async def _drop(self, connection: str) -> None:
        known = {one.id for one in (await self._services.connections.all()).connections}
        removed = connection not in known
        await asyncio.gather(
            self._services.rabbitmq.drop(connection, removed=removed), self._services.kafka.drop(connection, removed=removed)
        )


async def test_rabbitmq(profile: Profile) -> TestReport:
    """Walk to a RabbitMQ as a test; what that takes is imported at the first one."""
    from embedded_server.rabbitmq.walk import walk

    return await walk(profile)


async def test_kafka(profile: Profile) -> TestReport:
    """Walk to a Kafka as a test; the same."""
    from embedded_server.kafka.walk import walk

    return await walk(profile)


class JournalPart:
    """The journal as a part of the server: its blocking steps off the loop."""

    def __init__(self, journal: "Journal") -> None:
        self._journal = journal
        self._part = idle_part("journal")

    async def start(self) -> None:
        """Open it. Raises what `Journal.open` raises."""
        await asyncio.to_thread(self._journal.open)
        aside = self._journal.set_aside
        reason = f"The journal was damaged and set aside as {aside}" if aside else ""
        self._part = replace(self._part, state=PartState.RUNNING, reason=reason, started_at=time.time_ns())

    async def stop(self) -> None:
        """Write what is queued and close it."""
        await asyncio.to_thread(self._journal.close)
        self._part = replace(self._part, state=PartState.STOPPED)

    def status(self) -> Part:
        """Tell how it fares."""
        return self._part


class BoundServer:
    """The app on its port: both are taken when it is made, so that what stands against it is told at once.

    Raises `DataDirInUse`, `DataDirUnwritable`, `PortInUse` or `CannotListen`. Installs no signal handlers and no logging of its own:
    it runs in a process of its own and on the window's loop alike.
    """

    def __init__(self, settings: Settings, *, on_ready: Callable[[Ready], None] | None = None) -> None:
        self._data_dir = DataDir(settings.data_dir)
        self._data_dir.claim()
        try:
            self._socket = listen(settings.host, settings.port)
        except UserFacingError:
            self._data_dir.release()
            raise
        self.settings = replace(settings, port=self._socket.getsockname()[1])
        self._head_start = begin_children(self.settings)
        from embedded_server.core.http_server import make_server

        self.app = create_app(self.settings, self._data_dir, self._head_start)
        self._on_ready = on_ready
        self._server = make_server(self.app, on_started=self._on_started, before_end=self._let_hub_clients_go)

    @property
    def should_exit(self) -> bool:
        """Whether it has been told to stop."""
        return self._server.should_exit

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        self._server.should_exit = value

    def stop(self) -> None:
        """Tell `serve` to end: answers under way have a second, open feeds and streams are closed."""
        self._server.should_exit = True

    async def serve(self) -> None:
        """Start the parts, serve until told to stop, stop the parts. Raises a `UserFacingError` where it cannot start."""
        try:
            async with self.app.router.lifespan_context(self.app):
                await self._server.serve(sockets=[self._socket])
        finally:
            self._head_start.abandon_blocking()
            self._socket.close()
            self._data_dir.release()

    async def _let_hub_clients_go(self) -> None:
        services: Services = self.app.state.services
        await services.supervisor.stop_one("hub")

    def _on_started(self) -> None:
        if self._on_ready is not None:
            self._on_ready(Ready(self.settings.url, os.getpid()))


def _log_drop(exc: BaseException) -> None:
    _logger.error("dropping a connection's links failed", exc_info=exc)


def _log_failure(exc: BaseException) -> None:
    _logger.error("following the brokers to their new address failed", exc_info=exc)
