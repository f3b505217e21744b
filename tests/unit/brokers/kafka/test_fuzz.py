"""Whatever bytes come: the broker never fails, never hangs, and keeps no more than a request's worth of them."""

import logging
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedded_server.brokers.kafka.versions import VERSIONS, ApiKey
from tests.helpers.kafka_batches import Rec, batch
from tests.unit.brokers.kafka.peer import Bench, fetching, request


@pytest.fixture(autouse=True, scope="module")
def _few_words() -> Iterator[None]:
    """What the broker says of its clients is not kept; what it logs of its own failures still fails the test."""
    logger = logging.getLogger("embedded_server.brokers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)


@pytest.fixture(scope="module")
def shared() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        made = Bench(Path(folder) / "kafka")
        client = made.client()
        client.create("t", 2)
        client.leave()
        yield made
        made.close()


_TOPIC = {"name": "t", "topic": "t", "partition_index": 0}
SAMPLES: tuple[tuple[ApiKey, dict[str, object]], ...] = (
    (ApiKey.API_VERSIONS, {"client_software_name": "a", "client_software_version": "1"}),
    (ApiKey.METADATA, {"topics": [{"name": "t"}], "allow_auto_topic_creation": True}),
    (
        ApiKey.PRODUCE,
        {"acks": 1, "timeout_ms": 1, "topic_data": [{"name": "t", "partition_data": [{"index": 0, "records": batch([Rec()])}]}]},
    ),
    (ApiKey.FETCH, fetching("t")),
    (ApiKey.LIST_OFFSETS, {"replica_id": -1, "topics": [{"name": "t", "partitions": [{"partition_index": 0, "timestamp": -1}]}]}),
    (ApiKey.CREATE_TOPICS, {"topics": [{"name": "u", "num_partitions": 1, "replication_factor": 1, "assignments": [], "configs": []}]}),
    (ApiKey.CREATE_PARTITIONS, {"topics": [{"name": "t", "count": 2, "assignments": None}], "timeout_ms": 1}),
    (ApiKey.DELETE_RECORDS, {"topics": [{"name": "t", "partitions": [{"partition_index": 0, "offset": -1}]}], "timeout_ms": 1}),
    (ApiKey.DESCRIBE_CONFIGS, {"resources": [{"resource_type": 2, "resource_name": "t", "configuration_keys": None}]}),
    (
        ApiKey.INCREMENTAL_ALTER_CONFIGS,
        {
            "resources": [
                {"resource_type": 2, "resource_name": "t", "configs": [{"name": "retention.ms", "config_operation": 0, "value": "5"}]}
            ]
        },
    ),
    (ApiKey.DESCRIBE_TOPIC_PARTITIONS, {"topics": [{"name": "t"}], "response_partition_limit": 5, "cursor": None}),
    (ApiKey.ELECT_LEADERS, {"election_type": 0, "topic_partitions": None, "timeout_ms": 1}),
)
VALID = [request(key, version, fields) for key, fields in SAMPLES for version in (VERSIONS[key][0], VERSIONS[key][1])]


def _converse(bench: Bench, chunks: list[bytes]) -> None:
    """Say it all, let time pass, and see that the broker still serves others."""
    client = bench.client()
    for chunk in chunks:
        client.send(chunk)
        client.frames()
    bench.pass_time(1)
    client.leave()
    other = bench.client()
    assert other.ask(ApiKey.METADATA, 9, topics=[], allow_auto_topic_creation=False).controller_id == 1
    other.leave()
    assert bench.broker.connections == set()


RELAXED = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@RELAXED
@given(data=st.binary(max_size=200), framed=st.booleans())
def test_any_bytes(shared: Bench, data: bytes, framed: bool) -> None:
    _converse(shared, [struct.pack(">i", len(data)) + data if framed else data])


@RELAXED
@given(key=st.sampled_from(sorted(VERSIONS)), pick=st.integers(0, 99), body=st.binary(max_size=120))
def test_any_body_behind_a_head_that_is_right(shared: Bench, key: ApiKey, pick: int, body: bytes) -> None:
    least, most = VERSIONS[key]
    frame = struct.pack(">hhih", key, least + pick % (most - least + 1), 1, -1) + body
    _converse(shared, [struct.pack(">i", len(frame)) + frame])


@RELAXED
@given(
    whole=st.sampled_from(VALID), edits=st.lists(st.tuples(st.integers(4, 400), st.integers(0, 255)), max_size=4), cut=st.integers(0, 60)
)
def test_requests_with_bytes_changed_and_cut_off(shared: Bench, whole: bytes, edits: list[tuple[int, int]], cut: int) -> None:
    body = bytearray(whole[4:])
    for position, byte in edits:
        body[position % len(body)] = byte
    body = body[: max(0, len(body) - cut)] if cut < 30 else body
    _converse(shared, [struct.pack(">i", len(body)) + body])


@RELAXED
@given(order=st.lists(st.sampled_from(VALID), max_size=6), sizes=st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_right_requests_cut_anywhere(shared: Bench, order: list[bytes], sizes: list[int]) -> None:
    data = b"".join(order)
    chunks, begin, number = [], 0, 0
    while begin < len(data):
        chunks.append(data[begin : begin + sizes[number % len(sizes)]])
        begin += sizes[number % len(sizes)]
        number += 1
    _converse(shared, chunks)


@RELAXED
@given(size=st.integers(-(2**31), 2**31 - 1), data=st.binary(max_size=64))
def test_any_size_that_is_claimed(shared: Bench, size: int, data: bytes) -> None:
    _converse(shared, [struct.pack(">i", size), data])
