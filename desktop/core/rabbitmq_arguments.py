"""The arguments of queues and exchanges that RabbitMQ knows, with words for each, and how what is typed for one is read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.i18n import N_
from desktop.core.rabbitmq_draft import check_short
from desktop.core.repeat import whole_number
from desktop.core.tasks_draft import parse_duration
from embedded_server.contracts.rabbitmq import FieldType, Header

LARGEST_MS: Final = 2**32 - 1
_UNITS: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


class QueueType(StrEnum):
    """The kinds of queue RabbitMQ has."""

    CLASSIC = "classic"
    QUORUM = "quorum"
    STREAM = "stream"


class Unit(StrEnum):
    """How an argument's text is read."""

    MILLISECONDS = "ms"
    """A length of time, sent as whole milliseconds."""
    COUNT = "count"
    BYTES = "bytes"
    NAME = "name"
    CHOICE = "choice"
    SWITCH = "switch"
    AGE = "age"
    """Such as ``7D``: sent as it is written."""


ALL_TYPES: Final = frozenset(QueueType)
NOT_STREAM: Final = frozenset({QueueType.CLASSIC, QueueType.QUORUM})


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument RabbitMQ knows."""

    key: str
    """Its name on the wire."""
    label: str
    unit: Unit
    help: str
    example: str = ""
    types: frozenset[QueueType] = ALL_TYPES
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 2**31 - 1


QUEUE_ARGUMENTS: Final = (
    Argument(
        "x-message-ttl",
        N_("Messages live"),
        Unit.MILLISECONDS,
        N_("How long a message may wait here; then it is dropped, or dead-lettered where an exchange for that is named"),
        "30s",
        NOT_STREAM,
        most=LARGEST_MS,
    ),
    Argument(
        "x-expires",
        N_("Queue expires after"),
        Unit.MILLISECONDS,
        N_("The queue is deleted when nobody has used it for so long"),
        "30m",
        NOT_STREAM,
        least=1,
        most=LARGEST_MS,
    ),
    Argument(
        "x-max-length", N_("At most messages"), Unit.COUNT, N_("Ready messages; what comes beyond is up to overflow"), "10,000", NOT_STREAM
    ),
    Argument("x-max-length-bytes", N_("At most bytes"), Unit.BYTES, N_("Of all bodies together"), "100 MB", most=2**62),
    Argument(
        "x-overflow",
        N_("Overflow"),
        Unit.CHOICE,
        N_("What a full queue does: drop its oldest message, or refuse the new one, with or without dead-lettering it"),
        types=NOT_STREAM,
        choices=("drop-head", "reject-publish", "reject-publish-dlx"),
    ),
    Argument(
        "x-dead-letter-exchange",
        N_("Dead letter exchange"),
        Unit.NAME,
        N_("Where rejected, expired and dropped messages are published to"),
        "orders.dlx",
        NOT_STREAM,
    ),
    Argument(
        "x-dead-letter-routing-key",
        N_("Dead letter routing key"),
        Unit.NAME,
        N_("In place of the message's own"),
        "orders.dead",
        NOT_STREAM,
    ),
    Argument(
        "x-max-priority",
        N_("Highest priority"),
        Unit.COUNT,
        N_("Makes it a priority queue; each level costs memory, so few are best"),
        "10",
        frozenset({QueueType.CLASSIC}),
        least=1,
        most=255,
    ),
    Argument(
        "x-single-active-consumer",
        N_("Single active consumer"),
        Unit.SWITCH,
        N_("Of all consumers one gets the messages; the next takes over when it goes"),
        types=NOT_STREAM,
    ),
    Argument(
        "x-delivery-limit",
        N_("Delivery limit"),
        Unit.COUNT,
        N_("After so many returns a message is dropped, or dead-lettered"),
        "20",
        frozenset({QueueType.QUORUM}),
    ),
    Argument("x-max-age", N_("Keep for"), Unit.AGE, N_("Older segments go: Y, M, D, h, m or s"), "7D", frozenset({QueueType.STREAM})),
    Argument(
        "x-stream-max-segment-size-bytes",
        N_("Segment size"),
        Unit.BYTES,
        N_("Old messages go by whole segments"),
        "500 MB",
        frozenset({QueueType.STREAM}),
        least=1,
        most=2**62,
    ),
)
EXCHANGE_ARGUMENTS: Final = (
    Argument(
        "alternate-exchange",
        N_("Alternate exchange"),
        Unit.NAME,
        N_("Gets the messages that no binding of this exchange takes"),
        "unrouted",
    ),
)


def check_argument(argument: Argument, text: str) -> Fault | None:
    """Answer what is wrong with a typed argument, or None."""
    return read_argument(argument, text)[1] if text.strip() else None


def read_argument(argument: Argument, text: str) -> tuple[Header | None, Fault | None]:
    """Answer an argument without its name, or what is wrong with what was typed for it."""
    text = text.strip()
    if argument.unit in {Unit.NAME, Unit.CHOICE, Unit.AGE}:
        return Header("", FieldType.STRING, text), check_short(text)
    if argument.unit is Unit.SWITCH:
        return Header("", FieldType.BOOLEAN, text == "true"), None
    value, fault = _NUMBERS[argument.unit](text)
    if value is not None and not argument.least <= value <= argument.most:
        span = {"least": f"{argument.least:,}", "most": f"{argument.most:,}"}
        return None, Fault(N_("RabbitMQ does not take this number"), N_("It takes {least} to {most}."), span)
    return (None, fault) if value is None else (Header("", FieldType.INTEGER, value), None)


def _milliseconds(text: str) -> tuple[int | None, Fault | None]:
    bare = whole_number(text)
    if bare is not None:
        return bare, None
    seconds = parse_duration(text)
    if seconds is None:
        return None, Fault(N_("This is no length of time"), N_("Write milliseconds, or such as 500ms, 30s or 2h."))
    return round(seconds * 1000), None


def _count(text: str) -> tuple[int | None, Fault | None]:
    value = whole_number(text)
    return value, (Fault(N_("This is no whole number"), N_("Write digits alone, such as 10000.")) if value is None else None)


def _bytes(text: str) -> tuple[int | None, Fault | None]:
    digits = text.rstrip("abgikmtABGIKMT ")
    unit = text[len(digits) :].strip().lower()
    try:
        value = round(float(digits.replace(",", "").replace("_", "")) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        return None, Fault(N_("This is no size"), N_("Write bytes, or such as 500 kB, 20 MB or 1 GiB."))
    return value, None


_NUMBERS: Final = {Unit.MILLISECONDS: _milliseconds, Unit.COUNT: _count, Unit.BYTES: _bytes}
