"""Connections into a file and out of one."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.connections.checks import check
from embedded_server.connections.transfer import read_file
from embedded_server.contracts.connections import Colour, RabbitSettings, SecretState
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


ANY = st.text(st.characters(), max_size=12)
SCALAR = st.none() | st.booleans() | st.integers() | ANY
JSON = st.recursive(SCALAR, lambda inner: st.lists(inner) | st.dictionaries(ANY, inner), max_leaves=6)
HOST = ANY | st.sampled_from(["h", "::1", "[::1]", "fe80::1%eth0", "10.0.0.1"])
FILE = ANY | ANY.map("/{}".format) | ANY.map("~{}".format)
URL = ANY | ANY.map("http://{}".format) | ANY.map("https://u:p@h/{}".format)
GOOD: dict[str, Any] = asdict(save_of("good").spec)


def told(exc: UserFacingError) -> None:
    problem = exc.problem()
    assert problem.title
    assert problem.hint


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), JSON), st.dictionaries(st.sampled_from(sorted(GOOD["rabbitmq"])), JSON))
def test_whatever_is_in_a_file_is_taken_or_refused_in_words(changes: dict[str, Any], settings: dict[str, Any]) -> None:
    entry = {**GOOD, "rabbitmq": {**GOOD["rabbitmq"], **settings}, **changes}
    try:
        specs = read_file({"version": 1, "connections": [entry]})
    except UserFacingError as exc:
        told(exc)
        return
    assert orjson.loads(orjson.dumps(asdict(specs[0])))["name"] == specs[0].name


@given(HOST, ANY, FILE, URL)
def test_whatever_is_typed_is_kept_or_refused_in_words(host: str, vhost: str, path: str, url: str) -> None:
    settings = RabbitSettings(host, vhost=vhost, ca_file=path, management_url=url)
    try:
        checked = check(save_of(settings=settings))
    except UserFacingError as exc:
        told(exc)
        return
    assert check(checked) == checked, "what is tidy stays as it is"
    orjson.dumps(asdict(checked.spec))
