"""Our decoder of record batches says what kafka-python's says, record by record, and never anything else than a `BadBatch`."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder
from kafka.record.util import calc_crc32c, encode_varint

from embedded_server.kafka.records import batches
from embedded_server.kafka.records.batches import CRC_FROM, HEADER, Aborted, BadBatch, RawRecord, batches_of, next_offset_of, varint

names = st.text(max_size=12)
values = st.none() | st.binary(max_size=300)
records = st.lists(
    st.tuples(st.integers(0, 2**52), values, values, st.lists(st.tuples(names, values), max_size=4)), min_size=1, max_size=30
)
Made = list[tuple[int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]]


def built(made: Made, *, compression: int = 0, base: int = 0, magic: int = 2, **state: Any) -> bytes:
    """One batch, as a broker stores it with *base* as its first offset."""
    builder = MemoryRecordsBuilder(magic, compression, 10**9)
    for timestamp, key, value, headers in made:
        builder.append(timestamp, key, value, headers)
    if state:
        builder.set_producer_state(state["producer_id"], 0, 0, state.get("transactional", False))
    builder.close()
    return base.to_bytes(8, "big") + bytes(builder.buffer())[8:]


def ours(data: bytes, wanted_from: int = 0, aborted: list[Aborted] | None = None) -> list[RawRecord]:
    return [record for batch in batches_of(data, wanted_from, aborted) for record in batch.records]


def theirs(data: bytes) -> list[RawRecord]:
    return [(one.offset, one.timestamp, one.key, one.value, list(one.headers)) for batch in MemoryRecords(data) for one in batch]


def listed(found: list[RawRecord]) -> list[RawRecord]:
    return [(*record[:4], list(record[4])) for record in found]


@given(st.lists(records, min_size=1, max_size=3), st.integers(0, 4), st.integers(0, 2**40))
def test_every_record_is_what_kafka_python_makes_of_it(batches: list[Made], compression: int, base: int) -> None:
    data = b""
    for made in batches:
        data += built(made, compression=compression, base=base)
        base += len(made)
    assert listed(ours(data)) == theirs(data)
    assert next_offset_of(data, -1) == base


@given(records, st.integers(0, 40), st.integers(0, 4))
def test_records_before_the_position_are_left_out(made: Made, wanted_from: int, compression: int) -> None:
    data = built(made, compression=compression)
    assert [record[0] for record in ours(data, wanted_from)] == list(range(min(wanted_from, len(made)), len(made)))


@given(records, st.data())
def test_a_batch_that_is_cut_off_is_left_for_the_next_fetch(made: Made, data: st.DataObject) -> None:
    whole, cut = built(made), built(made, base=len(made))
    end = data.draw(st.integers(0, len(cut) - 1))
    found = whole + cut[:end]
    assert [record[0] for record in ours(found)] == list(range(len(made)))
    assert next_offset_of(found, -1) == len(made)


@given(st.binary(max_size=400))
def test_any_bytes_are_records_or_a_bad_batch(data: bytes) -> None:
    next_offset_of(data, 0)
    with contextlib.suppress(BadBatch):
        ours(data)


@given(st.binary(max_size=200), st.integers(-1, 2**31 - 1), st.integers(0, 7))
def test_any_bytes_behind_a_good_checksum_are_records_or_a_bad_batch(body: bytes, count: int, attributes: int) -> None:
    checked = HEADER.pack(0, 0, 0, 2, 0, attributes, 0, 0, 0, -1, -1, -1, count)[CRC_FROM:] + body
    crc = calc_crc32c(checked)
    batch = HEADER.pack(0, HEADER.size - 12 + len(body), 0, 2, crc, attributes, 0, 0, 0, -1, -1, -1, count) + body
    with contextlib.suppress(BadBatch):
        assert len(ours(batch)) == max(0, count)


@given(records, st.data())
def test_a_changed_byte_is_noticed(made: Made, data: st.DataObject) -> None:
    batch = bytearray(built(made))
    at = data.draw(st.integers(21, len(batch) - 1))
    batch[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BadBatch, match="checksum"):
        ours(bytes(batch))


@given(st.integers(-(2**63), 2**63 - 1))
def test_varints_are_read_as_kafka_python_writes_them(number: int) -> None:
    written = bytearray()
    encode_varint(number, written.append)
    assert varint(bytes(written), 0) == (number, len(written))


@pytest.mark.parametrize("compression", range(1, 5))
def test_a_batch_that_unpacks_to_more_than_anyone_sends_is_refused(compression: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.core.compression.MAX_BYTES", 1 << 16)
    with pytest.raises(BadBatch, match="more than 65536 bytes"):
        ours(built([(1, b"k", bytes(1 << 17), [])], compression=compression))


def test_a_batch_of_very_many_records_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PART_RECORDS", 10)
    data = built([(number, None, b"v", []) for number in range(25)], compression=4, base=100)
    parts = list(batches_of(data, 105))
    assert [len(part.records) for part in parts] == [5, 10, 5]
    assert [part.next_offset for part in parts] == [110, 120, 125]
    assert [record[0] for part in parts for record in part.records] == list(range(105, 125))


def test_a_varint_of_more_than_64_bits_is_none() -> None:
    with pytest.raises(OverflowError):
        varint(b"\xff" * 11, 0)


def test_what_was_aborted_is_left_out_where_committed_is_asked_for() -> None:
    one: Made = [(1, b"k", b"v", [])]
    mine = {"producer_id": 7, "transactional": True}
    data = (
        built(one, base=0, **mine)
        + marker(base=1, producer_id=7, kind=0)
        + built(one, base=2, **mine)
        + built(one, base=3, producer_id=9, transactional=True)
        + marker(base=4, producer_id=7, kind=1)
    )
    assert [record[0] for record in ours(data)] == [0, 2, 3], "markers are never records"
    assert [record[0] for record in ours(data, 0, [Aborted(7, 0)])] == [2, 3]
    assert [record[0] for record in ours(data, 0, [Aborted(9, 3)])] == [0, 2]
    assert [record[0] for record in ours(data, 0, [])] == [0, 2, 3]


def marker(*, base: int, producer_id: int, kind: int) -> bytes:
    """The end of a transaction, as a broker writes it: kind 0 is abort, 1 is commit."""
    control = bytearray(built([(1, b"\0\0" + kind.to_bytes(2, "big"), b"\0\0\0\0\0\0", [])], base=base, producer_id=producer_id))
    control[21:23] = (DefaultRecordBatch.CONTROL_MASK | DefaultRecordBatch.TRANSACTIONAL_MASK).to_bytes(2, "big")
    control[17:21] = calc_crc32c(memoryview(bytes(control))[21:]).to_bytes(4, "big")
    return bytes(control)


def test_the_time_of_the_broker_goes_before_the_writers_where_the_topic_says_so() -> None:
    batch = bytearray(built([(5, b"k", b"v", []), (9, b"k", b"v", [])]))
    batch[21:23] = (0x08).to_bytes(2, "big")
    batch[35:43] = (77).to_bytes(8, "big")
    batch[17:21] = calc_crc32c(memoryview(bytes(batch))[21:]).to_bytes(4, "big")
    (found,) = batches_of(bytes(batch), 0)
    assert found.append_time
    assert [record[1] for record in found.records] == [77, 77]


@pytest.mark.parametrize("magic", [0, 1])
def test_message_sets_from_before_kafka_0_11_are_read(magic: int) -> None:
    builder = MemoryRecordsBuilder(magic, 0, 10**6)
    for number in range(3):
        builder.append(1_000 + number, b"k", b"%d" % number)
    builder.close()
    data = bytes(builder.buffer())
    assert [(record[0], record[3]) for record in ours(data)] == [(0, b"0"), (1, b"1"), (2, b"2")]
    assert next_offset_of(data, -1) == 3
