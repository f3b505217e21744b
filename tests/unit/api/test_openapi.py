"""The API's own description: nobody has to read the source to use it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from embedded_server.api.application import make_app
from embedded_server.settings import Settings


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    return make_app(Settings(data_dir=Path(tmp_path_factory.mktemp("data"))), lifespan).openapi()


def test_every_operation_and_every_parameter_of_rabbitmq_says_what_it_is(description: dict[str, Any]) -> None:
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), (method, path)
            assert operation.get("description"), (method, path)
            if path.startswith(("/rabbitmq", "/jobs", "/connections")):
                nameless = [one["name"] for one in operation.get("parameters", []) if not one.get("description")]
                assert not nameless, (method, path)


def test_words_under_fields_and_members_are_in_it(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    assert schemas["ConsumeRequest"]["properties"]["limit"]["description"] == "Stop after so many; 0 goes on until stopped."
    assert schemas["RabbitSettings"]["properties"]["port"]["description"].startswith("0 is the protocol's own")
    assert "- `reject`: Removed, and dead-lettered" in schemas["GetMode"]["description"]
    assert schemas["GetMode"]["description"].startswith("What becomes of the messages")
