"""The HTTP server is fetched when the first client knocks, and not before."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from embedded_server.brokers.management.doorman import Doorman
from embedded_server.brokers.ports import listen


@dataclass
class Maker:
    """Makes the app, and counts how often."""

    made: int = 0
    faults: list[Exception] = field(default_factory=list)

    def __call__(self) -> ASGIApp:
        self.made += 1
        if self.faults:
            raise self.faults.pop()
        return PlainTextResponse("hello")


Start = Callable[[Maker], Awaitable[str]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    doormen: list[Doorman] = []

    async def begin(maker: Maker) -> str:
        doorman = Doorman(maker)
        doormen.append(doorman)
        await doorman.start(listen(0))
        return f"http://127.0.0.1:{doorman.port}/"

    yield begin
    for doorman in doormen:
        await doorman.stop()
        await doorman.stop()


async def test_nothing_is_loaded_before_somebody_knocks(start: Start) -> None:
    maker = Maker()
    url = await start(maker)
    assert maker.made == 0
    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).text == "hello"
    assert maker.made == 1


async def test_those_who_come_meanwhile_wait_and_are_served(start: Start) -> None:
    maker = Maker()
    url = await start(maker)
    async with httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.get(url) for _ in range(20)))
    assert [answer.text for answer in answers] == ["hello"] * 20
    assert maker.made == 1


async def test_one_who_leaves_at_the_door_does_no_harm(start: Start) -> None:
    url = await start(Maker())
    _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.close()
    await writer.wait_closed()
    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).text == "hello"


async def test_loading_that_fails_is_logged_and_tried_again(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    maker = Maker(faults=[RuntimeError("no such module")])
    url = await start(maker)
    async with httpx.AsyncClient() as client:
        with caplog.at_level("ERROR"), pytest.raises(httpx.TransportError):
            await client.get(url)
        assert "no such module" in caplog.text
        assert (await client.get(url)).text == "hello"
    assert maker.made == 2


async def test_stopping_lets_go_of_clients_and_port(start: Start) -> None:
    doorman = Doorman(Maker())
    await doorman.start(listen(0))
    async with httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{doorman.port}/"
        assert (await client.get(url)).text == "hello"
        await doorman.stop()
        with pytest.raises(httpx.TransportError):
            await client.get(url)
    listen(doorman.port).close()


async def test_what_is_no_http_is_answered_and_cut(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    url = await start(Maker())
    with caplog.at_level("WARNING"):
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
        writer.write(b"AMQP\x00\x00\x09\x01 and more\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()
        await writer.wait_closed()
