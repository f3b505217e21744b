"""Properties between JSON and the wire."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embedded_server.brokers.amqp.properties import headers_of
from embedded_server.brokers.management.errors import ApiError
from embedded_server.brokers.management.properties import content_header, plain, properties_row

texts = st.text(max_size=60)
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
properties = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("content_type", "content_encoding", "correlation_id", "reply_to", "expiration", "message_id", "type"), texts),
        **dict.fromkeys(("user_id", "app_id", "cluster_id"), texts),
        **dict.fromkeys(("delivery_mode", "priority"), st.integers(0, 255)),
        "timestamp": st.integers(0, 2**63 - 1),
        "headers": st.dictionaries(texts, values, max_size=4),
    },
)


@given(properties)
@example({"timestamp": 2**32})
def test_what_json_says_comes_back(told: dict[str, Any]) -> None:
    row = properties_row(content_header(told, 5))
    assert row == told
    assert all(isinstance(row[name], type(value)) for name, value in told.items())


@given(st.binary(max_size=60))
def test_no_header_breaks_the_listing(octets: bytes) -> None:
    assert isinstance(properties_row(octets), dict)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"content_type": 5}, ["not_string", "content_type"]),
        ({"content_type": "x" * 256}, ["too_long", "content_type"]),
        ({"priority": True}, ["not_int", "priority"]),
        ({"priority": 256}, ["not_int", "priority"]),
        ({"timestamp": -1}, ["not_int", "timestamp"]),
        ({"headers": 5}, ["not_object", "headers"]),
        ({"headers": {"a": [None]}}, "null_not_allowed"),
        ({"headers": {"a": 2**63}}, ["not_integer", 2**63]),
        ({"headers": {"k" * 256: 1}}, "a name has at most 255 bytes"),
    ],
)
def test_what_cannot_be_is_refused(told: dict[str, Any], reason: object) -> None:
    with pytest.raises(ApiError) as raised:
        content_header(told, 0)
    assert (raised.value.status, raised.value.reason) == (400, reason)


def test_names_that_mean_nothing_are_passed_over() -> None:
    assert properties_row(content_header({"nosuch": 1, "priority": 2}, 0)) == {"priority": 2}


def test_whole_numbers_go_as_long_and_others_as_double() -> None:
    header = content_header({"headers": {"i": 1, "f": 1.5}}, 0)
    assert headers_of(header) == {"i": 1, "f": 1.5}
    assert b"\x01il" in header
    assert b"\x01fd" in header


def test_values_of_the_wire_are_written_as_rabbitmq_does() -> None:
    moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    found = {"n": None, "b": b"abc", "x": b"\xff", "d": moment, "c": Decimal("1.5"), "l": [None, {"a": b"b"}]}
    assert plain(found) == {
        "n": "undefined",
        "b": "abc",
        "x": "Not UTF-8, base64 is: /w==",
        "d": 1_704_067_200,
        "c": 1.5,
        "l": ["undefined", {"a": "b"}],
    }
