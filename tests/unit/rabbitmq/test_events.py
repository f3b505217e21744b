"""Messages as journal events: key, trace, preview and headers."""

import gzip
from typing import Any

import orjson
import pytest
import zstandard

from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.contracts.rabbitmq import MessageStatus, Properties
from embedded_server.rabbitmq.amqp.content import encode_content
from embedded_server.rabbitmq.amqp.fields import Timestamp
from embedded_server.rabbitmq.messages.events import EventMaker, message_event

TRACE = "0af7651916cd43dd8448eb211c80319c"


def event(properties: Properties | None = None, headers: dict[str, Any] | None = None, body: bytes = b"", **more: Any) -> Event:
    content = encode_content(properties or Properties(), headers)
    return message_event(
        Kind.MESSAGE_DELIVERED, MessageStatus.TAPPED, "shop", job="j1", exchange="x", routing_key="k", content=content, body=body, **more
    )


def test_an_event_tells_where_its_message_came_through() -> None:
    made = event(Properties(content_type="text/plain"), {"when": Timestamp(7)}, b"hello", queue="q", redelivered=True, at=5)
    assert (made.at, made.connection, made.subject, made.worker, made.status, made.size) == (5, "shop", "x → k", "q", "tapped", 5)
    assert orjson.loads(made.headers) == {
        "exchange": "x",
        "routing_key": "k",
        "queue": "q",
        "redelivered": True,
        "job": "j1",
        "properties": {"content_type": "text/plain"},
        "headers": {"when": 7},
        "types": {"when": "timestamp"},
    }


@pytest.mark.parametrize(
    ("properties", "headers", "key"),
    [
        (Properties(message_id="m", correlation_id="c"), {"task": "t", "id": "i"}, "m"),
        (Properties(correlation_id="c"), {"task": "shop.pay", "id": "task-id"}, "task-id"),
        (Properties(correlation_id="c"), {"id": "not a task's"}, "c"),
        (Properties(), {}, ""),
    ],
)
def test_the_key_is_the_message_id_then_celerys_then_the_correlation_id(properties: Properties, headers: dict[str, Any], key: str) -> None:
    assert event(properties, headers).key == key


@pytest.mark.parametrize(
    ("headers", "trace", "joined"),
    [
        ({"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "root_id": "r"}, TRACE, Join.TRACEPARENT),
        ({"traceparent": "nonsense", "root_id": "r"}, "r", Join.CELERY_ROOT),
        ({"root_id": 5}, "c", Join.CORRELATION_ID),
    ],
)
def test_the_trace_is_found_from_the_surest_to_the_weakest(headers: dict[str, Any], trace: str, joined: Join) -> None:
    made = event(Properties(correlation_id="c"), headers)
    assert (made.trace, made.joined) == (trace, joined)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(b'{"a": 1}')), ("zstd", zstandard.compress(b'{"a": 1}')), ("gzip", b'{"a": 1}'), ("br", b'{"a": 1}')],
    ids=["gzip", "zstd", "not gzip", "unknown"],
)
def test_a_compressed_body_is_previewed_as_what_it_holds(encoding: str, body: bytes) -> None:
    made = event(Properties(content_encoding=encoding, content_type="application/json"), body=body)
    assert made.preview == '{"a": 1}'
    assert made.body == body


def test_a_body_that_would_unpack_without_end_costs_only_its_beginning() -> None:
    made = event(Properties(content_encoding="gzip"), body=gzip.compress(b"a" * 50_000_000))
    assert made.preview.startswith("aaaa")


def test_a_content_header_that_is_none_is_said_and_not_a_crash() -> None:
    made = EventMaker("shop").make(
        Kind.MESSAGE_DELIVERED, MessageStatus.TAPPED, exchange="x", routing_key="k", content=b"\x20\x00\x00\x00\x00\xff", body=b"b"
    )
    told = orjson.loads(made.headers)
    assert told["headers"] == {}
    assert "table" in told["undecodable"]


def test_names_that_are_no_utf_8_are_shown_and_the_headers_stay_json() -> None:
    made = message_event(Kind.MESSAGE_DELIVERED, MessageStatus.TAPPED, "shop", exchange="x", routing_key="k\udcff")
    assert orjson.loads(made.headers)["routing_key"] == "k?"


def test_a_return_carries_the_brokers_words() -> None:
    told = orjson.loads(event(reply_code=312, reply_text="NO_ROUTE").headers)
    assert (told["reply_code"], told["reply_text"]) == (312, "NO_ROUTE")
