"""Copying records: bytes, headers and timestamps exact, each acknowledged, by key or into the partition of the same number."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from embedded_server.contracts.connections import Environment
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.kafka import CopyRequest
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from tests.contract.kafka.capability import CONNECTION, Capability, capability_over, profile_of
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import RealKafka

COUNT = 2_000
FOR_EVER = {"retention.ms": "-1"}
"""The records' times are long ago."""
SPECIAL: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]] = [
    (b"tomb", None, []),
    (None, b"", [("a", b""), ("a", b"\xff\x00"), ("", b"x")]),
    (b"", b"\x00\xff" * 1_000, []),
]


@pytest.fixture(scope="module")
def source(kafka: EmbeddedBroker | RealKafka, admin: KafkaAdminClient) -> str:
    name = "copied"
    admin.create_topics({name: {"num_partitions": 2, "replication_factor": 1, "configs": FOR_EVER}})
    admin.wait_for_topics([name])
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=20)
    for number in range(COUNT):
        producer.send(name, b"v%d" % number, key=b"k%d" % number, partition=number % 2, timestamp_ms=1_700_000_000_000 + number)
    for key, value, headers in SPECIAL:
        producer.send(name, value, key=key, headers=headers, partition=0, timestamp_ms=1_600_000_000_000)
    producer.flush()
    producer.close()
    return name


@pytest.fixture
def target(admin: KafkaAdminClient, name: str) -> str:
    admin.create_topics({f"{name}-copy": {"num_partitions": 3, "replication_factor": 1, "configs": FOR_EVER}})
    admin.wait_for_topics([f"{name}-copy"])
    return f"{name}-copy"


class Connection:
    """The connection that the tests copy on, and what of it a test changes."""

    def __init__(self, bootstrap: str) -> None:
        self.profile = profile_of(bootstrap)

    def change(self, **spec: Any) -> None:
        self.profile = replace(self.profile, spec=replace(self.profile.spec, **spec))

    def __call__(self) -> Profile:
        return self.profile


@pytest.fixture
def connection(kafka: EmbeddedBroker | RealKafka) -> Connection:
    return Connection(kafka.bootstrap)


@pytest.fixture
async def capability(connection: Connection, tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path, connection) as made:
        yield made


def content(bootstrap: str, topic: str) -> list[tuple[Any, ...]]:
    """Every record of a topic, without its offset."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    consumer.assign(places)
    ends = consumer.end_offsets(places)
    consumer.seek_to_beginning()
    found = []
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(1_000).values():
            found += [(one.partition, one.timestamp, one.key, one.value, tuple(one.headers)) for one in records]
    consumer.close()
    return found


async def test_records_arrive_as_they_were_and_by_their_keys(
    capability: Capability, connection: Connection, source: str, target: str
) -> None:
    job = await capability.ended(await capability.service.copies.copy(CONNECTION, CopyRequest(source, target)))
    total = COUNT + len(SPECIAL)
    assert (job.state, job.done, job.total) == (JobState.DONE, total, total)
    assert (job.counts["matched"], job.counts["copied"], job.counts["refused"], job.counts["unacknowledged"]) == (total, total, 0, 0)
    bootstrap = connection.profile.spec.kafka.bootstrap  # type: ignore[union-attr] # it is a Kafka connection
    before, after = content(bootstrap, source), content(bootstrap, target)
    assert Counter(one[1:] for one in after) == Counter(one[1:] for one in before)
    by_key = {one[2]: one[0] for one in after if one[2] is not None}
    assert len(set(by_key.values())) == 3, "each key has chosen its partition"
    rows = await capability.rows(job)
    assert Counter(row.status for row in rows) == {"copied": total}
    assert {row.kind for row in rows} == {"record.produced"}


async def test_partitions_are_kept_and_times_are_new_where_asked(
    capability: Capability, connection: Connection, source: str, target: str
) -> None:
    request = CopyRequest(source, target, keep_partition=True, keep_timestamp=False, filter="offset:<10", limit=15)
    job = await capability.ended(await capability.service.copies.copy(CONNECTION, request))
    assert (job.state, job.counts["matched"], job.counts["copied"]) == (JobState.DONE, 15, 15)
    bootstrap = connection.profile.spec.kafka.bootstrap  # type: ignore[union-attr] # it is a Kafka connection
    after = content(bootstrap, target)
    assert all(int(key[1:]) % 2 == partition for partition, _, key, _, _ in after)
    assert all(timestamp > 1_750_000_000_000 for _, timestamp, *_ in after)


async def test_a_dry_run_counts_and_writes_nothing(capability: Capability, connection: Connection, source: str, target: str) -> None:
    connection.change(read_only=True)
    request = CopyRequest(source, target, filter="key:k1*", dry_run=True)
    job = await capability.ended(await capability.service.copies.copy(CONNECTION, request))
    assert (job.state, job.dry_run, job.counts["matched"]) == (JobState.DONE, True, 1_111)
    assert "copied" not in job.counts
    assert await capability.rows(job) == []


async def test_a_topic_may_be_copied_into_itself_for_it_ends_where_it_ended(capability: Capability, target: str, source: str) -> None:
    await capability.ended(await capability.service.copies.copy(CONNECTION, CopyRequest(source, target, limit=100)))
    job = await capability.ended(await capability.service.copies.copy(CONNECTION, CopyRequest(target, target)))
    assert (job.done, job.counts["copied"]) == (100, 100)


@pytest.mark.parametrize(
    ("change", "wanted", "fault"),
    [
        ({"read_only": True}, {}, "connection-read-only"),
        ({"environment": Environment.PRODUCTION}, {}, "name-not-typed"),
        ({}, {"to_topic": "no-such-topic"}, "topic-unknown"),
        ({}, {"topic": "no-such-topic"}, "topic-unknown"),
        ({}, {"limit": -1}, "record-limit-invalid"),
    ],
)
async def test_what_may_not_be_copied_is_refused_at_once(
    capability: Capability, connection: Connection, source: str, target: str, change: dict[str, Any], wanted: dict[str, Any], fault: str
) -> None:
    connection.change(**change)
    with pytest.raises(UserFacingError) as caught:
        await capability.service.copies.copy(CONNECTION, replace(CopyRequest(source, target), **wanted))
    assert caught.value.code == fault


async def test_a_copy_leaves_out_only_what_the_target_refuses(
    capability: Capability, admin: KafkaAdminClient, bootstrap: str, topic: str, name: str
) -> None:
    target = f"{name}-today"
    limits = {"message.timestamp.before.max.ms": "86400000", "retention.ms": "-1"}
    admin.create_topics({target: {"num_partitions": 1, "replication_factor": 1, "configs": limits}})
    admin.wait_for_topics([target])
    now_ms = time.time_ns() // 1_000_000
    with KafkaProducer(bootstrap_servers=bootstrap) as producer:
        for number in range(300):
            producer.send(topic, b"%d" % number, timestamp_ms=1_700_000_000_000 if number % 50 == 7 else now_ms)
    job = await capability.ended(await capability.service.copies.copy(CONNECTION, CopyRequest(topic, target)))
    assert (job.counts["copied"], job.counts["refused"], job.counts["unacknowledged"]) == (294, 6, 0)
    assert [int(one[3]) for one in content(bootstrap, target)] == [number for number in range(300) if number % 50 != 7]
    refused = [row for row in await capability.rows(job) if row.status == "refused"]
    assert sorted(int(row.preview) for row in refused) == [7, 57, 107, 157, 207, 257]


async def test_a_partition_that_the_target_lacks_is_told(capability: Capability, topic: str, source: str) -> None:
    with pytest.raises(UserFacingError, match=r"has 1 partitions, and records of partition 1 are to keep theirs"):
        await capability.service.copies.copy(CONNECTION, CopyRequest(source, topic, keep_partition=True))
