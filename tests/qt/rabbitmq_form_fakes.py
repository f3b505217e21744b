"""A RabbitMQ API that answers from memory, for the forms."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from desktop.core.problems import ApiError
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.publish.sheet import PublishSheet
from embedded_server.contracts.connections import Connection, ConnectionKind, ConnectionSpec, Environment
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
    QueueInfo,
    QueuePage,
    Route,
)
from tests.qt import form_fakes
from tests.qt.form_fakes import FormApi, FormBench
from tests.qt.tasks_fakes import until

STARTED = form_fakes.STARTED


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


class FakeApi(FormApi):
    """Knows one broker."""

    def __init__(self) -> None:
        super().__init__(make_job())
        self.outcome = PublishOutcome(MessageStatus.CONFIRMED)
        self.route = Route(["orders.charge", "orders.receipts"], ["orders"], dropped=False)
        self.gone = Destroyed(17)
        self.exchanges = [
            ExchangeInfo("", "/", "direct", durable=True, auto_delete=False, internal=False),
            ExchangeInfo("orders", "/", "topic", durable=True, auto_delete=False, internal=False),
            ExchangeInfo("by-header", "/", "headers", durable=True, auto_delete=False, internal=False),
        ]
        self.queues = [QueueInfo("orders.charge", "/", ready=3), QueueInfo("orders.dead", "/", type="quorum", ready=17)]

    def answers(self, query: dict[str, Any]) -> dict[str, Any]:
        """What is asked."""
        return {
            "exchanges": self.exchanges,
            "queues": QueuePage(self.queues, 1, 1, len(self.queues), len(self.queues)),
            "queue": next((queue for queue in self.queues if queue.name == query.get("name")), self.queues[0]),
            "bindings": [BindingInfo("/", "orders", "orders.charge", to_queue=True, routing_key="order.paid")],
        }

    def acts(self, body: Any) -> dict[str, Callable[[], Any]]:
        """What is done."""
        return {
            "fill": lambda: fill(body),
            "publish": lambda: self.outcome,
            "route": lambda: self.route,
            "bulk": lambda: self.job,
            "move": lambda: self.job,
            "redrive": lambda: self.job,
            "exchanges": lambda: Declared(body.name),
            "queues": lambda: Declared(body.name or "amq.gen-1"),
            "bindings": lambda: None,
            "destroy": lambda: self.gone,
        }


def fill(message: Message) -> Message:
    """Fill the one field the fakes know."""
    key = message.routing_key.replace("{{uuid}}", "6fa459ea")
    return replace(message, body=message.body.replace("{{uuid}}", "6fa459ea"), routing_key=key)


class Bench(FormBench):
    """A service over the fake API, with a host for its forms."""

    def __init__(self) -> None:
        super().__init__(1060)
        self.api = FakeApi()
        self.service = RabbitService(self.api)  # type: ignore[arg-type]  # a fake that has what is used


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
