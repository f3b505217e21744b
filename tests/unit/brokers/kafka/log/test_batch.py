"""The header of a batch: read as kafka-python writes it, and never anything but a refusal where it is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.batch import HEADER_BYTES, MAX_SEQUENCE, add_sequence, header_at, sealed, sent_batches
from embedded_server.brokers.kafka.log.faults import LogFault
from tests.helpers.kafka_batches import GZIP, NOW_MS, By, Rec, batch, numbered

WHOLE = batch(numbered(5), By(9, 3, 40, transactional=True), GZIP)


def _code(content: bytes) -> ErrorCode:
    with pytest.raises(LogFault) as caught:
        sent_batches(memoryview(content))
    return caught.value.code


def test_a_header_tells_what_the_client_wrote() -> None:
    header = header_at(WHOLE)
    assert (header.size, header.magic, header.records, header.last_offset) == (len(WHOLE), 2, 5, 4)
    assert (header.producer_id, header.producer_epoch, header.base_sequence, header.last_sequence) == (9, 3, 40, 44)
    assert (header.codec, header.is_transactional, header.is_control) == (GZIP, True, False)
    assert (header.base_timestamp, header.max_timestamp, header.delete_horizon) == (NOW_MS, NOW_MS, None)


def test_several_batches_are_told_apart() -> None:
    found = sent_batches(memoryview(WHOLE + batch([Rec()]) + WHOLE))
    assert [one.header.records for one in found] == [5, 1, 5]
    assert found[1].position == len(WHOLE)


@pytest.mark.parametrize("at", [17, 21, 23, 40, HEADER_BYTES, len(WHOLE) - 1])
def test_a_changed_byte_is_told_by_the_checksum(at: int) -> None:
    broken = bytearray(WHOLE)
    broken[at] ^= 1
    assert _code(bytes(broken)) is ErrorCode.CORRUPT_MESSAGE


def test_every_shorter_batch_is_refused() -> None:
    assert {_code(WHOLE[:size]) for size in range(1, len(WHOLE))} == {ErrorCode.INVALID_RECORD}


def test_nothing_at_all_is_no_batch() -> None:
    assert _code(b"") is ErrorCode.INVALID_RECORD


@pytest.mark.parametrize("magic", [0, 1])
def test_old_message_formats_are_refused_as_what_they_are(magic: int) -> None:
    assert _code(bytes(16) + bytes([magic]) + bytes(40)) is ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT


def test_a_later_message_format_is_refused() -> None:
    assert _code(WHOLE[:16] + b"\3" + WHOLE[17:]) is ErrorCode.CORRUPT_MESSAGE


@given(st.binary(max_size=200), st.integers(-(2**31), 2**31 - 1))
def test_any_bytes_are_refused_in_words(content: bytes, length: int) -> None:
    for sent in (content, content[:8] + length.to_bytes(4, "big", signed=True) + content[12:]):
        try:
            sent_batches(memoryview(sent))
        except LogFault:
            continue
        raise AssertionError("random bytes passed for a batch")


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_no_single_change_gets_through_but_in_what_the_broker_writes_itself(at: int, change: int) -> None:
    broken = bytearray(WHOLE)
    broken[at] ^= change
    is_brokers_own = at < 8 or 12 <= at < 16
    try:
        sent_batches(memoryview(broken))
    except LogFault:
        assert not is_brokers_own
    else:
        assert is_brokers_own


def test_a_batch_that_is_sealed_again_is_the_same() -> None:
    assert sealed(header_at(WHOLE), WHOLE[HEADER_BYTES:]) == WHOLE


def test_sequence_numbers_begin_anew_behind_the_largest() -> None:
    assert add_sequence(MAX_SEQUENCE, 1) == 0
    assert add_sequence(MAX_SEQUENCE - 2, 5) == 2
    assert add_sequence(2, -5) == MAX_SEQUENCE - 2
