"""The messages of a queue that wait for a consumer, in the order they will leave.

A requeued message goes back to where it was. Requeued messages are nearly always older than all that wait, so both lists merge from
their heads, and the cost follows the distance from the head.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from embedded_server.brokers.amqp.message import Entry


class FifoReady:
    """First in, first out."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def append(self, entry: Entry) -> None:
        """Let *entry* wait behind the others."""
        self._entries.append(entry)

    def popleft(self) -> Entry:
        """Take the next entry."""
        return self._entries.popleft()

    def peek(self) -> Entry | None:
        """The next entry, left where it is."""
        return self._entries[0] if self._entries else None

    def oldest(self) -> Entry:
        """Take the entry that goes first when the queue is full: the head."""
        return self._entries.popleft()

    def requeue(self, entries: Iterable[Entry]) -> None:
        """Put *entries* back where they were."""
        _merge(self._entries, sorted(entries, key=_position))

    def clear(self) -> list[Entry]:
        """Take all."""
        taken = list(self._entries)
        self._entries.clear()
        return taken


class PriorityReady:
    """Higher priority first, then first in, first out."""

    __slots__ = ("_levels", "_size")

    def __init__(self, levels: int) -> None:
        self._levels: list[deque[Entry]] = [deque() for _ in range(levels + 1)]
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Entry]:
        for level in reversed(self._levels):
            yield from level

    def append(self, entry: Entry) -> None:
        """Let *entry* wait behind the others of its priority."""
        self._levels[entry.priority].append(entry)
        self._size += 1

    def popleft(self) -> Entry:
        """Take the next entry."""
        return self._take(reversed(self._levels))

    def peek(self) -> Entry | None:
        """The next entry, left where it is."""
        return next((level[0] for level in reversed(self._levels) if level), None)

    def oldest(self) -> Entry:
        """Take the entry that goes first when the queue is full: the lowest priority's head."""
        return self._take(self._levels)

    def requeue(self, entries: Iterable[Entry]) -> None:
        """Put *entries* back where they were."""
        for entry in sorted(entries, key=_position, reverse=True):
            _merge(self._levels[entry.priority], [entry])
            self._size += 1

    def clear(self) -> list[Entry]:
        """Take all."""
        taken = list(self)
        for level in self._levels:
            level.clear()
        self._size = 0
        return taken

    def _take(self, levels: Iterable[deque[Entry]]) -> Entry:
        for level in levels:
            if level:
                self._size -= 1
                return level.popleft()
        raise IndexError("nothing is ready")


Ready = FifoReady | PriorityReady


def _position(entry: Entry) -> int:
    return entry.message.id


def _merge(waiting: deque[Entry], returning: Sequence[Entry]) -> None:
    """Merge *returning*, in order, into *waiting*."""
    if not returning:
        return
    merged: list[Entry] = []
    for entry in returning:
        while waiting and waiting[0].message.id < entry.message.id:
            merged.append(waiting.popleft())
        merged.append(entry)
    waiting.extendleft(reversed(merged))
