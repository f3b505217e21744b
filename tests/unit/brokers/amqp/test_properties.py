"""Reading and splicing raw content headers."""

import contextlib
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from embedded_server.brokers.amqp.dead_letter import Reason, died, encoded
from embedded_server.brokers.amqp.errors import AmqpError
from embedded_server.brokers.amqp.message import Message
from embedded_server.brokers.amqp.properties import Properties, decoded_table, headers_of, properties_of, with_headers

text = st.text(max_size=20)
values = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), text, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)
tables = st.dictionaries(text, values, max_size=4)
properties = st.fixed_dictionaries(
    {},
    optional={
        "content_type": text.filter(bool),
        "headers": tables.filter(bool),
        "delivery_mode": st.sampled_from([1, 2]),
        "priority": st.integers(0, 255),
        "correlation_id": text.filter(bool),
        "expiration": st.integers(0, 10**9).map(str),
        "message_id": text.filter(bool),
        "timestamp": st.integers(0, 2**32 - 1).map(lambda at: dt.datetime.fromtimestamp(at, tz=dt.UTC)),
        "user_id": text.filter(bool),
        "app_id": text.filter(bool),
    },
)


def raw_header(given_properties: dict[str, Any], size: int = 5) -> bytes:
    return ContentHeader(0, size, Basic.Properties(**given_properties)).marshal()


@given(properties)
def test_what_the_broker_needs_is_read(given_properties: dict[str, Any]) -> None:
    expiration = given_properties.get("expiration")
    assert properties_of(raw_header(given_properties)) == Properties(
        persistent=given_properties.get("delivery_mode") == 2,
        priority=given_properties.get("priority", 0),
        expiration_ms=None if expiration is None else int(expiration),
        user_id=given_properties.get("user_id"),
    )


@given(properties)
def test_headers_are_decoded(given_properties: dict[str, Any]) -> None:
    assert headers_of(raw_header(given_properties)) == given_properties.get("headers", {})


@given(properties, tables)
def test_splicing_changes_only_what_it_should(given_properties: dict[str, Any], changes: dict[str, Any]) -> None:
    spliced = with_headers(raw_header(given_properties), {name: encoded(value) for name, value in changes.items()})
    decoded = ContentHeader()
    decoded.unmarshal(spliced)
    expected = {**given_properties, "headers": {**given_properties.get("headers", {}), **changes}}
    expected.pop("expiration", None)
    assert decoded.body_size == 5
    assert {name: value for name, value in decoded.properties if value is not None and name != "cluster_id"} == expected


@given(tables)
def test_field_tables_round_trip(table: dict[str, Any]) -> None:
    assert decoded_table(encoded(table)[1:]) == table


@given(st.binary(max_size=80))
def test_random_headers_are_refused_or_read(header: bytes) -> None:
    with contextlib.suppress(AmqpError):
        properties_of(header)
        headers_of(header)
        with_headers(header, {"a": b"V"})


@pytest.mark.parametrize("expiration", ["", "-1", "1.5", "soon", "²"])
def test_expiration_that_is_no_number_is_refused(expiration: str) -> None:
    octets = expiration.encode()
    header = b"\x00\x3c\x00\x00" + bytes(8) + b"\x01\x00" + bytes((len(octets),)) + octets
    with pytest.raises(AmqpError) as raised:
        properties_of(header)
    assert raised.value.text.startswith("PRECONDITION_FAILED - invalid expiration")


def test_a_double_in_a_dead_letters_headers_stays_a_double() -> None:
    table = b"\x01dd" + b"\x3f\xb9\x99\x99\x99\x99\x99\x9a"
    header = b"\x00\x3c\x00\x00" + bytes(8) + b"\x20\x00" + len(table).to_bytes(4) + table
    letter = died(Message("", "k", header, b""), "q", Reason.REJECTED, exchange="x", routing_key="k", at=0)
    assert table in letter.header
    assert headers_of(letter.header)["d"] == 0.1
