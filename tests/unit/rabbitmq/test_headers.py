"""Typed headers between JSON and the wire: exact both ways, and clear where JSON says something else than its type."""

from typing import Any

import pytest
from hypothesis import given

from embedded_server.contracts.rabbitmq import FieldType, Header
from embedded_server.rabbitmq.amqp.fields import MAX_DEPTH, NestedTooDeep, Timestamp
from embedded_server.rabbitmq.amqp.headers import HeaderInvalid, HeaderTwice, headers_of, plain_json, table_of
from tests.unit.rabbitmq.test_fields import TABLES, typed


@given(TABLES)
def test_headers_come_back_as_they_were(table: dict[str, Any]) -> None:
    assert typed(table_of(headers_of(table))) == typed(table)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (FieldType.INTEGER, "twelve"),
        (FieldType.INTEGER, 1.5),
        (FieldType.INTEGER, True),
        (FieldType.FLOAT, "much"),
        (FieldType.FLOAT, None),
        (FieldType.BOOLEAN, 1),
        (FieldType.DECIMAL, "1,5"),
        (FieldType.DECIMAL, "NaN"),
        (FieldType.TIMESTAMP, "yesterday"),
        (FieldType.BYTES, "%%"),
        (FieldType.STRING, 5),
        (FieldType.TABLE, "x"),
        (FieldType.TABLE, [{"name": "inner"}]),
        (FieldType.TABLE, [5]),
        (FieldType.ARRAY, {"a": 1}),
    ],
)
def test_a_value_of_another_type_is_refused_with_an_example(type_: FieldType, value: Any) -> None:
    with pytest.raises(HeaderInvalid) as told:
        table_of([Header("h", type_, value)])
    assert "“h" in str(told.value)
    assert "Write " in told.value.problem().hint


def test_a_number_may_be_text_because_a_filled_field_is() -> None:
    table = table_of([Header("n", FieldType.INTEGER, "42"), Header("t", FieldType.TIMESTAMP, "7"), Header("f", FieldType.FLOAT, "0.5")])
    assert typed(table) == typed({"n": 42, "t": Timestamp(7), "f": 0.5})


def test_a_name_that_is_there_twice_is_refused() -> None:
    with pytest.raises(HeaderTwice, match=r"outer\.a"):
        table_of([Header("outer", FieldType.TABLE, [{"name": "a", "type": "null"}, {"name": "a", "type": "null"}])])


def test_headers_nested_too_deep_are_refused_and_not_a_crash() -> None:
    value: list[Any] = []
    for _ in range(MAX_DEPTH + 5):
        value = [{"name": "in", "type": "table", "value": value}]
    with pytest.raises(NestedTooDeep):
        table_of([Header("h", FieldType.TABLE, value)])


def test_plain_json_names_the_types_that_json_does_not_show() -> None:
    table = table_of(
        [
            Header("when", FieldType.TIMESTAMP, 7),
            Header("list", FieldType.ARRAY, [{"name": "", "type": "bytes", "value": "AA=="}]),
            Header(
                "in", FieldType.TABLE, [{"name": "money", "type": "decimal", "value": "1.50"}, {"name": "n", "type": "integer", "value": 1}]
            ),
            Header("odd", FieldType.FLOAT, "nan"),
            Header("half", FieldType.FLOAT, 0.5),
        ]
    )
    plain, types = plain_json(table)
    assert plain == {"when": 7, "list": ["AA=="], "in": {"money": "1.50", "n": 1}, "odd": "nan", "half": 0.5}
    assert types == {"when": "timestamp", "list.0": "bytes", "in.money": "decimal", "odd": "float"}
