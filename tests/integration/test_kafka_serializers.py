"""Records of serializers that are not Switchroom's: Confluent's own write them and Switchroom reads them, and the other way round."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient, topic_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_tools import protoc

from embedded_server.contracts.kafka import Content, ContentForm, Format, Side
from embedded_server.kafka.decoding.service import Decoding
from embedded_server.kafka.decoding.wire import HEAD_BYTES
from tests.helpers.apicurio import NEEDS_APICURIO, Apicurio, has_apicurio
from tests.integration.test_kafka_registry import C, decoding_of, detail

pytestmark = pytest.mark.real_broker

BY_TOPIC = {"subject.name.strategy": topic_subject_name_strategy}
AVRO = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "note", "type": ["null", "string"]},
        {"name": "price", "type": {"type": "record", "name": "Money", "fields": [{"name": "units", "type": "double"}]}},
    ],
}
PROTO = """syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto";
message Other { int32 x = 1; }
message Order {
  message Line { string sku = 1; repeated int64 ids = 2; }
  int64 id = 1; string note = 2; Line line = 3; google.protobuf.Timestamp at = 4;
}
"""
JSON = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object", "properties": {"id": {"type": "integer"}}}
BIG = 2**53 + 1


@pytest.fixture(scope="module")
def registry() -> Iterator[Apicurio]:
    if not has_apicurio():
        pytest.skip(NEEDS_APICURIO)
    made = Apicurio()
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def client(registry: Apicurio) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": registry.url}) as made:
        yield made


@pytest.fixture
async def decoding(registry: Apicurio, tmp_path: Path) -> AsyncIterator[Decoding]:
    async with decoding_of(registry.url, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> DescriptorPool:
    """What protoc makes of the schema, as a program has it."""
    folder = tmp_path_factory.mktemp("proto")
    (folder / "order.proto").write_text(PROTO)
    own_types = Path(protoc.__file__).parent / "_proto"
    asked = ["protoc", f"-I{folder}", f"-I{own_types}", "--include_imports", f"--descriptor_set_out={folder}/set", "order.proto"]
    assert protoc.main(asked) == 0
    made = DescriptorPool()
    for file in FileDescriptorSet.FromString((folder / "set").read_bytes()).file:
        made.Add(file)
    return made


class Theirs:
    """Confluent's serializer and deserializer of one format, over plain values."""

    def __init__(self, client: SchemaRegistryClient, topic: str) -> None:
        self._client = client
        self._context = SerializationContext(topic, MessageField.VALUE)

    def written(self, value: Any) -> bytes:
        made = self.serializer()(value, self._context)
        assert made is not None
        return bytes(made)

    def read(self, data: bytes) -> Any:
        return self.deserializer()(data, self._context)

    def serializer(self) -> Any:
        raise NotImplementedError

    def deserializer(self) -> Any:
        raise NotImplementedError


class TheirAvro(Theirs):
    def serializer(self) -> Any:
        return AvroSerializer(self._client, json.dumps(AVRO), conf=BY_TOPIC)

    def deserializer(self) -> Any:
        return AvroDeserializer(self._client, conf=BY_TOPIC)


class TheirJsonSchema(Theirs):
    def serializer(self) -> Any:
        return JSONSerializer(json.dumps(JSON), self._client, conf=BY_TOPIC)

    def deserializer(self) -> Any:
        return JSONDeserializer(None, schema_registry_client=self._client, conf=BY_TOPIC)


@pytest.mark.parametrize(
    ("theirs_of", "format", "value"),
    [
        (TheirAvro, Format.AVRO, {"id": BIG, "note": "é", "price": {"units": 0.1}}),
        (TheirAvro, Format.AVRO, {"id": -1, "note": None, "price": {"units": 1e300}}),
        (TheirJsonSchema, Format.JSON_SCHEMA, {"id": BIG}),
    ],
)
async def test_avro_and_json_that_one_writes_the_other_reads(
    decoding: Decoding, client: SchemaRegistryClient, theirs_of: type[Theirs], format: Format, value: dict[str, Any]
) -> None:
    topic = f"orders-{format.value}"
    theirs = theirs_of(client, topic)
    data = await asyncio.to_thread(theirs.written, value)
    found = await detail(decoding, data, topic)
    assert (found.format, found.attempts, json.loads(found.text)) == (format, [], value)
    assert (found.schema.subject, found.schema.version) == (f"{topic}-value", 1)
    ours = await decoding.encode(C, topic, Side.VALUE, Content(found.text, ContentForm(format.value), subject=f"{topic}-value"))
    assert ours[:HEAD_BYTES] == data[:HEAD_BYTES]
    assert await asyncio.to_thread(theirs.read, ours) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shop.Other", {"x": -7}),
        ("shop.Order", {"id": BIG, "note": "é", "line": {"sku": "a", "ids": [1, -1]}, "at": "2026-01-02T03:04:05Z"}),
        ("shop.Order.Line", {"sku": "b", "ids": [BIG]}),
    ],
)
async def test_protobuf_that_one_writes_the_other_reads(
    decoding: Decoding, client: SchemaRegistryClient, pool: DescriptorPool, name: str, value: dict[str, Any]
) -> None:
    """Their serializer registers what protoc has made of the schema, in Base64, and this registry answers it so."""
    topic, kind = f"messages-{name}", GetMessageClass(pool.FindMessageTypeByName(name))
    context, message = SerializationContext(topic, MessageField.VALUE), json_format.ParseDict(value, kind())
    data = await asyncio.to_thread(ProtobufSerializer(kind, client, BY_TOPIC), message, context)
    assert data is not None
    found = await detail(decoding, data, topic)
    assert (found.format, found.attempts) == (Format.PROTOBUF, [])
    assert json_format.Parse(found.text, kind()) == message
    content = Content(found.text, ContentForm.PROTOBUF, subject=f"{topic}-value", message=name)
    ours = await decoding.encode(C, topic, Side.VALUE, content)
    assert ours[:HEAD_BYTES] == data[:HEAD_BYTES]
    assert await asyncio.to_thread(ProtobufDeserializer(kind, BY_TOPIC, client), ours, context) == message
