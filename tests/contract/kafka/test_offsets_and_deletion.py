"""Offsets by time and at the ends, and records that are deleted before an offset."""

import time
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import OffsetOutOfRangeError, PolicyViolationError

from embedded_server.brokers.kafka.log.batch import HEADER_BYTES, header_at, sealed
from tests.contract.kafka.raw import RawClient
from tests.helpers.kafka_batches import GZIP, Rec, batch

CODECS = [None, "gzip", "snappy", "lz4", "zstd"]


@pytest.fixture
def now_ms() -> int:
    return int(time.time() * 1000)


def _produce(bootstrap: str, topic: str, times: list[int], codec: str | None = None) -> None:
    """One batch with a record for each of *times*."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type=codec, linger_ms=200, batch_size=1 << 20)
    try:
        sent = [producer.send(topic, b"v%d" % number, timestamp_ms=at, partition=0) for number, at in enumerate(times)]
        producer.flush()
        assert [one.get(10).offset for one in sent] == sorted(one.get(10).offset for one in sent)
    finally:
        producer.close()


def _offset(admin: KafkaAdminClient, topic: str, spec: Any) -> Any:
    partition = TopicPartition(topic, 0)
    return admin.list_partition_offsets({partition: spec})[partition]


@pytest.mark.parametrize("codec", CODECS)
def test_offsets_are_found_by_time_within_compressed_batches(
    bootstrap: str, admin: KafkaAdminClient, topic: str, now_ms: int, codec: str | None
) -> None:
    times = [now_ms + step for step in (0, 10, 5, 30, 20, 30)]
    _produce(bootstrap, topic, times, codec)
    _produce(bootstrap, topic, [now_ms + 40, now_ms + 15], codec)
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    partition = TopicPartition(topic, 0)
    try:
        for step, offset in ((-5, 0), (0, 0), (1, 1), (10, 1), (11, 3), (30, 3), (31, 6), (40, 6)):
            found = consumer.offsets_for_times({partition: now_ms + step})[partition]
            assert found is not None
            assert (found.offset, found.timestamp) == (offset, [*times, now_ms + 40, now_ms + 15][offset])
        assert consumer.offsets_for_times({partition: now_ms + 41})[partition] is None
        assert consumer.beginning_offsets([partition])[partition] == 0
        assert consumer.end_offsets([partition])[partition] == 8
    finally:
        consumer.close()
    newest = _offset(admin, topic, OffsetSpec.MAX_TIMESTAMP)
    assert (newest.offset, newest.timestamp) == (6, now_ms + 40)


@pytest.mark.parametrize("codec", [0, GZIP])
def test_a_batch_that_tells_its_last_records_time_as_its_newest_is_found_by_the_newest(
    bootstrap: str, admin: KafkaAdminClient, topic: str, now_ms: int, codec: int
) -> None:
    made = batch([Rec(None, b"new", now_ms), Rec(None, b"old", now_ms - 5_000)], codec=codec)
    wrong = sealed(header_at(made)._replace(max_timestamp=now_ms - 5_000), made[HEADER_BYTES:])
    with RawClient(bootstrap) as client:
        assert client.produce(topic, wrong).error == 0
    newest = _offset(admin, topic, OffsetSpec.MAX_TIMESTAMP)
    assert (newest.offset, newest.timestamp) == (0, now_ms)


def test_an_empty_partition_has_no_largest_time(admin: KafkaAdminClient, topic: str) -> None:
    newest = _offset(admin, topic, OffsetSpec.MAX_TIMESTAMP)
    assert (newest.offset, newest.timestamp) == (-1, -1)


def test_records_before_an_offset_are_deleted(bootstrap: str, admin: KafkaAdminClient, topic: str, now_ms: int) -> None:
    _produce(bootstrap, topic, [now_ms] * 10)
    partition = TopicPartition(topic, 0)
    admin.delete_records({partition: 4})
    assert _offset(admin, topic, OffsetSpec.EARLIEST).offset == 4
    assert _offset(admin, topic, OffsetSpec.LATEST).offset == 10
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=10_000)
    try:
        consumer.assign([partition])
        consumer.seek(partition, 1)  # gone: the reset takes over
        assert next(consumer).offset == 4
    finally:
        consumer.close()
    admin.delete_records({partition: -1})
    assert _offset(admin, topic, OffsetSpec.EARLIEST).offset == 10
    admin.delete_records({partition: 2})
    assert _offset(admin, topic, OffsetSpec.EARLIEST).offset == 10


def test_offsets_beyond_the_end_cannot_be_deleted(bootstrap: str, admin: KafkaAdminClient, topic: str, now_ms: int) -> None:
    _produce(bootstrap, topic, [now_ms])
    with pytest.raises(OffsetOutOfRangeError):
        admin.delete_records({TopicPartition(topic, 0): 5})


def test_records_of_a_compacted_topic_cannot_be_deleted(bootstrap: str, admin: KafkaAdminClient, name: str) -> None:
    admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1, "configs": {"cleanup.policy": "compact"}}})
    admin.wait_for_topics([name])
    with pytest.raises(PolicyViolationError):
        admin.delete_records({TopicPartition(name, 0): 0})
