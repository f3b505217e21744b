"""Stand-ins for what a feed view talks to, and rows to fill it with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal

from desktop.core.feeds import Link, LinkState
from desktop.services import Services
from desktop.services.notices import Notices
from desktop.services.settings import Settings
from embedded_server.contracts.feeds import Source, Tick, Window

KINDS = ("task.succeeded", "task.failed", "task.started", "message.published", "http.exchange")
STATUSES = ("SUCCESS", "FAILURE", "STARTED", "", "200")
AT = 1_795_000_000_000_000_000


def event_row(seq: int, **changes: Any) -> list[Any]:
    """A row of the journal as it comes over the wire."""
    fields = {
        "seq": seq,
        "at": AT + seq * 1_000_000,
        "connection": "embedded",
        "kind": KINDS[seq % 5],
        "subject": f"orders.charge.{seq % 7}",
        "key": f"c1f0a9d2-6f54-4b1e-9a53-{seq:012d}",
        "trace": f"trace-{seq // 3}",
        "joined": "celery-root",
        "status": STATUSES[seq % 5],
        "worker": f"web-{seq % 4}",
        "size": 178 + seq % 5000,
        "preview": f'{{"order_id": {seq}, "retry": true, "amount": "129.50"}}',
    }
    return list((fields | changes).values())


def tick(start: int, end: int, *, rows: int = 60, revision: int = 0, feed: int = 1, **changes: Any) -> Tick:
    """A tick whose newest rows are numbered by their ordinals."""
    first = max(start, end - rows)
    values: dict[str, Any] = {"scanned": end, "of": end, "rate": 0.0, "dropped": 0, "trimmed": 0}
    return Tick(feed=feed, start=start, end=end, revision=revision, rows=[event_row(o) for o in range(first, end)], **(values | changes))


class FakeFeed(QObject):
    """A feed that remembers what it was asked."""

    restarted = Signal()
    ticked = Signal(object)
    counted = Signal(object)
    window_arrived = Signal(object)
    rejected = Signal(object)

    def __init__(self, source: Source, filter_: str) -> None:
        super().__init__()
        self.source = source
        self.filter = filter_
        self.filters = [filter_]
        self.asked: list[tuple[int, int, int]] = []
        self.idle = False
        self.closed = False

    def set_filter(self, text: str) -> None:
        self.filter = text
        self.filters.append(text)

    def request_window(self, first: int, count: int) -> int:
        self.asked.append((len(self.asked) + 1, first, count))
        return len(self.asked)

    def answer(self, revision: int = 0, **changes: Any) -> None:
        """Answer the last request, as the server would."""
        number, first, count = self.asked[-1]
        rows = [event_row(o, **changes) for o in range(first, first + count)]
        self.window_arrived.emit(Window(feed=1, id=number, first=first, revision=revision, rows=rows))

    def set_idle(self, idle: bool) -> None:
        self.idle = idle

    def close(self) -> None:
        self.closed = True


class FakeFeeds(QObject):
    """A feed client without a server."""

    state_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.link = Link(LinkState.OPEN)
        self.opened: list[FakeFeed] = []

    def open(self, source: Source, filter: str = "") -> FakeFeed:
        self.opened.append(FakeFeed(source, filter))
        return self.opened[-1]

    def set_link(self, link: Link) -> None:
        self.link = link
        self.state_changed.emit(link)


@dataclass
class FakeApi:
    """Answers by path."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def get(self, path: str, _type: Any = None, **query: Any) -> Any:
        return self._answer(path, query)

    async def get_bytes(self, path: str, **query: Any) -> Any:
        return self._answer(path, query)

    def _answer(self, path: str, query: dict[str, Any]) -> Any:
        self.asked.append((path, query))
        answer = self.answers.get(path, [])
        if isinstance(answer, Exception):
            raise answer
        return answer


def fake_services(data_dir: Path, api: Any = None) -> Any:
    """All a panel may use, without a server."""
    return Services(
        api=api or FakeApi(),  # type: ignore[arg-type]  # a fake that has what is used
        feeds=FakeFeeds(),  # type: ignore[arg-type]  # a fake that has what is used
        session=None,  # type: ignore[arg-type]  # not used here
        host=None,  # type: ignore[arg-type]  # not used here
        settings=Settings(data_dir),
        notices=Notices(),
    )


async def until(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Let Qt and asyncio take turns until *condition* holds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while not condition():
        assert loop.time() < end, "it did not happen in time"
        QCoreApplication.processEvents()
        await asyncio.sleep(0.002)
