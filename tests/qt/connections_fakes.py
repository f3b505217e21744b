"""A connections API that answers from memory, and the connections it knows."""

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
from embedded_server.contracts import connections as wire
from embedded_server.contracts.connections import (
    EMBEDDED_ID,
    Colour,
    Connection,
    ConnectionKind,
    Connections,
    ConnectionSpec,
    KafkaSettings,
    RabbitSettings,
    SaveConnection,
    SecretState,
)
from embedded_server.contracts.problems import ProblemDetails
from tests.qt.tasks_fakes import FakeFeeds

EMBEDDED = Connection(
    EMBEDDED_ID,
    ConnectionSpec("embedded", ConnectionKind.EMBEDDED, colour=Colour.TEAL, rabbitmq=RabbitSettings("127.0.0.1", 41234)),
    "amqp://guest@127.0.0.1:41234/%2F",
)


def make_connection(id_: str = "a", name: str = "", **changes: Any) -> Connection:
    """A RabbitMQ as the server tells of it; *changes* go to its spec, or where they belong to the connection, there."""
    own = {key: changes.pop(key) for key in ("secret", "health") if key in changes}
    rabbit = changes.pop("rabbitmq", RabbitSettings("rabbit.example", user="ada"))
    spec = ConnectionSpec(name or f"orders {id_}", ConnectionKind.RABBITMQ, rabbitmq=rabbit, **changes)
    return Connection(id_, spec, f"amqp://ada@{rabbit.host}:5672/%2F", **own)


def make_kafka(id_: str = "k", name: str = "", **changes: Any) -> Connection:
    """A Kafka as the server tells of it; *changes* go to its spec."""
    kafka = changes.pop("kafka", KafkaSettings("kafka.example:9092"))
    spec = ConnectionSpec(name or f"events {id_}", ConnectionKind.KAFKA, kafka=kafka, **changes)
    return Connection(id_, spec, f"kafka://{kafka.bootstrap}")


def make_problem(title: str, hint: str = "Try something else.", code: str = "x", **params: Any) -> ProblemDetails:
    return ProblemDetails(f"urn:switchroom:problem:{code}", title, 422, hint=hint, title_template=title, hint_template=hint, params=params)


def make_report(failed: wire.TestStep | None = None, problem: ProblemDetails | None = None) -> wire.TestReport:
    """A test that passed, or failed at a step."""
    results: list[wire.TestResult] = []
    for step in wire.TestStep:
        over = any(result.outcome is wire.TestOutcome.FAILED for result in results)
        outcome = wire.TestOutcome.SKIPPED if over else wire.TestOutcome.FAILED if step is failed else wire.TestOutcome.PASSED
        results.append(wire.TestResult(step, outcome, 1.5, "" if over else f"found {step.value}", problem if step is failed else None))
    return wire.TestReport(results)


class FakeApi(QObject):
    """Answers the connections routes, counts requests, and fails where told."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        self.known: dict[str, Connection] = {EMBEDDED_ID: EMBEDDED}
        self.keyring = True
        self.report = make_report()
        self.parsed = SaveConnection(make_connection(name="parsed").spec)
        self.failures: dict[str, ProblemDetails] = {}
        """By the beginning of a request."""
        self.gate: asyncio.Event | None = None

    def know(self, *connections: Connection) -> None:
        """List these behind the embedded one."""
        self.known = {EMBEDDED_ID: EMBEDDED, **{one.id: one for one in connections}}

    async def get(self, path: str, _type: Any, **_query: Any) -> Any:
        await self._begin(f"GET {path}")
        if path == "/connections/export":
            return wire.ConnectionsFile([one.spec for one in self.known.values() if one.id != EMBEDDED_ID])
        return self._all()

    async def post(self, path: str, body: Any = None, _type: Any = None, **_options: Any) -> Any:
        await self._begin(f"POST {path}", body)
        acts: dict[str, Callable[[], Any]] = {
            "/connections": lambda: self._put(f"n{len(self.known)}", body),
            "/connections/parse": lambda: self.parsed,
            "/connections/import": self._all,
        }
        if path in acts:
            return acts[path]()
        if path.endswith("/test"):
            return self.report
        id_, act = path.split("/")[2:]
        if act == "duplicate":
            one = self.known[id_]
            return self._keep(replace(one, id=f"{id_}2", spec=replace(one.spec, name=f"{one.spec.name} 2")))
        return self.known[id_]

    async def put(self, path: str, body: Any = None, _type: Any = None) -> Any:
        await self._begin(f"PUT {path}", body)
        if path == "/connections/order":
            self.know(*(self.known[id_] for id_ in body))
            return self._all()
        id_ = path.split("/")[2]
        if path.endswith("/secrets"):
            state = SecretState.MEMORY if any(body["secrets"].values()) else SecretState.NONE
            return self._keep(replace(self.known[id_], secret=state))
        return self._put(id_, body)

    async def delete(self, path: str) -> None:
        await self._begin(f"DELETE {path}")
        del self.known[path.split("/")[2]]

    def _all(self) -> Connections:
        return Connections(list(self.known.values()), self.keyring)

    def _put(self, id_: str, save: SaveConnection) -> Connection:
        before = self.known.get(id_, make_connection(id_))
        secret = SecretState.KEYRING if save.secrets else before.secret
        return self._keep(replace(before, id=id_, spec=save.spec, secret=secret))

    def _keep(self, connection: Connection) -> Connection:
        self.known[connection.id] = connection
        return connection

    async def _begin(self, request: str, body: Any = None) -> None:
        self.requests.append(request)
        self.bodies.append(body)
        if self.gate is not None:
            await self.gate.wait()
        for begin, problem in self.failures.items():
            if request.startswith(begin):
                raise ApiError(problem)


def make_services(folder: Path) -> tuple[Services, FakeApi]:
    """Everything the panel is built from, over fakes."""
    api, settings = FakeApi(), Settings(folder)
    session = SimpleNamespace(state=SessionState(SessionPhase.SIGNED_IN, "ada"))
    host = SimpleNamespace(is_embedded=True)
    fakes: dict[str, Any] = {"api": api, "feeds": FakeFeeds(), "session": session, "host": host}
    return Services(**fakes, settings=settings, notices=Notices()), api
