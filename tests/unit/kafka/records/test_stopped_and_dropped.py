"""What is under way when it is no longer wanted: a reading whose broker never answers, a producer that opens while it is dropped."""

import asyncio
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.kafka import Compression, Side
from embedded_server.core.profiles import Profile
from embedded_server.journal import Journal
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.decoding.service import Decoding
from embedded_server.kafka.records.prepare import Prepared
from embedded_server.kafka.records.produce import Producing
from embedded_server.kafka.records.reader import Reader, Span
from tests.contract.kafka.capability import CONNECTION, profile_of


async def test_a_reading_is_stopped_at_once_while_its_broker_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:

        async def resolve(_: str) -> Profile:
            return profile_of(f"127.0.0.1:{silent.getsockname()[1]}")

        reader = Reader(Clients(resolve), CONNECTION, "orders", [Span(0, 0)], lambda _, __: None)
        opened: list[bool] = []
        reader.on_open = lambda: opened.append(True)
        reading = asyncio.ensure_future(reader.run())  # noqa: TID251 - its end is looked at
        await asyncio.sleep(0.3)
        began = time.monotonic()
        reader.stop()
        await asyncio.wait_for(reading, 10)
        assert time.monotonic() - began < 1.5
        assert opened == []


async def test_a_producer_that_opens_while_it_is_dropped_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    opening, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    class Slow:
        manager = None

        def send(self, *_: Any) -> Any:
            raise OSError("dropped")

        def close(self, _: float) -> None:
            closed.set()

    def open_blocking(*_: Any, **__: Any) -> Slow:
        opening.set()
        go_on.wait(5)
        return Slow()

    class Nothing:
        async def reachable(self, _: str) -> None: ...
        async def prepare(self, _: str) -> None: ...
        async def append_durably(self, _: object) -> None: ...
        def __call__(self, *_: Any) -> str:
            return ""

    monkeypatch.setattr("embedded_server.kafka.records.produce.open_producer_blocking", open_blocking)
    nothing: Any = Nothing()
    producing = Producing(nothing, nothing, nothing)
    monkeypatch.setattr(producing, "_keep", lambda *_: asyncio.sleep(0))
    send = producing.produce(profile_of("127.0.0.1:1"), Prepared("orders", None, None, None, b"", [], 1), Compression.NONE)
    sending = asyncio.ensure_future(send)  # noqa: TID251 - its end is looked at
    await asyncio.to_thread(opening.wait, 5)
    await producing.drop(CONNECTION)
    go_on.set()
    await asyncio.gather(sending, return_exceptions=True)
    assert closed.is_set()


async def test_what_is_made_while_a_choice_changes_is_not_kept_for_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_: str) -> Profile:
        return profile_of("127.0.0.1:1")

    decoding = Decoding(Journal(tmp_path / "journal.db"), resolve, tmp_path)
    chosen = decoding.choices.of

    def changed_meanwhile(connection: str, topic: str, side: Side) -> Any:
        monkeypatch.setattr(decoding.choices, "of", chosen)
        found = chosen(connection, topic, side)
        decoding.choices.version += 1
        decoding.side(connection, "another", side)  # as another thread does
        return found

    monkeypatch.setattr(decoding.choices, "of", changed_meanwhile)
    stale = decoding.side(CONNECTION, "orders", Side.VALUE)
    assert decoding.side(CONNECTION, "orders", Side.VALUE) is not stale
