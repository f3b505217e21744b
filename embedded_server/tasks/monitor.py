"""Listens to Celery's events on a thread of its own, and hands them to the journal. It never asks a worker to wait."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import orjson

from embedded_server.contracts.concurrency import Backoff
from embedded_server.contracts.server import Part, PartState
from embedded_server.journal import Journal
from embedded_server.tasks.ingest import Ingest
from embedded_server.tasks.lane import address_of
from embedded_server.tasks.wire import kombu, mailbox
from embedded_server.tasks.workers import WorkerRegistry

_logger = logging.getLogger(__name__)

PART: Final = "task monitor"
QUEUE_MESSAGES: Final = 200_000
"""What the broker keeps for us while we are slowed down; older messages make room. A monitor must not fill somebody's broker."""
QUEUE_EXPIRES_S: Final = 60
"""So long the broker keeps events while we are away: a server or a broker that was killed is back long before."""
DRAIN_TIMEOUT_S: Final = 0.25
LOOK_INTERVAL_S: Final = 1.0
DEPTH_INTERVAL_S: Final = 5.0
HEARTBEAT_S: Final = 10
CONNECT_TIMEOUT_S: Final = 2.0


class Monitor:
    """A consumer of the exchange ``celeryev`` that reconnects with back-off until it is stopped."""

    def __init__(self, journal: Journal, ingest: Ingest, workers: WorkerRegistry, amqp_url: Callable[[], str]) -> None:
        self._journal = journal
        self._ingest = ingest
        self._workers = workers
        self._amqp_url = amqp_url
        self._stop = threading.Event()
        self._listening = threading.Event()
        self._thread: threading.Thread | None = None
        self._batch: list[Any] = []
        self._part = Part(PART, PartState.STOPPED, "", 0, "", 0, 0, 0)
        self.connections = 0
        """How often it has begun to listen."""
        self.heard_until = 0
        """All events up to this time, in ns, have been heard that will be; 0 while it does not listen."""

    def start(self) -> None:
        """Begin to listen; connects as soon as the broker answers."""
        if self._thread is None:
            self._stop.clear()
            self._listening.clear()
            self._part = replace(self._part, state=PartState.STARTING, started_at=time.time_ns())
            self._thread = threading.Thread(target=self._run_blocking, name="task-monitor", daemon=True)
            self._thread.start()

    def wait_blocking(self, limit_s: float) -> None:
        """Return once it listens, or after *limit_s*: from then on no event passes unheard."""
        self._listening.wait(limit_s)

    def stop_blocking(self) -> None:
        """Stop and wait until the thread has ended. May be called twice."""
        self._stop.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        self._part = replace(self._part, state=PartState.STOPPED, reason="", retry_at=0)

    def status(self) -> Part:
        """Tell whether it listens, and why not."""
        return self._part

    # -- on the thread

    def _run_blocking(self) -> None:
        backoff = Backoff(cap_s=2.0)
        while not self._stop.is_set():
            try:
                self._listen_blocking(backoff)
            except Exception as exc:  # noqa: BLE001 - whatever a broker or a message makes the client raise, listening goes on
                if self._stop.is_set():
                    break
                self._wait_blocking(exc, backoff.delay())

    def _wait_blocking(self, exc: Exception, delay_s: float) -> None:
        self._listening.clear()
        self.heard_until = 0
        reason = f"No broker answers at {address_of(self._amqp_url())}"
        if not isinstance(exc, OSError) and type(exc).__module__.partition(".")[0] not in {"amqp", "kombu"}:
            _logger.error("The task monitor stumbled and begins anew", exc_info=exc)
            reason = "An unforeseen fault; the server's log has the cause"
        at = time.time_ns() + int(delay_s * 1e9)
        self._part = replace(self._part, state=PartState.WAITING, reason=reason, retry_at=at, restarts=self._part.restarts + 1)
        self._workers_look()
        self._stop.wait(delay_s)

    def _listen_blocking(self, backoff: Backoff) -> None:
        url = self._amqp_url()
        if not url:
            raise ConnectionError
        with kombu().Connection(url, connect_timeout=CONNECT_TIMEOUT_S, heartbeat=HEARTBEAT_S) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            queue_name = f"switchroom.monitor.{self._journal.epoch}"
            consumer = self._consumer(connection, queue_name)
            with consumer:
                backoff.started()
                self._part = replace(self._part, state=PartState.RUNNING, reason="", address=address_of(url), retry_at=0)
                self.connections += 1
                self._listening.set()
                self._wake_workers(connection)
                self._drain_blocking(connection, queue_name)

    def _consumer(self, connection: Any, queue_name: str) -> Any:
        package = kombu()
        queue = package.Queue(
            queue_name,
            exchange=package.Exchange("celeryev", type="topic", durable=True),
            routing_key="#",
            durable=True,
            exclusive=False,
            auto_delete=False,
            expires=QUEUE_EXPIRES_S,
            max_length=QUEUE_MESSAGES,
        )
        return package.Consumer(connection.default_channel, [queue], on_message=self._on_message, no_ack=True)

    def _wake_workers(self, connection: Any) -> None:
        """Have workers tell of themselves now, rather than at their next heartbeat."""
        mailbox(connection).cast(None, "heartbeat")

    def _drain_blocking(self, connection: Any, queue_name: str) -> None:
        looked_at = measured_at = time.monotonic()
        while not self._stop.is_set():
            try:
                connection.drain_events(timeout=DRAIN_TIMEOUT_S)
            except TimeoutError:
                connection.heartbeat_check()
                self.heard_until = time.time_ns()  # the queue is empty
            self._hand_over()
            now = time.monotonic()
            if now - looked_at >= LOOK_INTERVAL_S:
                looked_at = now
                connection.heartbeat_check()
                self._workers_look()
            if now - measured_at >= DEPTH_INTERVAL_S:
                measured_at = now
                self._measure(connection, queue_name)

    def _on_message(self, message: Any) -> None:
        body = message.body
        raw = body if isinstance(body, bytes) else str(body).encode("utf-8", "surrogateescape")
        if message.content_type != "application/json" or message.headers.get("compression"):
            self._journal.append(self._ingest.undecodable(raw, str(message.content_type or "")))
            return
        try:
            told = orjson.loads(raw)
        except orjson.JSONDecodeError:
            self._journal.append(self._ingest.undecodable(raw, "application/json, malformed"))
            return
        self._batch.extend(told if isinstance(told, list) else [told])

    def _hand_over(self) -> None:
        """Give what one read brought to the journal; where the journal is behind, wait: the broker keeps the rest meanwhile."""
        batch = self._batch
        if not batch:
            return
        self._batch = []
        self._journal.wait_for_room_blocking()
        now = time.time_ns()
        for event in batch:
            if isinstance(event, dict) and str(event.get("type", "")).startswith("worker-"):
                self._journal.append_many(self._workers.heard(event, now))
        self._journal.append_many(self._ingest.convert(batch))
        told_at = batch[-1].get("timestamp") if isinstance(batch[-1], dict) else None
        if isinstance(told_at, int | float) and 0 < told_at < now / 1e9:
            self.heard_until = int(told_at * 1e9)

    def _workers_look(self) -> None:
        now = time.time_ns()
        self._journal.append_many(self._workers.expire(now))
        self._workers.sample(now)

    def _measure(self, connection: Any, queue_name: str) -> None:
        depth = connection.default_channel.queue_declare(queue_name, passive=True).message_count
        full = depth >= QUEUE_MESSAGES
        if full and not self._part.reason:
            _logger.warning("The broker holds %d event messages for the monitor and drops the oldest: events are missing", depth)
        reason = "The broker drops events: they come faster than the journal can write" if full else ""
        self._part = replace(self._part, reason=reason)
