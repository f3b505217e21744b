"""Takes messages out of a queue and sends each somewhere else: the copy is confirmed before the original is let go.

An interruption at any moment leaves the original, its copy or both, never neither. Messages are read with get, the number that was there
at the start and no more, so that what comes back into the queue is not read again. What is not sent is held until the end and then put
back to where it was, marked redelivered. Only its number is kept here; the broker holds it meanwhile, and `MOST_HELD` bounds that.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Final, TypeVar

from embedded_server.contracts.concurrency import Backoff
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.core.jobs import RunningJob
from embedded_server.core.reach.problems import LinkProblem
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.link import Link
from embedded_server.rabbitmq.amqp.links import Links, Purpose
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.problems import BrokerBlocked
from embedded_server.rabbitmq.transfer.copies import Copies
from embedded_server.rabbitmq.transfer.dealer import Dealer, Plan
from embedded_server.rabbitmq.transfer.ledger import Ledger

T = TypeVar("T")

MOST_HELD: Final = 100_000
"""Messages that stay and are held by the broker meanwhile, unacknowledged, about a kilobyte each."""
MOST_RETURNED: Final = 100
"""So many copies that came back, and none that arrived, end it: most likely nothing is bound there."""
BATCH_MESSAGES: Final = 500
BATCH_BYTES: Final = 16 * 1024**2
FIRST_BATCH: Final = 4
PUT_BACK_LIMIT_S: Final = 10.0


class TooManyHeld(UserFacingError):
    """Most of a large queue stays: going on would make the broker hold all of it."""

    status = 409
    title = N_("Stopped after {held} messages that stay in the queue")
    hint = N_("All of them are back in their places. Those behind were not looked at: move what is in front first, or widen the filter.")


class OnlyTheFirst(UserFacingError):
    """A dry run looks at no more, for the same reason."""

    status = 409
    title = N_("Only the first {held} messages were looked at")
    hint = N_("The broker holds what is looked at until the end. Those behind may match, too.")


class NothingArrives(UserFacingError):
    """Every copy comes back."""

    status = 409
    title = N_("None of {count} copies reached a queue")
    hint = N_("All messages are still in “{queue}”. Check the exchange and the routing key, or bind a queue, then try again.")


class Transfer:
    """One transfer, over as many links as it takes."""

    def __init__(self, links: Links, journal: Journal, plan: Plan, job: RunningJob) -> None:
        self._links = links
        self._plan = plan
        self._job = job
        self._ledger = Ledger(job)
        self._dealer = Dealer(plan, journal, self._ledger, job.id)
        self._expected = -1
        """Messages that were there at the start."""

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
        self._ledger.begin_anew()
        if await job.unless_stopped(self._links.regained(plan.connection, plan.vhost, Purpose.READ)) is None:
            return False
        link = await job.unless_stopped(self._links.regained(plan.connection, plan.vhost, Purpose.PUBLISH))
        if link is not None and link.blocked and not link.ended.done():
            await job.unless_stopped(_unless_ended(link))
        return link is not None and not job.stopping.is_set()

    # -- one round: from the queue's head to the last message that was there at the start

    async def _round(self) -> None:
        plan = self._plan
        purpose = Purpose.READ if plan.dry_run else Purpose.PUBLISH  # where the broker may take nothing for now
        async with (
            await self._links.channel(plan.connection, plan.vhost, purpose=Purpose.READ) as reader,
            await self._links.channel(plan.connection, plan.vhost, purpose=purpose, confirms=True) as writer,
        ):
            there = (await reader.declare_queue(plan.queue, passive=True)).messages
            if plan.exchange:
                await writer.declare_exchange(plan.exchange, passive=True)
            if self._expected < 0:
                self._expected = self._job.total = there
            self._job.running()
            if plan.dry_run and plan.all_to:
                self._count_all(there)
            else:
                await self._go_through(reader, writer, min(there, self._expected - self._ledger.sent))

    async def _go_through(self, reader: Channel, writer: Channel, most: int) -> None:
        problem = await self._pass(reader, Copies(writer, self._on_blocked), most)
        await self._put_back(reader, writer)
        if problem is not None and self._plan.dry_run:
            self._job.problem = problem.problem()  # it found what it found
        elif problem is not None:
            raise problem

    def _count_all(self, there: int) -> None:
        """Answer a dry run that needs to look at no message: all of them go to one place."""
        count = min(there, self._plan.limit or there)
        if count:
            self._ledger.would_go(self._plan.all_to, count)
        self._job.advance(count)
        self._job.count("left", there)

    async def _pass(self, reader: Channel, copies: Copies, most: int) -> UserFacingError | None:
        """Read up to *most* messages, the next batch while the copies of one are being confirmed. Answers why it went no further."""
        looked, size = 0, FIRST_BATCH
        batch = await self._read(reader, self._room(min(size, most)))
        while batch:
            looked += len(batch)
            size = _next_size(size, batch)
            reading = _begun(self._read(reader, self._room(min(size, most - looked), under_way=len(batch))))
            try:
                self._job.advance(await self._dealer.deal(reader, copies, batch, looked - len(batch)))
            except BaseException:
                reading.cancel()
                raise
            [batch] = await reading
            if self._dealer.is_enough():
                return None
            if looked < most and (problem := self._why_no_further()):
                return problem
            if not batch:  # nothing was read ahead, for all that was under way might have been the last
                batch = await self._read(reader, self._room(min(size, most - looked)))
        return None

    def _why_no_further(self) -> UserFacingError | None:
        if self._ledger.returned_in_a_row >= MOST_RETURNED:
            return NothingArrives(queue=self._plan.queue, count=self._ledger.returned_in_a_row)
        if self._ledger.held >= MOST_HELD:
            return OnlyTheFirst(held=MOST_HELD) if self._plan.dry_run else TooManyHeld(held=MOST_HELD)
        return None

    def _room(self, count: int, *, under_way: int = 0) -> int:
        """Bound a batch by what may still be sent, should all of it and of what is *under_way* match."""
        limit = self._plan.limit
        if self._job.stopping.is_set():
            return 0
        return count if not limit or not self._plan.sieve.lets_all_through else min(count, limit - self._dealer.found() - under_way)

    async def _read(self, reader: Channel, count: int) -> list[Delivery]:
        if count <= 0:
            return []
        answers = await asyncio.gather(*(reader.get(self._plan.queue) for _ in range(count)))
        batch = [answer for answer in answers if answer is not None]
        self._ledger.read(len(batch))
        return batch

    async def _put_back(self, reader: Channel, counter: Channel) -> None:
        """Let the broker put what is held to where it was, wait until it has, and count what is left.

        The end of the channel does it: RabbitMQ takes 0.01 s for 20,000 messages there, and many seconds where each is refused.
        """
        unread = (await reader.declare_queue(self._plan.queue, passive=True)).messages
        await reader.close()
        pause = Backoff(first_s=0.01, cap_s=0.25)
        deadline = time.monotonic() + PUT_BACK_LIMIT_S
        while True:
            there = await counter.declare_queue(self._plan.queue, passive=True)
            if there.messages >= unread + self._ledger.unacked or there.consumers or time.monotonic() > deadline:
                break
            await asyncio.sleep(pause.delay())  # RabbitMQ counts at once, and puts back when it comes to it
        self._job.count("left", there.messages)

    def _on_blocked(self, problem: BrokerBlocked | None) -> None:
        if problem is not None:
            self._job.waiting(problem)
        elif self._job.state is JobState.WAITING:
            self._job.running()


async def _unless_ended(link: Link) -> None:
    with contextlib.suppress(LinkProblem):  # then the next round finds it out
        await link.writable()


def _next_size(size: int, batch: list[Delivery]) -> int:
    """Grow batches while they are small, so that a few huge messages are held one at a time."""
    mean = max(1, sum(len(delivery.body) for delivery in batch) // len(batch))
    return max(1, min(BATCH_MESSAGES, 2 * size, BATCH_BYTES // mean))


def _begun(coro: Coroutine[None, None, T]) -> "asyncio.Future[tuple[T]]":
    """Begin *coro*; its failure is raised where it is awaited, and nowhere else."""
    begun = asyncio.gather(coro)
    begun.add_done_callback(lambda done: done.cancelled() or done.exception())
    return begun
