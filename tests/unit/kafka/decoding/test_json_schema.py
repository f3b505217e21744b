"""JSON Schema: what does not match is told with its path, and nothing is fetched from anywhere."""

import pytest

from embedded_server.kafka.decoding.json_schema import JsonSchema
from embedded_server.kafka.decoding.problems import NotWritable, SchemaInvalid, SchemaMismatch, SchemaUnresolved

ORDER = '{"type": "object", "properties": {"lines": {"type": "array", "items": {"$ref": "line.json"}}, "far": {"$ref": "http://127.0.0.1:1/x"}}}'
LINE = '{"$id": "https://shop/line", "type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}}'


@pytest.fixture(scope="module")
def schema() -> JsonSchema:
    return JsonSchema(ORDER, name="order.json", imports={"line.json": LINE})


def test_what_matches_passes(schema: JsonSchema) -> None:
    schema.check('{"lines": [{"sku": "a"}]}')
    schema.require({"lines": []})


def test_what_does_not_match_is_told_with_its_path(schema: JsonSchema) -> None:
    with pytest.raises(SchemaMismatch, match=r"at \$\.lines\[1\]\.sku: 5 is not of type 'string'"):
        schema.check('{"lines": [{"sku": "a"}, {"sku": 5}]}')
    with pytest.raises(NotWritable, match=r"At \$\.lines\[0\]: 'sku' is a required property"):
        schema.require({"lines": [{}]})


def test_a_reference_to_elsewhere_is_not_fetched(schema: JsonSchema) -> None:
    with pytest.raises(SchemaUnresolved, match=r"order\.json refers to http://127\.0\.0\.1:1/x, which is not there"):
        schema.check('{"far": 1}')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n "type": "objekt"}', "line 2, column 10"),
        ('{"properties":\n {"a": {"pattern": "(("}}}', "line 2, column 20"),
        ('{"$schema": 1}', "not a schema"),
        ("5", "a JSON Schema is an object"),
        ("{", "line 1, column 2"),
    ],
)
def test_a_mistake_in_a_schema_is_told_with_line_and_column(text: str, said: str) -> None:
    with pytest.raises(SchemaInvalid, match=said):
        JsonSchema(text, name="a.json")


def test_a_schema_that_refers_to_itself_without_end_ends_no_thread() -> None:
    with pytest.raises(SchemaMismatch):
        JsonSchema('{"$ref": "#"}').check("1")


def test_many_faults_are_told_by_the_best_of_the_first() -> None:
    with pytest.raises(SchemaMismatch, match="is not of type 'string'"):
        JsonSchema('{"items": {"type": "string"}}').check("[" + "1," * 100_000 + "1]")
