"""Read-only is the server's word: whatever changes a broker or takes a message from it is refused, whoever asks."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.connections import RabbitSettings
from embedded_server.contracts.rabbitmq import (
    BindingRequest,
    BulkPublish,
    ConsumeRequest,
    DeclareExchange,
    DeclareQueue,
    Destroy,
    GetRequest,
    Message,
    MoveRequest,
    RedriveRequest,
    RouteQuery,
    TapRequest,
    Target,
)
from embedded_server.settings import Settings
from tests.helpers.server import Running, running_server, until
from tests.unit.connections.fakes import save_of

MESSAGE = Message("/", "", "read-only")
CHANGES: list[tuple[str, str, Any]] = [
    ("POST", "publish", MESSAGE),
    ("POST", "bulk", BulkPublish(MESSAGE, 3)),
    ("POST", "get", GetRequest("/", "read-only")),
    ("POST", "consume", ConsumeRequest("/", "read-only")),
    ("POST", "exchanges", DeclareExchange("/", "read-only")),
    ("POST", "queues", DeclareQueue("/", "read-only")),
    ("POST", "bindings", BindingRequest("/", "amq.topic", "read-only")),
    ("POST", "unbind", BindingRequest("/", "amq.topic", "read-only")),
    ("POST", "destroy", Destroy("/", Target.QUEUE, "read-only")),
    ("POST", "destroy", Destroy("/", Target.MESSAGES, "read-only")),
    ("POST", "move", MoveRequest("/", "read-only", dry_run=True)),
    ("POST", "redrive", RedriveRequest("/", "read-only", dry_run=True)),
    ("POST", "close-client", {"name": "somebody", "reason": ""}),
    ("POST", "definitions", {"queues": []}),
    ("PUT", "tracing", {"vhost": "/", "on": True}),
]
LOOKS: list[tuple[str, str, Any]] = [
    ("POST", "route", RouteQuery("/", "amq.topic", "x")),
    ("POST", "tap", TapRequest("/", "amq.topic")),
]
NEEDS_A_STREAM = ("POST", "stream-read")
"""It only looks too, and the embedded broker has no streams to look at."""


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    async with running_server(Settings(data_dir=tmp_path, worker=False)) as running:
        await running.sign_in()
        yield running


async def test_what_changes_is_refused_and_what_only_looks_is_not(server: Running) -> None:
    client = server.client

    async def embedded() -> dict[str, Any] | None:
        report = (await client.post("/connections/embedded/test")).json()["results"]
        is_up = {one["outcome"] for one in report} <= {"passed", "skipped"}
        return (await client.get("/connections/embedded")).json()["spec"]["rabbitmq"] if is_up else None

    rabbit = await until(embedded, 30)
    assert rabbit is not None
    settings = RabbitSettings(**rabbit)
    added = await client.post("/connections", json=asdict(save_of("careful", settings=settings, read_only=True)))
    path = f"/rabbitmq/{added.json()['id']}"
    for method, route, body in CHANGES:
        content = body if isinstance(body, dict) else asdict(body)
        answer = await client.request(method, f"{path}/{route}", json=content, params={"vhost": "/"} if route == "definitions" else None)
        assert (route, answer.status_code) == (route, 403)
        assert answer.json()["type"].endswith(":connection-read-only")
        assert "careful" in answer.json()["title"]
    queues = await client.get(f"{path}/queues", params={"vhost": "/"})
    assert "read-only" not in [one["name"] for one in queues.json()["queues"]]
    for method, route, body in LOOKS:
        assert (await client.request(method, f"{path}/{route}", json=asdict(body))).status_code < 300
    for route in ("overview", "clients", "topology?vhost=/", "exchanges?vhost=/", "bindings?vhost=/"):
        assert (await client.get(f"{path}/{route}")).status_code == 200


async def test_every_route_that_could_change_a_broker_is_among_those(server: Running) -> None:
    """A new one has to say here what it does."""
    described = (await server.client.get("/openapi.json")).json()["paths"]
    prefix = "/rabbitmq/{connection}/"
    routes = {
        (method.upper(), path.removeprefix(prefix))
        for path, methods in described.items()
        if path.startswith(prefix)
        for method in methods
        if method not in {"get", "head"}
    }
    assert routes == {(method, route) for method, route, _ in CHANGES + LOOKS} | {NEEDS_A_STREAM}
