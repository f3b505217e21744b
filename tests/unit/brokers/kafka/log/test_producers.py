"""Producers that number their batches: what was there before, what is missing, who is fenced, what a transaction keeps back."""

import pytest

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.answers import Aborted
from embedded_server.brokers.kafka.log.batch import MAX_SEQUENCE, header_at
from embedded_server.brokers.kafka.log.faults import LogFault
from tests.helpers.kafka_batches import NOW_MS, By, batch, numbered
from tests.unit.brokers.kafka.log.life import Life, all_of

DAY_MS = 86_400_000


def _refusal(life: Life, count: int, by: By) -> ErrorCode:
    with pytest.raises(LogFault) as caught:
        life.send(numbered(count), by)
    return caught.value.code


def _mark(life: Life, producer: int, epoch: int = 0, *, commit: bool = True, coordinator: int = 0) -> int:
    return life.log().append_marker(producer, epoch, commit=commit, coordinator_epoch=coordinator, now_ms=life.now_ms)


def test_a_batch_sent_again_is_answered_with_where_it_is(life: Life) -> None:
    for number in range(6):
        life.send(numbered(2), By(7, 0, number * 2))
    for number in range(1, 6):
        again = life.send(numbered(2), By(7, 0, number * 2))
        assert (again.duplicate, again.base_offset, again.last_offset) == (True, number * 2, number * 2 + 1)
    assert life.log().end == 12


def test_one_older_than_the_last_five_is_out_of_order(life: Life) -> None:
    for number in range(6):
        life.send(numbered(1), By(7, 0, number))
    assert _refusal(life, 1, By(7, 0, 0)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


@pytest.mark.parametrize("sequence", [4, 1, 0])
def test_a_gap_or_a_step_back_is_out_of_order(life: Life, sequence: int) -> None:
    life.send(numbered(3), By(7, 0, 0))
    assert _refusal(life, 2, By(7, 0, sequence)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert life.send(numbered(2), By(7, 0, 3)).base_offset == 3


def test_a_producer_nobody_knows_may_begin_anywhere(life: Life) -> None:
    assert life.send(numbered(1), By(7, 3, 55)).base_offset == 0


def test_numbers_go_on_at_zero_behind_the_largest(life: Life) -> None:
    life.send(numbered(2), By(7, 0, MAX_SEQUENCE - 2))
    life.send(numbered(3), By(7, 0, MAX_SEQUENCE))
    assert life.send(numbered(3), By(7, 0, MAX_SEQUENCE)).duplicate
    assert life.send(numbered(1), By(7, 0, 2)).base_offset == 5
    assert life.log().producers()[0].last_sequence == 2


def test_an_old_epoch_is_fenced_and_a_new_one_begins_at_zero(life: Life) -> None:
    life.send(numbered(1), By(7, 4, 0))
    assert _refusal(life, 1, By(7, 3, 1)) is ErrorCode.INVALID_PRODUCER_EPOCH
    assert _refusal(life, 1, By(7, 5, 1)) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert life.send(numbered(1), By(7, 5, 0)).base_offset == 1
    assert _refusal(life, 1, By(7, 4, 1)) is ErrorCode.INVALID_PRODUCER_EPOCH


def test_batches_of_one_request_follow_one_another(life: Life) -> None:
    good = batch(numbered(2), By(7, 0, 0)) + batch(numbered(2), By(7, 0, 2))
    assert life.log().append(good, now_ms=NOW_MS).last_offset == 3
    with pytest.raises(LogFault):
        life.log().append(batch(numbered(1), By(7, 0, 4)) + batch(numbered(1), By(7, 0, 9)), now_ms=NOW_MS)
    assert life.log().end == 4


@pytest.mark.parametrize("end", ["kill", "close", "roll", "second start"])
def test_what_is_known_of_producers_survives(life: Life, end: str) -> None:
    for number in range(5):
        life.send(numbered(1), By(7, 2, number))
    life.send(numbered(1), By(8, 0, 0, transactional=True))
    if end == "roll":
        life.log().roll(NOW_MS)
    if end in {"close", "second start"}:
        life.close_and_return()
    if end == "second start":
        life.log().open()
    life.kill_and_return()
    assert [life.send(numbered(1), By(7, 2, number)).base_offset for number in range(5)] == [0, 1, 2, 3, 4]
    assert _refusal(life, 1, By(7, 1, 5)) is ErrorCode.INVALID_PRODUCER_EPOCH
    assert life.log().stable == 5
    assert life.send(numbered(1), By(7, 2, 5)).base_offset == 6


def test_a_producer_unused_for_a_day_is_forgotten_unless_its_transaction_is_open(life: Life) -> None:
    life.send(numbered(1), By(7, 0, 0))
    life.send(numbered(1), By(8, 0, 0, transactional=True))
    life.now_ms += DAY_MS + 1
    life.tidy()
    assert [one.producer_id for one in life.log().producers()] == [8]


def test_of_very_many_producers_those_unused_for_longest_are_forgotten(life: Life) -> None:
    for producer in range(20):
        life.send(numbered(1, at=NOW_MS + producer % 7), By(producer, 0, 0, transactional=producer == 0))
    life.log().known.forget(0, 5)
    assert {one.producer_id for one in life.log().producers()} == {0, 6, 12, 13, 19}  # and 5, were there room for one more


def test_the_stable_offset_waits_for_the_oldest_open_transaction(life: Life) -> None:
    life.send(numbered(2))
    life.send(numbered(1), By(7, 0, 0, transactional=True))
    life.send(numbered(1), By(8, 0, 0, transactional=True))
    log = life.log()
    assert (log.stable, log.end) == (2, 4)
    assert log.read(2, 1000, below=log.stable, at_least_one=True) == []
    assert len(log.read(0, 1000, below=log.stable, at_least_one=True)) == 1
    assert _mark(life, 7) == 4
    assert log.stable == 3
    assert _mark(life, 8) == 5
    assert log.stable == log.end == 6


def test_aborted_transactions_are_told_to_whom_they_concern(life: Life) -> None:
    life.send(numbered(2), By(7, 0, 0, transactional=True))
    life.send(numbered(1), By(8, 0, 0, transactional=True))
    _mark(life, 7, commit=False)
    life.send(numbered(1), By(7, 0, 2, transactional=True))
    _mark(life, 8)
    _mark(life, 7, commit=False)
    for log in (life.log(), life.close_and_return(), life.kill_and_return()):
        assert log.aborted(0, log.end) == [Aborted(7, 0), Aborted(7, 4)]
        assert log.aborted(0, 4) == [Aborted(7, 0)]
        assert log.aborted(4, log.end) == [Aborted(7, 4)]
        assert log.aborted(7, log.end) == []


def test_aborted_transactions_are_found_over_many_segments_and_after_a_crash(life: Life) -> None:
    life.log(segment_bytes="400")
    for number in range(40):
        life.send(numbered(3), By(7, 0, number * 3, transactional=True))
        _mark(life, 7, commit=number % 2 == 0)
    expected = [Aborted(7, number * 4) for number in range(40) if number % 2]
    for log in (life.log(), life.kill_and_return(), life.close_and_return()):
        assert log.aborted(0, log.end) == expected
        assert log.aborted(70, 90) == [one for one in expected if one.first_offset + 3 >= 70 and one.first_offset < 90]
    assert sum(name.endswith(".log") for name in life.files) > 5


def test_aborted_transactions_are_told_once_though_a_crash_came_between_two_files(life: Life) -> None:
    for number in range(3):
        life.send(numbered(1), By(7, 0, number, transactional=True))
        _mark(life, 7, commit=False)
        life.log().segments.active.flush()  # and the producers were not yet written
    life.kill_and_return()
    life.send(numbered(1), By(7, 0, 3, transactional=True))
    _mark(life, 7, commit=False)
    assert life.log().aborted(0, 8) == [Aborted(7, 0), Aborted(7, 2), Aborted(7, 4), Aborted(7, 6)]


@pytest.mark.parametrize("harm", ["lost", "torn", "foreign"])
@pytest.mark.parametrize("checkpointed", [True, False])
def test_aborted_transactions_are_found_again_where_their_tables_are_gone(life: Life, harm: str, checkpointed: bool) -> None:
    life.log(segment_bytes="600")
    for number in range(21):
        life.send(numbered(2), By(7, 0, number * 2, transactional=True))
        _mark(life, 7, commit=number % 2 == 0)
    expected = life.log().aborted(0, life.log().end)
    assert len(expected) == 10
    if checkpointed:
        life.log().checkpoint()
    life.logs._files.close()
    tables = [life.path(name) for name in life.files if name.endswith(".txnindex")]
    assert len(tables) > 3
    for path in tables:
        if harm == "lost":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-3] + b"?" if harm == "torn" else b"\x7f" * 34)
    log = life.kill_and_return()
    assert log.aborted(0, log.end) == expected
    assert life.close_and_return().aborted(0, log.end) == expected


def test_the_oldest_open_transaction_is_known_again_whoever_was_seen_first(life: Life) -> None:
    life.send(numbered(1), By(8, 0, 0))
    life.send(numbered(1), By(7, 0, 0, transactional=True))
    life.send(numbered(1), By(8, 0, 1, transactional=True))
    life.close_and_return().open()
    assert life.log().stable == 1
    _mark(life, 7)
    assert life.log().stable == 2


def test_a_transaction_begins_only_where_the_coordinator_knows_of_it(life: Life) -> None:
    asked = []

    def allowed(producer: int, epoch: int) -> bool:
        asked.append((producer, epoch))
        return producer == 7

    for producer, sequence in ((7, 0), (7, 1)):
        life.log().append(batch(numbered(1), By(producer, 0, sequence, transactional=True)), now_ms=NOW_MS, transactional_ok=allowed)
    with pytest.raises(LogFault) as caught:
        life.log().append(batch(numbered(1), By(8, 0, 0, transactional=True)), now_ms=NOW_MS, transactional_ok=allowed)
    assert caught.value.code is ErrorCode.INVALID_TXN_STATE
    assert asked == [(7, 0), (8, 0)]


def test_nobody_writes_outside_of_the_transaction_that_is_open(life: Life) -> None:
    life.send(numbered(1), By(7, 0, 0, transactional=True))
    assert _refusal(life, 1, By(7, 0, 1)) is ErrorCode.INVALID_TXN_STATE


def test_a_marker_fences_older_epochs_and_older_coordinators(life: Life) -> None:
    life.send(numbered(1), By(7, 1, 0, transactional=True))
    _mark(life, 7, 2, coordinator=5)
    assert _refusal(life, 1, By(7, 1, 1, transactional=True)) is ErrorCode.INVALID_PRODUCER_EPOCH
    with pytest.raises(LogFault) as caught:
        _mark(life, 7, 2, coordinator=4)
    assert caught.value.code is ErrorCode.TRANSACTION_COORDINATOR_FENCED
    with pytest.raises(LogFault) as caught:
        _mark(life, 7, 1, coordinator=5)
    assert caught.value.code is ErrorCode.INVALID_PRODUCER_EPOCH
    assert life.send(numbered(1), By(7, 2, 0, transactional=True)).base_offset == 2


def test_the_coordinators_own_batches_have_no_sequence_numbers(life: Life) -> None:
    for _ in range(2):
        life.log().append(batch(numbered(1), By(7, 0, -1, transactional=True)), now_ms=NOW_MS, from_client=False)
    assert life.log().end == 2
    (told,) = life.log().producers()
    assert (told.last_sequence, told.current_txn_start_offset, told.last_timestamp, told.coordinator_epoch) == (-1, 0, NOW_MS, -1)


def test_a_marker_is_a_control_batch_at_the_end_of_the_log(life: Life) -> None:
    _mark(life, 7)
    (chunk,) = all_of(life.log())
    assert header_at(chunk).is_control
    assert life.records() == []
