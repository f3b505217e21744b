"""The user's own schemas and choices: checked, kept over a restart, and forgotten."""

from pathlib import Path

import pytest

from embedded_server.contracts.kafka import Format, LocalSchema, Reading, Side, TopicReading
from embedded_server.kafka.decoding.choices import Choices
from embedded_server.kafka.decoding.local import LocalSchemas
from embedded_server.kafka.decoding.problems import (
    LocalSchemaNotFound,
    SchemaFormatInvalid,
    SchemaInvalid,
    SchemaNameInvalid,
    SchemaTooLarge,
)

PROTO = 'syntax = "proto3"; import "b/c.proto"; message A { B b = 1; }'
IMPORTED = 'syntax = "proto3"; message B { int32 x = 1; }'


async def opened(path: Path) -> LocalSchemas:
    schemas = LocalSchemas(path)
    await schemas.load()
    return schemas


async def test_schemas_are_kept_with_what_they_define(tmp_path: Path) -> None:
    schemas = await opened(tmp_path / "schemas.json")
    await schemas.save(LocalSchema("", "z.proto", Format.PROTOBUF, PROTO, imports={"b/c.proto": IMPORTED}))
    await schemas.save(LocalSchema("", "a.avsc", Format.AVRO, '{"type": "fixed", "name": "F", "size": 1}'))
    again = await opened(tmp_path / "schemas.json")
    assert [(one.name, one.messages) for one in again.all()] == [("a.avsc", []), ("z.proto", ["A"])]
    _, codec = again.codec(again.all()[1].id)
    assert codec.read(b"\x0a\x02\x08\x05", 0) == ('{"b":{"x":5}}', "A")


async def test_a_changed_schema_reads_anew(tmp_path: Path) -> None:
    schemas = await opened(tmp_path / "schemas.json")
    (first,) = await schemas.save(LocalSchema("", "a", Format.AVRO, '"long"'))
    assert schemas.codec(first.id)[1].read(b"\x02", 0)[0] == "1"
    version = schemas.version
    await schemas.save(LocalSchema(first.id, "a", Format.AVRO, '"boolean"'))
    assert schemas.codec(first.id)[1].read(b"\x01", 0)[0] == "true"
    assert schemas.version != version
    assert await schemas.remove(first.id) == []
    with pytest.raises(LocalSchemaNotFound):
        schemas.codec(first.id)


async def test_a_wrong_schema_is_not_kept(tmp_path: Path) -> None:
    schemas = await opened(tmp_path / "schemas.json")
    with pytest.raises(SchemaInvalid, match=r"a\.json, line 1, column 10"):
        await schemas.save(LocalSchema("", "a.json", Format.JSON_SCHEMA, '{"type": "objekt"}'))
    with pytest.raises(SchemaFormatInvalid):
        await schemas.save(LocalSchema("", "a", Format.HEX, "00"))
    with pytest.raises(SchemaTooLarge):
        await schemas.save(LocalSchema("", "a", Format.AVRO, " " * 2_000_000))
    with pytest.raises(SchemaNameInvalid):
        await schemas.save(LocalSchema("", " ", Format.AVRO, '"long"'))
    with pytest.raises(LocalSchemaNotFound):
        await schemas.save(LocalSchema("gone", "a", Format.AVRO, '"long"'))
    assert schemas.all() == []


async def test_choices_are_kept_by_connection_and_topic(tmp_path: Path) -> None:
    choices = Choices(tmp_path / "readings.json")
    await choices.load()
    reading = TopicReading("orders", key=Reading(Format.INTEGER), value=Reading(Format.PROTOBUF, "s1", "shop.Order"))
    await choices.save("c1", reading)
    again = Choices(tmp_path / "readings.json")
    await again.load()
    assert again.all("c1") == [reading]
    assert again.of("c1", "orders", Side.KEY).format is Format.INTEGER
    assert again.of("c2", "orders", Side.KEY).format is Format.AUTO
    assert await again.save("c1", TopicReading("orders")) == [], "what says nothing is forgotten"
    await again.save("c1", reading)
    await again.forget("c1")
    assert again.all("c1") == []


async def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    for name, kind in (("readings.json", Choices), ("schemas.json", LocalSchemas)):
        (tmp_path / name).write_text('{"readings": 5, "schemas": 5}')
        store = kind(tmp_path / name)
        await store.load()
        assert "damaged" in store.set_aside
