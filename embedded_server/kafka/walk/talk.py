"""A connection to somebody who may be a Kafka broker: one request and its response at a time, in kafka-python's schema classes."""

import asyncio
import itertools
import struct
from typing import Any, Final

from embedded_server.core.reach.peer import Peer

CLIENT_ID: Final = "switchroom"
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""Metadata of a large cluster is some megabytes; who announces more speaks something else."""
_SIZE: Final = struct.Struct(">i")


class NotKafkas(Exception):
    """What came is no response; ``data`` is how it begins."""

    def __init__(self, data: bytes) -> None:
        super().__init__("not Kafka's protocol")
        self.data = data


class KafkaPeer(Peer):
    """Speaks Kafka's protocol: a size, a header with a correlation id, and a body."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self._buffer = bytearray()
        self._numbers = itertools.count(1)

    async def ask(self, request: Any, version: int, response: Any) -> Any:
        """Answer the response (of the class *response*) to *request*. Raises `NotKafkas`, or `HungUp` at the end."""
        number = next(self._numbers)
        self.send(framed(request, version, number))
        body = await self._frame()
        if len(body) < 4 or _SIZE.unpack_from(body)[0] != number:
            raise NotKafkas(_SIZE.pack(len(body)) + body[:200])
        try:
            return response.decode(body, version=version, header=True)
        except Exception as exc:
            raise NotKafkas(_SIZE.pack(len(body)) + body[:200]) from exc

    async def _frame(self) -> bytes:
        while len(self._buffer) < 4:
            self._buffer += await self.read()
        (size,) = _SIZE.unpack_from(self._buffer)
        if not 4 <= size <= MAX_ANSWER_BYTES:
            raise NotKafkas(bytes(self._buffer[:200]))
        while len(self._buffer) < 4 + size:
            self._buffer += await self.read()
        body = bytes(self._buffer[4 : 4 + size])
        del self._buffer[: 4 + size]
        return body


def framed(request: Any, version: int, number: int) -> bytes:
    """Write a request with its size and header."""
    request.API_VERSION = version
    request.with_header(correlation_id=number, client_id=CLIENT_ID)
    whole: bytes = bytes(request.encode(version=version, header=True, framed=True))
    return whole
