"""A server that says exactly the bytes a test wants, in exactly the pieces it wants."""

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Script = Callable[["Exchange"], Awaitable[None]]

EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@dataclass
class Exchange:
    """One request, and the way to answer it."""

    request_line: str
    headers: dict[str, str]
    body: bytes
    writer: asyncio.StreamWriter
    number: int
    """Counts the server's requests from 0."""

    async def say(self, data: bytes, *, one_by_one: bool = False) -> None:
        """Write *data*, at once or in a write for each byte."""
        for piece in (data[n : n + 1] for n in range(len(data))) if one_by_one else [data]:
            self.writer.write(piece)
            await self.writer.drain()
            if one_by_one:
                await asyncio.sleep(0)

    def cut(self) -> None:
        """End the connection as a crash does: with a reset."""
        peer: socket.socket = self.writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0))
        self.writer.transport.abort()


@dataclass
class RawServer:
    """Where it listens and what it was asked."""

    port: int = 0
    requests: list[Exchange] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def raw_server(script: Script) -> AsyncIterator[RawServer]:
    """Serve *script* on a free port of loopback. Until the block ends a script may wait for `RawServer.over`."""
    server = RawServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            exchange = Exchange(head[0], headers, body, writer, len(server.requests))
            server.requests.append(exchange)
            await script(exchange)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.over.set()
        listener.close()
        await asyncio.sleep(0)
