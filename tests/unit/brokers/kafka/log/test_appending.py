"""What a partition takes and refuses, and what it changes in a batch it takes."""

import errno
import os
from collections.abc import Sequence

import pytest

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log import files
from embedded_server.brokers.kafka.log.batch import APPEND_TIME, header_at, sealed
from embedded_server.brokers.kafka.log.faults import LogFault
from tests.helpers.kafka_batches import GZIP, LZ4, NOW_MS, SNAPPY, ZSTD, By, Rec, batch, numbered, read_back
from tests.unit.brokers.kafka.log.life import Life, all_of

HOUR_MS = 3_600_000


def _refusal(life: Life, content: bytes) -> ErrorCode:
    end = life.log().end
    with pytest.raises(LogFault) as caught:
        life.log().append(content, now_ms=life.now_ms)
    assert life.log().end == end
    return caught.value.code


def test_offsets_go_on_from_batch_to_batch(life: Life) -> None:
    first, second = life.send(numbered(3)), life.send(numbered(2))
    assert (first.base_offset, first.last_offset, first.start, first.log_append_time) == (0, 2, 0, -1)
    assert (second.base_offset, second.last_offset, second.duplicate) == (3, 4, False)
    assert [one.offset for one in life.records()] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("codec", [0, GZIP, SNAPPY, LZ4, ZSTD])
def test_a_batch_is_kept_byte_for_byte_but_for_its_first_sixteen(life: Life, codec: int) -> None:
    life.send(numbered(3))
    sent = batch(numbered(50), codec=codec)
    life.log().append(sent, now_ms=NOW_MS)
    (kept,) = life.log().read(3, 1 << 20, below=53, at_least_one=True)
    assert bytes(kept[16:]) == sent[16:]
    assert header_at(kept).base_offset == 3
    assert header_at(kept).leader_epoch == 0


def test_several_batches_in_one_request_follow_one_another(life: Life) -> None:
    done = life.log().append(batch(numbered(2)) + batch(numbered(3)), now_ms=NOW_MS)
    assert (done.base_offset, done.last_offset) == (0, 4)
    assert [one.key for one in life.records()] == [b"k0", b"k1", b"k0", b"k1", b"k2"]


def test_more_batches_than_one_write_takes(life: Life) -> None:
    done = life.log().append(b"".join(batch([Rec()]) for _ in range(700)), now_ms=NOW_MS)
    assert done.last_offset == 699
    assert len(life.records()) == 700


def test_too_large_a_batch_is_refused(life: Life) -> None:
    life.log(max_message_bytes="1000")
    assert _refusal(life, batch([Rec(value=bytes(1000))])) is ErrorCode.MESSAGE_TOO_LARGE
    assert life.send([Rec(value=bytes(900))]).base_offset == 0


def test_more_than_a_segment_is_refused(life: Life) -> None:
    life.log(segment_bytes="1000")
    assert _refusal(life, batch([Rec(value=bytes(600))]) * 2) is ErrorCode.RECORD_LIST_TOO_LARGE


@pytest.mark.parametrize("at", [NOW_MS + HOUR_MS + 1, NOW_MS - HOUR_MS - 1])
def test_times_too_far_from_now_are_refused(life: Life, at: int) -> None:
    life.log(message_timestamp_before_max_ms=str(HOUR_MS), message_timestamp_after_max_ms=str(HOUR_MS))
    assert _refusal(life, batch([Rec(at=at)])) is ErrorCode.INVALID_TIMESTAMP
    assert life.send([Rec(at=NOW_MS - HOUR_MS), Rec(at=NOW_MS + HOUR_MS)]).last_offset == 1


def test_old_times_are_taken_by_default_and_those_an_hour_ahead_are_not(life: Life) -> None:
    assert life.send([Rec(at=0)]).base_offset == 0
    assert _refusal(life, batch([Rec(at=NOW_MS + HOUR_MS + 1)])) is ErrorCode.INVALID_TIMESTAMP


@pytest.mark.parametrize("codec", [0, ZSTD])
def test_a_compacted_topic_takes_no_record_without_a_key(life: Life, codec: int) -> None:
    life.log(cleanup_policy="compact,delete")
    assert _refusal(life, batch([Rec(), Rec(key=None)], codec=codec)) is ErrorCode.INVALID_RECORD
    assert life.send([Rec(), Rec(value=None)], codec=codec).last_offset == 1


def test_records_and_offsets_must_agree(life: Life) -> None:
    sent = batch(numbered(3))
    for header in (header_at(sent)._replace(last_offset_delta=5), header_at(sent)._replace(records=0, last_offset_delta=-1)):
        assert _refusal(life, sealed(header, sent[61:])) is ErrorCode.INVALID_RECORD


def test_clients_write_no_markers(life: Life) -> None:
    sent = batch(numbered(1), By(1, 0, 0, transactional=True))
    assert _refusal(life, sealed(header_at(sent)._replace(attributes=0x30), sent[61:])) is ErrorCode.INVALID_RECORD


def test_the_broker_gives_its_own_time_where_the_topic_asks(life: Life) -> None:
    life.log(message_timestamp_type="LogAppendTime")
    life.now_ms = NOW_MS + 5
    done = life.send([Rec(at=1), Rec(at=NOW_MS + 9 * HOUR_MS)], codec=LZ4)
    assert done.log_append_time == NOW_MS + 5
    (kept,) = all_of(life.log())
    assert header_at(kept).attributes & APPEND_TIME
    assert {one.at for one in life.records()} == {NOW_MS + 5}


def test_a_batch_that_claims_the_brokers_time_does_not_get_it(life: Life) -> None:
    sent = batch([Rec(at=NOW_MS - 7)])
    life.log().append(sealed(header_at(sent)._replace(attributes=APPEND_TIME), sent[61:]), now_ms=NOW_MS)
    (kept,) = all_of(life.log())
    assert not header_at(kept).attributes & APPEND_TIME
    assert [one.at for one in life.records()] == [NOW_MS - 7]


@pytest.mark.parametrize(("wanted", "codec"), [("gzip", GZIP), ("lz4", LZ4), ("snappy", SNAPPY), ("zstd", ZSTD), ("uncompressed", 0)])
def test_a_topic_with_a_compression_of_its_own_gets_it(life: Life, wanted: str, codec: int) -> None:
    life.log(compression_type=wanted)
    for sent in (0, GZIP, ZSTD):
        life.send(numbered(20), codec=sent)
    assert {header_at(chunk).codec for chunk in all_of(life.log(), at_once=1)} == {codec}
    assert [one.key for one in life.records()] == [one.key for one in numbered(20)] * 3


class FullDisk:
    """A disk that takes *room* bytes more."""

    def __init__(self, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = room
        monkeypatch.setattr(files, "_write", self._write)
        monkeypatch.setattr(files, "_write_rest", self._refuse)

    def _write(self, fd: int, parts: Sequence[bytes | memoryview]) -> int:
        content = b"".join(parts)[: self.room]
        if not content:
            self._refuse()
        self.room -= len(content)
        return os.write(fd, content)

    @staticmethod
    def _refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("room", [0, 1, 30, 61, 100])
def test_a_full_disk_is_told_and_the_log_stays_whole(life: Life, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    life.send(numbered(3), By(7, 0, 0))
    before = life.log().bytes
    with monkeypatch.context() as patched:
        FullDisk(room, patched)
        assert _refusal(life, batch(numbered(20), By(7, 0, 3))) is ErrorCode.KAFKA_STORAGE_ERROR
    assert life.path("00000000000000000000.log").stat().st_size == life.log().bytes == before
    assert life.send(numbered(2), By(7, 0, 3)).base_offset == 3
    assert len(read_back(all_of(life.kill_and_return()))) == 5


def test_new_configs_count_from_the_next_batch_on(life: Life) -> None:
    life.send([Rec(value=bytes(2000))])
    life.logs.set_configs("orders", {"max.message.bytes": "1000"})
    assert _refusal(life, batch([Rec(value=bytes(2000))])) is ErrorCode.MESSAGE_TOO_LARGE
    assert life.kill_and_return().settings.max_message_bytes == 1000
