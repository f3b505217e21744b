"""What the broker says when a client errs: AMQP's reply codes with RabbitMQ's words for them."""

from enum import IntEnum
from typing import Final

MAX_TEXT_BYTES: Final = 255
SNIPPET_BYTES: Final = 16
_CUT: Final = "..."
_PRINTABLE: Final = frozenset(range(32, 127)) - frozenset(b'"\\')


class Reply(IntEnum):
    """Reply codes of AMQP 0-9-1, section 1.2 of its reference; the names stand in the texts as RabbitMQ prints them."""

    NO_ROUTE = 312
    CONNECTION_FORCED = 320
    ACCESS_REFUSED = 403
    NOT_FOUND = 404
    RESOURCE_LOCKED = 405
    PRECONDITION_FAILED = 406
    FRAME_ERROR = 501
    COMMAND_INVALID = 503
    CHANNEL_ERROR = 504
    UNEXPECTED_FRAME = 505
    NOT_ALLOWED = 530
    NOT_IMPLEMENTED = 540
    INTERNAL_ERROR = 541


_SOFT: Final = frozenset({Reply.ACCESS_REFUSED, Reply.NOT_FOUND, Reply.RESOURCE_LOCKED, Reply.PRECONDITION_FAILED})


class AmqpError(Exception):
    """A client broke a rule: a soft error closes its channel, a hard one its connection.

    *culprit* is the index of the method to blame, where it is not the one that came; 0 for none.
    """

    def __init__(self, reply: Reply, text: str, *, hard: bool | None = None, culprit: int | None = None) -> None:
        self.reply = reply
        self.culprit = culprit
        self.text = _shortened(f"{reply.name} - {text}")
        self.hard = reply not in _SOFT if hard is None else hard
        super().__init__(self.text)


def _shortened(text: str) -> str:
    """*text* as it fits a short string, cut as RabbitMQ cuts it."""
    octets = text.encode()
    if len(octets) <= MAX_TEXT_BYTES:
        return text
    return octets[: MAX_TEXT_BYTES - len(_CUT)].decode(errors="ignore") + _CUT


def as_binary(octets: bytes) -> str:
    """*octets* as Erlang prints them: as text where they are that."""
    if octets and all(octet in _PRINTABLE for octet in octets):
        return f'<<"{octets.decode()}">>'
    return f"<<{','.join(map(str, octets))}>>"


def unexpected_frame(text: str, culprit: int = 0) -> AmqpError:
    """The error for a frame out of order."""
    return AmqpError(Reply.UNEXPECTED_FRAME, text, culprit=culprit)


def odd_frame(reply: Reply, kind: int, payload: bytes, reason: str = "") -> AmqpError:
    """The error for a frame that has no meaning where it came."""
    some = "all" if len(payload) <= SNIPPET_BYTES else f"first {SNIPPET_BYTES}"
    text = f"type {kind}, {some} octets = {as_binary(payload[:SNIPPET_BYTES])}"
    return AmqpError(reply, f"{text}: {reason}" if reason else text, culprit=0)


def not_found(kind: str, name: str, vhost: str) -> AmqpError:
    """The error for a queue or an exchange that is not there."""
    return AmqpError(Reply.NOT_FOUND, f"no {kind} '{name}' in vhost '{vhost}'")


def refused(text: str) -> AmqpError:
    """The error for an operation nobody may do."""
    return AmqpError(Reply.ACCESS_REFUSED, text)


def precondition(text: str) -> AmqpError:
    """The error for an operation that does not fit the present state."""
    return AmqpError(Reply.PRECONDITION_FAILED, text)


def locked(name: str, vhost: str) -> AmqpError:
    """The error for another connection's exclusive queue."""
    return AmqpError(
        Reply.RESOURCE_LOCKED,
        f"cannot obtain exclusive access to locked queue '{name}' in vhost '{vhost}'. It could be originally declared on another "
        "connection or the exclusive property value does not match that of the original declaration.",
    )


def not_implemented(text: str) -> AmqpError:
    """The error for what AMQP has and RabbitMQ, like this broker, does not do."""
    return AmqpError(Reply.NOT_IMPLEMENTED, text)
