"""The management API: queues, exchanges and bindings, made, told of and taken away."""

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import depth
from tests.contract.amqp.management import NOT_FOUND, REFUSED, Api


def test_queue_is_made_once_and_told_as_it_was_declared(api: Api, name: str) -> None:
    body = {"durable": True, "auto_delete": False, "arguments": {"x-message-ttl": 60_000}}
    assert api.status("PUT", "queues", "/", name, body=body) == 201
    assert api.status("PUT", "queues", "/", name, body=body) == 204
    told = api.get("queues", "/", name, columns="name,vhost,durable,auto_delete,exclusive,arguments,type")
    assert told == {
        "name": name,
        "vhost": "/",
        "durable": True,
        "auto_delete": False,
        "exclusive": False,
        "arguments": {"x-message-ttl": 60_000},
        "type": "classic",
    }
    assert api.status("DELETE", "queues", "/", name) == 204
    assert api.refusal("GET", "queues", "/", name) == NOT_FOUND


def test_queue_without_a_body_is_transient(api: Api, name: str) -> None:
    assert api.status("PUT", "queues", "/", name) == 201
    assert api.get("queues", "/", name)["durable"] is False
    api.status("DELETE", "queues", "/", name)


def test_queue_declared_otherwise_is_refused_with_the_brokers_words(api: Api, name: str) -> None:
    api.status("PUT", "queues", "/", name, body={"durable": True})
    reason = f"inequivalent arg 'durable' for queue '{name}' in vhost '/': received 'false' but current is 'true'"
    assert api.refusal("PUT", "queues", "/", name, body={"durable": False}) == (400, "bad_request", reason)
    api.status("DELETE", "queues", "/", name)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"durable": "x"}, ["not_boolean", "x"]),
        ({"arguments": {"a": None}}, "null_not_allowed"),
    ],
)
def test_body_that_cannot_be_is_refused(api: Api, name: str, body: object, reason: object) -> None:
    assert api.refusal("PUT", "queues", "/", name, body=body) == (400, "bad_request", reason)
    assert api.refusal("GET", "queues", "/", name) == NOT_FOUND


def test_body_that_is_no_json_is_refused(api: Api, name: str) -> None:
    response = api._client.put(f"queues/%2F/{name}", content=b"{")
    assert (response.status_code, response.json()) == (400, {"error": "bad_request", "reason": "not_json"})


@pytest.mark.parametrize("odd", ["a/b", "ü und é", "a b", "a+b", "100%", "a?b#c", "~"])
def test_names_may_hold_any_character(api: Api, name: str, odd: str) -> None:
    queue = f"{name} {odd}"
    assert api.status("PUT", "queues", "/", queue, body={}) == 201
    assert api.get("queues", "/", queue)["name"] == queue
    assert api.status("POST", "bindings", "/", "e", "amq.topic", "q", queue, body={"routing_key": odd}) == 201
    (binding,) = api.get("bindings", "/", "e", "amq.topic", "q", queue)
    assert binding["routing_key"] == odd
    assert api.status("DELETE", "bindings", "/", "e", "amq.topic", "q", queue, binding["properties_key"]) == 204
    assert api.status("DELETE", "queues", "/", queue) == 204


@pytest.mark.parametrize(("method", "kind"), [("PUT", "queues"), ("PUT", "exchanges")])
def test_reserved_names_are_refused(api: Api, method: str, kind: str) -> None:
    assert api.refusal(method, kind, "/", "amq.mine", body={"type": "direct"}) == REFUSED


def test_what_is_not_there_is_not_found(api: Api) -> None:
    missing: tuple[tuple[str, ...], ...] = (
        ("queues", "/", "nope"),
        ("queues", "nope"),
        ("queues", "nope", "x"),
        ("exchanges", "/", "nope"),
        ("bindings", "nope"),
        ("connections", "nope"),
        ("channels", "nope"),
        ("vhosts", "nope"),
        ("users", "nope"),
        ("consumers", "nope"),
        ("nope",),
    )
    for path in missing:
        assert api.refusal("GET", *path) == NOT_FOUND, path
    undeletable: tuple[tuple[str, ...], ...] = (*missing[:1], ("exchanges", "/", "nope"), ("queues", "/", "nope", "contents"))
    for path in (*undeletable, ("connections", "nope")):
        assert api.refusal("DELETE", *path) == NOT_FOUND, path
    assert api.refusal("PUT", "queues", "nope", "x", body={}) == (404, "not_found", "vhost_not_found")


def test_wrong_method_is_answered_with_those_that_are_right(api: Api) -> None:
    response = api.ask("DELETE", "overview")
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"HEAD", "GET", "OPTIONS"}
    assert api.status("HEAD", "queues") == 200
    assert api.status("OPTIONS", "queues") == 200


def test_purge_and_conditional_delete(api: Api, channel: BlockingChannel, name: str) -> None:
    api.status("PUT", "queues", "/", name, body={})
    assert api.publish(name, "1")
    assert api.publish(name, "2")
    assert depth(channel, name) == 2
    assert api.refusal("DELETE", "queues", "/", name, **{"if-empty": "true"})[:2] == (400, "bad_request")
    assert api.status("DELETE", "queues", "/", name, "contents") == 204
    assert depth(channel, name) == 0
    assert api.status("DELETE", "queues", "/", name, **{"if-empty": "true"}) == 204


def test_exclusive_queue_of_another_connection_is_locked(api: Api, queue: str) -> None:
    status, error, reason = api.refusal("DELETE", "queues", "/", queue)
    assert (status, error) == (400, "bad_request")
    assert reason.startswith(f"cannot obtain exclusive access to locked queue '{queue}' in vhost '/'")


def test_exchange_is_made_once_and_told_as_it_was_declared(api: Api, name: str) -> None:
    body = {"type": "topic", "durable": True, "auto_delete": False, "internal": True, "arguments": {"alternate-exchange": "amq.fanout"}}
    assert api.status("PUT", "exchanges", "/", name, body=body) == 201
    assert api.status("PUT", "exchanges", "/", name, body=body) == 204
    told = api.get("exchanges", "/", name)
    assert {key: told[key] for key in body} == body
    assert (told["name"], told["vhost"]) == (name, "/")
    reason = f"inequivalent arg 'type' for exchange '{name}' in vhost '/': received 'direct' but current is 'topic'"
    assert api.refusal("PUT", "exchanges", "/", name, body={**body, "type": "direct"}) == (400, "bad_request", reason)
    assert api.status("DELETE", "exchanges", "/", name) == 204
    assert api.refusal("GET", "exchanges", "/", name) == NOT_FOUND


def test_exchanges_that_every_vhost_has_are_listed(api: Api) -> None:
    told = {exchange["name"]: exchange["type"] for exchange in api.get("exchanges", "/")}
    expected = {
        "": "direct",
        "amq.direct": "direct",
        "amq.fanout": "fanout",
        "amq.headers": "headers",
        "amq.match": "headers",
        "amq.rabbitmq.trace": "topic",
        "amq.topic": "topic",
    }
    assert {name: told[name] for name in expected} == expected
    assert api.refusal("DELETE", "exchanges", "/", "amq.topic") == REFUSED


def test_unknown_exchange_type_is_refused(api: Api, name: str) -> None:
    refusal = api.refusal("PUT", "exchanges", "/", name, body={"type": "nosuch"})
    assert refusal == (400, "bad_request", "unknown exchange type 'nosuch'")


def test_bindings_are_told_from_every_side(api: Api, name: str) -> None:
    api.status("PUT", "exchanges", "/", name, body={"type": "topic"})
    api.status("PUT", "queues", "/", name, body={})
    made = api.ask("POST", "bindings", "/", "e", name, "q", name, body={"routing_key": "a b/~c", "arguments": {}})
    assert (made.status_code, made.headers["location"]) == (201, f"{name}/a%2Bb%252F%257Ec")
    assert api.status("POST", "bindings", "/", "e", name, "e", "amq.fanout", body={"routing_key": "#"}) == 201
    to_queue: dict[str, object] = {
        "source": name,
        "vhost": "/",
        "destination": name,
        "destination_type": "queue",
        "routing_key": "a b/~c",
        "arguments": {},
        "properties_key": "a+b%2F%7Ec",
    }
    default = {**to_queue, "source": "", "routing_key": name, "properties_key": name}
    to_exchange = {**to_queue, "destination": "amq.fanout", "destination_type": "exchange", "routing_key": "#", "properties_key": "%23"}
    assert api.get("bindings", "/", "e", name, "q", name) == [to_queue]
    assert api.get("bindings", "/", "e", name, "q", name, "a+b%2F%7Ec") == to_queue
    assert api.get("bindings", "/", "e", name, "e", "amq.fanout") == [to_exchange]
    assert api.get("queues", "/", name, "bindings") == [default, to_queue]
    assert _ordered(api.get("exchanges", "/", name, "bindings", "source")) == _ordered([to_exchange, to_queue])
    assert to_exchange in api.get("exchanges", "/", "amq.fanout", "bindings", "destination")
    listed = api.get("bindings", "/")
    assert all(binding in listed for binding in (default, to_queue, to_exchange))
    api.status("DELETE", "queues", "/", name)
    api.status("DELETE", "exchanges", "/", name)
    assert not [binding for binding in api.get("bindings") if name in {binding["source"], binding["destination"]}]


def test_bindings_with_arguments_have_a_digest_in_their_name(api: Api, name: str) -> None:
    api.status("PUT", "queues", "/", name, body={})
    for arguments in ({"a": 1, "x-match": "all"}, {"a": 2, "x-match": "all"}, {}):
        assert api.status("POST", "bindings", "/", "e", "amq.headers", "q", name, body={"arguments": arguments}) == 201
    told = {binding["properties_key"]: binding["arguments"] for binding in api.get("bindings", "/", "e", "amq.headers", "q", name)}
    assert len(told) == 3
    assert told.pop("~") == {}
    assert sorted(arguments["a"] for arguments in told.values()) == [1, 2]
    for key in told:
        assert key.startswith("~")
        assert api.status("DELETE", "bindings", "/", "e", "amq.headers", "q", name, key) == 204
    assert [b["properties_key"] for b in api.get("bindings", "/", "e", "amq.headers", "q", name)] == ["~"]
    api.status("DELETE", "queues", "/", name)


def test_binding_needs_both_ends(api: Api, name: str) -> None:
    api.status("PUT", "queues", "/", name, body={})
    refusal = api.refusal("POST", "bindings", "/", "e", "nope", "q", name, body={})
    assert refusal == (404, "not_found", "no exchange 'nope' in vhost '/'")
    refusal = api.refusal("POST", "bindings", "/", "e", "amq.topic", "q", "nope", body={})
    assert refusal == (404, "not_found", "no queue 'nope' in vhost '/'")
    assert api.refusal("DELETE", "bindings", "/", "e", "amq.topic", "q", name, "nope") == NOT_FOUND
    api.status("DELETE", "queues", "/", name)


def _ordered(bindings: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(bindings, key=lambda binding: str(binding["destination"]))
