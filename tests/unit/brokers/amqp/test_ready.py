"""Messages that wait, and their return to where they were."""

from hypothesis import given
from hypothesis import strategies as st

from embedded_server.brokers.amqp.message import Entry, Message
from embedded_server.brokers.amqp.ready import FifoReady, PriorityReady, Ready


def entry(number: int, priority: int = 0) -> Entry:
    message = Message("", "q", b"", b"")
    message.id = number
    return Entry(message, priority)


def ids(ready: Ready) -> list[int]:
    return [one.message.id for one in ready]


@given(st.integers(0, 30), st.data())
def test_requeue_restores_the_order(count: int, data: st.DataObject) -> None:
    ready = FifoReady()
    entries = [entry(number) for number in range(count)]
    for one in entries:
        ready.append(one)
    taken = [ready.popleft() for _ in range(data.draw(st.integers(0, count)))]
    kept = data.draw(st.lists(st.sampled_from(taken), unique=True) if taken else st.just([]))
    ready.requeue(kept)
    waiting = {one.message.id for one in kept} | set(range(len(taken), count))
    assert ids(ready) == sorted(waiting)


@given(st.lists(st.integers(0, 3), max_size=30), st.data())
def test_requeue_restores_the_order_within_each_priority(priorities: list[int], data: st.DataObject) -> None:
    ready = PriorityReady(3)
    for number, priority in enumerate(priorities):
        ready.append(entry(number, priority))
    before = ids(ready)
    taken = [ready.popleft() for _ in range(data.draw(st.integers(0, len(priorities))))]
    ready.requeue(taken)
    assert ids(ready) == before
    assert len(ready) == len(priorities)


def test_full_priority_queue_loses_its_lowest_first() -> None:
    ready = PriorityReady(5)
    for number, priority in enumerate([3, 1, 5]):
        ready.append(entry(number, priority))
    assert ready.oldest().message.id == 1
    assert [one.message.id for one in ready.clear()] == [2, 0]
    assert len(ready) == 0
