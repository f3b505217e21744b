"""The links to every broker in use: opened on demand, one for each connection, virtual host and purpose, and regained when lost."""

import asyncio
import contextlib
import logging
import time
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from embedded_server.contracts.concurrency import Backoff, cancel, spawn
from embedded_server.contracts.connections import Health, LinkState, Secret
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile, Resolve
from embedded_server.core.reach.problems import LinkClosed, LinkProblem
from embedded_server.rabbitmq.amqp.channel import Channel, open_channel
from embedded_server.rabbitmq.amqp.fields import MAX_SHORT_BYTES, TextTooLong
from embedded_server.rabbitmq.amqp.link import Link, open_link
from embedded_server.rabbitmq.problems import Disconnected, LinkLost

TRY_AGAIN_S: Final = 1.0
"""Who asks for a link that waits makes it try at once, but not more often than this."""
_WORST_FIRST: Final = (LinkState.FAILED, LinkState.WAITING, LinkState.CONNECTING, LinkState.OPEN)

_logger = logging.getLogger(__name__)


class Purpose(StrEnum):
    """What a link is for. Publishing and reading go apart: a broker that blocks publishers would stop the reading too."""

    CONTROL = "control"
    PUBLISH = "publish"
    READ = "read"


class Links:
    """All links of the server. A refused login or virtual host is not tried again until the user acts."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._slots: dict[tuple[str, str, Purpose], _Slot] = {}
        self._disconnected: dict[str, str] = {}

    async def channel(self, connection: str, vhost: str, *, purpose: Purpose = Purpose.CONTROL, confirms: bool = False) -> Channel:
        """Open a channel, and its link where there is none. Raises a `UserFacingError` that says what stands against it."""
        link = await self.link(connection, vhost, purpose)
        if link.blocked:
            raise link.blocked_problem()  # the broker would not answer: it reads nothing from a connection that it blocks
        return await open_channel(link, confirms=confirms)

    async def link(self, connection: str, vhost: str, purpose: Purpose) -> Link:
        """Answer an open link; one that waits for its next attempt tries at once."""
        return await self._slot(connection, vhost, purpose).get()

    async def regained(self, connection: str, vhost: str, purpose: Purpose) -> Link:
        """Wait for an open link as long as it takes. Raises only what trying again does not mend."""
        return await self._slot(connection, vhost, purpose).regained()

    async def profile(self, connection: str) -> Profile:
        """Answer the connection's profile; raises `Disconnected` where the user has disconnected it, and what the resolving raises."""
        self.require_connected(connection)
        return await self._resolve(connection)

    def require_connected(self, connection: str) -> None:
        """Raise `Disconnected` where the user has disconnected it."""
        name = self._disconnected.get(connection)
        if name is not None:
            raise Disconnected(name=name)

    def health(self, connection: str) -> Health:
        """Answer how a connection fares: the worst of its links."""
        healths = [slot.health() for (id_, _, _), slot in self._slots.items() if id_ == connection]
        for state in _WORST_FIRST:
            for health in healths:
                if health.state is state:
                    return health
        return Health()

    async def drop(self, connection: str) -> None:
        """Close a connection's links and forget how they fared: its settings have changed, or it is gone."""
        self._disconnected.pop(connection, None)
        await self._close([key for key in self._slots if key[0] == connection])

    async def disconnect(self, connection: str, name: str) -> None:
        """Close a connection's links, and open none until `reconnect`."""
        await self.drop(connection)
        self._disconnected[connection] = name

    async def reconnect(self, connection: str) -> None:
        """Begin to connect anew; `health` tells how that goes. Raises what the resolving raises."""
        await self.drop(connection)
        await self.begin(connection)

    async def begin(self, connection: str) -> None:
        """Begin to connect, unless that was begun already; `health` tells how it goes. Raises what the resolving raises."""
        if self._is_begun(connection):
            return
        profile = await self._resolve(connection)
        vhost = profile.spec.rabbitmq.vhost if profile.spec.rabbitmq is not None else "/"
        if not self._is_begun(connection):
            self._slot(connection, vhost, Purpose.CONTROL).begin()

    def _is_begun(self, connection: str) -> bool:
        return any(id_ == connection for id_, _, _ in self._slots)

    async def close(self) -> None:
        """Close every link. May be called twice."""
        await self._close(list(self._slots))

    async def _close(self, keys: list[tuple[str, str, Purpose]]) -> None:
        slots = [self._slots.pop(key) for key in keys]
        await asyncio.gather(*(slot.close() for slot in slots))

    def _slot(self, connection: str, vhost: str, purpose: Purpose) -> "_Slot":
        self.require_connected(connection)
        if len(vhost.encode()) > MAX_SHORT_BYTES:
            raise TextTooLong(name=vhost[:20] + "…", size=len(vhost.encode()), most=MAX_SHORT_BYTES)
        key = (connection, vhost, purpose)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = _Slot(self._resolve, connection, vhost, purpose)
        return slot


class _Slot:
    """One link's place: whether it is there, and what is done to have it."""

    def __init__(self, resolve: Resolve, connection: str, vhost: str, purpose: Purpose) -> None:
        self._resolve = resolve
        self._connection = connection
        self._vhost = vhost
        self._purpose = purpose
        self._link: Link | None = None
        self._problem: UserFacingError | None = None
        self._state = LinkState.IDLE
        self._retry_at = 0
        self._tried_at = 0.0
        self._backoff = Backoff(first_s=0.5)
        self._connecting = asyncio.Lock()
        self._regaining: asyncio.Task[None] | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._closed = False

    def health(self) -> Health:
        blocked = self._link.blocked_problem() if self._link is not None and self._link.is_open and self._link.blocked else None
        problem = self._problem or blocked
        return Health(self._state, problem.problem() if problem else None, self._retry_at if self._state is LinkState.WAITING else 0)

    async def get(self) -> Link:
        """Answer the open link, or open it now. Who waits while another one tries shares its answer."""
        asked_at = time.monotonic()
        async with self._connecting:
            link = self._open_link()
            if link is not None:
                return link
            if self._problem is not None:
                if self._is_final() or self._tried_at >= asked_at:
                    raise self._problem
                await asyncio.sleep(self._tried_at + TRY_AGAIN_S - time.monotonic())
            try:
                return await self._connect()
            except UserFacingError:
                self._regain()
                raise

    def begin(self) -> None:
        """Open it in the background."""
        self._note(LinkState.CONNECTING)
        self._beginning = spawn(self._begin(), name=f"connect {self._connection}", notify=_log_failure)

    async def _begin(self) -> None:
        with contextlib.suppress(UserFacingError):  # told by `health`
            await self.get()

    async def regained(self) -> Link:
        """Wait for an open link."""
        while True:
            link = self._open_link()
            if link is not None:
                return link
            if self._closed:
                raise LinkClosed(name=self._connection)
            if self._problem is None:
                try:
                    return await self.get()
                except UserFacingError:
                    pass
            if self._problem is not None and self._is_final():
                raise self._problem
            self._regain()
            self._changed.clear()
            await self._changed.wait()

    async def close(self) -> None:
        self._closed = True
        await cancel(self._beginning)
        await cancel(self._regaining)
        link, self._link = self._link, None
        self._note(LinkState.IDLE)
        if link is not None:
            await link.close()

    # -- inside

    def _open_link(self) -> Link | None:
        return self._link if self._link is not None and self._link.is_open else None

    def _is_final(self) -> bool:
        if isinstance(self._problem, LinkProblem):
            return self._problem.final
        return self._problem is not None and self._problem.status != HTTPStatus.SERVICE_UNAVAILABLE

    async def _connect(self) -> Link:
        self._note(LinkState.CONNECTING, self._problem)
        try:
            profile = await self._resolve(self._connection)
            settings = profile.spec.rabbitmq
            assert settings is not None, "only what speaks AMQP is connected here"
            password = profile.secrets.get(Secret.PASSWORD, "")
            link = await open_link(settings, password, vhost=self._vhost, name=profile.name, purpose=self._purpose.value)
        except UserFacingError as exc:
            self._problem = exc
            self._tried_at = time.monotonic()
            self._note(LinkState.FAILED if self._is_final() else LinkState.WAITING, exc)
            raise
        except asyncio.CancelledError:
            self._note(LinkState.IDLE)
            raise
        if self._closed:
            await link.close()
            raise LinkClosed(name=profile.name)
        self._link = link
        self._backoff.started()
        link.ended.add_done_callback(lambda _: self._on_ended(link))
        self._note(LinkState.OPEN)
        return link

    def _on_ended(self, link: Link) -> None:
        if self._link is not link:
            return
        self._link = None
        problem = link.problem()
        if isinstance(problem, LinkClosed):
            self._note(LinkState.IDLE)
            return
        _logger.info("%s: %s (%s)", self._connection, problem, problem.detail)
        self._problem = problem if not problem.final else LinkLost(address=link.address, detail=str(problem))
        self._note(LinkState.WAITING, self._problem)
        self._regain()

    def _regain(self) -> None:
        if self._closed or self._is_final() or (self._regaining is not None and not self._regaining.done()):
            return
        self._regaining = spawn(self._try_again(), name=f"regain {self._connection}", notify=_log_failure)

    async def _try_again(self) -> None:
        while self._open_link() is None:
            delay_s = self._backoff.delay()
            self._retry_at = time.time_ns() + int(delay_s * 1e9)
            await asyncio.sleep(delay_s)
            async with self._connecting:
                if self._open_link() is not None:
                    return
                try:
                    await self._connect()
                except UserFacingError:
                    if self._is_final():
                        return

    def _note(self, state: LinkState, problem: UserFacingError | None = None) -> None:
        self._state = state
        self._problem = problem
        self._changed.set()


def _log_failure(exc: BaseException) -> None:
    _logger.error("a link could not be regained", exc_info=exc)
