"""Takes messages out of a queue and sends each somewhere else: the copy is confirmed before the original is let go.

An interruption at any moment leaves the original, its copy or both, never neither. Messages are read with get, the number that was there
at the start and no more, so that what comes back into the queue is not read again. What is not sent is held until the end and then put
back to where it was, marked redelivered. Only its number is kept here; the broker holds it meanwhile, and `MOST_HELD` bounds that.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from embedded_server.contracts.concurrency import Backoff
from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.contracts.rabbitmq import MessageStatus, subject_of
from embedded_server.core.jobs import RunningJob
from embedded_server.journal import Journal, Sieve
from embedded_server.rabbitmq.aims import Aim, Aimer
from embedded_server.rabbitmq.channel import Channel
from embedded_server.rabbitmq.content_edit import has_user_id
from embedded_server.rabbitmq.copies import Copies, Copy
from embedded_server.rabbitmq.events import EventMaker
from embedded_server.rabbitmq.links import Links, Purpose
from embedded_server.rabbitmq.problems import BrokerBlocked, LinkProblem
from embedded_server.rabbitmq.receiver import Delivery

T = TypeVar("T")

MOST_HELD: Final = 100_000
"""Messages that stay and are held by the broker meanwhile, unacknowledged, about a kilobyte each."""
BATCH_MESSAGES: Final = 500
BATCH_BYTES: Final = 16 * 1024**2
FIRST_BATCH: Final = 4
THREAD_BYTES: Final = 256 * 1024
THREAD_EVENTS: Final = 100
MOST_RETURNED: Final = 100
"""So many copies that came back, and none that arrived, end it: most likely nothing is bound there."""
PUT_BACK_LIMIT_S: Final = 10.0
TO_PREFIX: Final = "to "
"""A count of this prefix says how many messages of a dry run would go to a target."""
MOST_TARGETS: Final = 100
"""Targets that a dry run counts by name."""


class TooManyHeld(UserFacingError):
    """Most of a large queue stays: going on would make the broker hold all of it."""

    status = 409
    title = N_("Stopped after {held} messages that stay in the queue")
    hint = N_("All of them are back in their places. Those behind were not looked at: move what is in front first, or widen the filter.")


class NothingArrives(UserFacingError):
    """Every copy comes back."""

    status = 409
    title = N_("None of {count} copies reached a queue")
    hint = N_("All messages are still in “{queue}”. Check the exchange and the routing key, or bind a queue, then try again.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a transfer does."""

    connection: str
    name: str
    """The connection's name, for the journal."""
    user: str
    """Who we are on the broker: a message that names another user cannot be copied."""
    vhost: str
    queue: str
    sieve: Sieve
    aim: Aimer
    status: MessageStatus
    """``moved`` or ``redriven``."""
    exchange: str = ""
    """The exchange that all copies go to, where there is one such: looked for before anything is read."""
    limit: int = 0
    dry_run: bool = False


class Transfer:
    """One transfer, over as many links as it takes."""

    def __init__(self, links: Links, journal: Journal, plan: Plan, job: RunningJob) -> None:
        self._links = links
        self._journal = journal
        self._plan = plan
        self._job = job
        self._events = EventMaker(plan.name, job.id)
        self._expected = -1
        """Messages that were there at the start."""
        self._sent = 0
        self._held = 0
        """Messages that stay, of those looked at in this round."""
        self._unacked = 0
        """Messages read in this round and not acknowledged."""
        self._returned_in_a_row = 0
        self._kept: dict[str, int] = {}
        """Counts of this round alone: after an interruption what was held is looked at again."""

    async def run(self) -> None:
        """Do it. Raises what trying again does not mend; a lost link is waited for, and what is left is looked at anew."""
        try:
            while True:
                try:
                    return await self._round()
                except LinkProblem as exc:
                    if exc.final or self._expected < 0:
                        raise
                    if not await self._regain(exc):
                        return None
        finally:
            self._plan.sieve.close()

    async def _regain(self, problem: LinkProblem) -> bool:
        """Wait for the links; False where the user stops meanwhile."""
        plan, job = self._plan, self._job
        job.waiting(problem)
        self._forget_kept()
        for purpose in (Purpose.READ, Purpose.PUBLISH):
            if not await _unless_stopped(job, self._links.regained(plan.connection, plan.vhost, purpose)):
                return False
        return True

    def _forget_kept(self) -> None:
        for name, count in self._kept.items():
            self._job.count(name, -count)
        self._job.done = self._sent
        self._kept.clear()
        self._held = self._unacked = self._returned_in_a_row = 0

    # -- one round: from the queue's head to the last message that was there at the start

    async def _round(self) -> None:
        plan = self._plan
        async with (
            await self._links.channel(plan.connection, plan.vhost, purpose=Purpose.READ) as reader,
            await self._links.channel(plan.connection, plan.vhost, purpose=Purpose.PUBLISH, confirms=True) as writer,
        ):
            there = (await reader.declare_queue(plan.queue, passive=True)).messages
            if plan.exchange:
                await writer.declare_exchange(plan.exchange, passive=True)
            if self._expected < 0:
                self._expected = self._job.total = there
            self._job.running()
            copies = Copies(writer, self._on_blocked)
            problem = await self._pass(reader, copies, min(there, self._expected - self._sent))
            await self._put_back(reader, writer)
            if problem is not None:
                raise problem

    async def _pass(self, reader: Channel, copies: Copies, most: int) -> UserFacingError | None:
        """Read up to *most* messages, the next batch while the copies of one are being confirmed. Answers why it went no further."""
        looked, size = 0, FIRST_BATCH
        batch = await self._read(reader, self._room(min(size, most)))
        while batch:
            looked += len(batch)
            size = _next_size(size, batch)
            reading = _begun(self._read(reader, self._room(min(size, most - looked), under_way=len(batch))))
            try:
                await self._deal(reader, copies, batch, looked - len(batch))
            except BaseException:
                reading.cancel()
                raise
            [batch] = await reading
            if self._is_enough():
                return None
            if looked < most and (problem := self._why_no_further()):
                return problem
            if not batch:  # nothing was read ahead, for all that was under way might have been the last
                batch = await self._read(reader, self._room(min(size, most - looked)))
        return None

    def _why_no_further(self) -> UserFacingError | None:
        if self._returned_in_a_row >= MOST_RETURNED:
            return NothingArrives(queue=self._plan.queue, count=self._returned_in_a_row)
        return TooManyHeld(held=MOST_HELD) if self._held >= MOST_HELD else None

    def _room(self, count: int, *, under_way: int = 0) -> int:
        """Bound a batch by what may still be sent, should all of it and of what is *under_way* match."""
        limit = self._plan.limit
        if self._job.stopping.is_set():
            return 0
        return count if not limit or not self._plan.sieve.lets_all_through else min(count, limit - self._found() - under_way)

    def _is_enough(self, more: int = 0) -> bool:
        limit = self._plan.limit
        return bool(limit) and self._found() + more >= limit

    def _found(self) -> int:
        return self._kept.get("matched", 0) if self._plan.dry_run else self._sent

    async def _read(self, reader: Channel, count: int) -> list[Delivery]:
        if count <= 0:
            return []
        answers = await asyncio.gather(*(reader.get(self._plan.queue) for _ in range(count)))
        batch = [answer for answer in answers if answer is not None]
        self._unacked += len(batch)
        return batch

    async def _put_back(self, reader: Channel, counter: Channel) -> None:
        """Let the broker put what is held to where it was, wait until it has, and count what is left.

        The end of the channel does it: RabbitMQ takes 0.01 s for 20,000 messages there, and many seconds where each is refused.
        """
        await reader.close()
        pause = Backoff(first_s=0.01, cap_s=0.25)
        deadline = time.monotonic() + PUT_BACK_LIMIT_S
        while True:
            there = await counter.declare_queue(self._plan.queue, passive=True)
            if there.messages >= self._unacked or there.consumers or time.monotonic() > deadline:
                break
            await asyncio.sleep(pause.delay())  # RabbitMQ counts at once, and puts back when it comes to it
        self._job.count("left", there.messages)

    # -- a batch

    async def _deal(self, reader: Channel, copies: Copies, batch: list[Delivery], position: int) -> None:
        matches = await self._matches(batch, position)
        sending: list[Copy] = []
        for delivery, matched in zip(batch, matches, strict=True):
            aim = self._plan.aim(delivery) if matched else None
            if aim is None:
                self._keep("skipped")
            elif self._names_another_user(delivery):
                self._keep("refused")
            elif self._is_enough(len(sending)):
                self._keep("skipped")
            elif self._plan.dry_run:
                self._keep("matched")
                self._count(self._target(aim))
            else:
                sending.append(Copy(delivery, aim))
        if sending:
            await self._send(reader, copies, sending)
        self._job.advance(len(batch) - len(sending))

    async def _send(self, reader: Channel, copies: Copies, sending: list[Copy]) -> None:
        try:
            await copies.send(sending)
        except UserFacingError:
            answered = [copy for copy in sending if copy.is_answered]
            with contextlib.suppress(UserFacingError):  # where the originals cannot be let go either, they come again
                await self._let_go(reader, answered)
            await self._tell_unconfirmed([copy for copy in sending if copy.was_sent and not copy.is_answered])
            raise
        await self._let_go(reader, sending)

    async def _tell_unconfirmed(self, copies: list[Copy]) -> None:
        """These may have arrived or not. Their originals stay, so none is lost; some may be there twice."""
        if copies:
            self._job.count("unconfirmed", len(copies))
        await self._journal.room()
        for copy in copies:
            self._journal.append(self._event(Kind.MESSAGE_PUBLISHED, MessageStatus.UNCONFIRMED, copy.original, copy.aim))

    async def _matches(self, batch: list[Delivery], position: int) -> list[bool]:
        sieve = self._plan.sieve
        if sieve.lets_all_through:
            return [True] * len(batch)
        events = [self._event(Kind.MESSAGE_DELIVERED, MessageStatus.GOT, delivery) for delivery in batch]
        if len(events) <= THREAD_EVENTS and sum(len(delivery.body) for delivery in batch) <= THREAD_BYTES:
            return sieve.matching(events, position + 1)
        return await asyncio.to_thread(sieve.matching, events, position + 1)

    async def _let_go(self, reader: Channel, copies: list[Copy]) -> None:
        """Acknowledge the originals of the copies that arrived, and tell the journal."""
        events: list[Event] = []
        arrived = 0
        for copy in copies:
            if copy.confirmed:
                reader.ack(copy.original.delivery_tag)
                arrived += 1
            else:
                self._keep("returned" if copy.returned else "refused")
            events.append(self._told(copy))
        self._sent += arrived
        self._unacked -= arrived
        self._returned_in_a_row = 0 if arrived else self._returned_in_a_row + len(copies)
        if arrived:
            self._job.count(self._plan.status.value, arrived)
        self._job.advance(len(copies))
        await self._journal.room()
        self._journal.append_many(events)

    def _keep(self, name: str) -> None:
        """Count a message that stays where it is."""
        self._held += 1
        self._count(name)

    def _count(self, name: str) -> None:
        self._kept[name] = self._kept.get(name, 0) + 1
        self._job.count(name)

    def _names_another_user(self, delivery: Delivery) -> bool:
        return has_user_id(delivery.content) and delivery.decoded().properties.user_id != self._plan.user

    def _target(self, aim: Aim) -> str:
        name = f"{TO_PREFIX}{subject_of(aim.exchange, aim.routing_key)}"
        return name if name in self._kept or len(self._kept) < MOST_TARGETS else f"{TO_PREFIX}…"

    def _told(self, copy: Copy) -> Event:
        back = copy.returned
        if back is not None:
            kind, status = Kind.MESSAGE_RETURNED, MessageStatus.RETURNED
            return self._event(kind, status, copy.original, copy.aim, back.reply_code, back.reply_text)
        status = self._plan.status if copy.confirmed else MessageStatus.REFUSED
        return self._event(Kind.MESSAGE_PUBLISHED, status, copy.original, copy.aim)

    def _event(
        self, kind: Kind, status: MessageStatus, delivery: Delivery, aim: Aim | None = None, reply_code: int = 0, reply_text: str = ""
    ) -> Event:
        return self._events.make(
            kind,
            status,
            exchange=aim.exchange if aim else delivery.exchange,
            routing_key=aim.routing_key if aim else delivery.routing_key,
            content=aim.content if aim else delivery.content,
            body=delivery.body,
            queue=self._plan.queue,
            redelivered=delivery.redelivered,
            reply_code=reply_code,
            reply_text=reply_text,
        )

    def _on_blocked(self, problem: BrokerBlocked | None) -> None:
        if problem is not None:
            self._job.waiting(problem)
        elif self._job.state is JobState.WAITING:
            self._job.running()


def _next_size(size: int, batch: list[Delivery]) -> int:
    """Grow batches while they are small, so that a few huge messages are held one at a time."""
    mean = max(1, sum(len(delivery.body) for delivery in batch) // len(batch))
    return max(1, min(BATCH_MESSAGES, 2 * size, BATCH_BYTES // mean))


def _begun(coro: Coroutine[None, None, T]) -> "asyncio.Future[tuple[T]]":
    """Begin *coro*; its failure is raised where it is awaited, and nowhere else."""
    begun = asyncio.gather(coro)
    begun.add_done_callback(lambda done: done.cancelled() or done.exception())
    return begun


async def _unless_stopped(job: RunningJob, coro: Coroutine[None, None, T]) -> T | None:
    """Wait for *coro*; None where the job is to stop first. Raises what *coro* raises."""
    waiting, stopping = _begun(coro), _begun(job.stopping.wait())
    either: list[asyncio.Future[Any]] = [waiting, stopping]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return waiting.result()[0] if waiting.done() else None
    finally:
        stopping.cancel()
        waiting.cancel()
