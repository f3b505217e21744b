"""Stand-ins for what the Tasks panel speaks to: an API that answers from memory, feeds that tick when told."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal

from desktop.core.feeds import Link, LinkState
from desktop.core.problems import ApiError
from desktop.services import Services
from desktop.services.notices import Notices
from desktop.services.session import SessionPhase, SessionState
from desktop.services.settings import Settings
from embedded_server.contracts.feeds import TICK_ROWS, Source, Tick, Window
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.tasks import Enqueued, EnqueueRequest, RevokeRequest, TaskDetail, TaskName, TaskRow, TaskStats, Worker
from tests.unit.desktop_tasks.details import make_detail

NAMES = [
    TaskName("demo.add", "Add two numbers.", "(x: int, y: int = 2)", "[2, 3]"),
    TaskName("demo.sleep", "Sleep, so that there is something to terminate.", "(seconds: float)", "[30]"),
    TaskName("demo.fail", "Fail with a chain of exceptions.", "()", ""),
]


def make_stats(**changes: Any) -> TaskStats:
    """A minute in which a task a second succeeded and two failed."""
    values: dict[str, Any] = {
        "throughput": [1.0] * 60,
        "failures": [0.0] * 58 + [1.0, 1.0],
        "wait_p95_ms": [38.0] * 60,
        "workers_online": [1.0] * 60,
        "workers_known": 2,
        "counts": {"PENDING": 2, "STARTED": 1, "SUCCESS": 12_345, "FAILURE": 2},
    }
    return TaskStats(**{**values, **changes})


def make_worker(name: str = "switchroom@host", *, online: bool = True) -> Worker:
    """A worker that is at one task."""
    return Worker(name, online, 1_764_000_000_000_000_000, 1, 1234, 4242, "py-celery 5.7", "prefork", ours=True)


def problem(
    title: str = "No broker answers at 127.0.0.1:5672", hint: str = "Start the broker.", type_: str = "broker-unreachable"
) -> ApiError:
    """What the server says when something fails."""
    return ApiError(ProblemDetails(f"urn:switchroom:problem:{type_}", title, 502, hint=hint, title_template=title, hint_template=hint))


class FakeApi(QObject):
    """Answers the tasks routes from memory, counts requests, and fails where told."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []
        self.sent: list[EnqueueRequest] = []
        self.revoked: list[tuple[str, bool]] = []
        self.details: dict[str, TaskDetail] = {}
        self.stats = make_stats()
        self.workers: list[Worker] = [make_worker()]
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None
        """Answers wait for it, where there is one."""

    def add(self, detail: TaskDetail | None = None, **changes: Any) -> TaskDetail:
        """Know a task."""
        detail = replace(detail or make_detail(), **changes)
        self.details[detail.id] = detail
        return detail

    def count(self, part: str) -> int:
        """How many requests had *part* in them."""
        return sum(part in request for request in self.requests)

    async def get(self, path: str, _type: Any, **_query: Any) -> Any:
        """Read."""
        await self._begin(f"GET {path}")
        if path == "/tasks/names":
            return NAMES
        if path == "/tasks/stats":
            return self.stats
        if path == "/workers":
            return self.workers
        found = self.details.get(unquote(path.removeprefix("/tasks/")))
        if found is None:
            raise problem("No task has the id x", "It may have been removed by retention.", "task-not-found")
        return found

    async def post(self, path: str, body: Any = None, _type: Any = None) -> Any:
        """Do."""
        await self._begin(f"POST {path}")
        if isinstance(body, EnqueueRequest):
            self.sent.append(body)
            return Enqueued(id=f"task-{len(self.sent)}", name=body.name)
        assert isinstance(body, RevokeRequest)
        self.revoked.append((path.split("/")[2], body.terminate))
        return None

    async def _begin(self, request: str) -> None:
        self.requests.append(request)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure


class FakeFeed(QObject):
    """A feed over rows in memory, which ticks when told."""

    restarted = Signal()
    ticked = Signal(object)
    counted = Signal(object)
    window_arrived = Signal(object)
    rejected = Signal(object)

    def __init__(self, source: Source, filter_: str) -> None:
        super().__init__()
        self.source = source
        self.filter = filter_
        self.rows: list[TaskRow] = []
        self.idle = False
        self.closed = False
        self._asked = 0
        self._revision = 0

    def set_idle(self, idle: bool) -> None:
        """Note it."""
        self.idle = idle

    def set_filter(self, text: str) -> None:
        """Note it, and begin anew with the same rows."""
        self.filter = text
        self.restarted.emit()
        self.tick()

    def request_window(self, first: int, count: int) -> int:
        """Answer as soon as Qt gets to it."""
        self._asked += 1
        rows = [list(row) for row in self.rows[first : first + count]]
        window = Window(feed=1, id=self._asked, first=first, revision=self._revision, rows=rows)
        QTimer.singleShot(0, self, lambda: self.window_arrived.emit(window))
        return self._asked

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def publish(self, rows: list[TaskRow]) -> None:
        """List *rows* from now on."""
        self.rows = rows
        self.tick()

    def tick(self, revision: int = 0) -> None:
        """Say that there is news, or that rows changed."""
        self._revision = revision
        end = len(self.rows)
        newest = [list(row) for row in self.rows[-TICK_ROWS:]]
        self.ticked.emit(
            Tick(feed=1, start=0, end=end, scanned=end, of=end, rate=0.0, dropped=0, trimmed=0, revision=revision, rows=newest)
        )


class FakeFeeds(QObject):
    """Hands out fake feeds and keeps them for the test."""

    state_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[FakeFeed] = []
        self.link = Link(LinkState.OPEN)

    def open(self, source: Source, filter_: str) -> FakeFeed:
        """Open a feed."""
        feed = FakeFeed(source, filter_)
        self.opened.append(feed)
        return feed

    def set_link(self, link: Link) -> None:
        """Lose or regain the connection."""
        self.link = link
        self.state_changed.emit(link)


def row_of(detail: TaskDetail, number: int = 1) -> TaskRow:
    """The row the table shows of a task."""
    return TaskRow(number, *(getattr(detail, name) for name in TaskRow._fields[1:]))


def make_services(folder: Path) -> tuple[Services, FakeApi, FakeFeeds]:
    """Everything a panel is built from, over fakes."""
    api, feeds, settings = FakeApi(), FakeFeeds(), Settings(folder)
    session = SimpleNamespace(state=SessionState(SessionPhase.SIGNED_IN, "ada"))
    fakes: dict[str, Any] = {"api": api, "feeds": feeds, "session": session, "host": SimpleNamespace()}
    return Services(**fakes, settings=settings, notices=Notices()), api, feeds


async def until(condition: Callable[[], object], what: str = "the condition", timeout_s: float = 5.0) -> None:
    """Let Qt and asyncio run until *condition* holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            QCoreApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            await asyncio.sleep(0.002)
