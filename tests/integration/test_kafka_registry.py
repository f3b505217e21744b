"""Records read and written with a real Schema Registry: Apicurio's, through its Confluent-compatible API."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest

from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings
from embedded_server.contracts.events import Kind
from embedded_server.contracts.kafka import Content, ContentForm, DecodeRequest, Format, Reading, Side, TopicReading
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile
from embedded_server.journal import Journal, make_event
from embedded_server.kafka.decoding.service import Decoding
from tests.helpers.apicurio import NEEDS_APICURIO, Apicurio, has_apicurio

pytestmark = pytest.mark.real_broker

C = "c1"
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [{"name": "id", "type": "long"}, {"name": "price", "type": "shop.Money"}],
}
MONEY = {"type": "record", "name": "Money", "namespace": "shop", "fields": [{"name": "units", "type": "long"}]}
PROTO = 'syntax = "proto3"; package shop; message Order { int64 id = 1; message Line { string sku = 1; } } message Other { int32 x = 1; }'
PERSON = {"title": "Person", "type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


@pytest.fixture(scope="module")
def registry() -> Iterator[Apicurio]:
    if not has_apicurio():
        pytest.skip(NEEDS_APICURIO)
    made = Apicurio()
    try:
        made.start()
        made.register("money", json.dumps(MONEY))
        reference = {"name": "shop.Money", "subject": "money", "version": 1}
        made.register("orders-value", json.dumps(ORDER), references=[reference])
        made.register("proto-value", PROTO, "PROTOBUF")
        made.register("people-value", json.dumps(PERSON), "JSON")
        yield made
    finally:
        made.stop()


@pytest.fixture
async def decoding(registry: Apicurio, tmp_path: Path) -> AsyncIterator[Decoding]:
    async with decoding_of(registry.url, tmp_path) as made:
        yield made


@contextlib.asynccontextmanager
async def decoding_of(url: str, folder: Path) -> AsyncIterator[Decoding]:
    """The capability's decoding over a journal of its own."""
    spec = ConnectionSpec("shop", ConnectionKind.KAFKA, kafka=KafkaSettings("127.0.0.1:1", registry_url=url))

    async def resolve(_: str) -> Profile:
        return Profile(C, spec)

    journal = Journal(folder / "journal.db")
    journal.open()
    made = Decoding(journal, resolve, folder)
    await made.start()
    yield made
    await made.stop()
    journal.close()


async def detail(decoding: Decoding, data: bytes, topic: str = "orders", **request: Any) -> Any:
    headers = json.dumps({"topic": topic, "key": "k1"}).encode()
    seq = await decoding._journal.append_durably(make_event(Kind.RECORD_READ, f"{topic}[0]", body=data, headers=headers))
    return (await decoding.decode(C, DecodeRequest(seq, **request))).value


@pytest.mark.parametrize(
    ("subject", "form", "text", "format", "message"),
    [
        ("orders-value", ContentForm.AVRO, '{"id":9007199254740993,"price":{"units":3}}', Format.AVRO, ""),
        ("proto-value", ContentForm.PROTOBUF, '{"id":9007199254740993}', Format.PROTOBUF, "shop.Order"),
        ("proto-value", ContentForm.PROTOBUF, '{"x":7}', Format.PROTOBUF, "shop.Other"),
        ("people-value", ContentForm.JSON_SCHEMA, '{"age":7}', Format.JSON_SCHEMA, ""),
    ],
)
async def test_what_is_written_by_a_subject_is_read_by_the_id_in_it(
    decoding: Decoding, subject: str, form: ContentForm, text: str, format: Format, message: str
) -> None:
    data = await decoding.encode(C, "orders", Side.VALUE, Content(text, form, subject=subject, message=message))
    assert data[0] == 0
    found = await detail(decoding, data)
    assert (found.format, found.text, found.attempts, found.is_json) == (format, text, [], True)
    assert (found.schema.subject, found.schema.version, found.schema.id) == (subject, 1, int.from_bytes(data[1:5], "big"))
    await decoding.prepare(C)
    assert await asyncio.to_thread(decoding.preview, C, "orders", Side.VALUE, data) == text


async def test_bytes_of_another_serializer_are_read(decoding: Decoding, registry: Apicurio) -> None:
    id_ = registry.register("other-value", json.dumps(MONEY))
    stream = io.BytesIO()
    stream.write(b"\0" + id_.to_bytes(4, "big"))
    fastavro.schemaless_writer(stream, fastavro.parse_schema(MONEY), {"units": 5})
    assert (await detail(decoding, stream.getvalue())).text == '{"units":5}'


async def test_the_report_tells_what_the_registry_said(decoding: Decoding, registry: Apicurio) -> None:
    unknown = await detail(decoding, b"\x00\x00\x00\xff\xff\x02\x04", value=Reading(Format.AVRO))
    assert unknown.attempts[0].problem.title == f"The Schema Registry at 127.0.0.1:{registry.port} has no schema 65535"
    plain = await detail(decoding, b'{"id": 1}')
    assert (plain.format, [attempt.problem.type.rpartition(":")[2] for attempt in plain.attempts]) == (Format.JSON, ["magic-byte-missing"])
    data = await decoding.encode(C, "t", Side.VALUE, Content('{"id":1}', ContentForm.PROTOBUF, subject="proto-value", message="shop.Order"))
    other = await detail(decoding, data, value=Reading(Format.AVRO))
    assert other.attempts[0].problem.title.endswith("is protobuf, not avro")
    cut = await detail(decoding, data[:-1])
    assert (cut.attempts[0].format, cut.attempts[0].problem.title) == (Format.PROTOBUF, "The bytes end at 7, within $.id")


async def test_a_choice_for_a_topic_is_kept_and_followed(decoding: Decoding) -> None:
    await decoding.save_reading(C, TopicReading("counters", value=Reading(Format.INTEGER)))
    assert [one.topic for one in await decoding.readings(C)] == ["counters"]
    assert (await detail(decoding, b"\x00\x00\x00\x07", "counters")).text == "7"
    assert decoding.preview(C, "counters", Side.VALUE, b"\x00\x00\x00\x07") == "7"
    assert not decoding.is_plain(C, "counters", Side.VALUE)


async def test_subjects_are_listed_with_what_they_define(decoding: Decoding) -> None:
    found = {one.subject: one for one in await decoding.subjects(C)}
    assert {"money", "orders-value", "people-value", "proto-value"} <= found.keys()
    assert found["orders-value"].messages == ["shop.Order"]
    (proto,) = await decoding.subjects(C, "PROTO")
    assert (proto.format, proto.version, proto.messages) == (Format.PROTOBUF, 1, ["shop.Order", "shop.Order.Line", "shop.Other"])


async def test_a_schema_is_answered_by_id_and_by_subject(decoding: Decoding) -> None:
    by_subject = await decoding.schema(C, subject="orders-value")
    by_id = await decoding.schema(C, id=by_subject.id)
    assert json.loads(by_subject.text)["name"] == json.loads(by_id.text)["name"] == "Order"
    assert (by_id.subject, by_id.version, by_id.format) == ("orders-value", 1, Format.AVRO)
    for wrong in ({"subject": "no-such"}, {"subject": "orders-value", "version": 9}, {"id": 65_535}):
        with pytest.raises(UserFacingError, match="has no"):
            await decoding.schema(C, **wrong)


async def test_what_does_not_fit_a_subject_s_schema_is_told_with_its_path(decoding: Decoding) -> None:
    for subject, form, text, said in (
        (
            "orders-value",
            ContentForm.AVRO,
            '{"id": 1, "price": {"units": "x"}}',
            r"At \$\.price\.units: expected a whole number \(long\), got x",
        ),
        ("people-value", ContentForm.JSON_SCHEMA, '{"age": "x"}', r"At \$\.age: 'x' is not of type 'integer'"),
        ("orders-value", ContentForm.PROTOBUF, "{}", "is avro, not protobuf"),
        ("no-such", ContentForm.AVRO, "{}", "has nothing called “no-such”"),
    ):
        with pytest.raises(UserFacingError, match=said):
            await decoding.encode(C, "orders", Side.VALUE, Content(text, form, subject=subject))
