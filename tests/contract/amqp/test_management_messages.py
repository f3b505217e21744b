"""The management API: one message published, some fetched."""

import base64
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import consume, depth, publish, settle
from tests.contract.amqp.management import Api

FETCH = {"count": 10, "ackmode": "ack_requeue_true", "encoding": "auto"}


def fetch(api: Api, queue: str, **changes: Any) -> Any:
    response = api.ask("POST", "queues", "/", queue, "get", body={**FETCH, **changes})
    assert response.status_code == 200, response.text
    return response.json()


def send(api: Api, exchange: str, **changes: Any) -> tuple[int, Any]:
    body = {"properties": {}, "routing_key": "", "payload": "", "payload_encoding": "string", **changes}
    response = api.ask("POST", "exchanges", "/", exchange, "publish", body=body)
    return response.status_code, response.json()


@pytest.fixture
def shared(api: Api, name: str) -> Any:
    """A queue that anybody may read."""
    api.status("PUT", "queues", "/", name, body={})
    yield name
    api.status("DELETE", "queues", "/", name)


def test_published_message_arrives_with_its_properties(api: Api, channel: BlockingChannel, shared: str) -> None:
    properties = {
        "content_type": "text/plain",
        "headers": {"a": 1, "s": "x", "b": True, "l": [1, "x"], "t": {"x": 1}},
        "delivery_mode": 2,
        "timestamp": 1_700_000_000,
        "priority": 3,
        "correlation_id": "c",
    }
    assert send(api, "amq.default", routing_key=shared, payload="hé", properties=properties) == (200, {"routed": True})
    _, got, body = channel.basic_get(shared, auto_ack=True)
    assert body == "hé".encode()
    assert {key: getattr(got, key) for key in properties} == properties


@pytest.mark.parametrize("timestamp", [2**32, 2**33, 2**62])
def test_a_timestamp_is_a_number_however_far_away(api: Api, channel: BlockingChannel, shared: str, timestamp: int) -> None:
    send(api, "amq.default", routing_key=shared, properties={"timestamp": timestamp, "app_id": "shop"})
    publish(channel, shared, b"", timestamp=timestamp, app_id="shop")
    settle(channel)
    assert [got["properties"] for got in fetch(api, shared)] == [{"timestamp": timestamp, "app_id": "shop"}] * 2


def test_message_that_reaches_no_queue_is_told(api: Api) -> None:
    assert send(api, "amq.default", routing_key="nowhere") == (200, {"routed": False})


def test_binary_goes_as_base64(api: Api, shared: str) -> None:
    octets = bytes(range(256))
    encoded = base64.b64encode(octets).decode()
    assert send(api, "amq.default", routing_key=shared, payload=encoded, payload_encoding="base64")[1] == {"routed": True}
    (got,) = fetch(api, shared)
    assert (got["payload"], got["payload_encoding"], got["payload_bytes"]) == (encoded, "base64", 256)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"payload": 5}, "payload_not_string"),
        ({"payload": "!!", "payload_encoding": "base64"}, ["not_base64", "!!"]),
        ({"payload_encoding": "x"}, ["unsupported_encoding", "x"]),
        ({"properties": {"delivery_mode": "2"}}, ["not_int", "delivery_mode"]),
        ({"properties": {"expiration": 5}}, ["not_string", "expiration"]),
        ({"properties": {"headers": {"a": None}}}, "null_not_allowed"),
        ({"properties": {"user_id": "bob"}}, "406 PRECONDITION_FAILED - user_id property set to 'bob' but authenticated user was 'guest'"),
    ],
)
def test_what_cannot_be_published_is_refused(api: Api, shared: str, changes: dict[str, Any], reason: object) -> None:
    expected = (400, {"error": "bad_request", "reason": reason})
    assert send(api, "amq.default", routing_key=shared, **changes) == expected
    assert fetch(api, shared) == []


def test_publishing_where_there_is_no_exchange_is_refused(api: Api) -> None:
    reason = "404 NOT_FOUND - no exchange 'nope' in vhost '/'"
    assert send(api, "nope") == (400, {"error": "bad_request", "reason": reason})


def test_keys_that_are_missing_are_named(api: Api, shared: str) -> None:
    refusal = api.refusal("POST", "exchanges", "/", "amq.default", "publish", body={"routing_key": shared})
    assert refusal[2] == "[{key_missing,properties},\n {key_missing,payload},\n {key_missing,payload_encoding}]"
    assert api.refusal("POST", "queues", "/", shared, "get", body={"count": 1, "encoding": "auto"})[2] == "[{key_missing,ackmode}]"


def test_fetched_messages_are_told_in_full_and_return(api: Api, channel: BlockingChannel, shared: str) -> None:
    publish(channel, shared, b"1", headers={"n": None, "b": b"\xff"}, message_id="m", type="t")
    publish(channel, shared, b"2")
    settle(channel)
    first, second = fetch(api, shared)
    assert first == {
        "payload_bytes": 1,
        "redelivered": False,
        "exchange": "",
        "routing_key": shared,
        "message_count": 1,
        "properties": {"headers": {"n": "undefined", "b": "Not UTF-8, base64 is: /w=="}, "message_id": "m", "type": "t"},
        "payload": "1",
        "payload_encoding": "string",
    }
    assert (second["payload"], second["properties"], second["message_count"]) == ("2", [], 0)
    assert [got["redelivered"] for got in fetch(api, shared)] == [True, True]
    assert depth(channel, shared) == 2


@pytest.mark.parametrize(
    ("mode", "left", "dead"),
    [("ack_requeue_true", 2, 0), ("ack_requeue_false", 1, 0), ("reject_requeue_true", 2, 0), ("reject_requeue_false", 1, 1)],
)
def test_each_way_to_fetch(api: Api, channel: BlockingChannel, name: str, queue: str, mode: str, left: int, dead: int) -> None:
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue}
    api.status("PUT", "queues", "/", name, body={"arguments": arguments})
    publish(channel, name, b"1", b"2")
    settle(channel)
    assert [got["payload"] for got in fetch(api, name, count=1, ackmode=mode)] == ["1"]
    assert (depth(channel, name), depth(channel, queue)) == (left, dead)
    api.status("DELETE", "queues", "/", name)


def test_long_payloads_are_cut_where_asked(api: Api, shared: str) -> None:
    api.publish(shared, "abcdef")
    (got,) = fetch(api, shared, truncate=2)
    assert (got["payload"], got["payload_bytes"]) == ("ab", 6)
    assert fetch(api, shared, truncate=2, encoding="base64")[0]["payload"] == "YWI="


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"count": "x"}, ["not_integer", "x"]),
        ({"encoding": "x"}, "Unsupported encoding. Please use auto or base64."),
        ({"truncate": "a"}, ["not_integer", "a"]),
    ],
)
def test_what_cannot_be_fetched_is_refused(api: Api, shared: str, changes: dict[str, Any], reason: object) -> None:
    api.publish(shared, "1")
    assert api.refusal("POST", "queues", "/", shared, "get", body={**FETCH, **changes}) == (400, "bad_request", reason)


def test_fetching_where_there_is_no_queue_is_refused(api: Api) -> None:
    refusal = api.refusal("POST", "queues", "/", "nope", "get", body=FETCH)
    assert refusal == (404, "not_found", "NOT_FOUND - no queue 'nope' in vhost '/'")


def test_message_published_by_http_reaches_a_consumer(api: Api, channel: BlockingChannel, queue: str) -> None:
    received = consume(channel, queue, auto_ack=True)
    assert api.publish(queue, "hello", content_type="text/plain")
    assert received.wait(1) == [b"hello"]
    assert received.properties[0] == pika.BasicProperties(content_type="text/plain")
