"""A streams API that answers from memory."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import QObject

from desktop.core.problems import ApiError
from desktop.services import Services
from desktop.services.notices import Notices
from desktop.services.session import SessionPhase, SessionState
from desktop.services.settings import Settings
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.streams import SendRequest, Stream, StreamSpec, StreamState
from tests.qt.tasks_fakes import FakeFeeds
from tests.unit.desktop_streams.streams import make_problem, make_stream


class FakeApi(QObject):
    """Answers the streams routes, counts requests, and fails where told."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []
        self.streams: dict[str, Stream] = {}
        self.sent: list[SendRequest] = []
        self.failure: ProblemDetails | None = None
        self.gate: asyncio.Event | None = None

    def know(self, *streams: Stream) -> None:
        """List these."""
        self.streams = {stream.id: stream for stream in streams}

    async def get(self, path: str, _type: Any, **_query: Any) -> Any:
        """Read."""
        await self._begin(f"GET {path}")
        return list(self.streams.values())

    async def post(self, path: str, body: Any = None, _type: Any = None) -> Any:
        """Do."""
        await self._begin(f"POST {path}")
        if isinstance(body, StreamSpec):
            return self._keep(replace(make_stream(f"s{len(self.streams) + 1}"), spec=body))
        _, _, id_, act = path.split("/")
        changes: dict[str, Callable[[Stream], Stream]] = {
            "open": lambda one: replace(one, state=StreamState.OPEN),
            "close": lambda one: replace(one, state=StreamState.CLOSED),
            "drop": lambda one: replace(one, state=StreamState.WAITING),
            "send": lambda one: replace(one, sent=one.sent + 1),
        }
        if act == "send":
            self.sent.append(body)
        return self._keep(changes[act](self.streams[id_]))

    async def put(self, path: str, body: Any = None, _type: Any = None) -> Any:
        """Change."""
        await self._begin(f"PUT {path}")
        return self._keep(replace(self.streams[path.split("/")[2]], spec=body))

    async def delete(self, path: str) -> None:
        """Remove."""
        await self._begin(f"DELETE {path}")
        del self.streams[path.split("/")[2]]

    def _keep(self, stream: Stream) -> Stream:
        self.streams[stream.id] = stream
        return stream

    async def _begin(self, request: str) -> None:
        self.requests.append(request)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise ApiError(self.failure)


def make_services(folder: Path) -> tuple[Services, FakeApi, FakeFeeds]:
    """Everything the panel is built from, over fakes."""
    api, feeds, settings = FakeApi(), FakeFeeds(), Settings(folder)
    session = SimpleNamespace(state=SessionState(SessionPhase.SIGNED_IN, "ada"))
    fakes: dict[str, Any] = {"api": api, "feeds": feeds, "session": session, "host": SimpleNamespace()}
    return Services(**fakes, settings=settings, notices=Notices()), api, feeds


REFUSED = make_problem("“prices” is not open", "Open it, then send again.")
