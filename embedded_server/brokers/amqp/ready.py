"""The messages of a queue that wait for a consumer, in the order they will leave.

The first few hundred and the last few hundred are objects; what lies between them is put away in segments. A requeued message goes back
to where it was. Requeued messages are nearly always older than all that wait, so both lists merge from their heads, and the cost follows
the distance from the head.
"""

import itertools
from array import array
from collections import deque
from collections.abc import Iterable, Iterator

from embedded_server.brokers.amqp.message import Entry
from embedded_server.brokers.amqp.segment import SEGMENT_BYTES, Numbers, Segment, Shelf


class FifoReady:
    """First in, first out."""

    __slots__ = ("_away", "_head", "_segments", "_shelf", "_tail", "_tail_bytes")

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._shelf = shelf or Shelf()
        self._head: deque[Entry] = deque()
        self._segments: list[Segment] = []
        self._away = 0
        """How many messages are in segments."""
        self._tail: list[Entry] = []
        self._tail_bytes = 0

    def __len__(self) -> int:
        return len(self._head) + self._away + len(self._tail)

    def __iter__(self) -> Iterator[Entry]:
        away = itertools.chain.from_iterable(segment.entries() for segment in list(self._segments))
        return itertools.chain(list(self._head), away, list(self._tail))

    def append(self, entry: Entry) -> None:
        """Let *entry* wait behind the others."""
        tail = self._tail
        tail.append(entry)
        self._tail_bytes += len(entry.message.body)
        if len(tail) >= self._shelf.messages or self._tail_bytes >= SEGMENT_BYTES:
            self._put_away()

    def popleft(self) -> Entry:
        """Take the next entry; raises ``IndexError`` where there is none."""
        return (self._head or self._front()).popleft()

    def peek(self) -> Entry | None:
        """The next entry, left where it is."""
        head = self._head or self._front()
        return head[0] if head else None

    def requeue(self, entries: Iterable[Entry]) -> None:
        """Put *entries* back where they were."""
        merged: list[Entry] = []
        for entry in sorted(entries, key=position):
            while (front := self._head or self._front()) and front[0].message.id < entry.message.id:
                merged.append(front.popleft())
            merged.append(entry)
        self._head.extendleft(reversed(merged))

    def restore(self, numbers: Numbers, sizes: Numbers) -> None:
        """Let messages wait that the store has kept, before any other comes."""
        for segment in self._shelf.kept(numbers, sizes):
            self._segments.append(segment)
            self._away += len(segment)

    def discard(self) -> Numbers:
        """Drop all; the numbers of those that the store keeps."""
        numbers = array("Q", (entry.message.id for entry in itertools.chain(self._head, self._tail) if entry.stored))
        for segment in self._segments:
            numbers.extend(segment.stored)
            segment.drop()
        self._head.clear()
        self._segments.clear()
        self._away = 0
        self._start_tail()
        return numbers

    def _front(self) -> deque[Entry]:
        """What comes next as objects, where the head is used up; empty where nothing waits."""
        while self._segments:
            segment = self._segments[0]
            self._head.extend(segment.entries())
            segment.drop()
            del self._segments[0]
            self._away -= len(segment)
            if self._head:
                return self._head
        if self._tail:
            self._head.extend(self._tail)
            self._tail.clear()
            self._tail_bytes = 0
        return self._head

    def _put_away(self) -> None:
        """The tail is long enough: it becomes the head, or a segment where there is one already."""
        if not self._head and not self._segments:
            self._front()
            return
        segment = self._shelf.put(self._tail, self._tail_bytes)
        self._segments.append(segment)
        self._away += len(segment)
        self._start_tail()

    def _start_tail(self) -> None:
        self._tail = []
        self._tail_bytes = 0


class PriorityReady:
    """Higher priority first, then first in, first out."""

    __slots__ = ("_levels", "_size")

    def __init__(self, levels: int, shelf: Shelf | None = None) -> None:
        self._levels = [FifoReady(shelf) for _ in range(levels + 1)]
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Entry]:
        return itertools.chain.from_iterable(reversed(self._levels))

    def append(self, entry: Entry) -> None:
        """Let *entry* wait behind the others of its priority."""
        self._levels[entry.priority].append(entry)
        self._size += 1

    def popleft(self) -> Entry:
        """Take the next entry; raises ``IndexError`` where there is none."""
        return self._take(reversed(self._levels))

    def peek(self) -> Entry | None:
        """The next entry, left where it is."""
        return next((head for level in reversed(self._levels) if (head := level.peek()) is not None), None)

    def requeue(self, entries: Iterable[Entry]) -> None:
        """Put *entries* back where they were."""
        by_priority: dict[int, list[Entry]] = {}
        for entry in entries:
            by_priority.setdefault(entry.priority, []).append(entry)
            self._size += 1
        for priority, returning in by_priority.items():
            self._levels[priority].requeue(returning)

    def discard(self) -> Numbers:
        """Drop all; the numbers of those that the store keeps."""
        self._size = 0
        return array("Q", itertools.chain.from_iterable(level.discard() for level in self._levels))

    def _take(self, levels: Iterable[FifoReady]) -> Entry:
        for level in levels:
            if len(level):
                self._size -= 1
                return level.popleft()
        raise IndexError("nothing is ready")


Ready = FifoReady | PriorityReady


def position(entry: Entry) -> int:
    """Where *entry* belongs in its queue."""
    return entry.message.id
