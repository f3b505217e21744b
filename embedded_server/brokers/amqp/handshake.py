"""How a connection begins: the protocol header, the login, what both sides agree on, and the door of the virtual host."""

import functools
import logging
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from pamqp import base
from pamqp.commands import Connection as Methods

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.errors import AmqpError, Reply
from embedded_server.brokers.amqp.login import MECHANISMS, credentials

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.connection import Connection

logger = logging.getLogger(__name__)

CHANNEL_MAX: Final = 2047
HEARTBEAT_S: Final = 60

_SERVER_PROPERTIES: Final[dict[str, Any]] = {
    "product": "Switchroom",
    "information": "Embedded broker for one machine",
    "capabilities": {
        "publisher_confirms": True,
        "exchange_exchange_bindings": True,
        "basic.nack": True,
        "consumer_cancel_notify": True,
        "connection.blocked": True,
        "consumer_priorities": True,
        "authentication_failure_close": True,
        "per_consumer_qos": True,
    },
}


@functools.cache
def server_properties() -> dict[str, Any]:
    """What the broker says of itself. Finding out its version takes as long as a tenth of its start, so the first client waits for it."""
    from embedded_server.core.version import VERSION

    return {**_SERVER_PROPERTIES, "version": VERSION}


class State(Enum):
    """How far a connection has come, in RabbitMQ's words."""

    HEADER = "waits for the protocol header"
    START = "starting"
    TUNE = "tuning"
    OPENING = "opening"
    OPEN = "running"
    CLOSING = "closing"
    CLOSED = "closed"


class Handshake:
    """Leads one connection from its first byte into its virtual host."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._head = b""

    def header(self, data: bytes) -> bytes:
        """Wait for the protocol header; what follows it. Another one than ours is answered with ours, and the end."""
        connection = self._connection
        self._head += data
        expected = codec.PROTOCOL_HEADER
        if not any(known.startswith(self._head[: len(expected)]) for known in (expected, codec.PROTOCOL_HEADER_0_9)):
            connection.send(expected)
            connection.finish()
            return b""
        if len(self._head) < len(expected):
            return b""
        rest, self._head = self._head[len(expected) :], b""
        connection.state = State.START
        connection.reply(Methods.Start(0, 9, server_properties(), MECHANISMS, "en_US"))
        return rest

    def method(self, method: base.Frame) -> bool:
        """Take *method* where it is the step that comes next; raises ``AmqpError``."""
        state = self._connection.state
        match method:
            case Methods.StartOk() if state is State.START:
                self._on_start_ok(method)
            case Methods.TuneOk() if state is State.TUNE:
                self._on_tune_ok(method)
            case Methods.Open() if state is State.OPENING:
                self._on_open(method)
            case _:
                return False
        return True

    def _on_start_ok(self, method: Methods.StartOk) -> None:
        connection = self._connection
        connection.client_properties = method.client_properties or {}
        login = credentials(method.mechanism, method.response)
        if login is None or connection.broker.users.authenticate(*login) is None:
            logger.warning("Login from %s was refused", connection.peer)
            raise AmqpError(
                Reply.ACCESS_REFUSED,
                f"Login was refused using authentication mechanism {method.mechanism}. For details see the broker logfile.",
                hard=True,
            )
        connection.user, connection.mechanism = login[0], method.mechanism
        connection.state = State.TUNE
        connection.reply(Methods.Tune(CHANNEL_MAX, codec.FRAME_MAX_SIZE, HEARTBEAT_S))

    def _on_tune_ok(self, method: Methods.TuneOk) -> None:
        _require_between("frame_max", method.frame_max, codec.FRAME_MIN_SIZE, codec.FRAME_MAX_SIZE)
        _require_between("channel_max", method.channel_max, 1, CHANNEL_MAX)
        self._connection.tuned(frame_max=method.frame_max, channel_max=method.channel_max, heartbeat_s=method.heartbeat)

    def _on_open(self, method: Methods.Open) -> None:
        connection = self._connection
        broker, user = connection.broker, connection.user
        vhost = broker.vhosts.get(method.virtual_host)
        if vhost is None:
            raise AmqpError(Reply.NOT_ALLOWED, f"vhost {method.virtual_host} not found")
        if broker.users.permissions(user, vhost.name) is None:
            raise AmqpError(Reply.NOT_ALLOWED, f"access to vhost '{vhost.name}' refused for user '{user}'")
        connection.let_in(vhost)
        logger.info("Connection from %s opened by %s", connection.peer, user)
        connection.reply(Methods.OpenOk())


def _require_between(name: str, value: int, smallest: int, largest: int) -> None:
    """Refuse what a client wants to negotiate beyond what the broker offered; 0 asks for no limit."""
    shown = f"negotiated {name} = {value}{' (no limit)' if name == 'channel_max' and not value else ''}"
    if value and value < smallest:
        raise AmqpError(Reply.NOT_ALLOWED, f"{shown} is lower than the minimum allowed value ({smallest})")
    if not value or value > largest:
        raise AmqpError(Reply.NOT_ALLOWED, f"{shown} is higher than the maximum allowed value ({largest})")
