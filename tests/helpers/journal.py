"""Events that tests write into journals, and waiting for what a journal does by itself."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.journal import make_event

BASE_NS: Final = (time.time_ns() // 1_000_000_000 - 60) * 1_000_000_000
"""When event 0 happened: a minute ago, so that retention leaves these events alone."""


def an_event(number: int = 0, *, kind: Kind = Kind.TASK_SENT, subject: str = "orders.created", body: bytes = b"{}", **rest: Any) -> Event:
    """An event that differs from others by *number*, in its time and its key."""
    event = make_event(kind, subject, body=body, at=BASE_NS + number, key=f"key-{number}")
    return event._replace(**rest)


def events(count: int) -> list[Event]:
    """*count* events, numbered from 0."""
    return [an_event(number) for number in range(count)]


async def until(condition: Callable[[], object]) -> None:
    """Wait for a state that another thread brings about; ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the thread knows no event of ours
            await asyncio.sleep(0.005)
