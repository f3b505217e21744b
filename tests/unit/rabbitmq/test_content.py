"""A content header's bytes and the properties they stand for."""

from typing import Any

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.rabbitmq import Properties
from embedded_server.rabbitmq.amqp.content import NO_CONTENT, Content, decode_content, encode_content
from embedded_server.rabbitmq.amqp.fields import FieldFault, NumberTooLarge, TextTooLong
from tests.unit.rabbitmq.test_fields import TABLES

SHORT = st.none() | st.text(max_size=60)
OCTET = st.none() | st.integers(0, 255)
PROPERTIES = st.builds(
    Properties, SHORT, SHORT, OCTET, OCTET, SHORT, SHORT, SHORT, SHORT, st.none() | st.integers(0, 2**64 - 1), SHORT, SHORT, SHORT, SHORT
)


@given(PROPERTIES, st.none() | TABLES)
def test_properties_and_headers_come_back_as_they_were(properties: Properties, headers: dict[str, Any] | None) -> None:
    assert decode_content(encode_content(properties, headers)) == Content(properties, headers or None)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_content_header_or_say_that_they_are_none(raw: bytes) -> None:
    try:
        decode_content(raw)
    except FieldFault:
        return


def test_pika_reads_what_we_write() -> None:
    raw = encode_content(
        Properties(content_type="text/plain", delivery_mode=2, message_id="m", timestamp=7, cluster_id="c"), {"a": [1, "b"]}
    )
    read = pika.BasicProperties()
    read.decode(raw)
    assert (read.content_type, read.delivery_mode, read.message_id, read.timestamp, read.cluster_id) == ("text/plain", 2, "m", 7, "c")
    assert read.headers == {"a": [1, "b"]}


def test_nothing_set_is_two_bytes() -> None:
    assert encode_content(Properties(), {}) == NO_CONTENT


@pytest.mark.parametrize("properties", [Properties(priority=256), Properties(delivery_mode=-1), Properties(timestamp=2**64)])
def test_a_number_out_of_range_is_refused(properties: Properties) -> None:
    with pytest.raises(NumberTooLarge):
        encode_content(properties)


def test_a_property_beyond_255_bytes_is_refused_with_its_name() -> None:
    with pytest.raises(TextTooLong, match="correlation_id"):
        encode_content(Properties(correlation_id="x" * 256))
