"""A cluster of two, of which one broker is killed: what it led moves to the other, and whoever reads and writes goes on there."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from embedded_server.contracts.connections import LinkState
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.kafka import BulkProduce, Content, CreateTopic, From, PartitionInfo, ReadRequest, Record, Start
from tests.contract.kafka.capability import CONNECTION as C
from tests.contract.kafka.capability import Capability, capability_over, profile_of
from tests.contract.kafka.test_capability_killed import _all_places, _all_values
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka
from tests.helpers.server import until

pytestmark = pytest.mark.real_broker

TOPIC = "survivors"
RECORDS = 40_000


@pytest.fixture
def brokers() -> Iterator[tuple[RealKafka, RealKafka]]:
    """The first one is the controller, too; the second one may be killed. It leads one of the topic's two partitions."""
    if not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    first = RealKafka()
    second = RealKafka(joins=first)
    try:
        first.start()
        second.start()
        with KafkaAdminClient(bootstrap_servers=first.bootstrap) as admin:
            admin.create_topics({TOPIC: {"assignments": {0: [2, 1], 1: [1, 2]}}})
            admin.wait_for_topics([TOPIC])
        yield first, second
    finally:
        second.stop()
        first.stop()


@pytest.fixture
async def capability(brokers: tuple[RealKafka, RealKafka], tmp_path: Path) -> AsyncIterator[Capability]:
    bootstrap = ",".join(one.bootstrap for one in brokers)
    async with capability_over(tmp_path, lambda: profile_of(bootstrap)) as made:
        yield made


async def partitions(capability: Capability) -> list[PartitionInfo]:
    return (await capability.service.holdings.topic(C, TOPIC)).partitions


async def test_what_a_killed_broker_led_goes_on_at_the_other_with_nothing_lost_and_nothing_twice(
    brokers: tuple[RealKafka, RealKafka], capability: Capability
) -> None:
    first, second = brokers
    holdings = capability.service.holdings
    assert [(one.leader, one.in_sync) for one in await partitions(capability)] == [(2, [2, 1]), (1, [1, 2])]
    assert [broker.bytes is not None for broker in (await holdings.cluster(C)).brokers] == [True, True]
    tail = await capability.records.read(C, ReadRequest(TOPIC, start=Start(From.OLDEST), follow=True))
    bulk = await capability.records.bulk(C, BulkProduce(Record(TOPIC, key=Content("{{n}}"), value=Content("{{n}}")), RECORDS))
    await capability.done(bulk, 1_000)
    await asyncio.to_thread(second.kill)
    for number in range(6):  # each time the cluster names either broker as the one to ask
        await holdings.changes.create(C, CreateTopic(f"never-{number}", 1, 1, validate_only=True))
    seen = await holdings.cluster(C)
    if len(seen.brokers) == 2:  # until its session is over the cluster takes it for alive
        assert [broker.bytes is not None for broker in seen.brokers] == [True, False]
        assert seen.missing is not None
        assert seen.missing.type.rpartition(":")[2] in {"nobody-listens", "broker-lost"}
    assert capability.service.clients.health(C).state is LinkState.OPEN, "the other one answers"

    async def has_moved() -> bool:
        return [(one.leader, one.in_sync) for one in await partitions(capability)] == [(1, [1]), (1, [1])]

    assert await until(has_moved, 30)

    async def is_told() -> bool:
        return (await holdings.cluster(C)).under_replicated >= 2

    assert await until(is_told, 10)
    ended = await asyncio.wait_for(capability.ended(bulk), 60)
    assert (ended.state, ended.problem) == (JobState.DONE, None)
    assert ended.counts == {"acknowledged": RECORDS, "refused": 0, "unacknowledged": 0}
    there = await asyncio.to_thread(_all_values, first.bootstrap)
    assert Counter(there) == Counter(range(1, RECORDS + 1))
    await capability.done(tail, RECORDS, 40)
    await capability.jobs.stop(tail.id)
    assert Counter(await capability.places(tail)) == Counter(await asyncio.to_thread(_all_places, first.bootstrap))
