"""What a user writes as bytes."""

from pathlib import Path

import pytest

from embedded_server.contracts.kafka import Content, ContentForm, Format, LocalSchema, Side
from embedded_server.contracts.problems import UserFacingError
from embedded_server.kafka.decoding.encode import Encoder
from embedded_server.kafka.decoding.local import LocalSchemas


@pytest.fixture
def encoder(tmp_path: Path) -> Encoder:
    return Encoder(None, LocalSchemas(tmp_path / "schemas.json"))


@pytest.mark.parametrize(
    ("form", "text", "data"),
    [
        (ContentForm.TEXT, "Zoë", "Zoë".encode()),
        (ContentForm.TEXT, "", b""),
        (ContentForm.BASE64, "AP8=\n", b"\x00\xff"),
        (ContentForm.INTEGER, "-1", b"\xff" * 8),
        (ContentForm.INTEGER, " 9223372036854775807 ", b"\x7f" + b"\xff" * 7),
        (ContentForm.MSGPACK, '{"a": 1}', b"\x81\xa1a\x01"),
    ],
)
async def test_text_becomes_bytes(encoder: Encoder, form: ContentForm, text: str, data: bytes) -> None:
    assert await encoder.encode("orders", Side.VALUE, Content(text, form)) == data


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        (ContentForm.TEXT, "a\ud800", "The text has half a character at 1"),
        (ContentForm.BASE64, "*", "The value is not Base64"),
        (ContentForm.INTEGER, "1.5", "“1.5” is not a whole number of 64 bits"),
        (ContentForm.INTEGER, "9223372036854775808", "is not a whole number of 64 bits"),
        (ContentForm.INTEGER, "", "is not a whole number"),
        (ContentForm.MSGPACK, "{\n oops", "It is not JSON, line 2, column 2"),
        (ContentForm.MSGPACK, "NaN", "It is not JSON, line 1, column 1: NaN is not JSON"),
        (ContentForm.MSGPACK, "9" * 5_000, "It is not JSON"),
        (ContentForm.AVRO, "{}", "avro needs a schema"),
    ],
)
async def test_what_cannot_be_written_is_told(encoder: Encoder, form: ContentForm, text: str, said: str) -> None:
    with pytest.raises(UserFacingError, match=said):
        await encoder.encode("orders", Side.VALUE, Content(text, form))


async def test_a_local_schema_writes_without_a_registry_s_head(tmp_path: Path) -> None:
    local = LocalSchemas(tmp_path / "schemas.json")
    (schema,) = await local.save(LocalSchema("", "a.avsc", Format.AVRO, '{"type": "map", "values": "long"}'))
    encoder = Encoder(None, local)
    assert await encoder.encode("t", Side.KEY, Content('{"a": 1}', ContentForm.AVRO, schema=schema.id)) == b"\x02\x02a\x02\x00"
    with pytest.raises(UserFacingError, match=r"At \$\.a: expected a whole number \(long\), got x"):
        await encoder.encode("t", Side.KEY, Content('{"a": "x"}', ContentForm.AVRO, schema=schema.id))
    with pytest.raises(UserFacingError, match=r"cannot be read as protobuf with the schema “a\.avsc”, which is avro"):
        await encoder.encode("t", Side.KEY, Content("{}", ContentForm.PROTOBUF, schema=schema.id))
    with pytest.raises(UserFacingError, match="“t” has no Schema Registry"):
        await encoder.encode("t", Side.KEY, Content("{}", ContentForm.AVRO, subject="t-value"))
