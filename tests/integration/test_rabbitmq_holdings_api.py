"""The routes of what a broker holds, over HTTP and against the embedded broker."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from embedded_server.api import errors, rabbitmq_inventory
from embedded_server.contracts.connections import Environment
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.capability import C, Side, capability, profile_for

AT = f"/rabbitmq/{C}"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    assert broker.stop() == 0


@pytest.fixture
async def side(broker: EmbeddedBroker, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_for(broker), tmp_path) as side:
        yield side


@pytest.fixture
async def client(side: Side) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(rabbitmq_inventory.router)
    errors.install(app)
    app.state.services = SimpleNamespace(rabbitmq=side.service)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def ask(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await client.get(f"{AT}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tell(client: httpx.AsyncClient, path: str, body: Any, status: int = 200, **query: Any) -> Any:
    answer = await client.post(f"{AT}/{path}", json=body, params=query)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_a_topology_is_declared_seen_and_destroyed(client: httpx.AsyncClient, side: Side) -> None:
    arguments = [{"name": "x-max-length", "type": "integer", "value": 10}]
    assert await tell(client, "queues", {"vhost": "/", "name": "orders", "arguments": arguments}) == {"name": "orders"}
    assert await tell(client, "exchanges", {"vhost": "/", "name": "shop", "type": "topic"}) == {"name": "shop"}
    binding = {"vhost": "/", "source": "shop", "destination": "orders", "routing_key": "order.#"}
    assert await tell(client, "bindings", binding, 204) is None
    await side.publish("order.paid", b"1", b"2", exchange="shop")

    assert (await ask(client, "overview"))["management"] is True
    page = await ask(client, "queues", vhost="/", search="ORD", sort="ready", descending=True, page=1, page_size=5)
    assert [(queue["name"], queue["arguments"]) for queue in page["queues"]] == [("orders", {"x-max-length": 10})]
    assert (await ask(client, "queue", vhost="/", name="orders"))["ready"] == 2
    assert "shop" in [exchange["name"] for exchange in await ask(client, "exchanges", vhost="/")]
    assert [found["routing_key"] for found in await ask(client, "bindings", vhost="/", queue="orders")] == ["order.#"]
    topology = await ask(client, "topology", vhost="/", search="orders")
    assert ([found["name"] for found in topology["queues"]], len(topology["bindings"])) == (["orders"], 1)
    route = await tell(client, "route", {"vhost": "/", "exchange": "shop", "routing_key": "order.paid"})
    assert (route["queues"], route["dropped"]) == (["orders"], False)
    assert await ask(client, "consumers", vhost="/", queue="orders") == []
    assert any(found["product"].startswith("Switchroom") for found in await ask(client, "clients"))
    assert isinstance(await ask(client, "channels"), list)

    assert await tell(client, "unbind", binding, 204) is None
    assert await tell(client, "destroy", {"vhost": "/", "target": "messages", "name": "orders"}) == {"messages": 2}
    assert await tell(client, "destroy", {"vhost": "/", "target": "queue", "name": "orders"}) == {"messages": 0}
    assert await tell(client, "destroy", {"vhost": "/", "target": "exchange", "name": "shop"}) == {"messages": 0}


async def test_a_move_and_a_redrive_are_jobs(client: httpx.AsyncClient, side: Side) -> None:
    await side.queue("from")
    await side.queue("into")
    await side.publish("from", b"1", b"2")
    job = await tell(client, "move", {"vhost": "/", "queue": "from", "routing_key": "into"}, 202)
    assert (job["kind"], job["source"], job["target"]) == ("move", "from", "(default) → into")
    await side.jobs.job(job["id"]).ended()
    assert await side.bodies("into") == [b"1", b"2"]
    job = await tell(client, "redrive", {"vhost": "/", "queue": "from", "dry_run": True}, 202)
    await side.jobs.job(job["id"]).ended()
    assert side.jobs.job(job["id"]).snapshot().counts == {"left": 0}


async def test_definitions_and_the_firehose(client: httpx.AsyncClient) -> None:
    definitions = await ask(client, "definitions", vhost="/")
    await tell(client, "definitions", definitions, 204, vhost="/")
    for on in (True, False):
        answer = await client.put(f"{AT}/tracing", json={"vhost": "/", "on": on})
        assert answer.status_code == 204


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("destroy", {"vhost": "/", "target": "queue", "name": "q", "typed_name": "Q"}, 409, "q"),
        ("move", {"vhost": "/", "queue": "q", "filter": "nonsense:1", "typed_name": "q"}, 422, "nonsense"),
        ("move", {"vhost": "/", "queue": "q", "routing_key": "q", "typed_name": "q"}, 422, "itself"),
        ("close-client", {"name": "nobody"}, 404, "nobody"),
        ("definitions", {"nonsense": 1}, 422, "definitions"),
        ("queues", {"vhost": "/", "name": "ü" * 128}, 422, "256 bytes"),
        ("queues", {"vhost": "/", "name": "q", "arguments": [{"name": "x", "type": "integer", "value": "many"}]}, 422, "x"),
        ("queues", {"vhost": "nowhere", "name": "q"}, 502, "nowhere"),
        ("exchanges", {"vhost": "/", "name": "x", "type": "nonsense"}, 422, "nonsense"),
        ("bindings", {"vhost": "/", "source": "gone", "destination": "q"}, 404, "gone"),
    ],
)
async def test_a_mistake_is_a_problem_with_title_and_hint(
    client: httpx.AsyncClient, side: Side, path: str, body: Any, status: int, words: str
) -> None:
    side.change(environment=Environment.PRODUCTION)
    answer = await client.post(f"{AT}/{path}", json=body)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), problem
    assert words in problem["title"]
    assert problem["hint"]
    assert problem["title"] == problem["title_template"].format_map(problem["params"])


@pytest.mark.parametrize("query", [{"page": 0}, {"page_size": 501}, {"sort": "colour"}])
async def test_a_page_that_cannot_be_is_refused(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert (await client.get(f"{AT}/queues", params=query)).status_code == 422


async def test_a_read_only_connection_refuses_over_http(client: httpx.AsyncClient, side: Side) -> None:
    side.change(read_only=True)
    for path, body in (
        ("queues", {"vhost": "/", "name": "q"}),
        ("destroy", {"vhost": "/", "target": "queue", "name": "q"}),
        ("move", {"vhost": "/", "queue": "q", "routing_key": "r", "dry_run": True}),
    ):
        assert (await client.post(f"{AT}/{path}", json=body)).status_code == 403
    assert (await client.put(f"{AT}/tracing", json={"vhost": "/", "on": True})).status_code == 403
