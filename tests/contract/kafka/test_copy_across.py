"""Copies from one cluster to another, of the embedded broker and a real Apache Kafka: what arrives is what was there, to the byte."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import pytest
from confluent_kafka import Producer
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from embedded_server.contracts.connections import Environment
from embedded_server.contracts.jobs import Job, JobState
from embedded_server.contracts.kafka import CopyRequest
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from tests.contract.kafka.capability import CONNECTION, Capability, capability_over, profile_of
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import RealKafka

pytestmark = pytest.mark.real_broker
OTHER = "other"
AT = 1_600_000_000_000
Headers = list[tuple[str, str | bytes | None]]
STRANGE: list[tuple[bytes | None, bytes | None, Headers, int]] = [
    (b"tomb", None, [], AT),
    (None, b"", [("a", b""), ("a", b"\xff\x00"), ("", b"x"), ("null", None)], AT + 3),
    (b"", b"\x00\xff" * 100_000, [("größe", "é".encode())], AT + 2),
    (b"\x80\x00", b'{"n": 9007199254740993}', [(f"h{number}", b"v") for number in range(1_000)], 1),
    (None, None, [], AT + 9),
]
PLAIN = 3_000


@dataclass
class Clusters:
    """Where is copied from and where to, and what of the target's connection a test changes."""

    source: str
    target: str
    topic: str
    profile: Profile

    @classmethod
    def between(cls, source: str, target: str, topic: str) -> Self:
        for bootstrap in (source, target):
            with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
                admin.create_topics({topic: {"num_partitions": 2, "replication_factor": 1, "configs": {"retention.ms": "-1"}}})
                admin.wait_for_topics([topic])
        return cls(source, target, topic, profile_of(target, id=OTHER))

    def change(self, **spec: Any) -> None:
        self.profile = replace(self.profile, spec=replace(self.profile.spec, **spec))

    def fill(self) -> None:
        """Every compression, and what is strange in plain batches."""
        for codec in ("gzip", "snappy", "lz4", "zstd"):
            with KafkaProducer(bootstrap_servers=self.source, compression_type=codec, linger_ms=20) as producer:
                for number in range(PLAIN // 4):
                    producer.send(self.topic, b"v%d" % number, key=b"k%d" % number, partition=number % 2, timestamp_ms=AT + number)
        strange = Producer({"bootstrap.servers": self.source, "message.max.bytes": 10_000_000})
        for key, value, headers, at in STRANGE:
            strange.produce(self.topic, value, key, partition=1, timestamp=at, headers=headers)
        assert strange.flush(20) == 0


@pytest.fixture(params=["embedded to real", "real to embedded"])
def clusters(request: pytest.FixtureRequest, embedded_kafka: EmbeddedBroker, real_kafka: RealKafka, name: str) -> Clusters:
    both = (embedded_kafka.bootstrap, real_kafka.bootstrap)
    return Clusters.between(*(both if request.param.startswith("embedded") else both[::-1]), f"{name}-across")


@pytest.fixture
async def capability(clusters: Clusters, tmp_path: Path) -> AsyncIterator[Capability]:
    profile = profile_of(clusters.source, read_only=True)
    async with capability_over(tmp_path, lambda: profile, {OTHER: lambda: clusters.profile}) as made:
        yield made


async def copied(capability: Capability, clusters: Clusters, **wanted: Any) -> Job:
    request = CopyRequest(clusters.topic, clusters.topic, to_connection=OTHER, keep_partition=True, **wanted)
    return await capability.ended(await capability.service.copies.copy(CONNECTION, request))


def content(bootstrap: str, topic: str) -> list[list[tuple[Any, ...]]]:
    """Every record of both partitions, in its order."""
    found: list[list[tuple[Any, ...]]] = [[], []]
    with KafkaConsumer(bootstrap_servers=bootstrap, max_poll_records=10_000) as consumer:
        places = [TopicPartition(topic, number) for number in range(2)]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        consumer.seek_to_beginning()
        while any(consumer.position(place) < ends[place] for place in places):
            for place, records in consumer.poll(1_000).items():
                found[place.partition] += [
                    (one.offset, one.timestamp, one.timestamp_type, one.key, one.value, tuple(one.headers)) for one in records
                ]
    return found


async def test_what_arrives_in_another_cluster_is_what_was_there(capability: Capability, clusters: Clusters) -> None:
    await asyncio.to_thread(clusters.fill)
    job = await copied(capability, clusters)
    total = PLAIN + len(STRANGE)
    assert (job.state, job.counts["copied"], job.counts["refused"], job.counts["unacknowledged"]) == (JobState.DONE, total, 0, 0)
    before, after = content(clusters.source, clusters.topic), content(clusters.target, clusters.topic)
    assert after == before
    assert [one[1:] for one in after[1][-len(STRANGE) :]] == [(at, 0, key, value, tuple(headers)) for key, value, headers, at in STRANGE]
    rows = await capability.rows(job)
    assert {(row.connection, row.status) for row in rows} == {(OTHER, "copied")}


async def test_a_target_that_is_read_only_or_in_production_is_not_written_by_a_slip(capability: Capability, clusters: Clusters) -> None:
    with KafkaProducer(bootstrap_servers=clusters.source) as producer:
        producer.send(clusters.topic, b"v", partition=0)
    for change, typed, fault in (
        ({"read_only": True}, clusters.topic, "connection-read-only"),
        ({"read_only": False, "environment": Environment.PRODUCTION}, "", "name-not-typed"),
        ({}, clusters.topic.upper(), "name-not-typed"),
        ({}, clusters.profile.name, "name-not-typed"),
    ):
        clusters.change(**change)
        with pytest.raises(UserFacingError) as caught:
            await copied(capability, clusters, typed_name=typed)
        assert caught.value.code == fault
    assert content(clusters.target, clusters.topic) == [[], []]
    job = await copied(capability, clusters, typed_name=clusters.topic)
    assert (job.state, job.counts["copied"]) == (JobState.DONE, 1)
