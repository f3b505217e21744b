"""What goes by itself: old segments, and records that newer ones of their key have made needless. Apache Kafka is told to look often."""

import time
from collections.abc import Callable, Iterator

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from tests.contract.kafka.raw import RawClient
from tests.helpers.broker_processes import EmbeddedBroker, wait_until
from tests.helpers.kafka_batches import By, Rec, Seen, batch, noise, read_back
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka

OFTEN = {
    "log.retention.check.interval.ms": "300",
    "log.initial.task.delay.ms": "300",
    "log.cleaner.backoff.ms": "300",
    "log.segment.delete.delay.ms": "100",
}
LIMIT_S = 30.0
Create = Callable[..., str]


@pytest.fixture(scope="module")
def often_real_kafka() -> Iterator[RealKafka]:
    if not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    node = RealKafka(configs=OFTEN)
    try:
        node.start()
        yield node
    finally:
        node.stop()


@pytest.fixture(scope="module", params=["embedded_kafka", pytest.param("often_real_kafka", marks=pytest.mark.real_broker)])
def kafka(request: pytest.FixtureRequest) -> EmbeddedBroker | RealKafka:
    found: EmbeddedBroker | RealKafka = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def raw(bootstrap: str) -> Iterator[RawClient]:
    with RawClient(bootstrap) as client:
        yield client


@pytest.fixture
def create(admin: KafkaAdminClient, name: str) -> Create:
    def make(**configs: str) -> str:
        told = {key.replace("_", "."): value for key, value in configs.items()}
        admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1, "configs": told}})
        admin.wait_for_topics([name])
        return name

    return make


def _now() -> int:
    return int(time.time() * 1000)


def _start(admin: KafkaAdminClient, topic: str) -> int:
    partition = TopicPartition(topic, 0)
    offset: int = admin.list_partition_offsets({partition: OffsetSpec.EARLIEST})[partition].offset
    return offset


def _all(raw: RawClient, topic: str, start: int = 0) -> list[Seen]:
    found: list[Seen] = []
    got = raw.fetch(topic, start)
    while got.records:
        found += read_back([got.records])
        start = found[-1].offset + 1
        got = raw.fetch(topic, start)
    return [one for number, one in enumerate(found) if number == 0 or one.offset > found[number - 1].offset]


def test_records_older_than_retention_ms_go_and_offsets_go_on(raw: RawClient, admin: KafkaAdminClient, create: Create) -> None:
    topic = create(retention_ms="60000", segment_bytes="1048576")
    for _ in range(3):
        raw.produce(topic, batch([Rec(b"old", b"x", _now() - 120_000)]))
    wait_until(lambda: _start(admin, topic) == 3, LIMIT_S, "the old records are gone")
    assert raw.produce(topic, batch([Rec(b"new", b"x", _now())])).base_offset == 3
    assert [one.key for one in _all(raw, topic, 3)] == [b"new"]


def test_what_is_beyond_retention_bytes_goes_by_whole_segments(raw: RawClient, admin: KafkaAdminClient, create: Create) -> None:
    topic = create(retention_bytes="2200000", segment_bytes="1048576", retention_ms="-1")
    value = noise(500_000)
    for number in range(10):  # two to a segment
        raw.produce(topic, batch([Rec(b"%d" % number, value, _now())]))
    wait_until(lambda: _start(admin, topic) == 4, LIMIT_S, "the oldest segments are gone")
    assert [one.key for one in _all(raw, topic, 4)] == [b"%d" % number for number in range(4, 10)]


def test_compaction_keeps_the_newest_of_each_key_at_its_offset(raw: RawClient, create: Create) -> None:
    topic = create(cleanup_policy="compact", segment_ms="500", min_cleanable_dirty_ratio="0.01", delete_retention_ms="3600000")
    sent: list[tuple[bytes, bytes | None]] = [(b"a", b"1"), (b"b", b"1"), (b"a", b"2"), (b"c", b"1"), (b"b", None), (b"a", b"3")]
    for key, value in sent:
        raw.produce(topic, batch([Rec(key, value, _now()), Rec(b"twin " + key, value, _now())]))
    expected = {b"c": 6, b"twin c": 7, b"b": 8, b"twin b": 9, b"a": 10, b"twin a": 11}

    def compacted() -> bool:
        raw.produce(topic, batch([Rec(b"tick", b"", _now())]))  # Kafka rolls a segment only where something is appended
        found = [one for one in _all(raw, topic) if one.key != b"tick"]
        return {one.key: one.offset for one in found} == expected and len(found) == len(expected)

    wait_until(compacted, LIMIT_S, "it is compacted")
    assert [one.value for one in _all(raw, topic) if one.key == b"b"] == [None]
    assert raw.fetch(topic, 0).error == 0


def test_numbers_of_a_producer_are_known_though_its_records_were_compacted_away(raw: RawClient, create: Create) -> None:
    topic = create(cleanup_policy="compact", segment_ms="500", min_cleanable_dirty_ratio="0.01")
    producer, epoch = raw.new_producer()
    raw.produce(topic, batch([Rec(b"a", b"1", _now()), Rec(b"b", b"1", _now())], By(producer, epoch, 0)))
    for key in (b"a", b"b"):
        raw.produce(topic, batch([Rec(key, b"2", _now())]))

    def compacted() -> bool:
        raw.produce(topic, batch([Rec(b"tick", b"", _now())]))
        return _all(raw, topic)[0].offset == 2

    wait_until(compacted, LIMIT_S, "it is compacted")
    assert raw.produce(topic, batch([Rec(b"c", b"1", _now())], By(producer, epoch, 9))).error == 45  # out of order
    assert raw.produce(topic, batch([Rec(b"c", b"1", _now())], By(producer, epoch, 2))).error == 0
