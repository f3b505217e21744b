"""A binding that somebody else made is taken away as the list of bindings shows it, whatever types its arguments have on the wire."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from desktop.core.rabbitmq_message import plain_headers
from embedded_server.contracts.rabbitmq import BindingRequest
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ
from tests.helpers.capability import C, Side, capability, profile_for

ARGUMENTS: list[dict[str, Any]] = [
    {},
    {"x-match": "any", "country": "TW"},
    {"small": 5},
    {"large": 2**40},
    {"flag": True, "nothing": None},
    {"nested": {"list": [1, "x", {"deep": 2}]}},
    {"since": dt.datetime(2024, 1, 1, tzinfo=dt.UTC)},
    {"octets": b"\x00\xff"},
]


@pytest.fixture
async def side(broker: EmbeddedBroker | RealRabbitMQ, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_for(broker), tmp_path) as side:
        yield side


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
@pytest.mark.parametrize("key", ["k", "a.#", "a/b c%20"])
async def test_a_binding_of_another_client_is_taken_away(
    side: Side, channel: BlockingChannel, name: str, key: str, arguments: dict[str, Any]
) -> None:
    channel.queue_declare(name)
    channel.queue_bind(name, "amq.headers", key, arguments)
    channel.exchange_declare(f"{name}-x")
    channel.exchange_bind(f"{name}-x", "amq.headers", key, arguments)
    found = await side.holdings.inventory.bindings(C, "/", queue=name)
    found += await side.holdings.inventory.bindings(C, "/", f"{name}-x")
    assert len(found) == 2
    for one in found:
        ends = ("/", one.source, one.destination, one.to_queue)
        await side.holdings.declarer.unbind(C, BindingRequest(*ends, one.routing_key, plain_headers(one.arguments), one.properties_key))
    assert await side.holdings.inventory.bindings(C, "/", queue=name) == []
    assert await side.holdings.inventory.bindings(C, "/", f"{name}-x") == []
