"""The firehose: every message a virtual host's broker takes or hands out, where its tracing is on. Shown as the messages they are."""

from dataclasses import fields
from typing import Any, Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.rabbitmq import MessageStatus, Properties, TapRequest
from embedded_server.core.jobs import RunningJob
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.content import NO_CONTENT, encode_content
from embedded_server.rabbitmq.amqp.fields import FieldFault, FieldUnsendable, Table
from embedded_server.rabbitmq.amqp.links import Links
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.messages.events import EventMaker
from embedded_server.rabbitmq.messages.tap import TapBinding, run_tap

TRACE_EXCHANGE: Final = "amq.rabbitmq.trace"
NAME: Final = "firehose"
_DELIVER: Final = "deliver."
_PROPERTIES: Final = {field.name: int if "int" in str(field.type) else str for field in fields(Properties)}


async def firehose(links: Links, journal: Journal, connection_name: str, job: RunningJob, request: TapRequest) -> None:
    """Read it until stopped."""
    maker = EventMaker(connection_name, job.id)

    def make(delivery: Delivery) -> Event:
        return traced_event(maker, delivery)

    bindings = [TapBinding(TRACE_EXCHANGE, "#", {})]
    await run_tap(links, journal, connection_name, job, request.max_length, bindings, make, NAME)


def traced_event(maker: EventMaker, delivery: Delivery) -> Event:
    """Answer the event of the message that a trace tells of; its own properties and headers lie in the trace's headers."""
    try:
        told = delivery.decoded().headers or {}
    except FieldFault:
        told = {}
    was_delivered = delivery.routing_key.startswith(_DELIVER)
    keys = told.get("routing_keys")
    return maker.make(
        Kind.MESSAGE_DELIVERED if was_delivered else Kind.MESSAGE_PUBLISHED,
        MessageStatus.TRACED,
        exchange=_text(told, "exchange_name"),
        routing_key=keys[0] if isinstance(keys, list) and keys and isinstance(keys[0], str) else "",
        content=_content_of(told.get("properties")),
        body=delivery.body,
        queue=delivery.routing_key.removeprefix(_DELIVER) if was_delivered else NAME,
        redelivered=bool(told.get("redelivered")),
    )


def _content_of(properties: Any) -> bytes:
    if not isinstance(properties, dict):
        return NO_CONTENT
    known = {name: value for name, value in properties.items() if type(value) is _PROPERTIES.get(name) or _is_time(name, value)}
    headers = properties.get("headers")
    try:
        return encode_content(Properties(**known), headers if isinstance(headers, dict) else None)
    except FieldUnsendable:
        return NO_CONTENT


def _is_time(name: str, value: Any) -> bool:
    return name == "timestamp" and isinstance(value, int)


def _text(table: Table, name: str) -> str:
    value = table.get(name)
    return value if isinstance(value, str) else ""
