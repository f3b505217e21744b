"""A server whose hub is tried, and how events are posted to it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from embedded_server.settings import Settings
from tests.helpers.server import Running, running_server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", brokers=False, worker=False)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Running]:
    async with running_server(settings) as running:
        await running.sign_in()
        yield running


def token_of(server: Running) -> str:
    return server.client.headers["Authorization"]


async def post(server: Running, *data: Any, topic: str = "orders") -> list[str]:
    """Post each value; answer the ids."""
    answers = [await server.client.post(f"/hub/topics/{topic}", json={"data": value}) for value in data]
    assert {answer.status_code for answer in answers} <= {201}
    return [answer.json()["id"] for answer in answers]
