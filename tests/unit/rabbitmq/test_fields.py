"""AMQP's typed tables survive the way to bytes and back, and bytes that are none say so."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.rabbitmq.amqp.fields import (
    MAX_DEPTH,
    FieldFault,
    FieldUnsendable,
    NestedTooDeep,
    NumberTooLarge,
    TextTooLong,
    Timestamp,
    decode_table,
    encode_table,
)

DECIMALS = st.builds(lambda number, scale: Decimal(number).scaleb(-scale), st.integers(-(2**31), 2**31 - 1), st.integers(0, 20))
SIMPLE = (
    st.text(max_size=20)
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.none()
    | st.floats(allow_nan=False)
    | st.binary(max_size=20)
    | st.integers(0, 2**64 - 1).map(Timestamp)
    | DECIMALS
)
VALUES = st.recursive(
    SIMPLE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12
)
TABLES = st.dictionaries(st.text(max_size=12), VALUES, max_size=6)


def typed(value: Any) -> Any:
    """The value with its type beside it: True is not 1, and a time is no number."""
    if isinstance(value, dict):
        return {name: typed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [typed(one) for one in value]
    return (type(value), value)


@given(TABLES)
def test_a_table_comes_back_as_it_was(table: dict[str, Any]) -> None:
    raw = encode_table(table)
    found, end = decode_table(raw)
    assert end == len(raw)
    assert typed(found) == typed(table)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_say_that_they_are_none(raw: bytes) -> None:
    try:
        table, _ = decode_table(raw)
    except FieldFault:
        return
    assert isinstance(table, dict)


@given(TABLES, st.data())
def test_a_table_cut_short_says_so(table: dict[str, Any], data: st.DataObject) -> None:
    raw = encode_table(table)
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(FieldFault):
        decode_table(raw[:cut])


def test_a_float_keeps_its_fraction_and_nan_stays_nan() -> None:
    found, _ = decode_table(encode_table({"half": 0.5, "nan": math.nan}))
    assert found["half"] == 0.5
    assert math.isnan(found["nan"])


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"b\xff", -1),
        (b"B\xff", 255),
        (b"s\xff\xfe", -2),
        (b"u\xff\xff", 65_535),
        (b"I\xff\xff\xff\xff", -1),
        (b"i\xff\xff\xff\xff", 2**32 - 1),
        (b"L\x00\x00\x00\x00\x00\x00\x00\x07", 7),
        (b"f\x3f\x00\x00\x00", 0.5),
        (b"S\x00\x00\x00\x01\xff", b"\xff"),
        (b"D\x02\x00\x00\x04\xe2", Decimal("12.50")),
    ],
)
def test_every_type_that_others_send_is_read(raw: bytes, value: Any) -> None:
    field = b"\x01x" + raw
    found, _ = decode_table(len(field).to_bytes(4, "big") + field)
    assert typed(found["x"]) == typed(value)


def test_fifty_tables_within_each_other_are_fine_and_more_than_the_limit_are_refused() -> None:
    def nested(depth: int) -> dict[str, Any]:
        table: dict[str, Any] = {"end": True}
        for _ in range(depth):
            table = {"in": table}
        return table

    assert decode_table(encode_table(nested(50)))[0] == nested(50)
    with pytest.raises(NestedTooDeep):
        encode_table(nested(MAX_DEPTH + 1))


def test_bytes_nested_without_end_are_a_fault_and_no_crash() -> None:
    raw = b"\x00\x00\x00\x00"
    for _ in range(5_000):
        field = b"\x00F" + raw
        raw = len(field).to_bytes(4, "big") + field
    with pytest.raises(FieldFault, match="nested"):
        decode_table(raw)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (2**63, NumberTooLarge),
        (-(2**63) - 1, NumberTooLarge),
        (Timestamp(-1), NumberTooLarge),
        (Decimal(99999999999), NumberTooLarge),
        (Decimal("1e-300"), NumberTooLarge),
        (object(), FieldUnsendable),
        ("\ud800", FieldUnsendable),
    ],
)
def test_what_amqp_has_no_place_for_is_refused_with_its_name(value: Any, problem: type[FieldUnsendable]) -> None:
    with pytest.raises(problem, match=r"outer\.inner"):
        encode_table({"outer": {"inner": value}})


def test_a_name_beyond_255_bytes_is_refused() -> None:
    with pytest.raises(TextTooLong):
        encode_table({"ü" * 128: 1})
