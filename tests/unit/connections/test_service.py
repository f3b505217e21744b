"""The list of connections: kept in order, told of, handed out."""

import json
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from embedded_server.connections.problems import (
    ConnectionNameTaken,
    ConnectionNotFound,
    ConnectionStoreUnwritable,
    EmbeddedIsAway,
    EmbeddedIsFixed,
    SecretStays,
)
from embedded_server.contracts.connections import EMBEDDED_ID, Colour, Environment, Health, LinkState, RabbitSettings, Secret
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import ConnectionReadOnly, Profile, require_writable
from tests.unit.connections.fakes import PASSWORD, World, save_of


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.service.start()
    yield made
    await made.service.stop()


async def names(world: World) -> list[str]:
    return [one.spec.name for one in (await world.service.all()).connections]


# -- the list


async def test_the_embedded_connection_is_first_and_cannot_be_changed(world: World) -> None:
    embedded = (await world.service.all()).connections[0]
    assert (embedded.id, embedded.spec.name, embedded.url) == (EMBEDDED_ID, "embedded", "amqp://guest@127.0.0.1:41234/%2F")
    profile = await world.service.resolve(EMBEDDED_ID)
    assert profile.spec.rabbitmq == RabbitSettings("127.0.0.1", 41234)
    with pytest.raises(EmbeddedIsFixed):
        await world.service.change(EMBEDDED_ID, save_of())
    with pytest.raises(EmbeddedIsFixed):
        await world.service.remove(EMBEDDED_ID)
    world.embedded = None
    with pytest.raises(EmbeddedIsAway):
        await world.service.resolve(EMBEDDED_ID)


async def test_connections_are_there_after_a_restart_in_the_users_order(world: World, tmp_path: Path) -> None:
    ids = [(await world.service.add(save_of(name))).id for name in ("a", "b", "c")]
    await world.service.order([ids[2], "gone", ids[0], ids[2]])
    assert await names(world) == ["embedded", "c", "a", "b"]
    again = World(tmp_path)
    await again.service.start()
    assert await names(again) == ["embedded", "c", "a", "b"]
    assert (await again.service.get(ids[1])).spec == save_of("b").spec
    await again.service.stop()


async def test_two_connections_never_share_a_name(world: World) -> None:
    first = await world.service.add(save_of("orders"))
    with pytest.raises(ConnectionNameTaken):
        await world.service.add(save_of("ORDERS"))
    assert (await world.service.change(first.id, save_of("Orders"))).spec.name == "Orders"
    with pytest.raises(UserFacingError, match="cannot be called"):
        await world.service.add(save_of("Embedded"))


async def test_a_duplicate_stands_beside_its_original_with_its_secrets(world: World) -> None:
    first = await world.service.add(save_of("orders", PASSWORD))
    await world.service.add(save_of("other"))
    copy = await world.service.duplicate(first.id)
    assert await names(world) == ["embedded", "orders", "orders 2", "other"]
    assert (await world.service.resolve(copy.id)).secrets == PASSWORD


async def test_a_removed_connection_is_not_found_any_longer(world: World) -> None:
    added = await world.service.add(save_of())
    await world.service.remove(added.id)
    with pytest.raises(ConnectionNotFound):
        await world.service.resolve(added.id)
    assert world.changed == [added.id]


async def test_the_health_is_that_of_its_links(world: World) -> None:
    added = await world.service.add(save_of())
    world.health[added.id] = Health(LinkState.OPEN)
    assert (await world.service.get(added.id)).health.state is LinkState.OPEN
    await world.service.reconnect(added.id)
    await world.service.disconnect(added.id)
    assert world.acts == [f"reconnect {added.id}", f"disconnect {added.id}"]


async def test_links_are_dropped_for_a_change_that_concerns_them_and_not_for_looks(world: World) -> None:
    added = await world.service.add(save_of())
    spec = save_of().spec
    await world.service.change(added.id, replace(save_of(), spec=replace(spec, colour=Colour.RED, environment=Environment.PRODUCTION)))
    assert world.changed == []
    await world.service.change(added.id, save_of(read_only=True))
    await world.service.set_secrets(added.id, PASSWORD)
    assert world.changed == [added.id, added.id]


async def test_a_read_only_connection_refuses_what_changes_the_broker(world: World) -> None:
    added = await world.service.add(save_of(read_only=True))
    profile = await world.service.resolve(added.id)
    with pytest.raises(ConnectionReadOnly, match="orders"):
        require_writable(profile)
    require_writable(Profile("x", save_of().spec))


# -- what is checked


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (RabbitSettings(""), "host-invalid"),
        (RabbitSettings("a b"), "host-invalid"),
        (RabbitSettings("h:5672"), "host-invalid"),
        (RabbitSettings("user@h"), "host-invalid"),
        (RabbitSettings("h", 70_000), "port-invalid"),
        (RabbitSettings("h", -1), "port-invalid"),
        (RabbitSettings("h", vhost="v" * 256), "field-invalid"),
        (RabbitSettings("h", user="a\nb"), "field-invalid"),
        (RabbitSettings("h", heartbeat_s=70_000), "heartbeat-invalid"),
        (RabbitSettings("h", ca_file="ca.pem"), "file-not-absolute"),
        (RabbitSettings("h", key_file="/k.pem"), "key-without-certificate"),
        (RabbitSettings("h", management_url="h:15672"), "management-url-invalid"),
        (RabbitSettings("h", management_url="http://h:port"), "management-url-invalid"),
    ],
)
async def test_every_field_is_checked_by_name(world: World, settings: RabbitSettings, code: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        await world.service.add(save_of(settings=settings))
    assert caught.value.code == code


async def test_fields_are_tidied(world: World) -> None:
    url = "https://ops:Wg7-secret@rabbit.example/rabbit/api/"
    added = await world.service.add(save_of("  orders ", settings=RabbitSettings(" [::1] ", vhost="", management_url=url)))
    settings = added.spec.rabbitmq
    assert settings is not None
    assert (added.spec.name, settings.host, settings.vhost) == ("orders", "::1", "/")
    assert (settings.management_url, settings.management_user) == ("https://rabbit.example/rabbit", "ops")
    profile = await world.service.resolve(added.id)
    assert profile.secrets[Secret.MANAGEMENT_PASSWORD] == "Wg7-secret"
    assert "Wg7" not in world.file


async def test_the_test_walks_with_the_kept_secrets_and_what_was_typed(world: World) -> None:
    added = await world.service.add(save_of("orders", PASSWORD))
    await world.service.test(added.id)
    await world.service.test(added.id, save_of("renamed"))
    await world.service.test(added.id, save_of("orders", {Secret.PASSWORD: "typed"}))
    await world.service.test(save=save_of("fresh"))
    assert [dict(profile.secrets) for profile in world.tested] == [PASSWORD, PASSWORD, {Secret.PASSWORD: "typed"}, {}]
    assert world.tested[1].name == "renamed"


async def test_a_kept_password_is_not_taken_to_another_host_unasked(world: World) -> None:
    added = await world.service.add(save_of("orders", PASSWORD))
    elsewhere = RabbitSettings("evil.example", user="ada")
    with pytest.raises(SecretStays):
        await world.service.change(added.id, save_of(settings=elsewhere))
    with pytest.raises(SecretStays):
        await world.service.test(added.id, save_of(settings=elsewhere))
    with pytest.raises(SecretStays):
        await world.service.change(added.id, save_of(settings=RabbitSettings("rabbit.example", user="ada", management_url="http://evil")))
    changed = await world.service.change(added.id, save_of(settings=elsewhere, secrets={Secret.PASSWORD: "other"}))
    assert changed.spec.rabbitmq == elsewhere


# -- the file


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
async def test_only_the_owner_can_read_the_file(world: World, tmp_path: Path) -> None:
    await world.service.add(save_of())
    assert stat.S_IMODE((tmp_path / "connections.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"connections": [{"id": "a"}]}', '{"connections": [{"id": "a", "spec": []}]}'])
async def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "connections.json").write_text(content)
    made = World(tmp_path)
    with caplog.at_level("WARNING", "embedded_server.connections.service"):
        await made.service.start()
    assert "damaged" in made.service.status().reason
    assert made.set_aside == content
    assert await names(made) == ["embedded"]
    await made.service.add(save_of())
    assert json.loads(made.file)["version"] == 1
    await made.service.stop()


async def test_what_cannot_be_written_changes_nothing(world: World, tmp_path: Path) -> None:
    (tmp_path / "connections.json.new").mkdir()  # nothing can be written in its place
    with pytest.raises(ConnectionStoreUnwritable):
        await world.service.add(save_of())
    assert await names(world) == ["embedded"]
