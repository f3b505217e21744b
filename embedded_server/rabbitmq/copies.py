"""Publishes copies, mandatory and confirmed, and tells what became of each before anyone lets go of its original."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from embedded_server.contracts.problems import N_
from embedded_server.rabbitmq.aims import Aim
from embedded_server.rabbitmq.channel import Channel
from embedded_server.rabbitmq.problems import BrokerBlocked, LinkProblem
from embedded_server.rabbitmq.receiver import Delivery, Returned

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
    """A message, its copy, and what became of the copy."""

    original: Delivery
    aim: Aim
    returned: Returned | None = None
    confirmed: bool = False
    refused: bool = False
    was_sent: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether the broker has told what became of the copy."""
        return self.confirmed or self.refused or self.returned is not None


class Copies:
    """The copies under way on one channel that was opened with confirms."""

    def __init__(self, channel: Channel, on_blocked: Callable[[BrokerBlocked | None], None]) -> None:
        self._channel = channel
        self._on_blocked = on_blocked
        self._waiting: dict[int, Copy] = {}
        self._news = asyncio.Event()
        channel.on_confirms(self._on_confirm, self._on_return)
        channel.ended.add_done_callback(lambda _: self._news.set())

    async def send(self, copies: list[Copy]) -> None:
        """Publish *copies*, and wait until the broker has told what became of each. Raises why the channel ended before."""
        for copy in copies:
            await self._channel.link.writable()
            aim = copy.aim
            tag = self._channel.publish(aim.exchange, aim.routing_key, copy.original.body, aim.content, mandatory=True)
            copy.was_sent = True
            self._waiting[tag] = copy
        while self._waiting:
            await self._hear()

    async def _hear(self) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(CONFIRM_LIMIT_S):
                await self._news.wait()
        except TimeoutError as exc:
            if not self._channel.link.blocked:
                raise NotConfirmed(seconds=CONFIRM_LIMIT_S) from exc
            self._on_blocked(self._channel.link.blocked_problem())
            return
        self._on_blocked(None)
        if self._waiting and self._channel.ended.done():
            raise self._channel.ended.result()

    def _on_confirm(self, tag: int, multiple: bool, acked: bool) -> None:
        for one in [number for number in self._waiting if number <= tag] if multiple else [tag]:
            copy = self._waiting.pop(one, None)
            if copy is not None:
                copy.confirmed, copy.refused = acked and copy.returned is None, not acked
        self._news.set()

    def _on_return(self, returned: Returned) -> None:
        """Find whose copy came back: a return names none, but comes before its confirm, in the order of publishing."""
        place = (returned.exchange, returned.routing_key)
        there = [copy for copy in self._waiting.values() if copy.returned is None and copy.aim[:2] == place]
        same = [copy for copy in there if copy.original.body == returned.body]
        exact = [copy for copy in same if copy.aim.content == returned.content]
        for found in (exact, same, there):
            if found:
                found[0].returned = returned
                return
