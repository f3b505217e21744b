"""A WebSocket client of the hub, without the socket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from embedded_server.contracts.streams import PublishRequest
from embedded_server.streams import Conversation, Hub


class FakeSocket:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.closed_with: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def send(self, text: str) -> None:
        self.messages.put_nowait(orjson.loads(text))

    async def hang_up(self, code: int) -> None:
        self.closed_with.set_result(code)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            return await self.messages.get()


@pytest.fixture
async def socket() -> FakeSocket:
    return FakeSocket()


@pytest.fixture
async def conversation(hub: Hub, socket: FakeSocket) -> AsyncIterator[Conversation]:
    conversation = Conversation(hub, socket.send, socket.hang_up)
    yield conversation
    await conversation.close()


async def test_a_client_subscribes_by_message_and_is_told_where_it_begins(hub: Hub, conversation: Conversation, socket: FakeSocket) -> None:
    await conversation.receive('{"op": "subscribe", "topics": ["a"]}')
    assert (await socket.next())["event"] == "open"
    published = await hub.publish("a", PublishRequest({"n": 1}))
    assert await socket.next() == {"id": published.id, "event": "message", "topic": "a", "data": {"n": 1}}


async def test_topics_already_followed_are_not_sent_twice(hub: Hub, conversation: Conversation, socket: FakeSocket) -> None:
    conversation.subscribe(["a"])
    await conversation.receive(b'{"op": "subscribe", "topics": ["a", "b"]}')
    await hub.publish("a", PublishRequest(1))
    await hub.publish("b", PublishRequest(2))
    got = [await socket.next() for _ in range(4)]
    assert sorted(message["data"] for message in got if message["topic"]) == [1, 2]


async def test_unsubscribing_from_the_last_topic_frees_the_place(hub: Hub, conversation: Conversation) -> None:
    conversation.subscribe(["a", "b"])
    await conversation.receive('{"op": "unsubscribe", "topics": ["a"]}')
    assert conversation.topics == {"b"}
    await conversation.receive('{"op": "unsubscribe", "topics": ["b"]}')
    assert hub.clients == 0


async def test_subscribing_by_message_resumes(hub: Hub, conversation: Conversation, socket: FakeSocket) -> None:
    first = await hub.publish("a", PublishRequest(1))
    await hub.publish("a", PublishRequest(2))
    await conversation.receive(orjson.dumps({"op": "subscribe", "topics": ["a"], "last_event_id": first.id}))
    await socket.next()
    assert (await socket.next())["data"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        "{}",
        '{"op": "shout", "topics": ["a"]}',
        '{"op": "subscribe", "topics": "a"}',
        '{"op": "subscribe", "topics": [1]}',
        '{"op": "subscribe", "topics": ["a"], "last_event_id": 5}',
        '{"op": "subscribe", "topics": []}',
        b"\xff",
    ],
)
async def test_what_is_not_understood_is_answered_with_a_problem(conversation: Conversation, socket: FakeSocket, text: str | bytes) -> None:
    await conversation.receive(text)
    answer = await socket.next()
    assert answer["event"] == "error"
    assert answer["data"]["status"] == 422
    assert answer["data"]["hint"]


async def test_a_hub_that_stops_hangs_up(hub: Hub, conversation: Conversation, socket: FakeSocket) -> None:
    conversation.subscribe(["a"])
    await hub.stop()
    async with asyncio.timeout(5):
        assert await socket.closed_with == 1001


async def test_closing_twice_is_fine_and_hangs_up_on_nobody(conversation: Conversation, hub: Hub, socket: FakeSocket) -> None:
    conversation.subscribe(["a"])
    await conversation.close()
    await conversation.close()
    assert hub.clients == 0
    assert not socket.closed_with.done()
