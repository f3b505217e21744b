"""Reading: whole batches from any offset, as much as was asked for, found again over many segments; against a list as the model."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.batch import Header, headers_in
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.segment import Segment
from tests.helpers.kafka_batches import NOW_MS, Rec, batch, numbered
from tests.unit.brokers.kafka.log.life import Life, all_of

Sizes = list[tuple[int, int]]
"""Of each batch: its records, and the bytes of a value."""
SIZES = st.lists(st.tuples(st.integers(1, 5), st.sampled_from([1, 100, 3000, 9000])), min_size=1, max_size=40)


def _expected(headers: list[Header], offset: int, max_bytes: int, below: int) -> list[Header]:
    """What a reader gets who may look at all batches."""
    found: list[Header] = []
    for header in headers:
        if header.last_offset < offset:
            continue
        if header.next_offset > below or (found and sum(one.size for one in found) + header.size > max_bytes):
            break
        found.append(header)
        if found[0].size > max_bytes:
            break
    return found


@settings(max_examples=40)
@given(SIZES, st.data())
def test_any_read_gives_what_lies_there(sizes: Sizes, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        log = life.log(segment_bytes="60000")
        headers = []
        for count, size in sizes:
            start = log.end
            log.append(batch([Rec(value=bytes(size))] * count), now_ms=NOW_MS)
            headers += [one.header for one in headers_in(log.read(start, 1 << 20, below=log.end, at_least_one=True)[0])]
        if data.draw(st.booleans()):
            log = life.kill_and_return()
        for _ in range(20):
            offset = data.draw(st.integers(0, log.end - 1))
            max_bytes = data.draw(st.integers(1, 80_000))
            below = data.draw(st.sampled_from([one.next_offset for one in headers]))
            got = log.read(offset, max_bytes, below=below, at_least_one=True)
            found = [one.header for chunk in got for one in headers_in(chunk)]
            assert sum(map(len, got)) == sum(one.size for one in found)
            expected = _expected(headers, offset, max_bytes, below) if offset < below else []
            assert found == expected[: len(found)]
            assert bool(found) == bool(expected)
            if len(found) < len(expected):  # a read ends with its segment
                assert log.segments.number_of(found[-1].base_offset) < log.segments.number_of(expected[len(found)].base_offset)
        life.logs.close()


def test_a_batch_larger_than_asked_for_comes_only_where_one_must_come(life: Life) -> None:
    life.send([Rec(value=bytes(5000))])
    assert life.log().read(0, 100, below=1, at_least_one=False) == []
    assert [len(one) for one in life.log().read(0, 100, below=1, at_least_one=True)] == [life.log().bytes]


def test_there_is_nothing_at_the_end_and_no_offset_outside(life: Life) -> None:
    life.send(numbered(3))
    assert life.log().read(3, 1000, below=3, at_least_one=True) == []
    for offset in (-1, 4):
        with pytest.raises(LogFault) as caught:
            life.log().read(offset, 1000, below=3, at_least_one=True)
        assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE


def test_a_reader_that_keeps_up_reads_what_comes_after_it_stopped(life: Life) -> None:
    log = life.log(segment_bytes="2000")
    offset = 0
    for number in range(60):
        life.send(numbered(number % 7 + 1))
        chunks = log.read(offset, 1 << 20, below=log.end, at_least_one=True)
        (placed,) = [one for chunk in chunks for one in headers_in(chunk)]
        assert placed.header.base_offset == offset
        offset = placed.header.next_offset
    assert offset == log.end
    assert len(log.segments) > 3


def test_a_small_read_is_one_look_at_the_file(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(50):
        life.send(numbered(10))
    looks = []
    real = Segment.bytes_at

    def counted(self: Segment, position: int, size: int) -> bytes:
        looks.append(size)
        return real(self, position, size)

    monkeypatch.setattr(Segment, "bytes_at", counted)
    log = life.log()
    offset = 0
    while offset < log.end:
        chunks = log.read(offset, 2000, below=log.end, at_least_one=True)
        offset = [one.header.next_offset for one in headers_in(chunks[-1])][-1]
        if offset == log.end:
            break
        assert looks[-1] == 2000
    looks.clear()
    log.read(log.end - 10, 1 << 20, below=log.end, at_least_one=True)
    assert len(looks) <= 2


def test_few_files_are_open_however_many_logs_there_are(tmp_path: Path) -> None:
    life = Life(tmp_path)
    life.logs._files._limit = 8
    logs = life.logs.create("many", 50, {}).partitions
    for _ in range(2):
        for number, log in enumerate(logs):
            log.append(batch(numbered(number + 1)), now_ms=NOW_MS)
            assert len(life.logs._files._open) <= 8
    for number, log in enumerate(logs):
        assert log.end == 2 * (number + 1)
        assert sum(map(len, all_of(log))) == log.bytes
    assert len(life.logs._files._open) <= 8
    life.logs.close()
