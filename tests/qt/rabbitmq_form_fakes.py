"""A RabbitMQ API that answers from memory, for the forms."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.core.problems import ApiError
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.publish.sheet import PublishSheet
from embedded_server.contracts.connections import Connection, ConnectionKind, ConnectionSpec, Environment
from embedded_server.contracts.filling import GeneratedField, Uploaded
from embedded_server.contracts.jobs import Job, JobKind, JobState
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import (
    BindingInfo,
    Declared,
    Destroyed,
    ExchangeInfo,
    Message,
    MessageStatus,
    PublishOutcome,
    PublishTemplate,
    QueueInfo,
    QueuePage,
    Route,
)
from tests.qt.tasks_fakes import until

STARTED = 1_795_000_000_000_000_000


def make_problem(title: str, hint: str = "", status: int = 502, detail: str = "") -> ApiError:
    """What the server says when something fails."""
    return ApiError(ProblemDetails("urn:switchroom:problem:x", title, status, detail, hint, title_template=title, hint_template=hint))


def make_connection(name: str = "shop", *, environment: Environment = Environment.DEVELOPMENT, read_only: bool = False) -> Connection:
    """A connection to a RabbitMQ."""
    spec = ConnectionSpec(name, ConnectionKind.RABBITMQ, environment=environment, read_only=read_only)
    return Connection(name, spec, "amqp://guest@127.0.0.1:5672/")


def make_job(kind: JobKind = JobKind.PUBLISH, state: JobState = JobState.RUNNING, **changes: Any) -> Job:
    """A job that is under way."""
    job = Job("j1", kind, "shop", "/", "", "orders", state, done=300, total=1000, rate=812.0, started_at=STARTED)
    return replace(job, **changes)


class FakeApi(QObject):
    """Answers by route, keeps what it was sent, and fails where told."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str, Any]] = []
        """Method, path and body of each request that changes something."""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.failures: dict[str, Exception] = {}
        """By the end of a path."""
        self.gate: asyncio.Event | None = None
        self.outcome = PublishOutcome(MessageStatus.CONFIRMED)
        self.route = Route(["orders.charge", "orders.receipts"], ["orders"], dropped=False)
        self.job: Job = make_job()
        self.jobs: list[Job] = []
        self.templates: list[PublishTemplate] = []
        self.gone = Destroyed(17)
        self.uploads: list[bytes] = []
        self.fields = [GeneratedField("uuid", "6fa459ea-ee8a-3ca4-894e-db77e160355e"), GeneratedField("name", "Ada Lovelace")]
        self.exchanges = [
            ExchangeInfo("", "/", "direct", durable=True, auto_delete=False, internal=False),
            ExchangeInfo("orders", "/", "topic", durable=True, auto_delete=False, internal=False),
            ExchangeInfo("by-header", "/", "headers", durable=True, auto_delete=False, internal=False),
        ]
        self.queues = [QueueInfo("orders.charge", "/", ready=3), QueueInfo("orders.dead", "/", type="quorum", ready=17)]

    def bodies(self, end: str) -> list[Any]:
        """What was sent to the paths that end so."""
        return [body for _, path, body in self.sent if path.endswith(end)]

    async def get(self, path: str, _type: Any = None, **query: Any) -> Any:
        """Read."""
        self.asked.append((path, query))
        await self._begin(path)
        if path.startswith("/jobs/"):
            return self.job
        answers: dict[str, Any] = {
            "/jobs": self.jobs,
            "/rabbitmq/templates": self.templates,
            "/rabbitmq/generated-fields": self.fields,
            "/rabbitmq/shop/exchanges": self.exchanges,
            "/rabbitmq/shop/queues": QueuePage(self.queues, 1, 1, len(self.queues), len(self.queues)),
            "/rabbitmq/shop/queue": next((queue for queue in self.queues if queue.name == query.get("name")), self.queues[0]),
            "/rabbitmq/shop/bindings": [BindingInfo("/", "orders", "orders.charge", to_queue=True, routing_key="order.paid")],
        }
        return answers[path]

    async def post(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Do."""
        self.sent.append(("POST", path, body))
        await self._begin(path)
        return self._answer(path, body)

    def _answer(self, path: str, body: Any) -> Any:
        if path == "/rabbitmq/bodies":
            self.uploads.append(body)
            return Uploaded("up-1", len(body))
        if path == "/rabbitmq/fill":
            return fill(body)
        if path.endswith("/stop"):
            self.job = replace(self.job, state=JobState.STOPPING)
            return self.job
        act = path.rsplit("/", 1)[1]
        answers: dict[str, Callable[[], Any]] = {
            "publish": lambda: self.outcome,
            "route": lambda: self.route,
            "bulk": lambda: self.job,
            "move": lambda: self.job,
            "redrive": lambda: self.job,
            "exchanges": lambda: Declared(body.name),
            "queues": lambda: Declared(body.name or "amq.gen-1"),
            "bindings": lambda: None,
            "destroy": lambda: self.gone,
            "remove": lambda: self._without(body["name"]),
        }
        return answers[act]()

    async def put(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Keep a template."""
        self.sent.append(("PUT", path, body))
        await self._begin(path)
        self.templates = [*self._without(body.name), body]
        return self.templates

    async def delete(self, path: str) -> None:
        """Forget a job."""
        self.sent.append(("DELETE", path, None))
        await self._begin(path)

    async def send_file(self, path: str, file: Path, _type: Any, progress: Callable[[int], None] | None = None) -> Any:
        """Take a file."""
        await self._begin(path)
        data = await asyncio.to_thread(file.read_bytes)
        if progress is not None:
            progress(len(data) // 2)
        self.uploads.append(data)
        return Uploaded("up-1", len(data))

    def _without(self, name: str) -> list[PublishTemplate]:
        self.templates = [template for template in self.templates if template.name != name]
        return self.templates

    async def _begin(self, path: str) -> None:
        if self.gate is not None:
            await self.gate.wait()
        for end, failure in self.failures.items():
            if path.endswith(end):
                raise failure


def fill(message: Message) -> Message:
    """Fill the one field the fakes know."""
    key = message.routing_key.replace("{{uuid}}", "6fa459ea")
    return replace(message, body=message.body.replace("{{uuid}}", "6fa459ea"), routing_key=key)


class Bench:
    """A host, a service over the fake, and whatever sheet a test opens over them. Close it while the loop runs: forms ask when left."""

    def __init__(self) -> None:
        self.api = FakeApi()
        self.service = RabbitService(self.api)  # type: ignore[arg-type]
        self.notices = Notices()
        self.host = QWidget()
        self.host.resize(1060, 740)
        self.host.show()

    def close(self) -> None:
        """Put the host away."""
        self.host.close()
        self.host.deleteLater()


class PublishForm(Bench):
    """The sheet, open over an exchange."""

    def __init__(self) -> None:
        super().__init__()
        self.sheet = PublishSheet(self.host, self.service, self.notices)
        self.sheet.open_to(make_connection(), "/", "orders", "order.paid")

    async def publish(self) -> None:
        self.sheet.start_publishing()
        await until(lambda: not self.sheet.is_busy())

    @property
    def message(self) -> Message:
        sent: Message = self.api.bodies("/publish")[-1]
        return sent
