"""Which schema file imports which."""

from pathlib import PurePath

import pytest

from desktop.core.kafka_imports import SchemaFile, is_named_by, with_imports
from desktop.core.kafka_needs import Need, imports_in, outline_of
from embedded_server.contracts.kafka import Format
from embedded_server.kafka.decoding.codecs import codec_blocking
from embedded_server.kafka.decoding.json_schema import JsonSchema
from embedded_server.kafka.decoding.problems import SchemaMismatch


def file(path: str, *imports: str) -> SchemaFile:
    return SchemaFile(PurePath(path), f"// {path}\n" + "".join(f'import "{one}";\n' for one in imports))


def nowhere(_need: Need, _importer: SchemaFile) -> list[SchemaFile]:
    return []


def test_imports_are_read_without_comments_and_without_protobufs_own() -> None:
    text = """
    syntax = "proto3";
    import "google/protobuf/timestamp.proto";
    import public 'common/money.proto' ;
    import weak "b.proto"; import "b.proto";
    // import "left/out.proto";
    /* import "also/out.proto"; */
    message Order { string important = 1; }
    """
    assert imports_in(text) == ["common/money.proto", "b.proto"]


def test_a_path_is_named_by_its_end_in_whole_parts() -> None:
    assert is_named_by(PurePath("/home/me/common/money.proto"), "common/money.proto")
    assert not is_named_by(PurePath("/home/me/uncommon/money.proto"), "common/money.proto")
    assert not is_named_by(PurePath("/home/me/money.proto"), "common/money.proto")


def test_what_another_file_imports_is_kept_with_that_one_through_others_too() -> None:
    files = [file("/s/c.proto"), file("/s/a.proto", "b.proto"), file("/s/b.proto", "c.proto"), file("/s/alone.proto")]
    kept = with_imports(files, nowhere)
    assert [(one.path.name, sorted(one.imports)) for one in kept] == [("a.proto", ["b.proto", "c.proto"]), ("alone.proto", [])]


def test_files_that_import_each_other_are_all_kept_so_that_the_fault_is_told() -> None:
    kept = with_imports([file("/s/a.proto", "b.proto"), file("/s/b.proto", "a.proto")], nowhere)
    assert [one.path.name for one in kept] == ["a.proto", "b.proto"]


def test_what_was_not_chosen_is_looked_for_and_what_is_nowhere_is_left_out() -> None:
    def find(need: Need, importer: SchemaFile) -> list[SchemaFile]:
        return [file("/elsewhere/b.proto", "c.proto")] if need.paths == ("b.proto",) and importer.path.name == "a.proto" else []

    (kept,) = with_imports([file("/s/a.proto", "b.proto")], find)
    assert list(kept.imports) == ["b.proto"]


def test_what_a_kept_import_needs_itself_comes_along() -> None:
    def find(need: Need, _importer: SchemaFile) -> list[SchemaFile]:
        return [SchemaFile(PurePath("b.proto"), "b", {"c.proto": "c"})] if need.paths == ("b.proto",) else []

    (kept,) = with_imports([file("/s/a.proto", "b.proto")], find)
    assert kept.imports == {"b.proto": "b", "c.proto": "c"}


def test_files_of_other_formats_stand_alone() -> None:
    kept = with_imports([SchemaFile(PurePath("/s/a.avsc"), 'import "b.proto";'), file("/s/b.proto")], nowhere)
    assert [one.imports for one in kept] == [{}, {}]


AVRO_ORDER = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [
    {"name": "price", "type": ["null", "Money"], "default": null},
    {"name": "lines", "type": {"type": "array", "items": "shop.v2.Line"}},
    {"name": "next", "type": {"type": "map", "values": "Order"}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}"""
AVRO_MONEY = '{"type": "record", "name": "shop.Money", "fields": [{"name": "currency", "type": "Currency"}]}'
AVRO_CURRENCY = '{"type": "enum", "name": "Currency", "namespace": "shop", "symbols": ["EUR"]}'


def test_an_avro_schema_needs_the_types_it_does_not_define_by_their_full_names() -> None:
    outline = outline_of(Format.AVRO, AVRO_ORDER)
    assert outline.offers == {"shop.Order"}
    assert outline.needs == (
        Need(("shop.Money", "Money"), ("shop/Money.avsc", "shop.Money.avsc", "Money.avsc")),
        Need(("shop.v2.Line",), ("shop/v2/Line.avsc", "shop.v2.Line.avsc", "Line.avsc")),
    )


def test_an_avro_type_is_found_in_whichever_file_defines_it_and_the_server_reads_what_is_kept() -> None:
    others = [SchemaFile(PurePath("/s/prices.avsc"), AVRO_MONEY), SchemaFile(PurePath("/s/lists.avsc"), AVRO_CURRENCY)]
    line = SchemaFile(PurePath("/s/Line.avsc"), '{"type": "fixed", "name": "shop.v2.Line", "size": 2}')
    kept = with_imports([*others, SchemaFile(PurePath("/s/order.avsc"), AVRO_ORDER)], lambda *_: [file("/s/Line.proto"), line])
    assert [(one.path.name, set(one.imports)) for one in kept] == [("order.avsc", {"shop.Money", "shop.v2.Line", "shop.Currency"})]
    codec_blocking(Format.AVRO, kept[0].text, "order.avsc", kept[0].imports)


def test_an_avro_file_of_the_right_name_that_defines_something_else_is_left_alone() -> None:
    wrong = SchemaFile(PurePath("/s/Money.avsc"), '{"type": "record", "name": "bank.Money", "fields": []}')
    (kept,) = with_imports([SchemaFile(PurePath("/s/order.avsc"), AVRO_ORDER)], lambda *_: [wrong])
    assert kept.imports == {}


JSON_ORDER = """{"$defs": {"own": {"type": "string"}}, "properties": {
    "a": {"$ref": "#/$defs/own"}, "b": {"$ref": "../common/money.json#/$defs/amount"}, "c": {"$ref": "http://x.org/tax.json"},
    "d": {"const": {"$ref": "no/reference.json"}}}}"""
JSON_MONEY = '{"$defs": {"amount": {"$ref": "./number.json"}}}'
JSON_NUMBER = '{"type": "integer"}'
JSON_TAX = '{"$id": "http://x.org/tax.json", "type": "boolean"}'


def test_a_json_schemas_references_are_found_by_path_and_by_id_and_the_server_follows_them() -> None:
    others = [
        SchemaFile(PurePath("/s/common/money.json"), JSON_MONEY),
        SchemaFile(PurePath("/s/common/number.json"), JSON_NUMBER),
        SchemaFile(PurePath("/s/t.json"), JSON_TAX),
    ]
    (kept,) = with_imports([*others, SchemaFile(PurePath("/s/orders/order.json"), JSON_ORDER)], nowhere)
    assert kept.imports == {"common/money.json": JSON_MONEY, "common/number.json": JSON_NUMBER, "t.json": JSON_TAX}
    schema = JsonSchema(kept.text, imports=kept.imports)
    schema.check('{"a": "x", "b": 5, "c": true}')
    for wrong in ('{"b": "5"}', '{"c": 1}'):
        with pytest.raises(SchemaMismatch):
            schema.check(wrong)


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"type": "record", "fields": 5}', '{"$ref": "http://["}', '{"$id": 5, "$ref": 5}'])
@pytest.mark.parametrize("format", [Format.AVRO, Format.JSON_SCHEMA])
def test_a_text_that_is_no_schema_needs_nothing(format: Format, text: str) -> None:
    assert outline_of(format, text).needs == ()
