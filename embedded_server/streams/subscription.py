"""One client of the hub: a cursor over the journal with a bounded queue before it.

The policy, in one place:

- A client is sent every event of its topics after its cursor, in the journal's order, none twice.
- While it keeps up, events come from memory. Its queue holds at most ``Limits.queue_frames`` and ``Limits.queue_bytes``.
- When the queue is full, nothing more enters it: what comes is counted as missed. Once the client has read its queue empty, it is
  caught up from the journal, page by page at its own pace, and then goes on live.
- When more than ``Limits.catch_up`` live events were missed, or retention has removed some, it is not caught up: one ``gap`` event tells
  the first and last id, how many, and the filter that finds them.
- A client that resumes from an id is always caught up as far as the journal reaches, however far back that is.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from embedded_server.contracts.streams import Gap
from embedded_server.streams.frames import Frame, gap_frame
from embedded_server.streams.topics import filter_of


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the hub does for one client."""

    queue_frames: int = 2_000
    queue_bytes: int = 4 * 1024**2
    catch_up: int = 50_000
    """Missed live events that are still sent later; beyond them a client gets a gap."""
    batch_frames: int = 200
    """Frames written together."""
    batch_bytes: int = 128 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """Frames of some topics out of the journal, and how far it has been looked at."""

    frames: list[Frame]
    looked_to: int
    """No further frame of these topics has a number up to this one."""


class History(Protocol):
    """Where a client that is behind is caught up from."""

    @property
    def epoch(self) -> str:
        """What stands before the colon of every id."""

    @property
    def first_seq(self) -> int:
        """Number of the oldest event that is kept."""

    async def read(self, topics: frozenset[str], *, after: int, upto: int, limit: int) -> Page:
        """Read the oldest frames of *topics* with ``after < seq <= upto``."""


class Subscription:
    """A client's place in its topics.

    The hub calls `accepts` and `push`, whoever writes to the client calls `next_batch`: all on the loop.
    """

    def __init__(self, topics: frozenset[str], history: History, *, after: int, head: int, limits: Limits, greeting: Frame) -> None:
        self.topics = topics
        self._history = history
        self._limits = limits
        self._queue: deque[Frame] = deque([greeting])
        self._queued_bytes = greeting.size
        self._woken = asyncio.Event()
        self._woken.set()
        self._cursor = after
        """Everything up to this number has been sent, queued or told as a gap, or is none of its topics'."""
        self._resume_to = head
        """Up to here history is sent whole, since the client asked for it."""
        self._behind = after < head
        self._missed = 0
        self._last_missed = head
        self.closed = False
        self.sent = 0
        self.gaps = 0

    def accepts(self, seq: int, size: int) -> bool:
        """Tell whether to `push` the live frame *seq* of one of its topics; where there is no room, count it as missed."""
        if seq <= self._cursor or seq <= self._resume_to:
            return False
        if not self._behind and len(self._queue) < self._limits.queue_frames and self._queued_bytes + size <= self._limits.queue_bytes:
            return True
        if not self._behind:
            self._cursor = seq - 1  # every frame of its topics up to here was pushed, so nothing lies between
            self._behind = True
        self._missed += 1
        self._last_missed = seq
        self._woken.set()
        return False

    def push(self, frame: Frame) -> None:
        """Take a live frame that it `accepts`."""
        self._queue.append(frame)
        self._queued_bytes += frame.size
        self._cursor = frame.seq
        self._woken.set()

    def leave(self, topics: frozenset[str]) -> None:
        """Follow *topics* no more, those frames included that wait to be sent."""
        self.topics -= topics
        self._queue = deque(frame for frame in self._queue if frame.topic not in topics)
        self._queued_bytes = sum(frame.size for frame in self._queue)

    def close(self) -> None:
        """Let `next_batch` raise at once. May be called twice."""
        self.closed = True
        self._woken.set()

    async def next_batch(self, timeout_s: float) -> list[Frame]:
        """Answer the next frames, at least one; none after *timeout_s* of quiet. Raises `SubscriptionClosed`."""
        frames: list[Frame] = []
        while not frames:
            if not (self._queue or self._behind or self.closed) and not await self._wait(timeout_s):
                return []
            if self.closed:
                raise SubscriptionClosed
            frames = self._take_queued() if self._queue else await self._catch_up()
        self.sent += len(frames)
        return frames

    async def _wait(self, timeout_s: float) -> bool:
        self._woken.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            return False
        return True

    def _take_queued(self) -> list[Frame]:
        batch: list[Frame] = []
        size = 0
        while self._queue and len(batch) < self._limits.batch_frames and size < self._limits.batch_bytes:
            frame = self._queue.popleft()
            size += frame.size
            batch.append(frame)
        self._queued_bytes -= size
        return batch

    async def _catch_up(self) -> list[Frame]:
        if self._missed > self._limits.catch_up and self._cursor >= self._resume_to:
            return [self._give_up()]
        oldest = self._history.first_seq
        if oldest > self._cursor + 1:
            return [self._tell_trimmed(oldest)]
        page = await self._history.read(self.topics, after=self._cursor, upto=self._last_missed, limit=self._limits.batch_frames)
        self._cursor = max(self._cursor, page.looked_to)
        self._missed = max(0, self._missed - sum(frame.seq > self._resume_to for frame in page.frames))
        if self._cursor >= self._last_missed:
            self._back_to_live()
        return page.frames

    def _give_up(self) -> Frame:
        frame = self._gap(self._cursor + 1, self._last_missed, self._missed)
        self._cursor = self._last_missed
        self._back_to_live()
        return frame

    def _tell_trimmed(self, oldest: int) -> Frame:
        frame = self._gap(self._cursor + 1, oldest - 1, -1)
        self._cursor = oldest - 1
        if self._cursor >= self._last_missed:
            self._back_to_live()
        return frame

    def _gap(self, first: int, last: int, count: int) -> Frame:
        self.gaps += 1
        epoch = self._history.epoch
        return gap_frame(Gap(f"{epoch}:{first}", f"{epoch}:{last}", count, filter_of(self.topics)))

    def _back_to_live(self) -> None:
        self._behind = False
        self._missed = 0


class SubscriptionClosed(Exception):
    """The hub or the session behind this client ended."""
