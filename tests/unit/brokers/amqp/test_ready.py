"""Messages that wait, and their return to where they were."""

from array import array
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.brokers.amqp.message import Entry, Message
from embedded_server.brokers.amqp.pages import Pages
from embedded_server.brokers.amqp.ready import FifoReady, PriorityReady, Ready
from embedded_server.brokers.amqp.segment import Shelf


def entry(number: int, priority: int = 0, body: bytes = b"", *, stored: bool = False) -> Entry:
    message = Message("", "q", b"", body)
    message.id = number
    made = Entry(message, priority)
    made.stored = stored
    return made


def ids(ready: Ready) -> list[int]:
    return [one.message.id for one in ready]


class Kept:
    """What a store has, by number."""

    def __init__(self) -> None:
        self.entries_by_number: dict[int, Entry] = {}

    def entries(self, numbers: Sequence[int]) -> list[Entry]:
        return [self.entries_by_number[number] for number in numbers if number in self.entries_by_number]


@given(st.integers(0, 30), st.data())
def test_requeue_restores_the_order(count: int, data: st.DataObject) -> None:
    ready = FifoReady(Shelf(messages=data.draw(st.integers(1, 10))))
    entries = [entry(number) for number in range(count)]
    for one in entries:
        ready.append(one)
    taken = [ready.popleft() for _ in range(data.draw(st.integers(0, count)))]
    kept = data.draw(st.lists(st.sampled_from(taken), unique=True) if taken else st.just([]))
    ready.requeue(kept)
    waiting = {one.message.id for one in kept} | set(range(len(taken), count))
    assert ids(ready) == sorted(waiting)
    assert len(ready) == len(waiting)


@given(st.lists(st.integers(0, 3), max_size=30), st.data())
def test_requeue_restores_the_order_within_each_priority(priorities: list[int], data: st.DataObject) -> None:
    ready = PriorityReady(3, Shelf(messages=data.draw(st.integers(1, 10))))
    for number, priority in enumerate(priorities):
        ready.append(entry(number, priority))
    before = ids(ready)
    taken = [ready.popleft() for _ in range(data.draw(st.integers(0, len(priorities))))]
    ready.requeue(taken)
    assert ids(ready) == before
    assert len(ready) == len(priorities)


@given(st.lists(st.sampled_from(["append", "pop", "peek", "requeue"]), max_size=80), st.integers(1, 5))
def test_order_and_length_are_those_of_a_plain_list(acts: list[str], messages: int) -> None:
    ready = FifoReady(Shelf(messages=messages))
    plain: list[int] = []
    taken: list[Entry] = []
    for number, act in enumerate(acts):
        if act == "append":
            ready.append(entry(number, body=b"%d" % number))
            plain.append(number)
        elif act == "pop" and plain:
            taken.append(ready.popleft())
            assert taken[-1].message.id == plain.pop(0)
            assert taken[-1].message.body == b"%d" % taken[-1].message.id
        elif act == "peek":
            head = ready.peek()
            assert (head.message.id if head else None) == (plain[0] if plain else None)
        elif act == "requeue":
            ready.requeue(taken)
            plain = sorted([*plain, *(one.message.id for one in taken)])
            taken = []
        assert len(ready) == len(plain)
    assert ids(ready) == plain


def test_discarding_tells_what_the_store_has_and_frees_the_memory() -> None:
    pages = Pages()
    ready = FifoReady(Shelf(pages, messages=3))
    for number in range(20):
        ready.append(entry(number, stored=number % 2 == 0))
    assert pages.memory_bytes > 0
    assert list(ready.discard()) == [0, 2, 18, *range(4, 18, 2)]
    assert (len(ready), pages.memory_bytes, ids(ready)) == (0, 0, [])


def test_restored_messages_come_before_new_ones_and_are_read_only_in_their_turn() -> None:
    kept = Kept()
    ready = FifoReady(Shelf(kept=kept, messages=2))
    ready.restore(array("Q", range(1, 6)), array("Q", [10] * 5))
    ready.append(entry(9))
    assert len(ready) == 6
    kept.entries_by_number = {number: entry(number) for number in range(1, 6)}
    assert [ready.popleft().message.id for _ in range(6)] == [1, 2, 3, 4, 5, 9]


def test_messages_that_the_store_has_lost_are_no_longer_counted() -> None:
    kept = Kept()
    ready = FifoReady(Shelf(kept=kept, messages=2))
    ready.restore(array("Q", range(1, 6)), array("Q", [10] * 5))
    kept.entries_by_number = {5: entry(5)}
    head = ready.peek()
    assert head is not None
    assert (head.message.id, len(ready)) == (5, 1)


def test_segment_that_cannot_be_read_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(tmp_path / "pages", memory_limit=0)
    ready = FifoReady(Shelf(pages, messages=2))
    for number in range(6):
        ready.append(entry(number))
    with monkeypatch.context() as patch:
        patch.setattr("embedded_server.brokers.amqp.pages.PageFile.read", _fails)
        assert [ready.popleft().message.id for _ in range(2)] == [0, 1]
        with pytest.raises(OSError, match="gone"):
            ready.popleft()
    assert [ready.popleft().message.id for _ in range(4)] == [2, 3, 4, 5]
    pages.close()


def _fails(*_: object) -> bytes:
    raise OSError("gone")
