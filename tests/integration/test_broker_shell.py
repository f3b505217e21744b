"""The brokers' shell on a real socket: who does not read is not read from, goes on when it reads again, and hears the last word."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from embedded_server.brokers.clock import SystemClock, Timers
from embedded_server.brokers.ports import HOST, listen
from embedded_server.brokers.shell import READ_BYTES, Shell
from tests.helpers.server import until

ANSWER = bytes(1 << 20)
REQUEST = bytes(READ_BYTES)
LAST_WORD = b"goodbye"


class Talk:
    """Answers whatever comes with much, and is blocked for as long as its client does not read."""

    def __init__(self, broker: "TalkingBroker", peer: str, local: str) -> None:
        self.broker = broker
        self.peer = peer
        self.local = local
        self.finished = False
        self.blocked = False
        self.received = 0
        self.lost = False
        self._output: list[bytes] = []
        broker.talks.append(self)
        broker.timers.call_at(SystemClock().now() + 0.02, broker.looked_in.set)

    def receive_data(self, data: bytes) -> None:
        self.received += len(data)
        self.say(ANSWER)

    def say(self, data: bytes) -> None:
        self._output.append(data)
        self.broker.speaks[self] = None

    def data_to_send(self) -> list[bytes]:
        output, self._output = self._output, []
        return output

    def pause(self) -> None:
        self.blocked = True

    def resume(self) -> None:
        self.blocked = False

    def connection_lost(self) -> None:
        self.lost = True


class TalkingBroker:
    """Has nothing to say of its own but the last word."""

    def __init__(self) -> None:
        self.timers = Timers(SystemClock())
        self.talks: list[Talk] = []
        self.speaks: dict[Talk, None] = {}
        self.looked_in = asyncio.Event()

    @property
    def speaking(self) -> bool:
        return bool(self.speaks)

    def end_turn(self) -> list[Talk]:
        told, self.speaks = list(self.speaks), {}
        return told

    def close(self) -> None:
        for one in self.talks:
            one.say(LAST_WORD)
            one.finished = True


@pytest.fixture
async def shell() -> AsyncIterator[Shell[TalkingBroker]]:
    made = Shell(TalkingBroker(), Talk)
    await made.start(listen(0))
    yield made
    await made.stop()


async def client(shell: Shell[TalkingBroker]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Talk]:
    reader, writer = await asyncio.open_connection(HOST, shell.port, limit=1 << 16)

    async def is_there() -> bool:
        return bool(shell.broker.talks)

    await until(is_there)
    return reader, writer, shell.broker.talks[-1]


async def test_a_client_that_does_not_read_is_not_read_from_until_it_reads_again(shell: Shell[TalkingBroker]) -> None:
    reader, writer, talk = await client(shell)
    requests = 0

    async def is_blocked() -> bool:
        nonlocal requests
        if not talk.blocked:
            writer.write(REQUEST)
            requests += 1
        return talk.blocked

    await until(is_blocked)
    taken = talk.received
    writer.write(REQUEST * 8)
    sent = (requests + 8) * len(REQUEST)
    for _ in range(20):  # turns of the loop in which it could be read
        await asyncio.sleep(0)
    assert talk.received <= taken + READ_BYTES  # what had been read when it was blocked

    async def all_is_taken() -> bool:
        await reader.read(1 << 20)
        return talk.received == sent

    await until(all_is_taken)
    writer.transport.abort()


async def test_the_last_word_is_heard_and_the_socket_closed(shell: Shell[TalkingBroker]) -> None:
    reader, writer, talk = await client(shell)
    await shell.stop()
    assert await reader.read() == LAST_WORD
    assert talk.lost
    writer.close()


async def test_timers_that_a_connection_sets_run_before_it_says_a_word(shell: Shell[TalkingBroker]) -> None:
    _, writer, _ = await client(shell)
    async with asyncio.timeout(5):
        await shell.broker.looked_in.wait()
    writer.close()


async def test_a_call_that_fails_keeps_those_behind_it_from_nothing(shell: Shell[TalkingBroker], caplog: pytest.LogCaptureFixture) -> None:
    timers, now = shell.broker.timers, SystemClock().now()

    def fail() -> None:
        raise RuntimeError("unforeseen")

    with caplog.at_level(logging.ERROR):
        timers.call_at(now, fail)
        timers.call_at(now + 0.01, shell.broker.looked_in.set)
        shell.schedule_turn()
        await asyncio.wait_for(shell.broker.looked_in.wait(), 5)
    assert "unforeseen" in caplog.text
