"""Avro: read as fastavro reads it and exactly, whatever the bytes; written as it is read; mistakes named by their places."""

import io
import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.kafka.decoding.avro_read import AvroReader
from embedded_server.kafka.decoding.avro_schema import compile_avro
from embedded_server.kafka.decoding.avro_write import write_avro
from embedded_server.kafka.decoding.json_exact import dumps
from embedded_server.kafka.decoding.problems import NestedTooDeeply, NotWritable, SchemaInvalid, TooManyValues, Undecodable

ORDER: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "count", "type": "int", "default": 1},
        {"name": "name", "type": "string"},
        {"name": "paid", "type": "boolean"},
        {"name": "weight", "type": "float"},
        {"name": "rate", "type": "double"},
        {"name": "raw", "type": "bytes"},
        {"name": "mark", "type": {"type": "fixed", "name": "Mark", "size": 3}},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "SHUT"]}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "more", "type": {"type": "map", "values": "long"}},
        {"name": "note", "type": ["null", "string", "long"], "default": None},
        {"name": "line", "type": {"type": "record", "name": "Line", "fields": [{"name": "mark", "type": ["null", "Mark"]}]}},
    ],
}
LOGICAL: dict[str, Any] = {
    "type": "record",
    "name": "Times",
    "fields": [
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "clock", "type": {"type": "long", "logicalType": "time-micros"}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "exact", "type": {"type": "long", "logicalType": "timestamp-nanos"}},
        {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-micros"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 2}},
        {"name": "id", "type": {"type": "fixed", "name": "Id", "size": 16, "logicalType": "uuid"}},
        {"name": "span", "type": {"type": "fixed", "name": "Span", "size": 12, "logicalType": "duration"}},
    ],
}
WHOLE = {
    "id": 2**63 - 1,
    "count": -1,
    "name": "Zoë",
    "paid": True,
    "weight": 0.1,
    "rate": 1e300,
    "raw": "AP8=",
    "mark": "YWJj",
    "state": "SHUT",
    "tags": ["a", ""],
    "more": {"x": -(2**63)},
    "note": 5,
    "line": {"mark": None},
}
SPECIAL = {
    "day": "2026-11-24",
    "clock": "11:51:18.000001",
    "at": "2026-11-24T11:51:18.123Z",
    "exact": "2026-11-24T11:51:18.123456789Z",
    "local": "1969-12-31T23:59:59.999999",
    "price": "-1234567890123456789012345678.90",
    "id": "123e4567-e89b-12d3-a456-426614174000",
    "span": {"months": 1, "days": 2, "millis": 3},
}


def schema_of(value: Any) -> Any:
    return compile_avro(json.dumps(value), name="test")


def reader_of(value: Any) -> AvroReader:
    return AvroReader(schema_of(value), "test")


def written(schema: Any, value: Any) -> bytes:
    return write_avro(schema_of(schema), value, "test")


@pytest.mark.parametrize(("schema", "value"), [(ORDER, WHOLE), (LOGICAL, SPECIAL)], ids=["order", "logical"])
def test_what_is_written_is_read_again(schema: Any, value: Any) -> None:
    reader = reader_of(schema)
    data = written(schema, value)
    assert reader.read(data) == value
    assert reader.beginning(data) == value
    assert reader.whole(data) == value


def test_another_writer_s_bytes_are_read() -> None:
    value = {**WHOLE, "raw": b"\x00\xff", "mark": b"abc", "note": ("string", "hi"), "line": {"mark": b"xyz"}}
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(ORDER), value)
    assert reader_of(ORDER).read(stream.getvalue()) == {**WHOLE, "note": "hi", "line": {"mark": "eHl6"}}


def test_another_reader_reads_what_is_written() -> None:
    part = {"type": "record", "name": "P", "fields": [LOGICAL["fields"][number] for number in (0, 5, 2)]}
    data = written(part, {name: SPECIAL[name] for name in ("day", "price", "at")})
    found = fastavro.schemaless_reader(io.BytesIO(data), fastavro.parse_schema(part), None)
    assert found == {
        "day": date(2026, 11, 24),
        "price": Decimal("-1234567890123456789012345678.90"),
        "at": datetime(2026, 11, 24, 11, 51, 18, 123_000, tzinfo=UTC),
    }


def test_times_beyond_year_9999_stay_numbers() -> None:
    schema = {"type": "long", "logicalType": "timestamp-millis"}
    assert reader_of(schema).read(written(schema, 2**62)) == 2**62
    assert written(schema, "2026-11-24T11:51:18.123Z") == written(schema, 1795521078123)


def test_nan_and_infinity_are_said_and_written_again() -> None:
    schema = {"type": "array", "items": "double"}
    data = written(schema, ["NaN", "-Infinity", 1.5])
    assert reader_of(schema).read(data) == ["NaN", "-Infinity", 1.5]
    assert dumps(reader_of(schema).beginning(data)) == '["NaN","-Infinity",1.5]'
    theirs: Any = fastavro.schemaless_reader(io.BytesIO(data), fastavro.parse_schema(schema), None)
    assert math.isnan(theirs[0])


def test_a_cut_record_is_told_with_byte_and_path() -> None:
    data = written(ORDER, WHOLE)
    with pytest.raises(Undecodable, match=r"^The bytes end at 14, within \$\.name$"):
        reader_of(ORDER).read(data[:14])
    with pytest.raises(Undecodable, match=r"^2 bytes are left after the schema's end, at byte 3$"):
        reader_of("string").read(b"\x04ab\x00\x00")
    with pytest.raises(Undecodable, match=r"9 is none of the union's 3 branches at byte .*, in \$\.note"):
        reader_of(ORDER).read(data[:-3] + b"\x12\x00")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    for schema in (ORDER, LOGICAL):
        reader = reader_of(schema)
        try:
            whole = reader.read(data)
        except Undecodable:
            continue
        assert dumps(whole) == dumps(reader.beginning(data))


def test_a_list_of_nothing_is_not_a_way_to_fill_memory() -> None:
    schema = {"type": "array", "items": "null"}
    endless = b"\x80\x80\x80\x80\x80\x80\x80\x80\x40"
    with pytest.raises(TooManyValues):
        reader_of(schema).read(endless)
    assert len(reader_of(schema).beginning(endless)) < 1_000


def test_empty_blocks_without_end_are_given_up() -> None:
    with pytest.raises(Undecodable):
        reader_of({"type": "array", "items": "int"}).read(b"\x01\x00" * 2_000_000)


def test_a_schema_within_itself_neither_recurses_to_death_nor_is_refused() -> None:
    schema = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
    assert reader_of(schema).read(b"\x02\x02\x00") == {"next": {"next": {"next": None}}}
    with pytest.raises(NestedTooDeeply):
        reader_of(schema).read(b"\x02" * 100_000)
    reader_of(schema).beginning(b"\x02\x02\x00")


def test_a_large_record_s_preview_is_its_beginning() -> None:
    data = written({"type": "array", "items": "long"}, list(range(100_000)))
    assert reader_of({"type": "array", "items": "long"}).beginning(data)[:3] == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({**WHOLE, "id": "x"}, r"At \$\.id: expected a whole number \(long\), got x"),
        ({**WHOLE, "id": 2**63}, r"At \$\.id: 9223372036854775808 does not fit into 64 bits"),
        ({**WHOLE, "tags": ["a", 1]}, r"At \$\.tags\[1\]: expected a text, got 1"),
        ({**WHOLE, "state": "AJAR"}, r"At \$\.state: expected one of OPEN, SHUT \(shop\.State\), got AJAR"),
        ({**WHOLE, "mark": "YQ=="}, r"At \$\.mark: expected 3 bytes \(shop\.Mark\), got 1"),
        ({**WHOLE, "raw": "*"}, r"At \$\.raw: expected bytes as Base64, got \*"),
        ({**WHOLE, "note": []}, r"At \$\.note: expected one of null, string, long, got a list"),
        ({**WHOLE, "colour": 1}, r"At \$\.colour: shop\.Order has no field “colour”; it has: id, count"),
        ({name: one for name, one in WHOLE.items() if name != "name"}, r"At \$\.name: the field “name” is missing, and has no default"),
    ],
)
def test_what_cannot_be_written_is_told_with_its_path(value: Any, said: str) -> None:
    with pytest.raises(NotWritable, match=said):
        written(ORDER, value)


def test_a_union_s_branch_may_be_named_as_in_avro_s_json() -> None:
    assert written(["string", "long"], {"long": 5}) == written(["string", "long"], 5)
    assert written(["null", "string"], {"string": "a"}) == b"\x02\x02a"


def test_defaults_are_filled_in() -> None:
    assert reader_of(ORDER).read(written(ORDER, {name: one for name, one in WHOLE.items() if name not in {"count", "note"}})) == {
        **WHOLE,
        "count": 1,
        "note": None,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": "record",\n "name": "A" "fields": []}', "line 2, column 14"),
        ('{"type": "record", "name": "A",\n "fields": [\n  {"name": "x", "type": "lnog"}]}', "line 3, column 25: nothing is called “lnog”"),
        ('{"type": "enum", "name": "E", "symbols": ["A", "A"]}', "line 1, column 42: the enum “E” has a symbol twice"),
        ('{"type": "fixed", "name": "1x", "size": 1}', "line 1, column 27: “1x” is no name"),
        ('["null",\n ["int"]]', "line 2, column 2: a union cannot be directly within a union"),
        ('{"type": "record", "name": "A", "fields": [{"name": "x"}]}', "the field “x” has no type"),
        ('{"type": "array"}', "“items” is missing"),
        ("[" * 10_000, "line 1, column"),
    ],
)
def test_a_mistake_in_a_schema_is_told_with_line_and_column(text: str, said: str) -> None:
    with pytest.raises(SchemaInvalid, match=said):
        compile_avro(text, name="a.avsc")


def test_names_are_found_in_imports_in_any_order() -> None:
    money = '{"type": "record", "name": "Money", "namespace": "c", "fields": [{"name": "unit", "type": "Unit"}]}'
    unit = '{"type": "enum", "name": "c.Unit", "symbols": ["EUR"]}'
    main = '{"type": "record", "name": "O", "fields": [{"name": "price", "type": "c.Money"}]}'
    schema = compile_avro(main, imports={"money.avsc": money, "unit.avsc": unit})
    assert schema.names == ["O"]
    assert AvroReader(schema, "O").read(b"\x00") == {"price": {"unit": "EUR"}}
