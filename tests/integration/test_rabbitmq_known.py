"""Without the management API nobody can list a broker: the panel shows what was met by publishing and reading, too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import BulkPublish, ConsumeRequest, GetRequest, Message, MessageStatus, TapRequest
from embedded_server.rabbitmq.holdings.known import BUILT_IN
from embedded_server.rabbitmq.holdings.queues import PageQuery
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.capability import C, Side, capability, profile_of


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[Side]:
    """A broker on which somebody else has declared a few things."""
    broker = EmbeddedBroker(tmp_path / "broker")
    broker.start()
    try:
        declare_as_somebody_else(broker.port)
        async with capability(profile_of(broker.port), tmp_path) as side:
            yield side
    finally:
        broker.stop()


def declare_as_somebody_else(port: int) -> None:
    with pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port)) as connection:
        channel: BlockingChannel = connection.channel()
        for queue in ("published", "bulk", "got", "consumed", "tapped"):
            channel.queue_declare(queue)
        for exchange in ("orders", "events"):
            channel.exchange_declare(exchange, "topic")
        channel.queue_bind("published", "orders", "#")


async def listed(side: Side) -> tuple[set[str], set[str]]:
    queues = await side.holdings.queues.page(C, PageQuery("/"))
    exchanges = await side.holdings.inventory.exchanges(C, "/")
    return {queue.name for queue in queues.queues}, {exchange.name for exchange in exchanges} - set(BUILT_IN)


async def test_what_is_published_to_and_read_from_is_listed(side: Side) -> None:
    messages = side.service.messages
    assert await listed(side) == (set(), set())
    assert (await messages.publish(C, Message("/", "", "published", "x"))).status is MessageStatus.CONFIRMED
    assert (await messages.publish(C, Message("/", "orders", "k", "x"))).status is MessageStatus.CONFIRMED
    await side.over(await messages.bulk(C, BulkPublish(Message("/", "", "bulk", "x"), 3, generate=False)))
    await messages.get(C, GetRequest("/", "got"))
    consuming = await messages.consume(C, ConsumeRequest("/", "consumed"))
    tapping = await messages.tap(C, TapRequest("/", "events"))
    assert await listed(side) == ({"published", "bulk", "got", "consumed"}, {"orders", "events"})
    for job in (consuming, tapping):
        await side.jobs.stop(job.id)


async def test_what_is_not_there_is_not_listed(side: Side) -> None:
    messages = side.service.messages
    assert (await messages.publish(C, Message("/", "", "nowhere", "x"))).status is MessageStatus.RETURNED
    for attempt in (
        messages.publish(C, Message("/", "nothing", "k", "x")),
        messages.get(C, GetRequest("/", "nowhere")),
        messages.consume(C, ConsumeRequest("/", "nowhere")),
        messages.tap(C, TapRequest("/", "nothing")),
    ):
        with pytest.raises(UserFacingError):
            await attempt
    assert await listed(side) == (set(), set())
