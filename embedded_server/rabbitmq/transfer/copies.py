"""Publishes copies, mandatory and confirmed, and tells what became of each before anyone lets go of its original."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from embedded_server.contracts.problems import N_
from embedded_server.contracts.rabbitmq import MessageStatus
from embedded_server.core.reach.problems import LinkProblem
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.outstanding import Outstanding, Sent, Settled
from embedded_server.rabbitmq.amqp.receiver import Delivery, Returned
from embedded_server.rabbitmq.messages.prepare import Prepared
from embedded_server.rabbitmq.problems import BrokerBlocked

CONFIRM_LIMIT_S: Final = 30.0
"""So long without a single confirm, where the broker has not said that it takes nothing."""


class NotConfirmed(LinkProblem):
    """The broker is silent about what it was sent."""

    status = 504
    final = True
    title = N_("The broker has confirmed nothing for {seconds:g} s")
    hint = N_("The originals stay in their queue; some copies may have arrived. Look at the broker's log, then try again.")


@dataclass(slots=True)
class Copy:
    """A message and its copy."""

    original: Delivery
    message: Prepared
    status: MessageStatus | None = None
    """``confirmed``, ``refused`` or ``returned``; ``unconfirmed`` where the channel ended first. None: it was not sent."""
    returned: Returned | None = None


class Copies:
    """The copies under way on one channel that was opened with confirms."""

    def __init__(self, channel: Channel, on_blocked: Callable[[BrokerBlocked | None], None]) -> None:
        self._channel = channel
        self._on_blocked = on_blocked
        self._outstanding = Outstanding()
        self._copies: dict[int, Copy] = {}
        self._news = asyncio.Event()
        channel.on_confirms(self._on_confirm, self._outstanding.returned)
        channel.ended.add_done_callback(lambda _: self._news.set())

    async def send(self, copies: list[Copy]) -> None:
        """Publish *copies*, and wait until the broker has told what became of each. Raises why the channel ended before."""
        self._copies = {id(copy.message): copy for copy in copies}
        told = self._channel.link.on_blocked
        told.append(self._news.set)
        try:
            for copy in copies:
                await self._writable()
                self._publish(copy.message)
            while len(self._outstanding):
                await self._hear()
        finally:
            told.remove(self._news.set)
            self._note(self._outstanding.lost())

    def _publish(self, message: Prepared) -> None:
        tag = self._channel.publish(message.exchange, message.routing_key, message.body, message.content, mandatory=message.mandatory)
        self._outstanding.add(tag, [Sent(message, time.time_ns())])

    async def _writable(self) -> None:
        link = self._channel.link
        if not link.is_writable:
            self._tell_blocked()
            await link.writable()
            self._tell_blocked()

    def _tell_blocked(self) -> None:
        link = self._channel.link
        self._on_blocked(link.blocked_problem() if link.blocked else None)

    async def _hear(self) -> None:
        self._news.clear()
        if self._channel.ended.done():
            raise self._channel.ended.result()
        try:
            async with asyncio.timeout(CONFIRM_LIMIT_S):
                await self._news.wait()
        except TimeoutError as exc:
            if not self._channel.link.blocked:
                raise NotConfirmed(seconds=CONFIRM_LIMIT_S) from exc
        self._tell_blocked()

    def _on_confirm(self, tag: int, multiple: bool, acked: bool) -> None:
        self._note(self._outstanding.confirmed(tag, multiple, acked))
        self._news.set()

    def _note(self, settled: Iterable[Settled]) -> None:
        for one in settled:
            copy = self._copies[id(one.message)]
            copy.status, copy.returned = one.status, one.returned
