"""The routes of what a cluster holds, over HTTP and against the embedded broker."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from embedded_server.api import errors, kafka_inventory
from tests.contract.kafka.capability import CONNECTION as C
from tests.contract.kafka.capability import capability_over, profile_of
from tests.helpers.broker_processes import EmbeddedBroker

AT = f"/kafka/{C}"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    assert broker.stop() == 0


@pytest.fixture
async def client(broker: EmbeddedBroker, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(kafka_inventory.router)
    errors.install(app)
    async with capability_over(tmp_path, lambda: profile_of(broker.bootstrap)) as made:
        app.state.services = SimpleNamespace(kafka=made.service)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            yield client


async def ask(client: httpx.AsyncClient, path: str, status: int = 200, **query: Any) -> Any:
    answer = await client.get(f"{AT}/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def tell(client: httpx.AsyncClient, path: str, body: Any, status: int = 200) -> Any:
    answer = await client.post(f"{AT}/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_a_topic_and_a_group_live_and_end(client: httpx.AsyncClient) -> None:
    assert await ask(client, "config-names"), "what a topic could be set to, before there is one"
    made = await tell(client, "topics", {"name": "orders", "partitions": 1, "configs": {"retention.ms": "60000"}})
    assert (made["name"], made["partitions"], made["changed"]) == ("orders", 1, 1)
    assert (await tell(client, "partitions", {"topic": "orders", "total": 2}))["partitions"] == 2
    entries = await tell(client, "configs", {"topic": "orders", "reset": ["retention.ms"]})
    assert not [entry for entry in entries if entry["source"] == "topic"]
    assert (await ask(client, "cluster"))["topics"] == 1
    page = await ask(client, "topics", search="ORD", sort="messages", descending=True, page_size=5)
    assert [topic["name"] for topic in page["topics"]] == ["orders"]
    reset = {"group": "billing", "to": "latest", "partitions": [{"topic": "orders", "partitions": []}]}
    assert not (await tell(client, "reset", {**reset, "dry_run": True}))["done"]
    assert [change["after"] for change in (await tell(client, "reset", reset))["changes"]] == [0, 0]
    assert [group["id"] for group in (await ask(client, "groups"))["groups"]] == ["billing"]
    assert (await ask(client, "group", id="billing"))["group"]["state"] == "Empty"
    assert (await ask(client, "topic", name="orders"))["groups"] == ["billing"]
    assert (await ask(client, "lag", group="billing"))["points"][0]["total"] == 0
    assert (await tell(client, "remove-member", {"group": "billing", "member": "x"}, 404))["type"].endswith(":member-gone")
    await tell(client, "delete-group", {"group": "billing"}, 204)
    assert await tell(client, "purge", {"topic": "orders"}) == {"records": 0}
    assert await tell(client, "delete-topic", {"topic": "orders"}) == {"records": 0}
    assert (await ask(client, "topic", 404, name="orders"))["type"].endswith(":topic-unknown")
    assert (await ask(client, "group", 404, id="billing"))["title"] == "There is no consumer group “billing”"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("topics", {"name": "wide", "partitions": 2**31}),
        ("topics", {"name": "wide", "replication": 40_000}),
        ("partitions", {"topic": "there", "total": 2**40}),
        ("reset", {"group": "far", "to": "shift", "offset": 2**64, "partitions": [{"topic": "wide", "partitions": [0]}]}),
        ("reset", {"group": "far", "to": "time", "time": 2**64, "partitions": [{"topic": "wide", "partitions": [0]}]}),
        ("reset", {"group": "far", "to": "latest", "partitions": [{"topic": "wide", "partitions": [2**64]}]}),
        ("delete-group", {"group": "far", "partitions": [{"topic": "wide", "partitions": [2**40]}]}),
    ],
)
async def test_a_number_that_kafka_has_no_room_for_is_told(client: httpx.AsyncClient, path: str, body: Any) -> None:
    if path == "partitions":
        await tell(client, "topics", {"name": "there"})
    assert (await tell(client, path, body, 422))["type"].endswith(":number-too-large")
