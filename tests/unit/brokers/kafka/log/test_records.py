"""The records inside a batch, against kafka-python's, in every compression, and nonsense."""

import struct
import time

import pytest
import snappy
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.brokers.kafka.log.batch import HEADER_BYTES, header_at, sealed
from embedded_server.brokers.kafka.log.records import (
    BadRecords,
    Marker,
    Record,
    batch_of,
    marker_batch,
    marker_of,
    packed,
    read_varint,
    records_of,
    varint,
)
from tests.helpers.kafka_batches import GZIP, LZ4, NOW_MS, SNAPPY, ZSTD, Rec, batch, noise, read_back

CODECS = [0, GZIP, SNAPPY, LZ4, ZSTD]
RECS = [
    Rec(b"a", b"1", NOW_MS + 5, (("h", b"x"), ("h", None))),
    Rec(None, None, NOW_MS - 100),
    Rec(b"", b"", NOW_MS),
    Rec(b"big", noise(100_000), NOW_MS),
]


@pytest.mark.parametrize("codec", CODECS)
def test_records_are_read_as_they_were_written(codec: int) -> None:
    found = list(records_of(batch(RECS, codec=codec)))
    assert [(one.key, one.value, NOW_MS + 5 + one.timestamp_delta) for one in found] == [(one.key, one.value, one.at) for one in RECS]
    assert [one.offset_delta for one in found] == [0, 1, 2, 3]


@pytest.mark.parametrize("codec", CODECS)
def test_records_written_anew_are_what_kafka_python_reads(codec: int) -> None:
    sent = batch(RECS, codec=codec)
    again = batch_of(header_at(sent), list(records_of(sent)))
    assert read_back([again]) == read_back([sent])


@given(
    st.lists(
        st.tuples(st.none() | st.binary(max_size=300), st.none() | st.binary(max_size=300), st.integers(0, 2**42)), min_size=1, max_size=20
    ),
    st.sampled_from(CODECS),
)
def test_any_records_come_back(recs: list[tuple[bytes | None, bytes | None, int]], codec: int) -> None:
    sent = batch([Rec(*one) for one in recs], codec=codec)
    again = batch_of(header_at(sent), list(records_of(sent)))
    assert [(one.key, one.value, one.at) for one in read_back([again])] == recs


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_number_comes_back(number: int) -> None:
    assert read_varint(varint(number), 0) == (number, len(varint(number)))


@given(st.binary(max_size=120), st.integers(0, 7), st.integers(1, 50))
def test_nonsense_with_a_good_checksum_is_told(content: bytes, codec: int, count: int) -> None:
    header = header_at(batch([Rec()]))._replace(attributes=codec, records=count, last_offset_delta=count - 1)
    try:
        found = list(records_of(sealed(header, content)))
    except BadRecords:
        return
    assert len(found) == count


def test_a_batch_that_unpacks_to_more_than_anyone_sends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.core.compression.MAX_BYTES", 1 << 16)
    for codec in (GZIP, SNAPPY, LZ4, ZSTD):
        with pytest.raises(BadRecords):
            list(records_of(batch([Rec(b"k", bytes(1 << 17))], codec=codec)))


def test_a_batch_of_more_records_than_can_be_looked_at_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.brokers.kafka.log.records.MAX_RECORDS", 2)
    monkeypatch.setattr("embedded_server.brokers.kafka.log.records.decompressed", None)
    with pytest.raises(BadRecords, match="3 records"):
        next(records_of(batch([Rec()] * 3, codec=ZSTD)))


def _blocks(*blocks: tuple[int, bytes]) -> bytes:
    """Snappy as the Java client frames it, with the lengths as they are told."""
    header = header_at(batch([Rec()]))._replace(attributes=SNAPPY)
    content = b"".join(struct.pack(">i", length) + block for length, block in blocks)
    return sealed(header, b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1) + content)


@pytest.mark.parametrize("length", [-(2**31), -9, -4, 0, 2**31 - 1])
def test_a_block_that_lies_about_its_length_is_told(length: int) -> None:
    with pytest.raises(BadRecords, match=f"A block of {length} bytes"):
        list(records_of(_blocks((length, snappy.compress(b"x" * 100)))))


def test_a_megabyte_of_tiny_blocks_is_undone_in_a_moment() -> None:
    sent = packed([Record(0, 0, b"k", bytes(120_000), b"\0")])
    tiny = [snappy.compress(sent[at : at + 1]) for at in range(len(sent))]
    whole = _blocks(*((len(one), one) for one in tiny))
    began = time.process_time()
    (found,) = records_of(whole)
    assert found.value == bytes(120_000)
    assert time.process_time() - began < 2  # copying the rest for each block took half a minute


def test_a_length_without_end_is_told_in_a_moment() -> None:
    header = header_at(batch([Rec()]))._replace(attributes=SNAPPY)
    began = time.process_time()
    for whole in (sealed(header, b"\xff" * 500_000), _blocks((500_000, b"\xff" * 500_000))):
        with pytest.raises(BadRecords, match="does not end"):
            list(records_of(whole))
    assert time.process_time() - began < 1  # a number of all these bits took eight seconds


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (Record(0, 2**63 - 1, b"k", b"v", b"\0"), "more than 64 bits"),
        (Record(0, -(2**63), b"k", b"v", b"\0"), None),
        (Record(1, 0, b"k", b"v", b"\0"), "outside of its batch"),
        (Record(-1, 0, b"k", b"v", b"\0"), "outside of its batch"),
    ],
)
def test_a_record_that_lies_nowhere_is_told(record: Record, words: str | None) -> None:
    whole = sealed(header_at(batch([Rec()])), packed([record]))
    if words is None:
        assert list(records_of(whole)) == [record]
    else:
        with pytest.raises(BadRecords, match=words):
            list(records_of(whole))


@pytest.mark.parametrize("commit", [True, False])
def test_a_marker_says_how_a_transaction_ended(commit: bool) -> None:
    marker = marker_batch(77, 3, (5, 2), Marker(commit, 9), NOW_MS)
    header = header_at(marker)
    assert (header.base_offset, header.leader_epoch, header.producer_id, header.producer_epoch, header.base_sequence) == (77, 3, 5, 2, -1)
    assert header.is_control
    assert header.is_transactional
    assert marker_of(marker) == Marker(commit, 9)
    assert len(marker) == HEADER_BYTES + 17
