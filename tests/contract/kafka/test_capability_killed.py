"""A broker that is killed and comes back: a tail has no gap and no duplicate, and a bulk says exactly what was acknowledged."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from embedded_server.contracts.jobs import Job, JobState
from embedded_server.contracts.kafka import BulkProduce, Content, From, ReadRequest, Record, Start
from embedded_server.kafka.records.prepare import Prepared
from embedded_server.kafka.records.problems import NothingUnacknowledged
from tests.contract.kafka.capability import CONNECTION, Capability, capability_over, profile_of
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka
from tests.helpers.server import until

TOPIC = "survivors"


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real_broker)])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedBroker | RealKafka]:
    """One that the test may kill."""
    if request.param == "real" and not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    made = EmbeddedBroker(tmp_path / "brokers") if request.param == "embedded" else RealKafka()
    made.start()
    try:
        with KafkaAdminClient(bootstrap_servers=made.bootstrap) as admin:
            admin.create_topics({TOPIC: {"num_partitions": 2, "replication_factor": 1}})
            admin.wait_for_topics([TOPIC])
        yield made
    finally:
        made.stop()


@pytest.fixture
async def capability(broker: EmbeddedBroker | RealKafka, tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path / "data", lambda: profile_of(broker.bootstrap)) as made:
        yield made


async def test_a_tail_goes_on_at_its_offsets_with_no_gap_and_no_duplicate(
    broker: EmbeddedBroker | RealKafka, capability: Capability
) -> None:
    tail = await capability.records.read(CONNECTION, ReadRequest(TOPIC, start=Start(From.OLDEST), follow=True))
    await asyncio.to_thread(_produce, broker.bootstrap, 0, 3_000)
    await capability.done(tail, 500)
    await asyncio.to_thread(broker.kill)
    waiting = await _in_state(capability, tail, JobState.WAITING)
    assert waiting.problem is not None
    assert waiting.problem.type.rpartition(":")[2] in {"nobody-listens", "broker-lost"}
    await asyncio.to_thread(broker.start)
    await asyncio.to_thread(_produce, broker.bootstrap, 3_000, 3_000)
    await capability.done(tail, 6_000, 40)
    assert capability.now(tail).state is JobState.RUNNING
    await capability.jobs.stop(tail.id)
    places = await capability.places(tail)
    assert Counter(places) == Counter(await asyncio.to_thread(_all_places, broker.bootstrap))
    by_partition = {subject: [offset for one, offset in places if one == subject] for subject, _ in places}
    assert all(offsets == sorted(offsets) for offsets in by_partition.values())


async def test_a_bulk_says_exactly_what_was_acknowledged_and_each_of_these_is_there_once(
    broker: EmbeddedBroker | RealKafka, capability: Capability
) -> None:
    record = Record(TOPIC, key=Content("{{n}}"), value=Content("{{n}}"))
    bulk = await capability.records.bulk(CONNECTION, BulkProduce(record, 12_000))
    await capability.done(bulk, 1_000)
    await asyncio.to_thread(broker.kill)
    await _in_state(capability, bulk, JobState.WAITING)
    await asyncio.to_thread(broker.start)
    ended = await asyncio.wait_for(capability.ended(bulk), 60)
    assert (ended.state, ended.problem) == (JobState.DONE, None)
    assert ended.counts == {"acknowledged": 12_000, "refused": 0, "unacknowledged": 0}
    there = Counter(await asyncio.to_thread(_all_values, broker.bootstrap))
    assert there == Counter(range(1, 12_001))
    assert sorted(await capability.places(bulk)) == sorted(await asyncio.to_thread(_all_places, broker.bootstrap))


async def test_what_was_not_acknowledged_when_a_bulk_is_stopped_is_kept_and_sent_again(
    broker: EmbeddedBroker | RealKafka, capability: Capability, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded_server.core.jobs.STOP_LIMIT_S", 0.01)  # which a busy machine may make of five seconds
    record = Record(TOPIC, key=Content("{{n}}"), value=Content("{{n}}"))
    bulk = await capability.records.bulk(CONNECTION, BulkProduce(record, 1_000_000))
    await capability.done(bulk, 1_000)
    await asyncio.to_thread(broker.kill)
    await _in_state(capability, bulk, JobState.WAITING)
    assert (await capability.jobs.stop(bulk.id)).state is JobState.STOPPING
    stopped = await asyncio.wait_for(capability.ended(bulk), 60)
    assert stopped.state is JobState.STOPPED
    assert stopped.counts["unacknowledged"] > 0
    assert stopped.done == stopped.counts["acknowledged"] + stopped.counts["unacknowledged"]
    await asyncio.to_thread(broker.start)
    again = await capability.ended(await capability.records.bulk(CONNECTION, BulkProduce(record, 1, resend_of=bulk.id)))
    assert (again.state, again.counts["acknowledged"]) == (JobState.DONE, stopped.counts["unacknowledged"])
    there = Counter(await asyncio.to_thread(_all_values, broker.bootstrap))
    assert set(there) == set(range(1, stopped.done + 1)), "nothing is missing"
    assert sum(there.values()) <= stopped.done + stopped.counts["unacknowledged"]


async def test_records_given_up_after_a_while_are_told_and_the_rest_goes_on_with_the_broker(
    broker: EmbeddedBroker | RealKafka, capability: Capability, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded_server.kafka.records.bulk.DELIVERY_LIMIT_S", 1.0)
    record = Record(TOPIC, key=Content("{{n}}"), value=Content("{{n}}"))
    bulk = await capability.records.bulk(CONNECTION, BulkProduce(record, 60_000))
    await capability.done(bulk, 1_000)
    await asyncio.to_thread(broker.kill)

    async def given_up() -> bool:
        return capability.now(bulk).counts["unacknowledged"] > 0

    assert await until(given_up, 20)
    await asyncio.to_thread(broker.start)
    ended = await asyncio.wait_for(capability.ended(bulk), 60)
    unknown = ended.counts["unacknowledged"]
    assert (ended.state, ended.counts["acknowledged"]) == (JobState.DONE, 60_000 - unknown)
    rows = await capability.rows(bulk)
    assert Counter(row.status for row in rows) == {"acknowledged": 60_000 - unknown, "unacknowledged": unknown}
    there = Counter(await asyncio.to_thread(_all_values, broker.bootstrap))
    acknowledged = {int(row.preview) for row in rows if row.status == "acknowledged"}
    assert all(there[number] == 1 for number in acknowledged), "what was acknowledged is there once"
    monkeypatch.undo()  # what is sent again has all the time it needs
    again = await capability.ended(await capability.records.bulk(CONNECTION, BulkProduce(record, 1, resend_of=bulk.id)))
    assert again.counts["acknowledged"] == unknown
    assert set(await asyncio.to_thread(_all_values, broker.bootstrap)) == set(range(1, 60_001))


async def test_a_resend_that_is_stopped_keeps_what_it_has_not_sent(broker: EmbeddedBroker | RealKafka, capability: Capability) -> None:
    records = [Prepared(TOPIC, None, None, b"%d" % n, b"%d" % n, [], 100) for n in range(50_000)]
    capability.records.keep_unacknowledged("earlier", records)
    await asyncio.to_thread(broker.kill)
    bulk = BulkProduce(Record(TOPIC), 1, resend_of="earlier")
    again = await capability.records.bulk(CONNECTION, bulk)
    stopped = await capability.jobs.stop(again.id)
    assert (stopped.state, stopped.counts["acknowledged"]) == (JobState.STOPPED, 0)
    await asyncio.to_thread(broker.start)
    ended = await asyncio.wait_for(capability.ended(await capability.records.bulk(CONNECTION, bulk)), 60)
    assert (ended.state, ended.counts["acknowledged"]) == (JobState.DONE, len(records))
    with pytest.raises(NothingUnacknowledged):
        await capability.records.bulk(CONNECTION, bulk)


async def _in_state(capability: Capability, job: Job, state: JobState) -> Job:
    async def there() -> Job | None:
        now = capability.now(job)
        return now if now.state is state else None

    found = await until(there, 20)
    assert found is not None
    return found


def _produce(bootstrap: str, first: int, count: int) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, linger_ms=5, batch_size=4_096)
    for number in range(first, first + count):
        producer.send(TOPIC, key=b"%d" % number, value=b"%d" % number)
    producer.flush()
    producer.close()


def _read_all(bootstrap: str) -> list[tuple[str, int, bytes]]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    places = [TopicPartition(TOPIC, partition) for partition in (0, 1)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(places)
    found: list[tuple[str, int, bytes]] = []
    while any(consumer.position(place) < ends[place] for place in places):
        for place, records in consumer.poll(500).items():
            found += [(f"{place.topic}[{place.partition}]", record.offset, record.value) for record in records]
    consumer.close()
    return found


def _all_places(bootstrap: str) -> list[tuple[str, int]]:
    return [(subject, offset) for subject, offset, _ in _read_all(bootstrap)]


def _all_values(bootstrap: str) -> list[int]:
    return [int(value) for _, _, value in _read_all(bootstrap)]
