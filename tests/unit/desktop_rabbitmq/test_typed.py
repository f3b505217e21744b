import base64
from dataclasses import asdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.rabbitmq_typed import (
    MAX_DEPTH,
    Entry,
    check_value,
    entries_of,
    entries_of_json,
    faults_of,
    headers_of,
    seconds_of,
    value_of,
    walk,
    with_types,
)
from embedded_server.contracts.rabbitmq import FieldType, Header

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
scalars = st.one_of(
    st.builds(lambda n, v: Header(n, FieldType.STRING, v), names, st.text(st.characters(codec="utf-8"))),
    st.builds(lambda n, v: Header(n, FieldType.INTEGER, v), names, st.integers(-(2**63), 2**63 - 1)),
    st.builds(lambda n, v: Header(n, FieldType.FLOAT, v), names, st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(lambda n, v: Header(n, FieldType.DECIMAL, str(v)), names, st.decimals(-1000, 1000, places=2)),
    st.builds(lambda n, v: Header(n, FieldType.BOOLEAN, v), names, st.booleans()),
    st.builds(lambda n, v: Header(n, FieldType.TIMESTAMP, v), names, st.integers(0, 2**40)),
    st.builds(lambda n, v: Header(n, FieldType.BYTES, base64.b64encode(v).decode()), names, st.binary()),
    st.builds(lambda n: Header(n, FieldType.NULL, None), names),
)


def nested(inner: st.SearchStrategy[Header]) -> st.SearchStrategy[Header]:
    tables = st.lists(inner, max_size=3, unique_by=lambda header: header.name)
    arrays = st.lists(inner, max_size=3).map(lambda items: [Header("", item.type, item.value) for item in items])
    return st.one_of(
        st.builds(lambda n, v: Header(n, FieldType.TABLE, [asdict(h) for h in v]), names, tables),
        st.builds(lambda n, v: Header(n, FieldType.ARRAY, [asdict(h) for h in v]), names, arrays),
    )


def deep(levels: int) -> Entry:
    entry = Entry("leaf", FieldType.INTEGER, "1")
    for _ in range(levels):
        entry = Entry("t", FieldType.TABLE, children=(entry,))
    return entry


@given(st.lists(st.recursive(scalars, nested, max_leaves=8), max_size=4, unique_by=lambda header: header.name))
def test_headers_come_back_from_the_form_as_they_went_in(headers: list[Header]) -> None:
    entries = entries_of(headers)
    assert faults_of(entries) == {}
    assert [asdict(header) for header in headers_of(entries)] == [asdict(header) for header in headers]


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (FieldType.INTEGER, "1.5"),
        (FieldType.INTEGER, "9223372036854775808"),
        (FieldType.INTEGER, ""),
        (FieldType.INTEGER, "\u00b2"),
        (FieldType.FLOAT, "nan"),
        (FieldType.FLOAT, "1e999"),
        (FieldType.DECIMAL, "12,50"),
        (FieldType.DECIMAL, "2147483648"),
        (FieldType.BOOLEAN, "yes"),
        (FieldType.TIMESTAMP, "soon"),
        (FieldType.TIMESTAMP, "-1"),
        (FieldType.BYTES, "a"),
        (FieldType.BYTES, "0xabc"),
        (FieldType.STRING, "\ud83d"),
    ],
)
def test_a_wrong_value_is_told_with_what_to_try(type_: FieldType, text: str) -> None:
    fault = check_value(type_, text)
    assert fault is not None
    assert fault.title
    assert fault.hint


@given(st.sampled_from(list(FieldType)), st.text())
def test_no_text_makes_the_check_fail(type_: FieldType, text: str) -> None:
    if check_value(type_, text) is None:
        value_of(type_, text)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (FieldType.INTEGER, " -1_000 ", -1000),
        (FieldType.DECIMAL, "+12.50", "12.50"),
        (FieldType.BOOLEAN, "True", True),
        (FieldType.TIMESTAMP, "2026-11-24T00:00:00Z", 1_795_478_400),
        (FieldType.BYTES, "0x68656c6c6f", "aGVsbG8="),
        (FieldType.BYTES, "aGVs\nbG8=", "aGVsbG8="),
        (FieldType.STRING, " 42 ", " 42 "),
    ],
)
def test_what_people_write_is_read(type_: FieldType, text: str, value: object) -> None:
    assert value_of(type_, text) == value


def test_a_decimal_of_the_form_fits_the_wire() -> None:
    assert check_value(FieldType.DECIMAL, "21474836.47") is None
    assert Decimal(value_of(FieldType.DECIMAL, "21474836.47")) == Decimal("21474836.47")


def test_now_is_a_time() -> None:
    assert (seconds_of("now") or 0) > 1_700_000_000


def test_faults_say_where_they_are() -> None:
    table = Entry("t", FieldType.TABLE, children=(Entry("n", FieldType.INTEGER, "x"), Entry("", FieldType.STRING, "nameless")))
    array = Entry("a", FieldType.ARRAY, children=(Entry("", FieldType.STRING, ""), Entry("", FieldType.BOOLEAN, "maybe")))
    faults = faults_of([Entry("ok"), table, array, Entry("ok")])
    assert set(faults) == {(1, 0), (1, 1), (2, 1), (3,)}
    assert (faults[1, 1].of_name, faults[1, 0].of_name) == (True, False)


def test_rows_in_which_nothing_was_typed_are_not_sent() -> None:
    assert faults_of([Entry(), Entry("a")]) == {}
    assert headers_of([Entry(), Entry("a")]) == [Header("a", FieldType.STRING, "")]


def test_a_name_has_at_most_255_bytes() -> None:
    assert faults_of([Entry("\u00e9" * 127)]) == {}
    assert faults_of([Entry("\u00e9" * 128)])[0,].of_name


def test_fifty_levels_go_through_and_more_than_the_limit_is_told() -> None:
    entries = entries_of(headers_of([deep(50)]))
    assert entries == (deep(50),)
    assert len(list(walk(entries))) == 51
    assert any("deep" in fault.title for fault in faults_of([deep(MAX_DEPTH + 1)]).values())


def test_plain_json_becomes_typed_rows() -> None:
    entries = entries_of_json({"n": 1, "b": True, "z": None, "f": 1.5, "l": ["x", {"y": 2}]})
    assert [(e.name, e.type, e.text) for _, e in walk(entries)] == [
        ("n", FieldType.INTEGER, "1"),
        ("b", FieldType.BOOLEAN, "true"),
        ("z", FieldType.NULL, ""),
        ("f", FieldType.FLOAT, "1.5"),
        ("l", FieldType.ARRAY, ""),
        ("", FieldType.STRING, "x"),
        ("", FieldType.TABLE, ""),
        ("y", FieldType.INTEGER, "2"),
    ]


def test_types_that_json_cannot_tell_are_given_by_path() -> None:
    entries = with_types(entries_of_json({"at": 5, "t": {"d": "1.5"}, "a": [7]}), {"at": "timestamp", "t.d": "decimal", "a.0": "timestamp"})
    assert [e.type for _, e in walk(entries)] == [
        FieldType.TIMESTAMP,
        FieldType.TABLE,
        FieldType.DECIMAL,
        FieldType.ARRAY,
        FieldType.TIMESTAMP,
    ]
