"""Compaction against a simple model: the newest of each key stays where it was, nothing that somebody still needs goes."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_server.brokers.kafka.log import care, compaction
from embedded_server.brokers.kafka.log import state as states
from embedded_server.brokers.kafka.log.batch import header_at, headers_in
from embedded_server.brokers.kafka.log.records import marker_of, records_of
from embedded_server.brokers.kafka.log.segment import Segment
from tests.helpers.kafka_batches import GZIP, LZ4, NOW_MS, SNAPPY, ZSTD, By, Rec, numbered
from tests.unit.brokers.kafka.log.life import TOPIC, Life, all_of

DAY_MS = 86_400_000
CONFIGS = {"cleanup_policy": "compact", "segment_bytes": "900", "min_cleanable_dirty_ratio": "0.01", "segment_ms": str(100 * DAY_MS)}
Sent = tuple[int, bytes | None, bytes | None]

RECORDS = st.lists(
    st.tuples(st.sampled_from([b"a", b"b", b"a long key that is kept as a digest", b"d"]), st.sampled_from([b"1" * 40, b"2", None])),
    min_size=1,
    max_size=5,
)
BATCHES = st.lists(st.tuples(RECORDS, st.sampled_from([0, GZIP, SNAPPY, LZ4, ZSTD])), min_size=1, max_size=40)


def _visible(life: Life) -> list[Sent]:
    return [(one.offset, one.key, one.value) for one in life.records()]


def _newest(sent: list[Sent], below: int) -> dict[bytes | None, int]:
    """The newest offset of each key in what was compacted."""
    return {key: offset for offset, key, _ in sent if offset < below}


@settings(max_examples=30)
@given(BATCHES, st.integers(1, 100), st.booleans())
def test_the_newest_of_each_key_stays(batches: list[tuple[list[tuple[bytes, bytes | None]], int]], max_keys: int, killed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(care, "MAX_KEYS", max_keys)
        life = Life(Path(folder))
        log = life.log(**CONFIGS)
        sent: list[Sent] = []
        for recs, codec in batches:
            sent += [(len(sent) + number, *rec) for number, rec in enumerate(recs)]
            life.send([Rec(*rec) for rec in recs], codec=codec)
        for _ in range(len(sent) + 1):
            life.tidy()
        below = log.segments.active.base
        assert log.state.cleaned in {0, below}
        newest = _newest(sent, below)
        expected = [one for one in sent if one[0] >= below or newest[one[1]] == one[0]]
        assert _visible(life) == expected
        assert (log.start, log.end) == (0, len(sent))
        if killed:
            life.kill_and_return()
            assert _visible(life) == expected
        life.now_ms += 2 * DAY_MS
        for number in range(8):  # something new, so that there is a reason for another round
            life.send([Rec(b"new%d" % number, bytes(400), life.now_ms)])
        life.tidy()
        life.tidy()
        gone = {one[0] for one in expected if one[0] < below and one[2] is None}
        assert not gone & {one[0] for one in _visible(life)}
        assert {one[0] for one in expected if one[0] < below} - gone <= {one[0] for one in _visible(life)} | {
            one[0] for one in expected if newest.get(one[1]) != _newest(sent, len(sent))[one[1]]
        }
        life.logs.close()


TRANSACTIONS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 9)), max_size=3),
        st.sampled_from(["commit", "abort", "go on"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=30)
@given(TRANSACTIONS, st.booleans())
def test_what_a_reader_of_committed_records_sees_last_of_each_key_stays(
    steps: list[tuple[int, list[tuple[bytes, int]], str]], killed: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        log = life.log(**CONFIGS)
        numbers = dict.fromkeys((1, 2, 3), 0)
        for producer, recs, end in steps:
            if recs:
                life.send([Rec(key, b"%d" % value * 60) for key, value in recs], By(producer, 0, numbers[producer], transactional=True))
                numbers[producer] += len(recs)
            if end != "go on":
                log.append_marker(producer, 0, commit=end == "commit", coordinator_epoch=0, now_ms=life.now_ms)
        before = _committed(life)
        end_before, stable_before = log.end, log.stable
        for _ in range(3):
            life.tidy()
            if killed:
                log = life.kill_and_return()
            after = _committed(life)
            assert (log.end, log.stable) == (end_before, stable_before)
            assert {key: (offset, value) for offset, key, value in after} == {key: (offset, value) for offset, key, value in before}
            assert set(after) <= set(before)
            life.now_ms += 2 * DAY_MS
            for producer in numbers:  # their numbers go on, whatever was compacted
                again = life.send([Rec(b"z%d" % producer, b"x", life.now_ms)], By(producer, 0, numbers[producer], transactional=True))
                assert not again.duplicate
                numbers[producer] += 1
                log.append_marker(producer, 0, commit=True, coordinator_epoch=0, now_ms=life.now_ms)
            before, end_before, stable_before = _committed(life), log.end, log.stable
        life.logs.close()


def _committed(life: Life) -> list[Sent]:
    """What a consumer with isolation.level=read_committed sees, by the protocol's rules."""
    log = life.log()
    waiting = sorted(log.aborted(log.start, log.stable), key=lambda one: one.first_offset)
    aborting: set[int] = set()
    found: list[Sent] = []
    for chunk in all_of(log):
        for position, header in headers_in(chunk):
            if header.base_offset >= log.stable:
                return found
            while waiting and waiting[0].first_offset <= header.last_offset:
                aborting.add(waiting.pop(0).producer_id)
            content = chunk[position : position + header.size]
            if header.is_control:
                marker = marker_of(content)
                if marker is not None and not marker.commit:
                    aborting.discard(header.producer_id)
            elif not (header.is_transactional and header.producer_id in aborting):
                found += [(header.base_offset + one.offset_delta, one.key, one.value) for one in records_of(content)]
    return found


def _small(life: Life, **configs: str) -> None:
    life.log(**CONFIGS | configs)


def _closed(life: Life, *recs: Rec, by: By | None = None) -> None:
    """A segment of its own for these records."""
    life.send(list(recs), by)
    life.log().roll(life.now_ms)


def test_tombstones_stay_for_a_day_and_then_go(life: Life) -> None:
    _small(life)
    _closed(life, Rec(b"a", b"1"), Rec(b"b", b"1"))
    _closed(life, Rec(b"a", None, NOW_MS - 5))
    life.tidy()
    assert _visible(life) == [(1, b"b", b"1"), (2, b"a", None)]
    assert [one.at for one in life.records()] == [NOW_MS, NOW_MS - 5]
    life.now_ms += DAY_MS - 1
    _closed(life, Rec(b"c", b"1"))
    life.tidy()
    assert (2, b"a", None) in _visible(life)
    life.now_ms += 2
    _closed(life, Rec(b"d", b"1"))
    life.tidy()
    assert [key for _, key, _ in _visible(life)] == [b"b", b"c", b"d"]


def test_young_records_and_open_transactions_keep_compaction_away(life: Life) -> None:
    _small(life, min_compaction_lag_ms="60000")
    _closed(life, Rec(b"a", b"1"))
    _closed(life, Rec(b"a", b"2", NOW_MS + 50_000))
    _closed(life, Rec(b"a", b"3"), by=By(7, 0, 0, transactional=True))
    life.now_ms += 70_000
    life.tidy()
    assert life.log().state.cleaned == 1
    life.now_ms += 70_000
    life.tidy()
    assert [value for _, _, value in _visible(life)] == [b"2", b"3"]
    assert life.log().state.cleaned == 2


def test_compaction_waits_until_enough_is_new_or_old_enough(life: Life) -> None:
    _small(life, min_cleanable_dirty_ratio="0.5", max_compaction_lag_ms=str(DAY_MS))
    for number in range(8):
        _closed(life, Rec(b"%d" % number, bytes(200)))
    life.tidy()
    assert life.log().state.cleaned == 8
    _closed(life, Rec(b"0", b"new"))
    life.tidy()
    assert life.log().state.cleaned == 8
    life.now_ms += DAY_MS + 1
    life.tidy()
    assert life.log().state.cleaned == 9
    assert (0, b"0", bytes(200)) not in _visible(life)


def test_small_segments_are_put_together(life: Life) -> None:
    _small(life, segment_bytes="4000")
    for number in range(30):
        _closed(life, Rec(b"%d" % number, b"v"))
    assert len(life.log().segments) == 31
    life.tidy()
    assert len(life.log().segments) < 4
    assert len(life.records()) == 30
    assert life.log().read(17, 1000, below=30, at_least_one=True)


def test_numbers_of_a_producer_whose_records_are_all_gone_are_still_known(life: Life) -> None:
    _small(life)
    _closed(life, Rec(b"a", b"1"), Rec(b"a", b"2"), by=By(7, 4, 0))
    _closed(life, Rec(b"a", b"3"))
    life.tidy()
    assert [value for _, _, value in _visible(life)] == [b"3"]
    assert any(header_at(chunk).producer_id == 7 and header_at(chunk).records == 0 for chunk in all_of(life.log(), at_once=1))
    for name in life.files:
        if name.endswith(".snapshot"):
            life.path(name).unlink()
    life.kill_and_return()
    assert life.send([Rec(b"a", b"4")], By(7, 4, 2)).base_offset == 3


def _markers(life: Life) -> list[int]:
    return [one.header.base_offset for chunk in all_of(life.log()) for one in headers_in(chunk) if one.header.is_control]


def test_a_marker_stays_for_a_day_after_the_last_record_of_its_transaction_went(life: Life) -> None:
    _small(life)
    for number, commit in enumerate((True, False, True)):
        life.send([Rec(b"a", b"%d" % number)], By(7, 0, number, transactional=True))
        life.log().append_marker(7, 0, commit=commit, coordinator_epoch=0, now_ms=life.now_ms)
    _closed(life, Rec(b"b", b"x"))
    life.tidy()
    assert [value for _, _, value in _visible(life)] == [b"2", b"x"]
    assert _markers(life) == [1, 3, 5]
    for days, left in ((1, [1, 3, 5]), (1, [5]), (1, [5])):
        life.now_ms += days * DAY_MS + 1
        _closed(life, Rec(b"b", b"x"))
        life.tidy()
        assert _markers(life) == left
    assert [value for _, _, value in _visible(life)] == [b"2", b"x"]


def test_a_marker_goes_though_an_earlier_transaction_of_its_producer_stays(life: Life) -> None:
    _small(life)
    for number, key in enumerate((b"stays", b"a", b"a")):
        life.send([Rec(key, b"%d" % number)], By(7, 0, number, transactional=True))
        life.log().append_marker(7, 0, commit=True, coordinator_epoch=0, now_ms=life.now_ms)
    for _ in range(4):
        _closed(life, Rec(b"b", b"x"))
        life.tidy()
        life.now_ms += DAY_MS + 1
    assert _markers(life) == [1, 5]


def test_markers_go_once_nothing_is_left_of_their_transactions(life: Life) -> None:
    _small(life)
    life.send(numbered(2), By(7, 0, 0, transactional=True))
    life.log().append_marker(7, 0, commit=False, coordinator_epoch=0, now_ms=life.now_ms)
    life.send([Rec(b"k0", b"ok")], By(7, 0, 2, transactional=True))
    life.log().append_marker(7, 0, commit=True, coordinator_epoch=0, now_ms=life.now_ms)
    for _ in range(4):
        _closed(life, Rec(b"more%d" % life.now_ms, b"v", life.now_ms))
        life.tidy()
        life.now_ms += DAY_MS + 1
    assert _markers(life) == [4]
    assert next(one.key for one in life.records()) == b"k0"


@pytest.mark.parametrize("moment", ["written", "announced", "half in place", "in place"])
def test_a_crash_in_the_midst_of_it_loses_nothing(life: Life, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    _small(life)
    for number in range(12):
        life.send([Rec(b"%d" % (number % 3), bytes(300))], By(7, 0, number))
    expected = {key: offset for offset, key, _ in _visible(life)}

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    def half(_files: object, _folder: object, state: states.State) -> None:
        _half(life, state)
        die()

    with monkeypatch.context() as patched:
        if moment == "written":
            patched.setattr(compaction, "_put_in_place", die)
            patched.setattr(Segment, "remove", lambda _: None)
        elif moment == "announced":
            patched.setattr(compaction, "complete_swap", die)
            patched.setattr(Segment, "remove", lambda _: None)
        elif moment == "half in place":
            patched.setattr(compaction, "complete_swap", half)
            patched.setattr(Segment, "remove", lambda _: None)
        else:
            patched.setattr(states.State, "save", _dies_without_swap(die))
        with pytest.raises(Killed):
            life.tidy()
    life.kill_and_return()
    assert {key: offset for offset, key, _ in _visible(life)} == expected
    assert life.log().end == 12
    assert not [name for name in life.files if name.endswith(".cleaned")]
    life.tidy()
    assert {key: offset for offset, key, _ in _visible(life)} == expected
    assert life.send([Rec()], By(7, 0, 12)).base_offset == 12


def _half(life: Life, state: states.State) -> None:
    """Of the files that are to be put in place the first is; of those that are to go one is gone."""
    swap = state.swap
    assert swap is not None
    name = f"{swap.base:020}.log"
    life.path(name + ".cleaned").replace(life.path(name))
    life.path(f"{swap.replaces[-1]:020}.log").unlink()


def _dies_without_swap(die: object) -> object:
    real = states.State.save

    def save(self: states.State, folder: str) -> None:
        if self.swap is None:
            assert callable(die)
            die()
        real(self, folder)

    return save


def test_a_log_that_is_trimmed_or_deleted_meanwhile_is_left_alone(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "RECORDS_A_STEP", 1)
    for end in ("trim", "delete"):
        life.log(**CONFIGS | {"cleanup_policy": "compact,delete", "retention_ms": "-1"})
        for number in range(12):
            life.send([Rec(b"%d" % (number % 3), bytes(300))])
        log = life.log()
        steps = compaction.compacted(log, life.now_ms, max_keys=100)
        for _ in range(10):
            next(steps)
        if end == "trim":
            log.delete_before(7)
        else:
            life.logs.delete(TOPIC)
        assert list(steps) == []
        if end == "trim":
            assert [one[0] for one in _visible(life)] == [7, 8, 9, 10, 11]
            assert not [name for name in life.files if name.endswith(".cleaned")]
            life.logs.delete(TOPIC)


def test_what_a_producer_commits_after_a_round_takes_the_place_of_older_values_though_it_aborted_before(life: Life) -> None:
    _small(life)
    by = By(7, 0, 0, transactional=True)
    _closed(life, Rec(b"a", b"old"))
    life.send([Rec(b"b", b"aborted")], by)
    life.log().append_marker(7, 0, commit=False, coordinator_epoch=0, now_ms=life.now_ms)
    life.log().roll(life.now_ms)
    life.tidy()
    assert life.log().state.cleaned == 3
    life.send([Rec(b"a", b"new")], replace(by, sequence=1))
    life.log().append_marker(7, 0, commit=True, coordinator_epoch=0, now_ms=life.now_ms)
    life.log().roll(life.now_ms)
    life.tidy()
    assert [(key, value) for _, key, value in _committed(life)] == [(b"a", b"new")]
