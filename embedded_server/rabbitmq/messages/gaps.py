"""What a tap does not see is said: while its connection is lost, and while its queue is full and drops its oldest."""

import asyncio
import logging
import time
from typing import Final

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.jobs import RunningJob
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.channel import Channel, open_channel

LOOK_S: Final = 1.0
"""How often a tap's queue is looked at."""

_logger = logging.getLogger(__name__)


class Gaps:
    """Tells the journal what a tap did not see, and counts how often."""

    def __init__(self, journal: Journal, connection_name: str, job: RunningJob, name: str) -> None:
        self._journal = journal
        self._connection_name = connection_name
        self._job = job
        self._name = name
        self._since = 0
        self._is_full = False

    def opened(self) -> None:
        """Note that nothing is seen from now on."""
        if not self._since:
            self._since = time.time_ns()
            self._job.count("gaps")
            self._tell("The connection is lost: what passes meanwhile is not seen")

    def closed(self) -> None:
        """Note that it sees again."""
        if self._since:
            seconds = (time.time_ns() - self._since) / 1e9
            self._since = 0
            self._tell(f"The tap sees again; how much passed in {seconds:.1f} s without it, nobody knows")

    def _tell(self, text: str) -> None:
        event = Event(
            at=time.time_ns(),
            connection=self._connection_name,
            kind=Kind.SERVER_LIFECYCLE,
            subject=self._name,
            key=self._job.id,
            status="gap",
            preview=text,
        )
        self._journal.append(event)

    def full(self, length: int) -> None:
        """Note that the tap's queue is full: the broker drops its oldest messages."""
        if not self._is_full:
            self._is_full = True
            self._job.count("overflows")
            self._tell(f"The tap falls behind: its queue is full at {length} messages and drops the oldest; how many, nobody knows")

    def caught_up(self) -> None:
        """Note that the queue has room again."""
        if self._is_full:
            self._is_full = False
            self._tell("The tap has caught up")


class Watch:
    """Looks now and then whether a tap's queue is full."""

    def __init__(self, gaps: Gaps, max_length: int) -> None:
        self._gaps = gaps
        self._max_length = max_length
        self._task: asyncio.Task[None] | None = None

    async def start(self, channel: Channel, queue: str) -> None:
        """Look at *queue* from now on, on a channel beside *channel*: an exclusive queue is its connection's own."""
        await self.stop()
        self._task = spawn(self._look(channel, queue), name=f"watch {queue}", notify=_log_failure)

    async def stop(self) -> None:
        """Look no longer. May be called twice."""
        await cancel(self._task)
        self._task = None

    async def _look(self, channel: Channel, queue: str) -> None:
        async with await open_channel(channel.link) as beside:
            while not channel.ended.done():
                await asyncio.sleep(LOOK_S)
                ready = (await beside.declare_queue(queue, passive=True)).messages
                if ready >= self._max_length:
                    self._gaps.full(self._max_length)
                elif ready < self._max_length // 2:
                    self._gaps.caught_up()


def _log_failure(exc: BaseException) -> None:
    if not isinstance(exc, UserFacingError):  # the tap's own end tells those
        _logger.error("looking at a tap's queue failed", exc_info=exc)
