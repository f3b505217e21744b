"""Batches as they are sent and as they come back, and those that are refused: byte for byte, error for error."""

from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient
from kafka.errors import for_code

from embedded_server.brokers.kafka.log.batch import header_at, sealed
from tests.contract.kafka.raw import RawClient
from tests.helpers.kafka_batches import GZIP, LZ4, SNAPPY, ZSTD, By, Rec, batch, noise, numbered, read_back

NONE, CORRUPT, TOO_LARGE, INVALID_TIMESTAMP, OUT_OF_ORDER, INVALID_EPOCH, INVALID_RECORD = 0, 2, 10, 32, 45, 47, 87
CODECS = {"none": 0, "gzip": GZIP, "snappy": SNAPPY, "lz4": LZ4, "zstd": ZSTD}


@pytest.fixture
def raw(bootstrap: str) -> Iterator[RawClient]:
    with RawClient(bootstrap) as client:
        yield client


@pytest.fixture
def now_ms() -> int:
    from time import time

    return int(time() * 1000)


def _create(admin: KafkaAdminClient, name: str, **configs: str) -> str:
    told = {key.replace("_", "."): value for key, value in configs.items()}
    admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1, "configs": told}})
    admin.wait_for_topics([name])
    return name


@pytest.mark.parametrize("codec", CODECS)
def test_a_batch_comes_back_as_it_was_sent_but_for_offset_and_epoch(raw: RawClient, topic: str, now_ms: int, codec: str) -> None:
    raw.produce(topic, batch(numbered(3, at=now_ms)))
    sent = batch([Rec(b"k%d" % number, noise(200), now_ms - number) for number in range(50)], codec=CODECS[codec])
    done = raw.produce(topic, sent)
    assert (done.error, done.base_offset, done.append_time, done.start) == (NONE, 3, -1, 0)
    got = raw.fetch(topic, 3)
    assert (got.error, got.end, got.stable) == (NONE, 53, 53)
    assert got.records[16:] == sent[16:]
    assert header_at(got.records).base_offset == 3


def test_nulls_empties_headers_and_times_come_back_exactly(raw: RawClient, topic: str, now_ms: int) -> None:
    sent = [
        Rec(b"key", b"value", now_ms, (("a", b"1"), ("b", None), ("a", b""), ("\N{GREEK SMALL LETTER ALPHA}", b"\xff\0"))),
        Rec(None, b"value", now_ms + 60_000),
        Rec(b"tombstone", None, now_ms - 86_400_000),
        Rec(b"", b"", 0),
        Rec(None, None, now_ms),
    ]
    assert raw.produce(topic, batch(sent)).error == NONE
    found = read_back([raw.fetch(topic, 0).records])
    assert [Rec(one.key, one.value, one.at, one.headers) for one in found] == sent
    assert [one.offset for one in found] == [0, 1, 2, 3, 4]


def test_with_append_time_the_broker_says_when(raw: RawClient, admin: KafkaAdminClient, name: str, now_ms: int) -> None:
    topic = _create(admin, name, message_timestamp_type="LogAppendTime")
    done = raw.produce(topic, batch([Rec(at=5), Rec(at=now_ms)], codec=LZ4))
    assert now_ms <= done.append_time <= now_ms + 30_000
    got = raw.fetch(topic, 0)
    assert {one.at for one in read_back([got.records])} == {done.append_time}
    assert header_at(got.records).attributes & 8


@pytest.mark.parametrize("wanted", ["gzip", "uncompressed"])
def test_a_topic_with_a_compression_of_its_own_gets_it(
    raw: RawClient, admin: KafkaAdminClient, name: str, now_ms: int, wanted: str
) -> None:
    topic = _create(admin, name, compression_type=wanted)
    sent = numbered(30, at=now_ms)
    assert raw.produce(topic, batch(sent, codec=ZSTD)).error == NONE
    got = raw.fetch(topic, 0)
    assert header_at(got.records).codec == (GZIP if wanted == "gzip" else 0)
    assert [one.key for one in read_back([got.records])] == [one.key for one in sent]


def _broken(now_ms: int) -> dict[str, tuple[bytes, int]]:
    good = batch(numbered(3, at=now_ms))
    header = header_at(good)
    return {
        "a wrong checksum": (good[:-1] + b"!", CORRUPT),
        "cut off": (good[:-5], INVALID_RECORD),
        "cut off before its format": (good[:10], INVALID_RECORD),
        "cut off before its attributes": (good[:20], INVALID_RECORD),
        "more than a megabyte": (batch([Rec(b"k", noise(1_100_000), now_ms)]), TOO_LARGE),
        "two hours ahead": (batch([Rec(at=now_ms + 7_200_000)]), INVALID_TIMESTAMP),
        "two batches": (good + good, INVALID_RECORD),
        "a count that is not the last offset's": (sealed(header._replace(last_offset_delta=7), good[61:]), INVALID_RECORD),
        "a marker": (sealed(header_at(batch([Rec(at=now_ms)], By(1, 0, 0)))._replace(attributes=0x20), good[61:]), INVALID_RECORD),
    }


@pytest.mark.parametrize("what", list(_broken(0)))
def test_a_broken_batch_is_refused_for_what_it_is(raw: RawClient, topic: str, now_ms: int, what: str) -> None:
    sent, error = _broken(now_ms)[what]
    assert for_code(raw.produce(topic, sent).error) is for_code(error)
    assert raw.fetch(topic, 0).end == 0
    assert raw.produce(topic, batch(numbered(1, at=now_ms))).base_offset == 0


def test_a_compacted_topic_takes_no_record_without_a_key(raw: RawClient, admin: KafkaAdminClient, name: str, now_ms: int) -> None:
    topic = _create(admin, name, cleanup_policy="compact")
    assert raw.produce(topic, batch([Rec(at=now_ms), Rec(None, at=now_ms)], codec=GZIP)).error == INVALID_RECORD
    assert raw.produce(topic, batch([Rec(at=now_ms), Rec(b"gone", None, now_ms)])).error == NONE


def test_the_topics_own_limit_counts(raw: RawClient, admin: KafkaAdminClient, name: str, now_ms: int) -> None:
    topic = _create(admin, name, max_message_bytes="500")
    assert raw.produce(topic, batch([Rec(value=bytes(600), at=now_ms)])).error == TOO_LARGE
    assert raw.produce(topic, batch([Rec(value=bytes(400), at=now_ms)])).error == NONE


# -- producers that number their batches


def test_a_batch_sent_again_is_answered_with_where_it_is(raw: RawClient, topic: str, now_ms: int) -> None:
    producer, epoch = raw.new_producer()
    sent = [batch(numbered(2, at=now_ms), By(producer, epoch, number * 2)) for number in range(5)]
    assert [raw.produce(topic, one).base_offset for one in sent] == [0, 2, 4, 6, 8]
    for number, one in enumerate(sent):
        again = raw.produce(topic, one)
        assert (again.error, again.base_offset, again.append_time) == (NONE, number * 2, now_ms)
    assert raw.fetch(topic, 0).end == 10


@pytest.mark.parametrize("sequence", [4, 1])
def test_a_gap_or_an_overlap_is_out_of_order(raw: RawClient, topic: str, now_ms: int, sequence: int) -> None:
    producer, epoch = raw.new_producer()
    raw.produce(topic, batch(numbered(3, at=now_ms), By(producer, epoch, 0)))
    assert raw.produce(topic, batch(numbered(3, at=now_ms), By(producer, epoch, sequence))).error == OUT_OF_ORDER
    assert raw.produce(topic, batch(numbered(1, at=now_ms), By(producer, epoch, 3))).base_offset == 3


def test_old_epochs_are_fenced_and_new_ones_begin_at_zero(raw: RawClient, topic: str, now_ms: int) -> None:
    producer, epoch = raw.new_producer()
    one = numbered(1, at=now_ms)
    assert raw.produce(topic, batch(one, By(producer, epoch + 2, 0))).error == NONE
    assert raw.produce(topic, batch(one, By(producer, epoch + 1, 1))).error == INVALID_EPOCH
    assert raw.produce(topic, batch(one, By(producer, epoch + 3, 1))).error == OUT_OF_ORDER
    assert raw.produce(topic, batch(one, By(producer, epoch + 3, 0))).base_offset == 1


def test_numbers_go_on_at_zero_behind_the_largest_and_a_stranger_begins_anywhere(raw: RawClient, topic: str, now_ms: int) -> None:
    producer, epoch = raw.new_producer()
    largest = 2**31 - 1
    assert raw.produce(topic, batch(numbered(2, at=now_ms), By(producer, epoch, largest - 2))).base_offset == 0
    around = batch(numbered(3, at=now_ms), By(producer, epoch, largest))
    assert raw.produce(topic, around).base_offset == 2
    assert raw.produce(topic, around).base_offset == 2
    assert raw.produce(topic, batch(numbered(1, at=now_ms), By(producer, epoch, 2))).base_offset == 5
