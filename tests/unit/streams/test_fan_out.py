"""What a hub client is written: batches together, comments in quiet times, and not for ever to somebody who takes nothing."""

import asyncio

import pytest

from embedded_server.contracts.streams import PublishRequest
from embedded_server.streams import Hub, write_events
from embedded_server.streams.frames import HEARTBEAT


async def dispatched(hub: Hub, id_: str) -> None:
    """Return once the writer thread's news of this event has reached the loop."""
    async with asyncio.timeout(5):
        while hub._head < int(id_.rpartition(":")[2]):  # noqa: ASYNC110 - nobody else waits for it
            await asyncio.sleep(0)


async def test_frames_that_wait_are_written_together_and_quiet_is_a_comment(hub: Hub) -> None:
    client = hub.subscribe(["a"])
    for n in range(3):
        published = await hub.publish("a", PublishRequest(n))
    await dispatched(hub, published.id)
    written: list[bytes] = []

    async def write(chunk: bytes) -> None:
        written.append(chunk)
        if chunk == HEARTBEAT:
            client.close()

    await write_events(client, write, heartbeat_s=0.01)
    assert written[-1] == HEARTBEAT
    assert b"".join(written[:-1]).count(b"data: ") == 3
    assert len(written) < 4


async def test_an_envelope_wraps_every_event(hub: Hub) -> None:
    client = hub.subscribe(["a"])
    published = await hub.publish("a", PublishRequest({"n": 1}))
    written: list[bytes] = []

    async def write(chunk: bytes) -> None:
        written.append(chunk)
        if b"data" in chunk:
            client.close()

    await write_events(client, write, enveloped=True)
    assert f'data: {{"id":"{published.id}","event":"message","topic":"a","data":{{"n":1}}}}\n\n'.encode() in written[-1]


async def test_somebody_who_takes_nothing_is_given_up(hub: Hub) -> None:
    client = hub.subscribe(["a"])

    async def write(_: bytes) -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await write_events(client, write, send_limit_s=0.01)
