"""One side of a record read whole: what it is read as, and why it is not read otherwise."""

from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.kafka import Decoded, Format, LocalSchema, Reading
from embedded_server.kafka.decoding import report as report_module
from embedded_server.kafka.decoding.local import LocalSchemas
from embedded_server.kafka.decoding.report import Reporter
from embedded_server.kafka.decoding.sides import SideReader

AVRO = '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}, {"name": "name", "type": "string"}]}'
PERSON = '{"type": "object", "title": "Person", "properties": {"age": {"type": "integer"}}, "required": ["age"]}'


@pytest.fixture
async def local(tmp_path: Path) -> LocalSchemas:
    schemas = LocalSchemas(tmp_path / "schemas.json")
    await schemas.load()
    return schemas


def read(local: LocalSchemas, data: bytes | None, format: Format = Format.AUTO, *, schema: str = "", size: int = -1) -> Decoded:
    return Reporter(None, local).read(data, Reading(format, schema), size)


def titles(decoded: Decoded) -> list[str]:
    return [attempt.problem.title for attempt in decoded.attempts]


@pytest.mark.parametrize(
    ("data", "format", "text", "is_json"),
    [
        (b'{"id": 9007199254740993}', Format.JSON, '{"id": 9007199254740993}', True),
        (b"order-1", Format.TEXT, "order-1", False),
        ("Zoë\n".encode(), Format.TEXT, "Zoë\n", False),
        (msgpack.packb({"a": [1, 2]}), Format.MSGPACK, '{"a":[1,2]}', True),
        (b"\x00\x00\x00\x05", Format.HEX, "00 00 00 05", False),
        (b"\xff\xfe\x00", Format.HEX, "ff fe 00", False),
        (b"", Format.TEXT, "", False),
    ],
)
async def test_bytes_are_read_as_what_they_are(local: LocalSchemas, data: bytes, format: Format, text: str, is_json: bool) -> None:
    found = read(local, data)
    assert (found.format, found.text, found.is_json, found.null, found.size) == (format, text, is_json, False, len(data))


async def test_null_is_not_empty(local: LocalSchemas) -> None:
    assert read(local, None).null
    assert not read(local, b"").null


@pytest.mark.parametrize(
    ("format", "data", "text"),
    [
        (Format.INTEGER, (2**63 - 1).to_bytes(8, "big"), "9223372036854775807"),
        (Format.INTEGER, b"\xff", "-1"),
        (Format.FLOAT, b"\x3d\xcc\xcc\xcd", "0.1"),
        (Format.FLOAT, b"\x7f\xf8\x00\x00\x00\x00\x00\x00", "NaN"),
        (Format.UUID, bytes(range(16)), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        (Format.UUID, b"123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
        (Format.HEX, b"ab", "61 62"),
        (Format.BASE64, b"ab", "YWI="),
        (Format.TEXT, b"a\xffb", "a\\xffb"),
        (Format.MSGPACK, b"\x05", "5"),
    ],
)
async def test_a_chosen_format_is_used(local: LocalSchemas, format: Format, data: bytes, text: str) -> None:
    found = read(local, data, format)
    assert (found.format, found.text) == (format, text)


@pytest.mark.parametrize(
    ("data", "format", "said"),
    [
        (b"{oops", Format.JSON, "It is not JSON: "),
        (b"abc", Format.INTEGER, "3 bytes are not a whole number, which has 1, 2, 4 or 8"),
        (b"abc", Format.FLOAT, "3 bytes are not a float, which has 4 or 8"),
        (b"abc", Format.UUID, "It is not a UUID"),
        (b"{}", Format.MSGPACK, "It is not MessagePack: "),
        (b'{"a": 1}', Format.AVRO, "It starts with 0x7b, not 0x00: no Schema Registry serializer wrote it"),
        (b"\x00\x00\x00\x00\x07abc", Format.AVRO, "It may be written with schema 7, but this connection has no Schema Registry"),
        (b"\x00\x00", Format.PROTOBUF, "Only 2 bytes: a Schema Registry serializer writes at least 6"),
    ],
)
async def test_the_report_tells_first_why_the_chosen_format_does_not_fit(
    local: LocalSchemas, data: bytes, format: Format, said: str
) -> None:
    found = read(local, data, format)
    assert found.format is not format
    assert titles(found)[0].startswith(said)
    assert found.attempts[0].format is format


async def test_framed_bytes_without_a_registry_are_told_to_be_such(local: LocalSchemas) -> None:
    found = read(local, b"\x00\x00\x00\x00\x07\x02\x02a")
    assert found.format is Format.HEX
    assert titles(found)[0] == "It may be written with schema 7, but this connection has no Schema Registry"


async def test_local_schemas_read_with_and_without_a_registry_s_head(local: LocalSchemas) -> None:
    (schema,) = await local.save(LocalSchema("", "order.avsc", Format.AVRO, AVRO))
    for data in (b"\x0e\x02a", b"\x00\x00\x00\x00\x07\x0e\x02a"):
        found = read(local, data, Format.AVRO, schema=schema.id)
        assert (found.format, found.text, found.attempts) == (Format.AVRO, '{"id":7,"name":"a"}', [])
        assert found.schema is not None
        assert (found.schema.id, found.schema.name) == (None, "order.avsc: Order")
        assert SideReader(Reading(Format.AVRO, schema.id), None, local).preview(data) == found.text
    cut = read(local, b"\x0e\x08a", Format.AVRO, schema=schema.id)
    assert titles(cut)[0] == "The bytes end at 3, within $.name"


async def test_a_json_text_is_shown_though_its_schema_does_not_allow_it(local: LocalSchemas) -> None:
    (schema,) = await local.save(LocalSchema("", "person.json", Format.JSON_SCHEMA, PERSON))
    fine, wrong = (read(local, data, Format.JSON_SCHEMA, schema=schema.id) for data in (b'{"age": 7}', b'{"age": "x"}'))
    assert (fine.format, fine.attempts) == (Format.JSON_SCHEMA, [])
    assert (wrong.format, wrong.text) == (Format.JSON_SCHEMA, '{"age": "x"}')
    assert titles(wrong) == ["It does not match its schema at $.age: 'x' is not of type 'integer'"]


async def test_what_the_journal_cut_is_shown_as_far_as_it_goes(local: LocalSchemas) -> None:
    found = read(local, b'{"a": "bcd', size=1_000)
    assert (found.format, found.truncated, found.size) == (Format.TEXT, True, 1_000)
    assert titles(found) == ["The journal kept 10 of 1000 bytes, too few to decode"]


async def test_three_megabytes_are_decoded_whole(local: LocalSchemas) -> None:
    data = b'{"filler": "' + b"x" * 3_000_000 + b'", "id": 9007199254740993}'
    found = read(local, data)
    assert (found.format, found.text == data.decode(), found.truncated) == (Format.JSON, True, False)
    assert len(SideReader(Reading(), None, local).preview(data)) == 256


async def test_what_is_too_large_is_not_decoded(local: LocalSchemas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "MOST_BYTES", 1024**2)
    found = read(local, b"[" + b"1," * 600_000 + b"1]")
    assert found.format is Format.TEXT
    assert "1200003 bytes are more than the 1 MB that are decoded" in titles(found)


async def test_deep_json_ends_no_thread(local: LocalSchemas) -> None:
    assert read(local, b"[" * 100_000).format is Format.TEXT
    assert read(local, b"\x91" * 100_000).format is Format.HEX


@given(data=st.binary(max_size=100), format=st.sampled_from(Format))
async def test_any_bytes_are_read_as_something_and_previewed(data: bytes, format: Format) -> None:
    local = LocalSchemas(Path("unused.json"))
    found = read(local, data, format)
    preview = SideReader(Reading(format), None, local).preview(data)
    assert found.format is not Format.AUTO
    assert len(preview) <= 256
    assert "\n" not in preview
    if found.format is format and len(found.text) < 200 and found.text.isprintable() and "  " not in found.text:
        assert preview == found.text.strip()
