"""Keeps one stream connected for as long as the user wants it open."""

import asyncio
import logging
import time
from typing import Final

from embedded_server.contracts.concurrency import Backoff, cancel, spawn
from embedded_server.contracts.events import Kind
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.streams import FrameType, Stream, StreamKind, StreamSpec, StreamState
from embedded_server.journal import Journal
from embedded_server.streams.client_sse import SseClient
from embedded_server.streams.client_ws import WsClient
from embedded_server.streams.masking import mask_spec
from embedded_server.streams.problems import ConnectionBroke, SendTimedOut, StreamCannotSend, StreamNotOpen, StreamProblem
from embedded_server.streams.recorder import Recorder
from embedded_server.streams.spec import HubAccess, Target, resolve

SEND_LIMIT_S: Final = 10.0

_logger = logging.getLogger(__name__)


class Dropped(ConnectionBroke):
    """The user cut the connection on purpose, to see it resume."""


class StreamRunner:
    """One stream: its state, its figures, and the task that connects, waits and connects again."""

    def __init__(self, id: str, spec: StreamSpec, journal: Journal) -> None:
        self.id = id
        self.spec = spec
        self._journal = journal
        self._recorder = Recorder(journal, spec.name, spec.url)
        self._state = StreamState.IDLE
        self._problem: ProblemDetails | None = None
        self._client: SseClient | WsClient | None = None
        self._task: asyncio.Task[None] | None = None
        self._connection: asyncio.Task[None] | None = None
        self._dropping = False
        self._wake = asyncio.Event()
        self._opened_at = 0
        self._attempt = 0
        self._retry_at = 0
        self._last_event_id = ""
        self._resumed = 0
        self._close_code = 0
        self._subprotocol = ""

    @property
    def is_running(self) -> bool:
        """Whether it is connected, or will be."""
        return self._task is not None and not self._task.done()

    async def open(self, access: HubAccess | None = None) -> None:
        """Connect and stay connected. While it waits for its next attempt, try at once."""
        if self.is_running:
            self._wake.set()
            return
        target = resolve(self.spec, access)
        self._recorder = Recorder(self._journal, self.spec.name, target.subject)
        self._last_event_id = ""
        self._resumed = 0
        self._close_code = 0
        self._attempt = 0
        self._state = StreamState.CONNECTING
        self._task = spawn(self._run(target), name=f"stream {self.id}", notify=self._on_fault)

    async def close(self) -> None:
        """Disconnect for good. May be called twice."""
        was_running = self.is_running
        await cancel(self._task)
        self._task = None
        if was_running:
            self._retry_at = 0
            self._problem = None
            self._state = StreamState.CLOSED
            self._recorder.closed(self._closed_kind, self._status_word("closed"), "Closed here")

    async def drop(self) -> None:
        """Cut the connection as a failing network would, so that it has to resume."""
        if self._state is not StreamState.OPEN:
            raise StreamNotOpen(name=self.spec.name)
        self._dropping = True
        if isinstance(self._client, WsClient):
            self._client.cut()
        await cancel(self._connection)

    async def send(self, message: str | bytes, type_: FrameType) -> None:
        """Send one WebSocket message. Raises where it is not open, only receives, or where the other side does not read."""
        if self.spec.kind is StreamKind.SSE:
            raise StreamCannotSend(name=self.spec.name)
        client = self._client
        if not isinstance(client, WsClient):
            raise StreamNotOpen(name=self.spec.name)
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                sent = await client.send(message, type_)
        except TimeoutError as exc:
            raise SendTimedOut(name=self.spec.name, seconds=SEND_LIMIT_S) from exc
        if not sent:
            raise StreamNotOpen(name=self.spec.name)

    def snapshot(self) -> Stream:
        """Answer how it fares, secrets masked."""
        client = self._client
        recorder = self._recorder
        return Stream(
            id=self.id,
            spec=mask_spec(self.spec),
            state=self._state,
            reason=self._problem.title if self._problem else "",
            received=recorder.received,
            sent=recorder.sent,
            bytes=recorder.bytes,
            rate=recorder.rate,
            opened_at=self._opened_at if self._state is StreamState.OPEN else 0,
            attempt=self._attempt,
            retry_at=self._retry_at,
            last_event_id=client.last_event_id if client else self._last_event_id,
            close_code=self._close_code,
            resumed=self._resumed,
            subprotocol=self._subprotocol,
            problem=self._problem,
            latency_ms=client.latency_ms if isinstance(client, WsClient) else 0.0,
            duplicates=recorder.duplicates,
        )

    # -- inside

    async def _run(self, target: Target) -> None:
        backoff = Backoff(first_s=0.5)
        while True:
            self._attempt += 1
            self._state = StreamState.CONNECTING
            client = self._make_client(target, backoff)
            self._client = client
            try:
                problem = await self._connect(client)
            finally:
                self._forget(client)
            self._problem = problem.problem()
            reason = f"{problem}. {problem.detail}" if problem.detail else str(problem)
            self._recorder.closed(self._closed_kind, self._status_word("ended" if self._opened_at else "failed"), reason)
            if problem.final or not self.spec.reconnect:
                self._state = StreamState.CLOSED
                return
            asked_s = client.retry_after_s if isinstance(client, SseClient) else None
            await self._wait(max(asked_s or 0.0, backoff.delay()))

    async def _connect(self, client: SseClient | WsClient) -> StreamProblem:
        """Run one connection in a task of its own, so that `drop` can cut it alone."""
        ends: list[StreamProblem] = []

        def note(exc: BaseException) -> None:
            if isinstance(exc, StreamProblem):
                ends.append(exc)
            else:
                _logger.error("stream %s failed", self.id, exc_info=exc)
                ends.append(ConnectionBroke(reason="of a fault in Switchroom; the server's log has the cause"))

        self._opened_at = 0
        self._dropping = False
        self._connection = spawn(client.run(), name=f"stream {self.id} connection", notify=note)
        try:
            await asyncio.wait([self._connection])
        finally:
            await cancel(self._connection)
        return ends[0] if ends and not self._dropping else Dropped(reason="cut here, to see it resume")

    def _make_client(self, target: Target, backoff: Backoff) -> SseClient | WsClient:
        resuming = self._last_event_id

        def opened() -> None:
            backoff.started()
            self._opened_at = time.time_ns()
            self._attempt = 0
            self._problem = None
            self._close_code = 0
            self._state = StreamState.OPEN
            self._resumed += bool(resuming)
            if isinstance(client, WsClient):
                self._subprotocol = client.subprotocol

        client: SseClient | WsClient
        if self.spec.kind is StreamKind.SSE:
            client = SseClient(target, self._recorder, last_event_id=resuming, on_open=opened)
        else:
            client = WsClient(target, self._recorder, last_event_id=resuming, on_open=opened)
        return client

    def _forget(self, client: SseClient | WsClient) -> None:
        self._last_event_id = client.last_event_id
        if isinstance(client, WsClient):
            self._close_code = client.close_code
        self._client = None

    async def _wait(self, delay_s: float) -> None:
        self._state = StreamState.WAITING
        self._retry_at = time.time_ns() + int(delay_s * 1e9)
        self._wake.clear()
        try:
            async with asyncio.timeout(delay_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        finally:
            self._retry_at = 0

    def _status_word(self, otherwise: str) -> str:
        return str(self._close_code) if self._close_code else otherwise

    @property
    def _closed_kind(self) -> Kind:
        return Kind.SSE_CLOSED if self.spec.kind is StreamKind.SSE else Kind.WS_CLOSED

    def _on_fault(self, exc: BaseException) -> None:
        _logger.error("stream %s stopped", self.id, exc_info=exc)
        self._state = StreamState.CLOSED
        self._problem = ConnectionBroke(reason="of a fault in Switchroom; the server's log has the cause").problem()
