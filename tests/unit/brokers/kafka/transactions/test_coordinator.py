"""The transactions' coordinator over a real folder of logs: epochs, fences, retries, and what a restart finds."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server.brokers.kafka.broker import Broker
from embedded_server.brokers.kafka.coordinators import Coordinators
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.records import Committed, Place
from embedded_server.brokers.kafka.groups.values import Caller
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.logs import Logs
from embedded_server.brokers.kafka.transactions.transaction import LAST_EPOCH, State, TransactionFault

NAME = "payments"
ORDERS = ("orders", 0)
OFFSETS = ("__consumer_offsets", 0)


class HandClock:
    """Shows what the test says."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time


class Node:
    """A broker's coordinators; `killed` gives those of its next life."""

    def __init__(self, folder: Path, clock: HandClock) -> None:
        self.folder, self.clock = folder, clock
        self.later: Node | None = None
        self.logs = Logs(folder)
        self.logs.open()
        if "orders" not in self.logs.topics:
            self.logs.create("orders", 1, {})
        self.broker = Broker(self.logs, clock=clock)
        self.coordinators = Coordinators(self.broker)
        self.coordinators.groups_topic.make()
        self.transactions = self.coordinators.transactions

    def killed(self) -> "Node":
        copy = self.folder.with_name(f"{self.folder.name}-again")
        shutil.copytree(self.folder, copy)  # what a killed process leaves
        self.later = Node(copy, self.clock)
        return self.later

    def close(self) -> None:
        self.broker.close()
        if self.later is not None:
            self.later.close()

    def state(self) -> State:
        return self.transactions.all[NAME].state

    def wait(self, seconds: float) -> None:
        self.clock.time += seconds
        self.broker.timers.run_due()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path / "logs", HandClock())
    yield made
    made.close()


def code_of(caught: pytest.ExceptionInfo[TransactionFault]) -> ErrorCode:
    return caught.value.code


def test_ids_are_never_given_twice_over_restarts(node: Node) -> None:
    first = [node.transactions.new_producer()[0] for _ in range(3)]
    assert node.killed().transactions.new_producer()[0] > max(first)


def test_a_producer_that_comes_back_gets_the_next_epoch_and_the_old_one_is_fenced(node: Node) -> None:
    old = node.transactions.init_producer(NAME, 60_000, None)
    new = node.transactions.init_producer(NAME, 60_000, None)
    assert new == (old[0], old[1] + 1)
    with pytest.raises(TransactionFault) as caught:
        node.transactions.add(NAME, old, [ORDERS])
    assert code_of(caught) is ErrorCode.PRODUCER_FENCED


def test_coming_back_aborts_what_was_open(node: Node) -> None:
    old = node.transactions.init_producer(NAME, 60_000, None)
    node.transactions.add(NAME, old, [ORDERS])
    with pytest.raises(TransactionFault) as caught:
        node.transactions.init_producer(NAME, 60_000, None)
    assert code_of(caught) is ErrorCode.CONCURRENT_TRANSACTIONS
    assert node.state() is State.COMPLETE_ABORT
    assert node.transactions.init_producer(NAME, 60_000, None) == (old[0], old[1] + 2)


def test_a_producer_may_ask_twice_for_its_next_epoch(node: Node) -> None:
    producer = node.transactions.init_producer(NAME, 60_000, None)
    once = node.transactions.init_producer(NAME, 60_000, producer)
    assert node.transactions.init_producer(NAME, 60_000, producer) == once == (producer[0], producer[1] + 1)


def test_used_up_epochs_give_a_new_id(node: Node) -> None:
    first = node.transactions.init_producer(NAME, 60_000, None)
    node.transactions.all[NAME].epoch = LAST_EPOCH
    second = node.transactions.init_producer(NAME, 60_000, None)
    assert second[0] != first[0]
    assert second[1] == 0


def test_ending_twice_is_answered_alike_and_ending_otherwise_is_refused(node: Node) -> None:
    producer = node.transactions.init_producer(NAME, 60_000, None)
    node.transactions.add(NAME, producer, [ORDERS])
    node.transactions.end(NAME, producer, commit=True)
    node.transactions.end(NAME, producer, commit=True)
    with pytest.raises(TransactionFault) as caught:
        node.transactions.end(NAME, producer, commit=False)
    assert code_of(caught) is ErrorCode.INVALID_TXN_STATE


def test_only_added_partitions_may_be_written_to(node: Node) -> None:
    producer = node.transactions.init_producer(NAME, 60_000, None)
    assert not node.transactions.may_begin(*ORDERS, *producer)
    node.transactions.add(NAME, producer, [ORDERS])
    assert node.transactions.may_begin(*ORDERS, *producer)
    assert not node.transactions.may_begin("orders", 1, *producer)
    node.transactions.end(NAME, producer, commit=True)
    node.transactions.init_producer(NAME, 60_000, None)
    with pytest.raises(LogFault) as caught:
        node.transactions.may_begin(*ORDERS, *producer)
    assert caught.value.code is ErrorCode.INVALID_PRODUCER_EPOCH


@pytest.mark.parametrize("restarts", [False, True])
def test_a_transaction_over_its_time_is_aborted_and_its_producer_fenced(node: Node, restarts: bool) -> None:
    producer = node.transactions.init_producer(NAME, 60_000, None)
    node.transactions.add(NAME, producer, [ORDERS])
    if restarts:
        node = node.killed()
    assert node.state() is State.ONGOING
    node.wait(61)
    assert node.state() is State.COMPLETE_ABORT
    with pytest.raises(TransactionFault) as caught:
        node.transactions.end(NAME, producer, commit=True)
    assert code_of(caught) is ErrorCode.PRODUCER_FENCED


def test_a_transaction_lasts_no_longer_where_the_clock_was_put_back_before_a_restart(node: Node) -> None:
    node.transactions.add(NAME, node.transactions.init_producer(NAME, 60_000, None), [ORDERS])
    node.clock.time -= 900
    again = node.killed()
    again.wait(61)
    assert again.state() is State.COMPLETE_ABORT


@pytest.mark.parametrize("commit", [True, False])
def test_offsets_of_a_transaction_count_once_it_is_committed(node: Node, commit: bool) -> None:
    producer = node.transactions.init_producer(NAME, 60_000, None)
    node.transactions.add(NAME, producer, [OFFSETS])
    place = Place(*ORDERS)
    node.coordinators.groups.commit_later(Caller("readers"), {place: Committed(7, -1, "", 1)}, producer, None)
    again = node.killed()
    offsets = again.coordinators.groups.offsets
    assert offsets.get("readers", place) is None
    assert offsets.is_unstable("readers", place)
    again.transactions.end(NAME, producer, commit=commit)
    for one in (again, again.killed()):
        found = one.coordinators.groups.offsets.get("readers", place)
        assert (found is not None) is commit
        assert not one.coordinators.groups.offsets.is_unstable("readers", place)


def test_a_prepared_transaction_is_completed_by_the_next_life(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    producer = node.transactions.init_producer(NAME, 60_000, None)
    node.transactions.add(NAME, producer, [ORDERS])
    with monkeypatch.context() as patched:
        patched.setattr(node.transactions, "_complete", lambda found: None)
        node.transactions.end(NAME, producer, commit=True)
    assert node.state() is State.PREPARE_COMMIT
    assert node.killed().state() is State.COMPLETE_COMMIT


def test_offsets_are_forgotten_a_week_after_the_last_of_a_group_has_gone(node: Node) -> None:
    groups, day = node.coordinators.groups, 24 * 3600.0
    place, other = Place(*ORDERS), Place("orders", 1)
    groups.commit(Caller("readers"), {place: Committed(7, -1, "", groups.now_ms)})
    node.wait(4 * day)
    groups.commit(Caller("readers"), {other: Committed(8, -1, "", groups.now_ms)})
    node.wait(3 * day - 3600)
    assert set(groups.offsets.of("readers")) == {place, other}
    node.wait(2 * 3600)
    assert set(groups.offsets.of("readers")) == {other}, "each goes by when it was committed"
    node.wait(4 * day)
    assert "readers" not in groups.all, "and with the last one the group"
    again = node.killed().coordinators.groups
    assert ("readers" in again.all, again.offsets.of("readers")) == (False, {})


def test_offsets_are_kept_while_a_transaction_is_about_to_change_them(node: Node) -> None:
    groups, week = node.coordinators.groups, 7 * 24 * 3600.0
    place = Place(*ORDERS)
    groups.commit(Caller("readers"), {place: Committed(7, -1, "", groups.now_ms)})
    node.clock.time += week + 3600
    producer = node.transactions.init_producer(NAME, 60_000, None)
    node.transactions.add(NAME, producer, [OFFSETS])
    groups.commit_later(Caller("readers"), {place: Committed(8, -1, "", groups.now_ms)}, producer, None)
    groups._expire()
    assert set(groups.offsets.of("readers")) == {place}
    node.transactions.end(NAME, producer, commit=True)
    groups._expire()
    found = groups.offsets.get("readers", place)
    assert found is not None
    assert found.offset == 8


def test_an_offset_with_a_time_of_its_own_goes_then(node: Node) -> None:
    groups = node.coordinators.groups
    groups.commit(Caller("readers"), {Place(*ORDERS): Committed(7, -1, "", groups.now_ms, groups.now_ms + 2 * 3600 * 1000)})
    node.wait(3600)
    assert groups.offsets.get("readers", Place(*ORDERS)) is not None
    node.wait(3700)
    assert "readers" not in groups.all


def test_a_transactional_id_that_nobody_uses_for_a_week_is_forgotten_unless_its_transaction_is_open(node: Node) -> None:
    used = node.transactions.init_producer("used", 15 * 60_000, None)
    node.transactions.init_producer(NAME, 60_000, None)
    node.clock.time += 7 * 24 * 3600.0
    node.transactions.add("used", used, [ORDERS])
    node.broker.timers.run_due()
    assert set(node.transactions.all) == {"used"}
    assert set(node.killed().transactions.all) == {"used"}
