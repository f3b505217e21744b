"""The bounded hand-over between those who append and the writer thread: ordered, numbered, never blocking."""

import asyncio
import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from embedded_server.contracts.events import Event
from embedded_server.journal.problems import JournalClosed

HIGH_WATER_EVENTS: Final = 20_000
HIGH_WATER_BYTES: Final = 32 * 1024**2
"""Above either mark `room` makes sources wait."""
FULL_EVENTS: Final = 400_000
FULL_BYTES: Final = 192 * 1024**2
"""Four seconds of a flood. Above either mark events are dropped and counted; only sources that never wait come there."""
BATCH_EVENTS: Final = 8_000
BATCH_BYTES: Final = 32 * 1024**2
EVENT_OVERHEAD_BYTES: Final = 400
"""What an event takes in memory beside its body, about."""


@dataclass(slots=True)
class _Waiter:
    """Someone who waits for room (``seq`` 0) or until an event is durable."""

    seq: int
    future: asyncio.Future[int]
    loop: asyncio.AbstractEventLoop


class Intake:
    """A queue that numbers events as they come. Any thread puts; the writer takes."""

    def __init__(self, next_seq: int) -> None:
        self.next_seq = next_seq
        """The number the next event gets."""
        self.durable_seq = next_seq - 1
        self.dropped = 0
        self.closed = False
        self._queue: list[Event] = []
        self._bytes = 0
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        self._idle = False
        self._hurry = False
        self._waiters: list[_Waiter] = []

    def put(self, event: Event) -> int:
        """Queue one event; its number, or 0 where it had to be dropped."""
        with self._lock:
            if self._is_full():
                self.dropped += 1
                return 0
            self._queue.append(event)
            self._bytes += len(event.body) + EVENT_OVERHEAD_BYTES
            seq = self.next_seq
            self.next_seq = seq + 1
            if self._idle:
                self._work.notify()
            return seq

    def put_many(self, events: Sequence[Event], *, again: bool = False) -> int:
        """Queue several in order; the last one's number, or 0 where there is no place. Then they are dropped, unless tried *again*."""
        with self._lock:
            fitting: Sequence[Event] = () if self._is_full() else events
            if not again:
                self.dropped += len(events) - len(fitting)
            self._queue.extend(fitting)
            self._bytes += sum([len(event.body) for event in fitting]) + EVENT_OVERHEAD_BYTES * len(fitting)
            self.next_seq += len(fitting)
            if self._idle:
                self._work.notify()
            return self.next_seq - 1 if fitting else 0

    def _is_full(self) -> bool:
        return self.closed or len(self._queue) >= FULL_EVENTS or self._bytes >= FULL_BYTES

    # -- for sources that can be slowed

    def has_room(self) -> bool:
        """Whether the queue is below its high-water mark."""
        return self.closed or (len(self._queue) < HIGH_WATER_EVENTS and self._bytes < HIGH_WATER_BYTES)

    async def room(self) -> None:
        """Return once the queue is below its high-water mark."""
        while True:
            with self._lock:
                if self.has_room():
                    return
                waiter = self._wait_for(0)
            await waiter

    def wait_for_room_blocking(self) -> None:
        """The same for a thread."""
        if not self.has_room():  # asked without the lock first: nearly always there is
            with self._room:
                self._room.wait_for(self.has_room)

    async def durable(self, seq: int | None = None) -> int:
        """Return once event *seq* (or everything put so far) is committed; the number of the last event asked for."""
        with self._lock:
            wanted = self.next_seq - 1 if seq is None else seq
            if self.durable_seq >= wanted:
                return wanted
            if self.closed:
                raise JournalClosed
            self._hurry = True
            waiter = self._wait_for(wanted)
            self._work.notify()
        await waiter
        return wanted

    def _wait_for(self, seq: int) -> asyncio.Future[int]:
        loop = asyncio.get_running_loop()
        waiter = _Waiter(seq, loop.create_future(), loop)
        self._waiters.append(waiter)
        return waiter.future

    # -- for the writer thread

    def wait(self, timeout_s: float) -> None:
        """Sleep until there is something to write, or *timeout_s* has passed."""
        with self._work:
            if not self._queue and not self.closed:
                self._idle = True
                self._work.wait(timeout_s)
                self._idle = False

    def gather(self, timeout_s: float) -> None:
        """Sleep *timeout_s* so that a batch gathers; shorter when someone waits for a commit or the queue grows long."""
        if timeout_s > 0:
            with self._work:
                self._work.wait_for(lambda: self._hurry or self.closed or not self.has_room(), timeout_s)

    def wake(self) -> None:
        """Let the writer thread look at once."""
        with self._work:
            self._hurry = True
            self._work.notify()

    def take(self) -> tuple[int, list[Event]]:
        """Take a batch off the queue, with the number of its first event."""
        with self._lock:
            self._hurry = False
            first_seq = self.next_seq - len(self._queue)
            batch = self._take_batch()
            self._room.notify_all()
            if self.has_room():
                self._release(lambda waiter: waiter.seq == 0)
            return first_seq, batch

    def _take_batch(self) -> list[Event]:
        queue = self._queue
        if len(queue) <= BATCH_EVENTS and self._bytes <= BATCH_BYTES:
            self._queue, self._bytes = [], 0
            return queue
        batch = queue[:BATCH_EVENTS]
        sizes = [len(event.body) for event in batch]
        if self._bytes > BATCH_BYTES:
            ends = list(accumulate([size + EVENT_OVERHEAD_BYTES for size in sizes]))
            count = bisect_left(ends, BATCH_BYTES) + 1
            batch, sizes = batch[:count], sizes[:count]
        del queue[: len(batch)]
        self._bytes -= sum(sizes) + EVENT_OVERHEAD_BYTES * len(batch)
        return batch

    def committed(self, last_seq: int) -> None:
        """Tell those who wait that everything up to *last_seq* is durable."""
        with self._lock:
            self.durable_seq = last_seq
            self._release(lambda waiter: 0 < waiter.seq <= last_seq)

    def close(self) -> None:
        """Take nothing more, and let whoever waits for room go on."""
        with self._lock:
            self.closed = True
            self._work.notify_all()
            self._room.notify_all()
            self._release(lambda waiter: waiter.seq == 0)

    def abandon(self, taken: int) -> None:
        """Count what is still queued, and *taken* events beside it, as dropped: the writer has ended."""
        with self._lock:
            self.dropped += len(self._queue) + taken
            self._queue, self._bytes = [], 0
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            _settle(waiter, JournalClosed())

    def _release(self, wanted: Callable[[_Waiter], bool]) -> None:
        ready = [waiter for waiter in self._waiters if wanted(waiter)]
        if ready:
            self._waiters = [waiter for waiter in self._waiters if not wanted(waiter)]
            for waiter in ready:
                _settle(waiter, None)


def _settle(waiter: _Waiter, problem: JournalClosed | None) -> None:
    def settle() -> None:
        if waiter.future.done():
            return
        if problem is None:
            waiter.future.set_result(waiter.seq)
        else:
            waiter.future.set_exception(problem)

    if not waiter.loop.is_closed():
        waiter.loop.call_soon_threadsafe(settle)
