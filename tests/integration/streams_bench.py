"""A manager of streams over a journal, and what its tests ask of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.streams import Stream, StreamKind, StreamSpec, StreamState
from embedded_server.journal import Journal
from embedded_server.streams import StreamManager


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    yield journal
    journal.close()


@pytest.fixture
async def manager(journal: Journal, tmp_path: Path) -> AsyncIterator[StreamManager]:
    manager = StreamManager(journal, tmp_path / "streams.json")
    await manager.start()
    yield manager
    await manager.stop()


async def opened(manager: StreamManager, url: str, kind: StreamKind = StreamKind.SSE, **more: Any) -> str:
    stream = await manager.add(StreamSpec(name=f"stream {len(manager.all())}", kind=kind, url=url, **more))
    assert stream.state is StreamState.IDLE, "nothing connects unasked"
    await manager.open(stream.id)
    return stream.id


async def until(manager: StreamManager, id_: str, holds: Callable[[Stream], bool]) -> Stream:
    """Wait for the stream to be as a test wants it."""
    async with asyncio.timeout(10):
        while not holds(stream := manager.get(id_)):  # noqa: ASYNC110 - figures have no event to wait for
            await asyncio.sleep(0.005)
    return stream


async def kept(journal: Journal, *kinds: Kind) -> list[Event]:
    last = await journal.flush()
    stored = [await journal.read(seq) for seq in range(1, last + 1)]
    return [one.event for one in stored if one is not None and (not kinds or one.event.kind in kinds)]


def is_open(stream: Stream) -> bool:
    return stream.state is StreamState.OPEN


def is_closed(stream: Stream) -> bool:
    return stream.state is StreamState.CLOSED


def answer(status: str, *headers: str, body: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", body]
    return "\r\n".join(lines).encode()


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)
