"""A broker that is killed and comes back in mid-copy or mid-search: nothing is left out, and what is told is what is there."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.kafka import CopyRequest, SearchRequest
from tests.contract.kafka.capability import CONNECTION, Capability, capability_over, profile_of
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka
from tests.helpers.server import until

SOURCE, TARGET = "from-here", "to-there"
COUNT = 60_000


@pytest.fixture(scope="module", params=["embedded", pytest.param("real", marks=pytest.mark.real_broker)])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker | RealKafka]:
    """One that a test may kill if it starts it again, with a topic of many records and an empty one."""
    if request.param == "real" and not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    made = EmbeddedBroker(tmp_path_factory.mktemp("brokers")) if request.param == "embedded" else RealKafka()
    made.start()
    try:
        with KafkaAdminClient(bootstrap_servers=made.bootstrap) as admin:
            admin.create_topics({name: {"num_partitions": 2, "replication_factor": 1} for name in (SOURCE, TARGET)})
            admin.wait_for_topics([SOURCE, TARGET])
        producer = KafkaProducer(bootstrap_servers=made.bootstrap, linger_ms=20, batch_size=100_000)
        for number in range(COUNT):
            producer.send(SOURCE, b"value %d" % number, key=b"%d" % number)
        producer.flush()
        producer.close()
        yield made
    finally:
        made.stop()


@pytest.fixture
async def capability(broker: EmbeddedBroker | RealKafka, tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path / "data", lambda: profile_of(broker.bootstrap)) as made:
        yield made


async def test_a_copy_goes_on_and_tells_what_became_of_each(broker: EmbeddedBroker | RealKafka, capability: Capability) -> None:
    job = await capability.service.copies.copy(CONNECTION, CopyRequest(SOURCE, TARGET))

    async def is_under_way() -> bool:
        return capability.now(job).counts.get("copied", 0) > 500

    assert await until(is_under_way)
    await asyncio.to_thread(broker.kill)
    await asyncio.to_thread(broker.start)
    over = await capability.ended(job)
    assert over.state is JobState.DONE, over
    counts = over.counts
    assert counts["matched"] == COUNT == counts["copied"] + counts["unacknowledged"] + counts["refused"]
    keys = await asyncio.to_thread(keys_of, broker.bootstrap)
    assert counts["copied"] <= len(set(keys)) <= counts["copied"] + counts["unacknowledged"]
    assert len(keys) == len(set(keys)), "none twice"
    found = await capability.ended(await capability.service.search.search(CONNECTION, SearchRequest(SOURCE, "value 59999")))
    assert (found.done, found.counts["hits"]) == (COUNT, 1)


async def test_a_search_goes_on_and_tells_each_hit_once(
    broker: EmbeddedBroker | RealKafka, capability: Capability, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded_server.kafka.records.fetching.PARTITION_BYTES", 1)  # a batch at a time: most is still to be asked for
    has_begun, may_go_on = threading.Event(), threading.Event()
    wait_for_room = capability.journal.wait_for_room_blocking

    def held() -> None:
        has_begun.set()
        may_go_on.wait(60)
        wait_for_room()

    monkeypatch.setattr(capability.journal, "wait_for_room_blocking", held)
    job = await capability.service.search.search(CONNECTION, SearchRequest(SOURCE, "VALUE", limit=0))
    try:
        assert await asyncio.to_thread(has_begun.wait, 20)
        await asyncio.to_thread(broker.kill)
    finally:
        may_go_on.set()

    async def waits() -> bool:
        now = capability.now(job)
        return now.state is JobState.WAITING and 0 < now.counts["hits"] < COUNT

    assert await until(waits, 20)
    await asyncio.to_thread(broker.start)
    over = await asyncio.wait_for(capability.ended(job), 60)
    assert (over.state, over.problem, over.done, over.counts["hits"]) == (JobState.DONE, None, COUNT, COUNT)
    places = await capability.places(job)
    assert len(places) == COUNT
    for partition in range(2):
        offsets = sorted(offset for subject, offset in places if subject == f"{SOURCE}[{partition}]")
        assert offsets == list(range(len(offsets))), "none missed, none twice"


def keys_of(bootstrap: str) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, max_poll_records=10_000)
    places = [TopicPartition(TARGET, number) for number in range(2)]
    consumer.assign(places)
    ends = consumer.end_offsets(places)
    consumer.seek_to_beginning()
    found: list[bytes] = []
    while any(consumer.position(place) < ends[place] for place in places):
        found += [record.key for records in consumer.poll(1_000).values() for record in records]
    consumer.close()
    return found
