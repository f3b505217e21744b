"""What goes by itself: segments too old or too many, records somebody deletes, topics."""

import pytest

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log import logs
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.stored import now
from tests.helpers.kafka_batches import NOW_MS, By, Rec, batch, numbered
from tests.unit.brokers.kafka.log.life import TOPIC, Life

HOUR_MS = 3_600_000


def _filled(life: Life, batches: int = 20, **configs: str) -> None:
    """A batch of about a kilobyte each hour, two to a segment."""
    life.log(segment_bytes="2000", segment_ms=str(1000 * HOUR_MS), **configs)
    for number in range(batches):
        life.now_ms = NOW_MS + number * HOUR_MS
        life.send([Rec(value=bytes(900), at=life.now_ms)])


def test_segments_older_than_retention_ms_go(life: Life) -> None:
    _filled(life, retention_ms=str(5 * HOUR_MS))
    life.now_ms += HOUR_MS // 2
    life.tidy()
    log = life.log()
    assert log.start == 14  # of batches 14 and 15 one is young enough, and segments go whole
    assert log.end == 20
    assert {name for name in life.files if name.endswith(".log")} == {f"{base:020}.log" for base in (14, 16, 18)}
    assert life.kill_and_return().start == 14


def test_the_active_segment_goes_too_once_it_is_too_old_and_offsets_go_on(life: Life) -> None:
    _filled(life, batches=5, retention_ms=str(HOUR_MS))
    life.now_ms += 2 * HOUR_MS
    life.tidy()
    assert (life.log().start, life.log().end, life.log().bytes) == (5, 5, 0)
    assert life.send(numbered(1)).base_offset == 5
    assert life.kill_and_return().end == 6


def test_records_without_a_time_count_from_when_they_were_written(life: Life) -> None:
    life.log(retention_ms=str(HOUR_MS))
    life.send([Rec(at=-1)])
    life.tidy()
    assert life.log().start == 0  # its file has just been written, by the real clock, which is far ahead of the test's or behind it
    life.now_ms = life.path("00000000000000000000.log").stat().st_mtime_ns // 1_000_000 + HOUR_MS + 1000
    life.tidy()
    assert life.log().start == 1


def test_what_is_beyond_retention_bytes_goes_oldest_first(life: Life) -> None:
    _filled(life, retention_bytes="5000", retention_ms="-1")
    before = life.log().bytes
    life.tidy()
    log = life.log()
    assert 5000 <= log.bytes < before
    assert log.bytes - log.segments.oldest.size < 5000
    assert log.start == log.segments.oldest.base > 0


def test_nothing_goes_without_limits_nor_by_the_delete_policy_from_a_compacted_topic(life: Life) -> None:
    _filled(life, retention_ms="-1")
    life.now_ms += 10_000 * HOUR_MS
    life.tidy()
    assert life.log().start == 0
    life.logs.set_configs(
        TOPIC, {"cleanup.policy": "compact", "retention.ms": "1", "retention.bytes": "1", "min.cleanable.dirty.ratio": "1"}
    )
    life.tidy()
    assert life.log().start == 0


def test_a_segment_is_rolled_once_it_is_old_enough(life: Life) -> None:
    life.log(segment_ms="60000")
    life.send(numbered(2))
    life.tidy()
    assert len(life.log().segments) == 1
    life.now_ms += 60_001
    life.tidy()
    assert len(life.log().segments) == 2
    life.tidy()
    assert len(life.log().segments) == 2
    assert life.send(numbered(1)).base_offset == 2


def test_a_segment_is_rolled_where_records_lie_too_far_apart_in_time(life: Life) -> None:
    life.log(segment_ms="60000")
    life.send([Rec(at=NOW_MS - 200_000)])
    life.send([Rec(at=NOW_MS - 150_000)])
    life.send([Rec(at=NOW_MS)])
    assert life.log().segments.bases == [0, 2]


def test_a_good_end_and_a_start_roll_nothing(life: Life) -> None:
    life.log(segment_ms="60000")
    life.now_ms = now()
    life.send([Rec(at=life.now_ms)])
    life.close_and_return()
    life.tidy()
    assert len(life.log().segments) == 1


def test_records_before_an_offset_are_deleted_for_good(life: Life) -> None:
    _filled(life)
    log = life.log()
    assert log.delete_before(7) == 7
    assert log.start == 7
    assert [one.offset for one in life.records()][:1] == [7]
    with pytest.raises(LogFault) as caught:
        log.read(6, 1000, below=20, at_least_one=True)
    assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE
    assert log.delete_before(3) == 7
    assert life.kill_and_return().start == 7
    assert life.log().segments.oldest.base == 6
    assert life.log().delete_before(-1) == 20
    assert life.close_and_return().start == 20
    assert life.records() == []


@pytest.mark.parametrize("offset", [21, -2, 1 << 62])
def test_offsets_beyond_the_log_cannot_be_deleted(life: Life, offset: int) -> None:
    _filled(life)
    with pytest.raises(LogFault) as caught:
        life.log().delete_before(offset)
    assert caught.value.code is ErrorCode.OFFSET_OUT_OF_RANGE


def test_records_of_a_compacted_topic_cannot_be_deleted(life: Life) -> None:
    life.log(cleanup_policy="compact")
    life.send(numbered(2))
    with pytest.raises(LogFault) as caught:
        life.log().delete_before(1)
    assert caught.value.code is ErrorCode.POLICY_VIOLATION


def test_an_open_transaction_in_deleted_records_holds_nobody_below_the_start(life: Life) -> None:
    life.send(numbered(3), By(7, 0, 0, transactional=True))
    life.send(numbered(3))
    life.log().delete_before(5)
    assert life.log().stable == 5


def test_a_topics_files_go_little_by_little_and_its_name_is_free_at_once(life: Life) -> None:
    _filled(life)
    topic = life.logs.topics[TOPIC]
    life.logs.delete(TOPIC)
    log = life.log()
    assert life.logs.topics[TOPIC].id != topic.id
    assert (log.start, log.end) == (0, 0)
    life.send(numbered(1))
    with pytest.raises(LogFault) as caught:
        topic.partitions[0].append(b"", now_ms=NOW_MS)
    assert caught.value.code in {ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.INVALID_RECORD}
    life.tidy()
    assert sorted(path.name for path in life.folder.iterdir() if path.is_dir()) == [f"{TOPIC}-0"]
    assert len(life.records()) == 1


def test_a_deletion_that_was_interrupted_is_completed_by_the_next_start(life: Life) -> None:
    _filled(life)
    catalogue = life.logs._catalogue
    assert catalogue is not None
    catalogue.going(TOPIC)
    life.logs._files.close()
    catalogue.close()
    life = Life(life.folder)
    assert life.logs.topics == {}
    life.tidy()
    assert [path for path in life.folder.iterdir() if path.is_dir()] == []
    assert Life.log(life).end == 0
    life.logs.close()


def test_topics_and_what_is_changed_of_them_survive(life: Life) -> None:
    made = life.logs.create("a.b-c_1", 3, {"retention.ms": "5"})
    life.logs.grow("a.b-c_1", 5)
    life.logs.set_configs("a.b-c_1", {"cleanup.policy": "compact"})
    life.logs.create("__consumer_offsets", 1, {})
    life.kill_and_return()
    kept = life.logs.topics["a.b-c_1"]
    assert (kept.id, kept.configs, len(kept.partitions), kept.internal) == (made.id, {"cleanup.policy": "compact"}, 5, False)
    assert kept.partitions[4].settings.compacts
    assert life.logs.topics["__consumer_offsets"].internal
    with pytest.raises(LogFault) as caught:
        life.logs.create("a.b-c_1", 1, {})
    assert caught.value.code is ErrorCode.TOPIC_ALREADY_EXISTS


def test_files_that_differ_in_case_only_are_refused_where_the_disk_cannot_tell(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_FOLDS_CASE", True)
    life.logs.create("Orders", 1, {})
    with pytest.raises(LogFault) as caught:
        life.logs.create("orders", 1, {})
    assert caught.value.code is ErrorCode.INVALID_TOPIC_EXCEPTION


def test_one_step_of_care_is_short_and_the_next_round_waits(life: Life) -> None:
    life.logs.create("many", 3000, {})
    for log in life.logs.topics["many"].partitions[::300]:
        log.append(batch(numbered(1)), now_ms=NOW_MS)
    steps = 1
    while life.logs.tidy(NOW_MS):
        steps += 1
    assert steps < 100
    assert life.logs._round is None
    assert not life.logs.tidy(NOW_MS + logs.ROUND_MS - 1)
    assert life.logs._round is None
