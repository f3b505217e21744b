"""A connection to somebody who may be a RabbitMQ: methods one by one."""

import asyncio
from collections import deque
from typing import TypeVar

from pamqp import base, commands

from embedded_server.core.reach.peer import Peer
from embedded_server.rabbitmq.walk.handshake import Incoming, NotFrames

M = TypeVar("M", bound=base.Frame)


class Refused(Exception):
    """The other side ended the connection or the channel, and told why."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class AmqpPeer(Peer):
    """Cuts what comes into methods."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self._incoming = Incoming()
        self._methods: deque[tuple[int, base.Frame]] = deque()

    async def next_method(self) -> tuple[int, base.Frame]:
        """Answer the next method and its channel. Raises `HungUp`, `NotFrames` or `OtherVersion`."""
        while not self._methods:
            self._methods.extend(self._incoming.feed(await self.read()))
        return self._methods.popleft()

    async def expect(self, kind: type[M], channel: int = 0) -> M:
        """Answer the method that has to come. Raises `Refused` where a close comes instead."""
        while True:
            on, method = await self.next_method()
            if isinstance(method, kind) and on == channel:
                return method
            if isinstance(method, commands.Connection.Close) or (isinstance(method, commands.Channel.Close) and on == channel):
                raise Refused(method.reply_code or 0, method.reply_text or "")
            if on == 0 and not isinstance(method, commands.Connection.Blocked):
                raise NotFrames(type(method).__name__.encode())
