"""A search over HTTP that ends at its limit, and goes on where it was, until all of the topic has been looked through."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from kafka import KafkaAdminClient, KafkaProducer

from embedded_server.api import errors, jobs, kafka_schemas
from embedded_server.contracts.jobs import Job
from tests.contract.kafka.capability import CONNECTION, Capability, capability_over, profile_of
from tests.helpers.broker_processes import EmbeddedBroker

COUNT = 900
TOPIC = "orders"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """One with a topic of which each third record is Ada's, in every partition."""
    broker = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    broker.start()
    with KafkaAdminClient(bootstrap_servers=broker.bootstrap) as admin:
        admin.create_topics({TOPIC: {"num_partitions": 4, "replication_factor": 1}})
        admin.wait_for_topics([TOPIC])
    with KafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=20, batch_size=1_000) as producer:
        for number in range(COUNT):
            producer.send(TOPIC, b"Ada" if number % 3 == 0 else b"Bob", partition=number % 4)
    yield broker
    assert broker.stop() == 0


@pytest.fixture
async def capability(broker: EmbeddedBroker, tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path, lambda: profile_of(broker.bootstrap)) as made:
        yield made


@pytest.fixture
async def client(capability: Capability) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(kafka_schemas.router)
    app.include_router(jobs.router)
    errors.install(app)
    app.state.services = SimpleNamespace(kafka=capability.service, jobs=capability.jobs)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def search(client: httpx.AsyncClient, capability: Capability, **request: Any) -> Any:
    """The job as HTTP tells it once it is over."""
    started = await client.post(f"/kafka/{CONNECTION}/search", json={"topic": TOPIC, **request})
    assert started.status_code == 202, started.text
    await capability.jobs.job(started.json()["id"]).ended()
    return (await client.get(f"/jobs/{started.json()['id']}")).json()


@pytest.mark.parametrize("by", [{"text": "ada"}, {"filter": "size:3 body:Ada"}], ids=["text", "filter"])
async def test_a_search_goes_on_where_its_limit_ended_it_with_each_hit_once(
    client: httpx.AsyncClient, capability: Capability, by: dict[str, Any]
) -> None:
    found: list[tuple[str, int]] = []
    rounds = 0
    left: dict[str, int] | None = None
    while left is None or left:
        wanted = {} if left is None else {"partitions": [int(one) for one in left], "start": {"offsets": left}}
        over = await search(client, capability, limit=70, **by, **wanted)
        assert over["state"] == "done"
        found += await capability.places(_job(capability, over))
        rounds += 1
        assert over["counts"]["hits"] == (70 if over["next_offsets"] else COUNT // 3 - 70 * (rounds - 1))
        left = over["next_offsets"]
    assert rounds == 5
    wanted_places = sorted((f"{TOPIC}[{number % 4}]", number // 4) for number in range(0, COUNT, 3))
    assert sorted(found) == wanted_places


async def test_a_search_that_was_not_cut_short_leaves_nothing(client: httpx.AsyncClient, capability: Capability) -> None:
    over = await search(client, capability, text="nobody")
    assert (over["done"], over["total"], over["counts"]["hits"], over["next_offsets"]) == (COUNT, COUNT, 0, {})


def _job(capability: Capability, told: dict[str, Any]) -> Job:
    return capability.jobs.job(told["id"]).snapshot()
