"""Deals with a batch of messages: which match, where each goes, that its copy arrives before it is let go, and what the journal is told."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import MessageStatus, subject_of
from embedded_server.journal import Journal, Sieve
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.content_edit import has_user_id
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.messages.events import EventMaker
from embedded_server.rabbitmq.messages.prepare import Prepared
from embedded_server.rabbitmq.transfer.aims import Aimer
from embedded_server.rabbitmq.transfer.copies import Copies, Copy
from embedded_server.rabbitmq.transfer.ledger import Ledger

THREAD_BYTES: Final = 256 * 1024
THREAD_EVENTS: Final = 100


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
    all_to: str = ""
    """The one place that every message goes to, where there is one and no filter: a dry run then need not read any."""


class Dealer:
    """Deals with one transfer's batches."""

    def __init__(self, plan: Plan, journal: Journal, ledger: Ledger, job: str) -> None:
        self._plan = plan
        self._journal = journal
        self._ledger = ledger
        self._events = EventMaker(plan.name, job)

    def is_enough(self, more: int = 0) -> bool:
        """Whether as many messages as were asked for have gone, or will have with *more*."""
        return bool(self._plan.limit) and self.found() + more >= self._plan.limit

    def found(self) -> int:
        """Answer how many have gone, or would go."""
        return self._ledger.matched if self._plan.dry_run else self._ledger.sent

    async def deal(self, reader: Channel, copies: Copies, batch: list[Delivery], position: int) -> int:
        """Send what matches, and answer how many messages stay. Messages before the batch: *position*. Raises what sending raises."""
        matches = await self._matches(batch, position)
        sending: list[Copy] = []
        for delivery, matched in zip(batch, matches, strict=True):
            aim = self._plan.aim(delivery) if matched and not self.is_enough(len(sending)) else None
            if aim is None:
                self._ledger.stays("skipped")
            elif self._names_another_user(delivery):
                self._ledger.stays("refused")
            elif self._plan.dry_run:
                self._ledger.would_go(subject_of(aim.exchange, aim.routing_key))
            else:
                message = Prepared(aim.exchange, aim.routing_key, mandatory=True, content=aim.content, body=delivery.body)
                sending.append(Copy(delivery, message))
        if sending:
            await self._send(reader, copies, sending)
        return len(batch) - len(sending)

    async def _matches(self, batch: list[Delivery], position: int) -> list[bool]:
        sieve = self._plan.sieve
        if sieve.lets_all_through:
            return [True] * len(batch)
        events = [self._seen(delivery) for delivery in batch]
        if len(events) <= THREAD_EVENTS and sum(len(delivery.body) for delivery in batch) <= THREAD_BYTES:
            return sieve.matching(events, position + 1)
        return await asyncio.to_thread(sieve.matching, events, position + 1)

    async def _send(self, reader: Channel, copies: Copies, sending: list[Copy]) -> None:
        try:
            await copies.send(sending)
        except UserFacingError:
            with contextlib.suppress(UserFacingError):  # where the originals cannot be let go either, they come again
                await self._let_go(reader, [copy for copy in sending if copy.status is not None])
            raise
        await self._let_go(reader, sending)

    async def _let_go(self, reader: Channel, copies: list[Copy]) -> None:
        """Acknowledge the originals of the copies that arrived, and tell the journal of all. Raises why they cannot be acknowledged."""
        arrived = [copy for copy in copies if copy.status is MessageStatus.CONFIRMED]
        try:
            for copy in arrived:
                reader.ack(copy.original.delivery_tag)
            self._ledger.went(self._plan.status.value, len(arrived), len(copies))
        finally:
            for copy in copies:
                self._note_staying(copy.status)
            await self._journal.room()
            self._journal.append_many([self._told(copy) for copy in copies])

    def _note_staying(self, status: MessageStatus | None) -> None:
        if status is MessageStatus.UNCONFIRMED:
            self._ledger.is_uncertain()
        elif status is not None and status is not MessageStatus.CONFIRMED:
            self._ledger.stays(status.value)

    def _names_another_user(self, delivery: Delivery) -> bool:
        return has_user_id(delivery.content) and delivery.decoded().properties.user_id != self._plan.user

    # -- events

    def _seen(self, delivery: Delivery) -> Event:
        """A message as it lies in the queue, for the filter."""
        return self._events.make(
            Kind.MESSAGE_DELIVERED,
            MessageStatus.GOT,
            exchange=delivery.exchange,
            routing_key=delivery.routing_key,
            content=delivery.content,
            body=delivery.body,
            queue=self._plan.queue,
            redelivered=delivery.redelivered,
        )

    def _told(self, copy: Copy) -> Event:
        """What became of a copy, for the journal."""
        status = self._plan.status if copy.status is MessageStatus.CONFIRMED else copy.status or MessageStatus.UNCONFIRMED
        back = copy.returned
        return self._events.make(
            Kind.MESSAGE_RETURNED if back else Kind.MESSAGE_PUBLISHED,
            status,
            exchange=copy.message.exchange,
            routing_key=copy.message.routing_key,
            content=copy.message.content,
            body=copy.message.body,
            queue=self._plan.queue,
            redelivered=copy.original.redelivered,
            reply_code=back.reply_code if back else 0,
            reply_text=back.reply_text if back else "",
        )
