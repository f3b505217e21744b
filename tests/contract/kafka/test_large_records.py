"""Large records pass through exactly, up to the limits that are told."""

import time
from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient

from embedded_server.brokers.kafka.errors import ErrorCode
from tests.contract.kafka.raw import RawClient
from tests.helpers.kafka_batches import Rec, batch, noise, read_back

ROOM = 8 << 20


@pytest.fixture
def raw(bootstrap: str) -> Iterator[RawClient]:
    with RawClient(bootstrap) as client:
        yield client


@pytest.fixture
def roomy(admin: KafkaAdminClient, name: str) -> str:
    """A topic that takes batches of 8 MB."""
    admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": str(ROOM)}}})
    admin.wait_for_topics([name])
    return name


def _now_ms() -> int:
    return int(time.time() * 1000)


def _through(raw: RawClient, topic: str, record: Rec) -> Rec:
    done = raw.produce(topic, batch([record]))
    assert (done.error, done.base_offset) == (ErrorCode.NONE, 0)
    (found,) = read_back([raw.fetch(topic, 0).records])
    return Rec(found.key, found.value, found.at, found.headers)


def test_a_hundred_thousand_headers_come_back_in_order(raw: RawClient, roomy: str) -> None:
    headers = tuple((f"h{number % 1000}", None if number % 3 == 0 else b"%d" % number) for number in range(100_000))
    record = Rec(b"key", b"value", _now_ms(), headers)
    assert _through(raw, roomy, record) == record


def test_a_value_of_three_megabytes_comes_back_byte_for_byte(raw: RawClient, roomy: str) -> None:
    record = Rec(noise(1000), noise(3 << 20), _now_ms())
    assert _through(raw, roomy, record) == record


def test_a_first_batch_over_the_readers_limit_comes_whole(raw: RawClient, roomy: str) -> None:
    sent = batch([Rec(b"key", noise(3 << 20), _now_ms())])
    for _ in range(2):
        assert raw.produce(roomy, sent).error == ErrorCode.NONE
    assert len(raw.fetch(roomy, 0, max_bytes=1000).records) == len(sent)


def test_a_value_over_the_topics_limit_is_refused_and_the_connection_goes_on(raw: RawClient, topic: str) -> None:
    assert raw.produce(topic, batch([Rec(b"key", noise(3 << 20), _now_ms())])).error == ErrorCode.MESSAGE_TOO_LARGE
    assert raw.produce(topic, batch([Rec(at=_now_ms())])).error == ErrorCode.NONE
