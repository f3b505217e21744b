"""Connections of kind Kafka in the list: fields, secrets, health of two sides, files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.connections import (
    EMBEDDED_ID,
    ConnectionKind,
    ConnectionSpec,
    Health,
    KafkaSettings,
    LinkState,
    SaslMechanism,
    SaveConnection,
    Secret,
    SecretState,
)
from embedded_server.contracts.problems import UserFacingError
from tests.unit.connections.fakes import PASSWORD, MemoryKeyring, World, save_of

PLAIN = KafkaSettings("kafka.example:9092")
SIGNED_IN = KafkaSettings("kafka.example:9093", tls=True, mechanism=SaslMechanism.SCRAM_SHA_512, user="ada", registry_url="http://reg:8081")
BOTH = {**PASSWORD, Secret.REGISTRY_PASSWORD: "reg-secret"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, MemoryKeyring())


def kafka_of(settings: KafkaSettings = PLAIN, secrets: dict[Secret, str] | None = None, name: str = "orders") -> SaveConnection:
    return SaveConnection(ConnectionSpec(name, ConnectionKind.KAFKA, kafka=settings), secrets or {})


async def test_a_kafka_is_kept_over_a_restart_and_shows_where_it_leads(world: World, tmp_path: Path) -> None:
    added = await world.service.add(kafka_of(SIGNED_IN, BOTH))
    assert added.url == "kafka+ssl://ada@kafka.example:9093?mechanism=SCRAM-SHA-512"
    assert not [text for text in BOTH.values() if text in world.file]
    again = World(tmp_path, MemoryKeyring())
    await again.service.start()
    assert (await again.service.get(added.id)).spec == added.spec


async def test_the_profile_has_the_secrets(world: World) -> None:
    added = await world.service.add(kafka_of(SIGNED_IN, BOTH))
    profile = await world.service.resolve(added.id)
    assert dict(profile.secrets) == BOTH
    assert profile.spec.kafka == SIGNED_IN


async def test_a_plain_connection_needs_no_secret_and_keeps_none(world: World) -> None:
    added = await world.service.add(kafka_of(PLAIN, BOTH))
    assert added.secret is SecretState.NONE
    assert not (await world.service.resolve(added.id)).secrets


async def test_a_login_taken_away_takes_its_password_along(world: World) -> None:
    added = await world.service.add(kafka_of(SIGNED_IN, BOTH))
    await world.service.change(added.id, kafka_of(replace(SIGNED_IN, mechanism=SaslMechanism.NONE)))
    assert dict((await world.service.resolve(added.id)).secrets) == {Secret.REGISTRY_PASSWORD: "reg-secret"}


async def test_a_renamed_kafka_is_told_as_changed_once_and_its_looks_are_not(world: World) -> None:
    added = await world.service.add(kafka_of())
    await world.service.change(added.id, SaveConnection(replace(added.spec, colour=added.spec.colour, read_only=False)))
    assert world.changed == []
    await world.service.change(added.id, kafka_of(replace(PLAIN, bootstrap="other:9092")))
    assert world.changed == [added.id]


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({"bootstrap": "elsewhere:9093"}, False),
        ({"bootstrap": "kafka.example:9093,elsewhere:9093"}, False),
        ({"tls": False}, False),
        ({"registry_url": "http://elsewhere:8081"}, False),
        ({"bootstrap": "KAFKA.example:9094"}, True),
        ({"user": "grace"}, True),
        ({"registry_url": "http://reg:8082/path"}, True),
    ],
)
async def test_a_kept_password_is_not_taken_to_another_host_unasked(world: World, changes: dict[str, Any], stays: bool) -> None:
    added = await world.service.add(kafka_of(SIGNED_IN, BOTH))
    wish = kafka_of(replace(SIGNED_IN, **changes))
    if stays:
        await world.service.change(added.id, wish)
        return
    with pytest.raises(UserFacingError) as caught:
        await world.service.change(added.id, wish)
    assert caught.value.code == "secret-stays"
    await world.service.change(added.id, replace(wish, secrets=BOTH))


async def test_a_rabbitmqs_password_is_not_taken_to_a_kafka(world: World) -> None:
    added = await world.service.add(save_of(secrets=PASSWORD))
    with pytest.raises(UserFacingError) as caught:
        await world.service.change(added.id, kafka_of(SIGNED_IN))
    assert caught.value.code == "secret-stays"
    changed = await world.service.change(added.id, kafka_of(PLAIN))
    assert changed.secret is SecretState.NONE


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (KafkaSettings(""), "bootstrap-invalid"),
        (KafkaSettings(" , "), "bootstrap-invalid"),
        (KafkaSettings("a b/c"), "bootstrap-invalid"),
        (KafkaSettings("h:99999"), "bootstrap-port-invalid"),
        (KafkaSettings("h:x"), "bootstrap-port-invalid"),
        (KafkaSettings(",".join(f"h{n}:9092" for n in range(60))), "bootstrap-invalid"),
        (KafkaSettings("h", mechanism=SaslMechanism.PLAIN), "sasl-user-missing"),
        (KafkaSettings("h", registry_url="reg:8081"), "registry-url-invalid"),
        (KafkaSettings("h", registry_user="a\nb", registry_url="http://reg"), "field-invalid"),
        (KafkaSettings("h", ca_file="ca.pem"), "file-not-absolute"),
        (KafkaSettings("h", key_file="/k.pem"), "key-without-certificate"),
    ],
)
async def test_every_field_is_checked_by_name(world: World, settings: KafkaSettings, code: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        await world.service.add(kafka_of(settings))
    assert caught.value.code == code


async def test_fields_are_tidied(world: World) -> None:
    added = await world.service.add(
        kafka_of(KafkaSettings(" a , [::1]:9093 ", user="left over", registry_url="http://ada:pw@reg:8081/"), name=" orders ")
    )
    assert added.spec.name == "orders"
    assert added.spec.kafka == KafkaSettings("a:9092,[::1]:9093", registry_url="http://reg:8081", registry_user="ada")
    assert dict((await world.service.resolve(added.id)).secrets) == {Secret.REGISTRY_PASSWORD: "pw"}


async def test_the_embedded_connection_is_both_and_fares_as_the_worse_one(world: World) -> None:
    world.health[EMBEDDED_ID] = Health(LinkState.OPEN)
    found = await world.service.get(EMBEDDED_ID)
    assert found.spec.rabbitmq is not None
    assert found.spec.kafka == KafkaSettings("127.0.0.1:41235")
    assert found.health.state is LinkState.OPEN
    world.kafka_health[EMBEDDED_ID] = Health(LinkState.WAITING, retry_at=7)
    assert (await world.service.get(EMBEDDED_ID)).health == Health(LinkState.WAITING, retry_at=7)


async def test_acts_reach_the_sides_that_a_connection_has(world: World) -> None:
    kafka = await world.service.add(kafka_of())
    await world.service.reconnect(kafka.id)
    await world.service.disconnect(kafka.id)
    assert world.acts == [f"kafka: reconnect {kafka.id}", f"kafka: disconnect {kafka.id}"]
    world.acts.clear()
    await world.service.reconnect(EMBEDDED_ID)
    await world.service.test(EMBEDDED_ID)
    assert sorted(world.acts) == [f"kafka: reconnect {EMBEDDED_ID}", f"reconnect {EMBEDDED_ID}"]
    assert len(world.tested) == 2


async def test_what_is_exported_is_imported(world: World, tmp_path: Path) -> None:
    from dataclasses import asdict

    await world.service.add(kafka_of(SIGNED_IN, BOTH))
    content = asdict(world.service.export())
    assert not [text for text in BOTH.values() if text in repr(content)]
    other = World(tmp_path / "other", MemoryKeyring())
    (tmp_path / "other").mkdir()
    imported = await other.service.import_(content)
    assert imported.connections[1].spec.kafka == SIGNED_IN


async def test_a_pasted_line_becomes_a_connection_with_a_free_name(world: World) -> None:
    await world.service.add(kafka_of(name="kafka.example"))
    found = world.service.parse("kafka.example:9092")
    assert (found.spec.name, found.spec.kind) == ("kafka.example 2", ConnectionKind.KAFKA)
