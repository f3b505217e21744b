"""Publishes many messages: pipelined confirms within a bounded window, at a rate, through a lost connection, until stopped."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Final, Protocol

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import Message, MessageStatus
from embedded_server.core.generate import Source
from embedded_server.core.jobs import RunningJob
from embedded_server.core.profiles import Profile
from embedded_server.core.reach.problems import LinkProblem
from embedded_server.journal import Journal, JournalClosed
from embedded_server.rabbitmq.amqp.channel import Channel, open_channel
from embedded_server.rabbitmq.amqp.link import Link
from embedded_server.rabbitmq.amqp.links import Links, Purpose
from embedded_server.rabbitmq.amqp.outstanding import Outstanding, Sent, Settled
from embedded_server.rabbitmq.amqp.receiver import Returned
from embedded_server.rabbitmq.messages.events import EventMaker
from embedded_server.rabbitmq.messages.fill import MessageFiller
from embedded_server.rabbitmq.messages.prepare import Prepared, body_of, prepared_with
from embedded_server.rabbitmq.messages.unconfirmed import Batches, Unconfirmed
from embedded_server.rabbitmq.problems import ChannelClosed

WINDOW_MESSAGES: Final = 4_096
WINDOW_BYTES: Final = 16 * 1024**2
"""Published and not yet confirmed, at most: also what a lost connection leaves unconfirmed."""
BURST: Final = 256
GENERATED_BURST: Final = 32
"""Filling takes 30 µs a message: the loop is let go on after a millisecond."""
PACE_S: Final = 0.01
"""With a rate, what is due goes out this often."""
LAST_CONFIRMS_S: Final = 4.0
"""A stopped job waits so long for the answers to what it has sent."""
TOLD_LIMIT_S: Final = 1.0

_new_event: Final = tuple.__new__


class MessageSource(Protocol):
    """Where a bulk's messages come from."""

    burst: int

    async def take(self, count: int) -> Sequence[Prepared]:
        """Answer the next messages, at most *count*."""


class SameMessage:
    """One message over and over."""

    burst = BURST

    def __init__(self, message: Prepared) -> None:
        self._messages = [message] * BURST

    async def take(self, count: int) -> Sequence[Prepared]:
        """Answer it *count* times."""
        return self._messages[:count]


class FilledMessages:
    """A message whose fields are filled anew each time."""

    burst = GENERATED_BURST

    def __init__(self, filler: MessageFiller, source: Source, upload: bytes | None) -> None:
        self._filler = filler
        self._source = source
        self._upload = upload

    async def take(self, count: int) -> Sequence[Prepared]:
        """Answer the next ones. Raises what says why one cannot be sent, such as a header that was filled with what is no number."""
        return [self._next() for _ in range(min(count, self.burst))]

    def _next(self) -> Prepared:
        self._source.next()
        message: Message = self._filler.fill(self._source)
        return prepared_with(message, body_of(message) if self._upload is None else self._upload)


class KeptMessages:
    """Another job's unconfirmed messages."""

    burst = BURST

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    async def take(self, count: int) -> Sequence[Prepared]:
        """Answer the next ones."""
        return await self._batches.take(count)


class BulkRun:
    """One bulk publish under way."""

    def __init__(self, links: Links, journal: Journal, unconfirmed: Unconfirmed, profile: Profile, vhost: str) -> None:
        self._links = links
        self._journal = journal
        self._unconfirmed = unconfirmed
        self._profile = profile
        self._vhost = vhost
        self._outstanding = Outstanding()
        self._events: list[Event] = []
        self._last: tuple[Prepared, Event] | None = None
        self._wake = asyncio.Event()
        self._sent = 0

    async def run(self, job: RunningJob, source: MessageSource, *, rate: float) -> None:
        """Publish ``job.total`` messages from *source*. Raises why it had to end early."""
        self._job = job
        self._maker = EventMaker(self._profile.name, job.id)
        job.on_stop.append(self._wake.set)
        for name in (MessageStatus.CONFIRMED, MessageStatus.REFUSED, MessageStatus.RETURNED, MessageStatus.UNCONFIRMED):
            job.count(name.value, 0)
        pending: list[Prepared] = []
        while self._sent < job.total and not job.stopping.is_set():
            channel = await self._open()
            if channel is None:
                break
            try:
                await self._publish(channel, source, pending, rate)
                await self._settle(channel)
            except LinkProblem as exc:
                await self._note_lost()
                if exc.final:
                    raise
                job.waiting(exc)
            except ChannelClosed:
                await self._note_lost()
                raise
            except UserFacingError:  # the next message cannot be sent; those before it are
                await self._settle(channel)
                raise
            finally:
                channel.link.on_blocked.remove(self._wake.set)
                await channel.close()
        await self._note_lost()
        await self._tell()

    async def _tell(self) -> None:
        """Let the events be there before the job is done; a journal that cannot write holds its end back for a moment alone."""
        with contextlib.suppress(TimeoutError, JournalClosed):
            async with asyncio.timeout(TOLD_LIMIT_S):
                await self._journal.flush()

    async def _open(self) -> Channel | None:
        """Answer a channel as soon as there is a connection; None where the job is to stop before."""
        while True:
            link = await self._job.unless_stopped(self._links.regained(self._job.connection, self._vhost, Purpose.PUBLISH))
            if link is None:
                return None
            try:
                await self._unblocked(link)
                if self._job.stopping.is_set():
                    return None
                channel = await open_channel(link, confirms=True)
            except LinkProblem as exc:
                if exc.final:
                    raise
                continue
            self._outstanding = Outstanding()
            channel.on_confirms(self._on_confirm, self._on_return)
            channel.receiver.on_batch = self._on_batch
            channel.ended.add_done_callback(lambda _: self._wake.set())
            link.on_blocked.append(self._wake.set)
            self._job.running()
            return channel

    async def _publish(self, channel: Channel, source: MessageSource, pending: list[Prepared], rate: float) -> None:
        """Send what is left. *pending* are messages that were taken from *source* and not sent."""
        job, outstanding = self._job, self._outstanding
        began, sent_before = time.monotonic(), self._sent
        while self._sent < job.total and not job.stopping.is_set():
            await self._writable(channel)
            await self._journal.room()
            count = min(job.total - self._sent, source.burst, WINDOW_MESSAGES - len(outstanding))
            if rate:
                count = min(count, int((time.monotonic() - began) * rate) + 1 - (self._sent - sent_before))
            if count <= 0 or outstanding.bytes >= WINDOW_BYTES:
                await self._woken(channel, PACE_S if rate else None)
                continue
            if not pending:
                pending.extend(await source.take(count))
                if not pending:
                    job.total = self._sent
                    return
            fitting = _fitting(pending[:count], WINDOW_BYTES - outstanding.bytes)
            self._send(channel, pending[:fitting])
            del pending[:fitting]
            await asyncio.sleep(0)

    def _send(self, channel: Channel, messages: Sequence[Prepared]) -> None:
        now = time.time_ns()
        first = 0
        while first < len(messages):
            message = messages[first]
            end = first + 1
            while end < len(messages) and messages[end] is message:
                end += 1
            frames = channel.frames_of(message.exchange, message.routing_key, message.body, message.content, mandatory=message.mandatory)
            tag = channel.publish_frames(frames, end - first)
            self._outstanding.add(tag, [Sent(message, now)] * (end - first))
            self._sent += end - first
            first = end

    async def _writable(self, channel: Channel) -> None:
        """Wait while the broker or the network takes nothing, and tell why where it is the broker."""
        if channel.link.is_writable and not channel.ended.done():
            return
        await self._unblocked(channel.link)
        if channel.ended.done():
            raise channel.ended.result()
        self._job.running()

    async def _unblocked(self, link: Link) -> None:
        self._tell_blocked(link)
        await self._job.unless_stopped(link.writable())

    def _tell_blocked(self, link: Link) -> None:
        if link.blocked:
            self._job.waiting(link.blocked_problem())
        elif self._job.state is JobState.WAITING:
            self._job.running()

    async def _settle(self, channel: Channel) -> None:
        """Wait for the answers to all that was sent; not for long where the job is to stop."""
        while len(self._outstanding):
            limit_s = LAST_CONFIRMS_S if self._job.stopping.is_set() else None
            if not await self._woken(channel, limit_s) and limit_s is not None:
                return

    async def _woken(self, channel: Channel, limit_s: float | None) -> bool:
        """Wait until something happens; false where nothing did within *limit_s*. Raises why the channel ended."""
        self._tell_blocked(channel.link)
        self._wake.clear()
        if not channel.ended.done():
            try:
                async with asyncio.timeout(limit_s):
                    await self._wake.wait()
            except TimeoutError:
                return False
        if channel.ended.done():
            raise channel.ended.result()
        return True

    # -- what the broker tells

    def _on_confirm(self, tag: int, multiple: bool, acked: bool) -> None:
        for settled in self._outstanding.confirmed(tag, multiple, acked):
            self._note(settled)

    def _on_return(self, returned: Returned) -> None:
        self._outstanding.returned(returned)

    def _on_batch(self) -> None:
        self._append()
        self._wake.set()

    def _note(self, settled: Settled) -> None:
        message, at, status, returned = settled
        self._job.counts[status._value_] += 1
        last = self._last
        if last is not None and last[0] is message and status is MessageStatus.CONFIRMED:
            self._events.append(_new_event(Event, (at, *last[1][1:])))
            return
        event = self._maker.make(
            Kind.MESSAGE_RETURNED if returned else Kind.MESSAGE_PUBLISHED,
            status,
            exchange=message.exchange,
            routing_key=message.routing_key,
            content=message.content,
            body=message.body,
            reply_code=returned.reply_code if returned else 0,
            reply_text=returned.reply_text if returned else "",
            at=at,
        )
        if status is MessageStatus.CONFIRMED:
            self._last = (message, event)
        self._events.append(event)

    def _append(self) -> None:
        if self._events:
            events, self._events = self._events, []
            self._job.advance(len(events))
            self._journal.append_many(events)

    async def _note_lost(self) -> None:
        """Keep what has no answer for a resend, and tell of it."""
        lost = list(self._outstanding.lost())
        for settled in lost:
            self._note(settled)
        self._append()
        unconfirmed = [settled.message for settled in lost if settled.status is MessageStatus.UNCONFIRMED]
        if unconfirmed:
            kept = await self._unconfirmed.keep(self._job.id, unconfirmed)
            if kept < len(unconfirmed):
                self._job.count("not_kept", len(unconfirmed) - kept)


def _fitting(messages: Sequence[Prepared], room: int) -> int:
    """Answer how many of the first *messages* have place in *room* bytes: one at least, however large it is."""
    for count, message in enumerate(messages):
        room -= len(message.body)
        if room < 0:
            return max(1, count)
    return len(messages)
