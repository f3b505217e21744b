"""Carries messages from a consumer into the journal: the journal slows the broker, by acknowledgements, and never the other way round."""

import asyncio
from collections.abc import Callable
from typing import Final

from embedded_server.contracts.events import Event
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.jobs import RunningJob
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.messages.problems import ConsumerCancelled

MAX_BATCH: Final = 2_000
PAUSE_BYTES: Final = 32 * 1024**2
"""From so much that waits for the journal on, nothing more is read from the broker's socket."""

MakeEvent = Callable[[Delivery], Event]


class Pump:
    """One consumer's messages. With *durably* each is acknowledged once its event is committed, otherwise once it is handed over."""

    def __init__(self, journal: Journal, job: RunningJob, channel: Channel, make: MakeEvent, *, queue: str, durably: bool) -> None:
        self._journal = journal
        self._job = job
        self._channel = channel
        self._make = make
        self._queue = queue
        self._durably = durably
        self._waiting: list[Delivery] = []
        self._wake = asyncio.Event()
        self._problem: UserFacingError | None = None
        self.on_message = self._waiting.append

    def on_batch(self) -> None:
        """Look at what has come."""
        if sum([len(delivery.body) for delivery in self._waiting]) > PAUSE_BYTES:
            self._channel.link.pause_reading()
        self._wake.set()

    async def run(self, limit: int = 0) -> None:
        """Carry until the job stops or *limit* messages are there; 0 is no limit. Raises why the reading ended."""
        job, channel = self._job, self._channel
        channel.on_cancelled = self._on_cancelled
        channel.ended.add_done_callback(lambda _: self._wake.set())
        job.on_stop.append(self._wake.set)
        try:
            while not job.stopping.is_set() and (not limit or job.done < limit):
                if self._durably and channel.ended.done():
                    self._waiting.clear()  # the broker hands them over again
                if not self._waiting:
                    await self._woken()
                    continue
                await self._carry(limit - job.done if limit else MAX_BATCH)
            while self._waiting and not self._durably and not limit:
                await self._carry(MAX_BATCH)
        finally:
            job.on_stop.remove(self._wake.set)
            channel.link.resume_reading()

    async def _carry(self, most: int) -> None:
        count = min(most, MAX_BATCH)
        batch = self._waiting[:count]
        del self._waiting[:count]
        events = [self._make(delivery) for delivery in batch]
        if self._durably:
            await self._journal.append_many_durably(events)
        else:
            await self._journal.room()
            self._journal.append_many(events)
        self._channel.link.resume_reading()
        self._job.advance(len(batch))
        if not self._channel.ended.done():
            self._channel.ack(batch[-1].delivery_tag, multiple=True)

    async def _woken(self) -> None:
        self._wake.clear()
        if self._problem is None and not self._channel.ended.done():
            await self._wake.wait()
        if self._waiting:
            return
        if self._problem is not None:
            raise self._problem
        if self._channel.ended.done():
            raise self._channel.ended.result()

    def _on_cancelled(self, _: str) -> None:
        self._problem = ConsumerCancelled(queue=self._queue)
        self._wake.set()
