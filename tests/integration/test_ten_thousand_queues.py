"""The embedded broker with ten thousand queues: taken in by one request, listed in pages, and serving its clients meanwhile."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.helpers.broker_processes import EmbeddedBroker

COUNT = 10_000
NAMES = [f"queue-{number:05d}" for number in range(COUNT)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    made = EmbeddedBroker(Path(tmp_path_factory.mktemp("many")))
    made.start()
    queues = [{"name": name, "vhost": "/", "durable": True, "auto_delete": False, "arguments": {}} for name in reversed(NAMES)]
    response = httpx.post(f"{made.management_url}/api/definitions", json={"queues": queues}, timeout=60)
    assert response.status_code == 204, response.text
    yield made
    assert made.stop() == 0
    assert "Traceback" not in made.stderr


def test_pages_hold_every_queue_once_and_in_order(broker: EmbeddedBroker) -> None:
    listed: list[str] = []
    with httpx.Client(base_url=f"{broker.management_url}/api/", timeout=30) as client:
        for page in range(1, 21):
            answer = client.get("queues", params={"page": page, "page_size": 500}).json()
            assert (answer["total_count"], answer["page_count"]) == (COUNT, 20)
            listed += [row["name"] for row in answer["items"]]
        found = client.get("queues", params={"page": 1, "page_size": 500, "name": "9999"}).json()
    assert listed == NAMES
    assert [row["name"] for row in found["items"]] == ["queue-09999"]


async def test_others_are_served_while_all_are_listed(broker: EmbeddedBroker) -> None:
    async with httpx.AsyncClient(base_url=f"{broker.management_url}/api/", timeout=30) as client:
        answers: list[str] = []

        async def ask(path: str) -> None:
            response = await client.get(path)
            assert response.status_code == 200
            answers.append(path)

        await ask("whoami")
        answers.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(ask("queues"))
            for _ in range(3):
                group.create_task(ask("whoami"))
    assert answers[-1] == "queues"


def test_all_of_them_are_there_after_kill_9(broker: EmbeddedBroker) -> None:
    broker.kill()
    broker.start()
    rows = httpx.get(f"{broker.management_url}/api/queues", params={"columns": "name,durable"}, timeout=30).json()
    assert rows == [{"name": name, "durable": True} for name in NAMES]
