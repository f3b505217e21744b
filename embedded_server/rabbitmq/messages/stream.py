"""Reads a stream queue from an offset or a time on; nothing is removed."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from embedded_server.contracts.connections import ConnectionKind
from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.rabbitmq import MessageStatus, StreamRead
from embedded_server.core.jobs import RunningJob
from embedded_server.core.profiles import Profile
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.fields import Timestamp
from embedded_server.rabbitmq.amqp.links import Links, Purpose
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.messages.events import EventMaker
from embedded_server.rabbitmq.messages.problems import LimitInvalid, NotAStream, OffsetInvalid, StreamsNotThere
from embedded_server.rabbitmq.messages.pump import Pump
from embedded_server.rabbitmq.messages.reading import read_on
from embedded_server.rabbitmq.problems import ChannelClosed

PREFETCH: Final = 1_000
OFFSET_HEADER: Final = "x-stream-offset"
_WORDS: Final = frozenset({"first", "last", "next"})
_INTERVAL: Final = re.compile(r"\d+[YMDhms]")


def offset_of(text: str) -> Any:
    """Answer the ``x-stream-offset`` that *text* stands for. Raises `OffsetInvalid`."""
    text = text.strip()
    if text in _WORDS or _INTERVAL.fullmatch(text):
        return text
    if text.isascii() and text.isdigit() and int(text) < 2**63:
        return int(text)
    try:
        at = datetime.fromisoformat(text)
        return Timestamp((at if at.tzinfo else at.astimezone()).astimezone(UTC).timestamp())
    except (ValueError, OverflowError, OSError) as exc:
        raise OffsetInvalid(offset=text[:60]) from exc


async def check_stream(links: Links, profile: Profile, request: StreamRead) -> None:
    """Raise where there is no such stream: read like one, another queue would lose its messages."""
    if request.limit < 0:
        raise LimitInvalid(limit=request.limit)
    if profile.spec.kind is ConnectionKind.EMBEDDED:
        raise StreamsNotThere
    async with await links.channel(profile.id, request.vhost, purpose=Purpose.READ) as channel:
        await channel.declare_queue(request.queue, passive=True)
        try:
            await channel.declare_queue(request.queue, arguments={"x-queue-type": "stream"})
        except ChannelClosed as exc:  # of a stream with more arguments the broker names one of those
            if "x-queue-type" in exc.reply_text or "durable" in exc.reply_text or "inequivalent" not in exc.reply_text:
                raise NotAStream(queue=request.queue, detail=exc.detail) from exc


class StreamReading:
    """One reading of a stream; after a lost connection it goes on behind the last offset it saw."""

    def __init__(self, journal: Journal, connection_name: str, job: RunningJob, request: StreamRead) -> None:
        self._journal = journal
        self._job = job
        self._request = request
        self._maker = EventMaker(connection_name, job.id)
        self._offset = offset_of(request.offset)

    async def run(self, links: Links) -> None:
        """Read until stopped, or until ``limit`` messages are in the journal. Raises `NotAStream` and what reading raises."""
        await read_on(links, self._job, self._begin, limit=self._request.limit)

    async def _begin(self, channel: Channel) -> Pump:
        pump = Pump(self._journal, self._job, channel, self._make, queue=self._request.queue, durably=False)
        arguments = {OFFSET_HEADER: self._offset}
        await channel.consume(self._request.queue, pump.on_message, prefetch=PREFETCH, arguments=arguments, on_batch=pump.on_batch)
        return pump

    def _make(self, delivery: Delivery) -> Event:
        offset = (delivery.decoded().headers or {}).get(OFFSET_HEADER)
        if not isinstance(offset, int):
            raise NotAStream(queue=self._request.queue)  # before anything is acknowledged
        self._offset = offset + 1
        return self._maker.make(
            Kind.MESSAGE_DELIVERED,
            MessageStatus.READ,
            exchange=delivery.exchange,
            routing_key=delivery.routing_key,
            content=delivery.content,
            body=delivery.body,
            queue=self._request.queue,
        )
