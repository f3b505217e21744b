"""Looking up offsets by time, against a list as the model: in every compression, over segments, with times in any order."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_server.brokers.kafka.log.times import Found
from tests.helpers.kafka_batches import GZIP, LZ4, NOW_MS, SNAPPY, ZSTD, Rec
from tests.unit.brokers.kafka.log.life import Life

BATCHES = st.lists(
    st.tuples(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.sampled_from([0, GZIP, SNAPPY, LZ4, ZSTD])), min_size=1, max_size=30
)


@settings(max_examples=40)
@given(BATCHES, st.booleans(), st.integers(0, 70))
def test_the_first_record_that_is_late_enough(batches: list[tuple[list[int], int]], killed: bool, wanted: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        life.log(segment_bytes="8000")
        times = [time for batch, _ in batches for time in batch]
        for batch, codec in batches:
            life.send([Rec(value=bytes(900), at=NOW_MS + time) for time in batch], codec=codec)
        log = life.kill_and_return() if killed else life.log()
        expected = next(((offset, time) for offset, time in enumerate(times) if time >= wanted), None)
        assert log.offset_for_time(NOW_MS + wanted) == (expected and Found(expected[0], NOW_MS + expected[1], 0))
        assert log.max_timestamp() == Found(times.index(max(times)), NOW_MS + max(times), 0)
        life.logs.close()


def test_an_empty_log_has_no_times(life: Life) -> None:
    assert life.log().offset_for_time(0) is None
    assert life.log().max_timestamp() is None


def test_records_before_the_start_are_not_found(life: Life) -> None:
    life.send([Rec(at=NOW_MS + number) for number in range(10)])
    life.log().delete_before(4)
    assert life.log().offset_for_time(NOW_MS) == Found(4, NOW_MS + 4, 0)


@pytest.mark.parametrize("codec", [0, ZSTD])
def test_with_the_brokers_time_a_whole_batch_has_it(life: Life, codec: int) -> None:
    life.log(message_timestamp_type="LogAppendTime")
    for number in range(5):
        life.now_ms = NOW_MS + number * 100
        life.send([Rec(at=3), Rec(at=5)], codec=codec)
    assert life.log().offset_for_time(NOW_MS + 201) == Found(6, NOW_MS + 300, 0)
    assert life.log().max_timestamp() == Found(8, NOW_MS + 400, 0)
