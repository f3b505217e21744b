"""A RabbitMQ API that answers from memory, and a panel over it."""

import asyncio
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
from embedded_server.contracts.connections import Connection, ConnectionKind, ConnectionSpec, Environment, RabbitSettings
from embedded_server.contracts.events import EventDetail, Row
from embedded_server.contracts.jobs import Job, JobKind, JobState
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import (
    BindingInfo,
    ChannelInfo,
    ClientInfo,
    ConsumerInfo,
    ExchangeInfo,
    Got,
    Overview,
    QueueInfo,
    QueuePage,
    Topology,
    VHostInfo,
)
from tests.qt.tasks_fakes import FakeFeeds

NS = 1_000_000_000
AT = 1_795_000_000 * NS


def make_connection(id_: str = "embedded", **changes: Any) -> Connection:
    """A connection that fares well."""
    kind = ConnectionKind.EMBEDDED if id_ == "embedded" else ConnectionKind.RABBITMQ
    spec = ConnectionSpec(id_, kind, rabbitmq=RabbitSettings("127.0.0.1"))
    return Connection(id_, replace(spec, **changes), "amqp://127.0.0.1:5672/")


PRODUCTION = {"environment": Environment.PRODUCTION}


def make_problem(title: str = "The management API does not answer", hint: str = "Check its port.", status: int = 502) -> ProblemDetails:
    """What the server says when something fails."""
    return ProblemDetails("urn:switchroom:problem:x", title, status, hint=hint, title_template=title, hint_template=hint)


def make_queue(name: str, **changes: Any) -> QueueInfo:
    """A queue that is consumed from."""
    queue = QueueInfo(
        name, "/", ready=0, unacked=0, bytes=0, consumers=1, publish_rate=0.0, deliver_rate=0.0, ack_rate=0.0, state="running"
    )
    return replace(queue, **changes)


def make_exchange(name: str, type_: str = "topic", **changes: Any) -> ExchangeInfo:
    """A durable exchange."""
    return replace(ExchangeInfo(name, "/", type_, durable=True, auto_delete=False, internal=False, rate_in=0.0, rate_out=0.0), **changes)


def make_job(id_: str = "j1", kind: JobKind = JobKind.TAP, source: str = "orders", **changes: Any) -> Job:
    """A job that runs."""
    return replace(Job(id_, kind, "embedded", "/", source, "", JobState.RUNNING, done=1204, rate=118.0, started_at=AT), **changes)


def shop() -> "Shop":
    """What the pictures show: a shop's orders, receipts, and the dead among them."""
    made = Shop()
    made.exchanges = [
        make_exchange(""),
        make_exchange("amq.direct", "direct"),
        make_exchange("amq.fanout", "fanout"),
        make_exchange("amq.topic"),
        make_exchange("celery", "direct"),
        make_exchange("orders", rate_in=179.0, rate_out=240.0),
        make_exchange("orders.dlx", "fanout", arguments={"alternate-exchange": "orders"}),
    ]
    dlx = {"x-dead-letter-exchange": "orders.dlx", "x-message-ttl": 30000, "x-max-length": 1000}
    made.queues = [
        make_queue("celery", ready=1204, unacked=4, consumers=1, publish_rate=12.0, deliver_rate=10.0),
        make_queue("mail.digest", consumers=0),
        make_queue("orders.charge", publish_rate=118.0, deliver_rate=118.0, consumers=2, arguments=dlx),
        make_queue("orders.dead", ready=17, consumers=0, type="quorum", arguments={"x-queue-type": "quorum", "x-delivery-limit": 20}),
        make_queue("orders.receipts", ready=412, unacked=100, publish_rate=61.0, deliver_rate=58.0, consumers=1, arguments=dlx),
        make_queue("orders.unrouted", ready=3, consumers=0),
    ]
    made.bindings = [
        BindingInfo("/", "orders", "orders.charge", to_queue=True, routing_key="order.paid", properties_key="order.paid"),
        BindingInfo("/", "orders", "orders.receipts", to_queue=True, routing_key="order.#", properties_key="order.#"),
        BindingInfo("/", "orders.dlx", "orders.dead", to_queue=True, routing_key="", properties_key="~"),
    ]
    made.consumers = [
        ConsumerInfo("ctag1.9f0c", "orders.receipts", "/", "c1", "127.0.0.1:51000 (1)", "127.0.0.1:51000", True, False, True, 100, 100),
        ConsumerInfo("ctag1.17aa", "orders.charge", "/", "c2", "127.0.0.1:51002 (1)", "127.0.0.1:51002", True, False, True, 0, 0),
    ]
    made.clients = [
        ClientInfo("127.0.0.1:51000 -> 127.0.0.1:5672", "guest", "/", "127.0.0.1:51000", "running", "pika 1.4.4", 1, rate_in=800.0),
        ClientInfo("127.0.0.1:51002 -> 127.0.0.1:5672", "guest", "/", "127.0.0.1:51002", "flow", "py-celery 5.7", 2, rate_in=90_000.0),
    ]
    made.channels = [ChannelInfo("127.0.0.1:51000 (1)", "c1", 1, "/", "guest", "running", 100, 0, 100, 0, 1, confirm=True)]
    return made


class Shop:
    """What a fake broker holds."""

    def __init__(self) -> None:
        self.exchanges: list[ExchangeInfo] = []
        self.queues: list[QueueInfo] = []
        self.bindings: list[BindingInfo] = []
        self.consumers: list[ConsumerInfo] = []
        self.clients: list[ClientInfo] = []
        self.channels: list[ChannelInfo] = []
        self.vhosts = ["/"]
        self.missing: ProblemDetails | None = None

    def overview(self) -> Overview:
        """The broker at a glance."""
        ready = sum(queue.ready or 0 for queue in self.queues)
        vhosts = [VHostInfo(name, ready, 104, 191.0, 186.0) for name in self.vhosts]
        return Overview(
            "RabbitMQ",
            "3.10.8",
            "rabbit@shop",
            self.missing is None,
            vhosts,
            ready=ready,
            unacked=104,
            publish_rate=191.0,
            deliver_rate=186.0,
            connections=len(self.clients),
            consumers=len(self.consumers),
            queues=len(self.queues),
            missing=self.missing,
        )


class FakeRabbitApi(QObject):
    """Answers the RabbitMQ routes from a `Shop`, counts requests, and fails where told."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = shop()
        self.requests: list[str] = []
        self.bodies: list[tuple[str, Any]] = []
        self.jobs: list[Job] = []
        self.events: dict[int, tuple[EventDetail, bytes]] = {}
        self.failure: ProblemDetails | None = None
        self.fails_only = ""
        """Fails only requests that have this in them."""
        self.gate: asyncio.Event | None = None

    def count(self, part: str) -> int:
        """How many requests had *part* in them."""
        return sum(part in request for request in self.requests)

    def sent(self, part: str) -> list[Any]:
        """The bodies of the requests that had *part* in them."""
        return [body for request, body in self.bodies if part in request]

    async def get(self, path: str, _type: Any, **query: Any) -> Any:
        """Read."""
        shown = ",".join(f"{name}={value}" for name, value in query.items() if value is not None)
        await self._begin(f"GET {path} {shown}".strip())
        if path.startswith("/events/"):
            return self.events[int(path.split("/")[2])][0]
        if path == "/jobs":
            return list(self.jobs)
        what = path.rpartition("/")[2]
        return getattr(self, f"_get_{what.replace('-', '_')}")(query)

    async def get_bytes(self, path: str, **_query: Any) -> bytes:
        """Read a body."""
        await self._begin(f"GET {path}")
        return self.events[int(path.split("/")[2])][1]

    async def post(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Do."""
        await self._begin(f"POST {path}")
        self.bodies.append((f"POST {path}", body))
        if path.endswith("/get"):
            return Got(min(body.count, 7), 93, 'kind:message key:"x"')
        if path.endswith(("/tap", "/consume", "/stream-read")):
            return make_job()
        if path.endswith("/stop"):
            return make_job(state=JobState.STOPPED)
        return None

    async def put(self, path: str, body: Any = None, _type: Any = None, **_query: Any) -> Any:
        """Change."""
        await self._begin(f"PUT {path}")
        self.bodies.append((f"PUT {path}", body))

    async def delete(self, path: str) -> None:
        """Remove."""
        await self._begin(f"DELETE {path}")

    async def _begin(self, request: str) -> None:
        self.requests.append(request)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None and self.fails_only in request:
            raise ApiError(self.failure)

    # -- the routes

    def _get_overview(self, _: Any) -> Overview:
        return self.shop.overview()

    def _get_queues(self, query: Any) -> QueuePage:
        vhost = query.get("vhost")
        found = [q for q in self.shop.queues if q.vhost == vhost and (query.get("search") or "") in q.name]
        found.sort(key=lambda q: getattr(q, query["sort"]) or 0 if query["sort"] != "name" else q.name)
        if query["descending"] == "true":
            found.reverse()
        size, page = query["page_size"], query["page"]
        total = sum(q.vhost == vhost for q in self.shop.queues)
        return QueuePage(found[(page - 1) * size : page * size], page, -(-len(found) // size), len(found), total)

    def _get_queue(self, query: Any) -> QueueInfo:
        found = next((q for q in self.shop.queues if q.name == query["name"]), None)
        if found is None:
            raise ApiError(make_problem("There is no queue of that name", status=404))
        return found

    def _get_exchanges(self, query: Any) -> list[ExchangeInfo]:
        return [one for one in self.shop.exchanges if one.vhost == query.get("vhost", one.vhost)]

    def _get_bindings(self, query: Any) -> list[BindingInfo]:
        exchange, queue = query.get("exchange"), query.get("queue")
        return [
            one
            for one in self.shop.bindings
            if (exchange is None or exchange in {one.source, one.destination}) and (queue is None or one.destination == queue)
        ]

    def _get_consumers(self, query: Any) -> list[ConsumerInfo]:
        return [one for one in self.shop.consumers if query.get("queue") in {None, one.queue}]

    def _get_clients(self, _: Any) -> list[ClientInfo]:
        return list(self.shop.clients)

    def _get_channels(self, _: Any) -> list[ChannelInfo]:
        return list(self.shop.channels)

    def _get_topology(self, query: Any) -> Topology:
        shop_ = self.shop
        return Topology(query["vhost"], shop_.exchanges, shop_.queues, shop_.bindings, shop_.consumers, len(shop_.queues))

    def _get_templates(self, _: Any) -> list[Any]:
        return []

    def _get_generated_fields(self, _: Any) -> list[Any]:
        return []


def make_row(seq: int, **changes: Any) -> Row:
    """A message's row."""
    row = Row(
        seq,
        AT + seq * 1_000_000,
        "embedded",
        "message.delivered",
        "orders → order.paid",
        f"9f0c{seq:08d}",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "traceparent",
        "tapped",
        "tap orders",
        178,
        f'{{"order_id": {seq}, "charged": true, "amount": "129.50"}}',
    )
    return row._replace(**changes)


def make_services(folder: Path) -> tuple[Services, FakeRabbitApi, FakeFeeds]:
    """Everything the panel is built from, over fakes."""
    api, feeds, settings = FakeRabbitApi(), FakeFeeds(), Settings(folder)
    session = SimpleNamespace(state=SessionState(SessionPhase.SIGNED_IN, "ada"))
    fakes: dict[str, Any] = {"api": api, "feeds": feeds, "session": session, "host": SimpleNamespace()}
    return Services(**fakes, settings=settings, notices=Notices()), api, feeds
