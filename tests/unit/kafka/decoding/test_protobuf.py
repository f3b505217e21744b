"""Protobuf: read by descriptors from protoc, exactly, whatever the bytes; written by Protobuf's own runtime."""

import contextlib
from base64 import b64encode

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.kafka.decoding import wire
from embedded_server.kafka.decoding.codecs import ProtoCodec
from embedded_server.kafka.decoding.json_exact import dumps, loads
from embedded_server.kafka.decoding.problems import (
    MessageNotInSchema,
    NotWritable,
    SchemaInvalid,
    SchemaNameInvalid,
    SchemaUnresolved,
    Undecodable,
)
from embedded_server.kafka.decoding.proto_compile import compile_proto_blocking
from embedded_server.kafka.decoding.proto_read import UNKNOWN, ProtoReader
from embedded_server.kafka.decoding.proto_schema import ProtoSchema
from embedded_server.kafka.decoding.proto_write import write_proto

MONEY = 'syntax = "proto3"; package common; message Money { string currency = 1; int64 units = 2; }'
ORDER = """syntax = "proto3";
package shop;
import "common/money.proto";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum State { OPEN = 0; SHUT = 1; }
message Order {
  int64 id = 1;
  uint64 big = 2;
  sint32 signed = 3;
  fixed64 fixed = 4;
  float weight = 5;
  bool paid = 6;
  string name = 7;
  bytes raw = 8;
  State state = 9;
  repeated int32 counts = 10;
  repeated Line lines = 11;
  map<string, int64> more = 12;
  common.Money price = 13;
  google.protobuf.Timestamp at = 14;
  google.protobuf.Duration took = 15;
  google.protobuf.Any any = 16;
  google.protobuf.Struct free = 17;
  google.protobuf.Int64Value maybe = 18;
  oneof either { string left = 19; int32 right = 20; }
  optional int32 given = 21;
  Order inner = 22;
  message Line { string sku = 1; message Deep { int32 x = 1; } }
}
message Other { int32 id = 1; }
"""
TEXT = (
    '{"id":-9223372036854775808,"big":18446744073709551615,"signed":-5,"fixed":9007199254740993,"weight":0.1,"paid":true,"name":"Zoë",'
    '"raw":"AP8=","state":"SHUT","counts":[1,-2],"lines":[{"sku":"a"},{"sku":""}],"more":{"x":9007199254740993},'
    '"price":{"currency":"EUR","units":3},"at":"2026-11-24T11:51:18.123Z","took":"-1.500s",'
    '"any":{"@type":"type.googleapis.com/common.Money","currency":"X","units":1},"free":{"a":[1,null,{"b":true}]},"maybe":0,"left":"",'
    '"given":0}'
)


@pytest.fixture(scope="module")
def schema() -> ProtoSchema:
    return ProtoSchema(*compile_proto_blocking(ORDER, name="order.proto", imports={"common/money.proto": MONEY}))


@pytest.fixture(scope="module")
def reader(schema: ProtoSchema) -> ProtoReader:
    return ProtoReader(schema, schema.message("shop.Order"))


def test_what_is_written_is_read_again(schema: ProtoSchema, reader: ProtoReader) -> None:
    value = loads(TEXT)
    data = write_proto(schema, reader.plan, value)
    assert reader.read(data) == value
    assert reader.read(data, preview=True) == value
    assert dumps(reader.read(data)).count("9007199254740993") == 2, "64-bit numbers are numbers, and exact"


def test_it_is_read_as_protobuf_s_own_json_has_it(schema: ProtoSchema, reader: ProtoReader) -> None:
    data = write_proto(schema, reader.plan, loads(TEXT))
    pool = DescriptorPool()
    for file in schema.files.file:
        pool.Add(file)
    message = GetMessageClass(pool.FindMessageTypeByName("shop.Order"))()
    message.ParseFromString(data)
    theirs = json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=pool)
    ours = reader.read(data)
    for name in ("signed", "weight", "paid", "raw", "state", "counts", "at", "took", "free", "left", "given"):
        assert ours[name] == theirs[name], name


def test_zeros_are_shown_where_the_schema_has_no_presence(reader: ProtoReader) -> None:
    found = reader.read(b"")
    assert (found["id"], found["name"], found["state"], found["paid"]) == (0, "", "OPEN", False)
    assert not {"given", "left", "price", "counts"} & found.keys()


def test_what_the_schema_does_not_know_is_said(reader: ProtoReader) -> None:
    found = reader.read(b"\xc2\x3e\x02hi\xc8\x3e\x07\x48\x09")
    assert found[UNKNOWN] == {"1000": [{"base64": "aGk="}], "1001": [7]}
    assert found["state"] == 9, "an enum's number without a name stays a number"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x3a\x05ab", r"The bytes end at 4, within \$\.name"),
        (b"\x3a\x02\xff\xff", r"a string that is not UTF-8 at byte 2, in \$\.name"),
        (b"\x0a\x01a", r"a field of wire type 2 where the schema has 0 \(int64\) at byte 0, in \$\.id"),
        (b"\x00", "0 is no field's number at byte 0"),
        (b"\x0c", "a group ends that has not begun at byte 0"),
        (b"\x08" + b"\xff" * 11, "a number of more than 64 bits at byte 1"),
    ],
)
def test_what_does_not_fit_is_told_with_byte_and_path(reader: ProtoReader, data: bytes, said: str) -> None:
    with pytest.raises(Undecodable, match=said):
        reader.read(data)


@given(edits=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_message_is_read_or_refused_in_words(schema: ProtoSchema, reader: ProtoReader, edits: list[tuple[int, int]]) -> None:
    damaged = bytearray(write_proto(schema, reader.plan, loads(TEXT)))
    for at, byte in edits:
        damaged[at % len(damaged)] = byte
    with contextlib.suppress(Undecodable):
        dumps(reader.read(bytes(damaged)))


@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(reader: ProtoReader, data: bytes) -> None:
    try:
        dumps(reader.read(data))
        reader.read(data, preview=True)
    except Undecodable:
        return


def test_depth_and_number_are_bounded(reader: ProtoReader) -> None:
    nested = b""
    for _ in range(200):
        nested = b"\xb2\x01" + _varint(len(nested)) + nested
    with pytest.raises(Undecodable, match="nested more than 100 levels deep"):
        reader.read(nested)
    with pytest.raises(Undecodable, match="more than 1000000 values"):
        reader.read(b"\x5a\x00" * 1_000_001)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": "x"}', r"At \$\.id: "),
        ('{"nope": 1}', r"At \$: .*has no field named .nope."),
        ('{"state": "AJAR"}', r"At \$\.state: Invalid enum value AJAR"),
        ('{"lines": [{}, {"z": 1}]}', r"At \$\.lines\[1\]: .*has no field named .z."),
        ("5", r"At \$: "),
    ],
)
def test_what_cannot_be_written_is_told_with_its_path(schema: ProtoSchema, reader: ProtoReader, text: str, said: str) -> None:
    with pytest.raises(NotWritable, match=said):
        write_proto(schema, reader.plan, loads(text))


def test_confluent_s_indexes_say_which_message_it_is() -> None:
    codec = ProtoCodec(ORDER, "order.proto", {"common/money.proto": MONEY})
    assert codec.messages == ["shop.Order", "shop.Order.Line", "shop.Order.Line.Deep", "shop.Other"]
    assert codec.write('{"id": 7}', "shop.Order", framed=True)[:1] == b"\x00"
    assert codec.write('{"id": 7}', "Other", framed=True) == b"\x02\x02\x08\x07"
    deep = codec.write('{"x": 7}', "shop.Order.Line.Deep", framed=True)
    assert codec.read(wire.head(1) + deep, wire.HEAD_BYTES, framed=True) == ('{"x":7}', "shop.Order.Line.Deep")
    with pytest.raises(MessageNotInSchema, match=r"number 0\.9"):
        codec.read(wire.head(1) + b"\x04\x00\x12\x08\x07", wire.HEAD_BYTES, framed=True)


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=5))
def test_indexes_are_read_as_they_are_written(path: list[int]) -> None:
    assert wire.indexes(wire.indexes_head(path) + b"rest", 0) == (path, len(wire.indexes_head(path)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('syntax = "proto3";\nmessage A { strin x = 1; }', 'a.proto, line 2, column 13: "strin" is not defined'),
        ("message {", "a.proto, line 1, column 9: Expected message name"),
    ],
)
def test_a_mistake_in_a_schema_is_told_with_line_and_column(text: str, said: str) -> None:
    with pytest.raises(SchemaInvalid, match=said):
        compile_proto_blocking(text, name="a.proto")


def test_what_is_imported_comes_from_the_imports_and_nowhere_else() -> None:
    with pytest.raises(SchemaUnresolved, match=r"a\.proto refers to common/money\.proto, which is not there"):
        compile_proto_blocking('syntax = "proto3"; import "common/money.proto";', name="a.proto")
    for path in ("../up.proto", "/etc/passwd", "a/../../b.proto", "", "a\\b.proto"):
        with pytest.raises(SchemaNameInvalid):
            compile_proto_blocking('syntax = "proto3";', name="a.proto", imports={path: "x"})
    with pytest.raises(SchemaInvalid):
        compile_proto_blocking('import "../../../../etc/hostname";', name="a.proto")


@pytest.mark.parametrize("what", [{"order.proto"}, {"common/money.proto"}, {"order.proto", "common/money.proto"}], ids=len)
def test_files_may_be_given_as_what_a_compiler_has_made_of_them_already(what: set[str]) -> None:
    """Some clients register their schemas so: a file's descriptor in Base64."""
    plain, main = compile_proto_blocking(ORDER, name="order.proto", imports={"common/money.proto": MONEY})
    texts = {"order.proto": ORDER, "common/money.proto": MONEY}
    texts |= {file.name: b64encode(file.SerializeToString()).decode() for file in plain.file if file.name in what}
    again, _ = compile_proto_blocking(texts["order.proto"], name=main, imports={"common/money.proto": texts["common/money.proto"]})
    assert {file.name: file for file in again.file} == {file.name: file for file in plain.file}


def test_a_described_file_whose_parts_do_not_fit_is_told_and_not_believed() -> None:
    plain, _ = compile_proto_blocking('syntax = "proto3"; message A { int32 x = 1; message B {} B b = 2; }', name="a.proto")
    (file,) = plain.file
    file.message_type[0].field[1].type_name = ".Gone"
    with pytest.raises(SchemaInvalid, match=r"a\.proto.*Gone"):
        compile_proto_blocking(b64encode(file.SerializeToString()).decode(), name="a.proto")


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])
