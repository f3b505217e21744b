"""Takes messages from a queue for good: each is acknowledged once its event is committed to the journal."""

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.rabbitmq import ConsumeRequest, MessageStatus
from embedded_server.core.jobs import RunningJob
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.links import Links
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.messages.events import EventMaker
from embedded_server.rabbitmq.messages.problems import LimitInvalid, PrefetchInvalid
from embedded_server.rabbitmq.messages.pump import Pump
from embedded_server.rabbitmq.messages.reading import MAX_PREFETCH, read_on


def check_consume(request: ConsumeRequest) -> None:
    """Raise for a prefetch that AMQP cannot count, and for a limit below none."""
    if request.limit < 0:
        raise LimitInvalid(limit=request.limit)
    if not 0 < request.prefetch <= MAX_PREFETCH:
        raise PrefetchInvalid(prefetch=request.prefetch, most=MAX_PREFETCH)


async def consume(links: Links, journal: Journal, connection_name: str, job: RunningJob, request: ConsumeRequest) -> None:
    """Consume until stopped, or until ``request.limit`` messages are in the journal. What was handed out beyond it goes back."""
    maker = EventMaker(connection_name, job.id)

    def make(delivery: Delivery) -> Event:
        return maker.make(
            Kind.MESSAGE_CONSUMED,
            MessageStatus.CONSUMED,
            exchange=delivery.exchange,
            routing_key=delivery.routing_key,
            content=delivery.content,
            body=delivery.body,
            queue=request.queue,
            redelivered=delivery.redelivered,
        )

    async def begin(channel: Channel) -> Pump:
        pump = Pump(journal, job, channel, make, queue=request.queue, durably=True)
        prefetch = min(request.prefetch, request.limit - job.done) if request.limit else request.prefetch
        await channel.consume(request.queue, pump.on_message, prefetch=prefetch, on_batch=pump.on_batch)
        return pump

    await read_on(links, job, begin, limit=request.limit)
