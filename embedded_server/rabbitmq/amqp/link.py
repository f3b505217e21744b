"""One AMQP connection with futures instead of callbacks: opened, blocked, lost, and each with its reason.

Only this file, `pika_connection`, `channel` and `declaring` know pika.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Final

from pika import ConnectionParameters, PlainCredentials
from pika.exceptions import ConnectionClosedByBroker, ConnectionClosedByClient, ProbableAuthenticationError

from embedded_server.contracts.connections import RabbitSettings
from embedded_server.core.reach.problems import (
    CertificateRefused,
    LinkClosed,
    LinkProblem,
    NameNotFound,
    NetworkFails,
    NoAnswer,
    PortWantsTls,
)
from embedded_server.core.reach.tls import tls_context_blocking, tls_problem
from embedded_server.core.version import VERSION
from embedded_server.rabbitmq.amqp.pika_connection import Connection, Stream
from embedded_server.rabbitmq.problems import (
    BrokerBlocked,
    BrokerClosed,
    LinkLost,
    LoginRefused,
    NobodyListens,
    NotAmqp,
    VHostRefused,
)

CONNECT_LIMIT_S: Final = 8.0
OPEN_LIMIT_S: Final = 10.0
CLOSE_LIMIT_S: Final = 1.0
PORT: Final = 5672
TLS_PORT: Final = 5671

_logger = logging.getLogger(__name__)
logging.getLogger("pika").setLevel(logging.CRITICAL + 1)  # every closed channel is an error to it; we raise what it logs


def address_of(settings: RabbitSettings) -> str:
    """Answer host and port as one reads them."""
    port = settings.port or (TLS_PORT if settings.tls else PORT)
    return f"[{settings.host}]:{port}" if ":" in settings.host else f"{settings.host}:{port}"


class Link:
    """One open AMQP connection. Made by `open_link`; ends once, and says why in `ended`."""

    def __init__(self, settings: RabbitSettings, vhost: str, name: str) -> None:
        self.settings = settings
        self.vhost = vhost
        self.name = name
        self.address = address_of(settings)
        self.ended: asyncio.Future[LinkProblem] = asyncio.get_running_loop().create_future()
        """Done when the connection is over, with the reason."""
        self.blocked = ""
        """Why the broker takes no messages for now, or nothing."""
        self.on_blocked: list[Callable[[], None]] = []
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.pika: Connection
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return self.opened.done() and not self.ended.done()

    @property
    def max_payload(self) -> int:
        """Bytes of a body that fit into one frame."""
        return int(self.pika._body_max_length)  # noqa: SLF001 - pika tells it nowhere else

    def write(self, data: bytes) -> None:
        """Send *data*, a whole number of frames, together with whatever else this turn of the loop sends."""
        self.pika.send(data)

    def problem(self) -> LinkProblem:
        """Answer why it is over."""
        return self.ended.result() if self.ended.done() else LinkLost(address=self.address)

    @property
    def is_writable(self) -> bool:
        """Whether there is room in the transport's buffer, and the broker takes messages."""
        return self._writable.is_set() and not self.ended.done()

    async def writable(self) -> None:
        """Wait while the transport's buffer is full or the broker takes nothing. Raises why it ended, where it has."""
        while not self._writable.is_set() and not self.ended.done():
            await self._writable.wait()
        if self.ended.done():
            raise self.problem()

    def pause_reading(self) -> None:
        """Leave what comes in the socket for now: whoever reads has enough to do."""
        self.pika.pause_reading(True)

    def resume_reading(self) -> None:
        """Read on."""
        self.pika.pause_reading(False)

    async def close(self) -> None:
        """End it in good order. May be called twice."""
        if self.pika.is_open:
            self.pika.close()
        else:
            self.pika.cut()
        try:
            await asyncio.wait_for(asyncio.shield(self.ended), CLOSE_LIMIT_S)
        except TimeoutError:
            self.pika.cut()
            self.end(LinkClosed(name=self.name))

    # -- told by the connection

    def over(self, error: BaseException) -> None:
        """Note that it is over, and what pika says why."""
        self.end(self.problem_of(error))

    def note_open(self) -> None:
        """Note that it can be used."""
        if not self.opened.done():
            self.opened.set_result(None)

    def end(self, problem: LinkProblem) -> None:
        """Note that it is over, once."""
        if not self.ended.done():
            self.ended.set_result(problem)
        if not self.opened.done():
            self.opened.set_exception(problem)
            self.opened.exception()  # nobody may be waiting any more
        self._writable.set()

    def note_writable(self, *, full: bool | None = None, blocked: str | None = None) -> None:
        """Note whether the transport's buffer is full, or whether the broker takes messages."""
        if blocked is not None:
            self.blocked = blocked
            for callback in tuple(self.on_blocked):
                callback()
        if full is not None:
            self.pika.full = full
        if self.pika.full or self.blocked:
            self._writable.clear()
        else:
            self._writable.set()

    def blocked_problem(self) -> BrokerBlocked:
        """Answer that the broker takes no messages, in its words."""
        return BrokerBlocked(address=self.address, reason=self.blocked)

    def problem_of(self, error: BaseException) -> LinkProblem:
        """Answer what it means that pika says *error*, together with what the broker said before."""
        pika, settings, address = self.pika, self.settings, self.address
        if pika.fault is not None:
            return pika.fault
        if isinstance(error, ConnectionClosedByClient):
            return LinkClosed(name=self.name)
        code, text = pika.refusal or (0, "")
        if not pika.was_open:
            if code == 403 or (not code and isinstance(error, ProbableAuthenticationError)):
                return LoginRefused(address=address, user=settings.user, detail=text)
            if code and pika.reached_open and code in {402, 530}:
                return VHostRefused(address=address, user=settings.user, vhost=self.vhost, detail=text)
            if not code and not pika.bytes_received:
                return NotAmqp(address=address, answer="nothing, and hung up")
        if code or isinstance(error, ConnectionClosedByBroker):
            return BrokerClosed(address=address, code=code, text=text)
        return LinkLost(address=address, detail=str(error))


async def open_link(settings: RabbitSettings, password: str, *, vhost: str, name: str, purpose: str = "") -> Link:
    """Connect and open *vhost*. Raises a `LinkProblem` that says what stood against it."""
    context = await asyncio.to_thread(tls_context_blocking, settings) if settings.tls else None
    link = Link(settings, vhost, name)
    link.pika = Connection(link, _parameters(settings, password, vhost, purpose))
    await _connect(link, context)
    try:
        async with asyncio.timeout(OPEN_LIMIT_S):
            await asyncio.shield(link.opened)
    except TimeoutError as exc:
        link.pika.cut()
        raise NoAnswer(address=link.address, seconds=OPEN_LIMIT_S) from exc
    except NotAmqp as exc:
        from embedded_server.core.reach.peer import speaks_tls

        if not settings.tls and await speaks_tls((settings.host, settings.port or PORT)):  # some hang up without a TLS alert
            raise PortWantsTls(address=link.address) from exc
        raise
    except asyncio.CancelledError:
        link.pika.cut()
        raise
    return link


async def _connect(link: Link, context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    settings, address = link.settings, link.address
    port = settings.port or (TLS_PORT if settings.tls else PORT)
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            await loop.create_connection(lambda: Stream(link, link.pika), settings.host, port, ssl=context)
    except TimeoutError as exc:
        raise NoAnswer(address=address, seconds=CONNECT_LIMIT_S) from exc
    except ssl.SSLError as exc:
        raise tls_problem(exc, address) from exc
    except (socket.gaierror, UnicodeError) as exc:
        raise NameNotFound(host=settings.host, detail=str(exc)) from exc
    except ConnectionRefusedError as exc:
        raise NobodyListens(address=address) from exc
    except ConnectionResetError as exc:
        if context is None:
            raise NetworkFails(address=address, reason=exc.strerror or str(exc)) from exc
        raise CertificateRefused(address=address, reason="it hung up") from exc
    except OSError as exc:
        if f"[Errno {errno.ECONNREFUSED}]" in str(exc):  # a name with several addresses: one error that quotes all
            raise NobodyListens(address=address, detail=str(exc)) from exc
        raise NetworkFails(address=address, reason=exc.strerror or str(exc)) from exc


def _parameters(settings: RabbitSettings, password: str, vhost: str, purpose: str) -> ConnectionParameters:
    name = f"Switchroom {VERSION}"
    return ConnectionParameters(
        host=settings.host,
        virtual_host=vhost,
        credentials=PlainCredentials(settings.user, password),
        heartbeat=settings.heartbeat_s,
        client_properties={"connection_name": f"{name} ({purpose})" if purpose else name, "product": "Switchroom", "version": VERSION},
    )
