"""Connections into a file and out of one."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from embedded_server.contracts.connections import Colour, SecretState
from embedded_server.contracts.problems import UserFacingError
from tests.unit.connections.fakes import PASSWORD, World, save_of


async def started(folder: Path) -> World:
    made = World(folder)
    await made.service.start()
    return made


async def test_what_is_exported_is_imported_without_secrets_and_under_free_names(tmp_path: Path) -> None:
    first, second = await started(tmp_path / "a"), await started(tmp_path / "b")
    await first.service.add(save_of("orders", PASSWORD))
    await first.service.add(save_of("x" * 80))
    content = orjson.loads(orjson.dumps(asdict(first.service.export())))
    await second.service.add(save_of("Orders"))
    await second.service.add(save_of("x" * 80))
    imported = (await second.service.import_(content)).connections
    assert [one.spec.name for one in imported] == ["embedded", "Orders", "x" * 80, "orders 2", "x" * 78 + " 2"]
    assert {one.secret for one in imported} == {SecretState.NONE}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "holds no connections"),
        ({"version": 1}, "holds no connections"),
        ({"version": 2, "connections": []}, "version 2"),
        ({"version": 1, "connections": [None]}, "Connection 1 of the file cannot be read: it is not an object"),
        ({"connections": [{"name": "n"}]}, "Connection 1 of the file cannot be read: “kind” is missing"),
        ({"connections": [{"name": "n", "kind": "telex"}]}, "telex"),
        ({"connections": [{"name": 7, "kind": "rabbitmq"}]}, "“name” is not of the kind"),
        ({"connections": [{"name": "n", "kind": "rabbitmq", "rabbitmq": {"host": "h", "port": "x"}}]}, "“port” is not of the kind"),
        ({"connections": [{"name": "n", "kind": "rabbitmq", "rabbitmq": {"host": "a b"}}]}, "“a b” is not one host"),
        ({"connections": [{"name": "n", "kind": "embedded"}]}, "kind “embedded”"),
    ],
)
async def test_a_damaged_file_adds_nothing_and_says_where(tmp_path: Path, content: Any, said: str) -> None:
    world = await started(tmp_path)
    good = asdict(save_of("good").spec)
    if isinstance(content, dict) and content.get("connections"):
        content = {**content, "connections": [*content["connections"], good]}
    with pytest.raises(UserFacingError) as caught:
        await world.service.import_(content)
    assert said in str(caught.value)
    assert len((await world.service.all()).connections) == 1


async def test_a_url_becomes_a_connection_with_a_free_name_and_a_colour_of_its_own(tmp_path: Path) -> None:
    world = await started(tmp_path)
    first = await world.service.add(world.service.parse("amqp://a:b@rabbit/orders"))
    second = await world.service.add(world.service.parse("amqp://a:b@rabbit/orders"))
    assert (first.spec.name, second.spec.name) == ("rabbit orders", "rabbit orders 2")
    assert (first.spec.colour, second.spec.colour) == (Colour.BLUE, Colour.TEAL)
