"""The management API: who is connected, and the way to end a connection."""

from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import Client, connection_error, consume
from tests.contract.amqp.management import Api, shape
from tests.helpers.broker_processes import EmbeddedBroker

CONNECTION = {
    "auth_mechanism": "text",
    "channel_max": "number",
    "channels": "number",
    "client_properties": "object",
    "connected_at": "number",
    "frame_max": "number",
    "host": "text",
    "name": "text",
    "node": "text",
    "peer_host": "text",
    "peer_port": "number",
    "port": "number",
    "protocol": "text",
    "recv_oct": "number",
    "recv_oct_details": "object",
    "send_oct": "number",
    "send_oct_details": "object",
    "ssl": "truth",
    "state": "text",
    "timeout": "number",
    "type": "text",
    "user": "text",
    "user_who_performed_action": "text",
    "vhost": "text",
}
CHANNEL = {
    "acks_uncommitted": "number",
    "confirm": "truth",
    "connection_details": "object",
    "consumer_count": "number",
    "global_prefetch_count": "number",
    "messages_unacknowledged": "number",
    "messages_uncommitted": "number",
    "messages_unconfirmed": "number",
    "name": "text",
    "node": "text",
    "number": "number",
    "prefetch_count": "number",
    "state": "text",
    "transactional": "truth",
    "user": "text",
    "vhost": "text",
}


def name_of(client: pika.BlockingConnection) -> str:
    """What both brokers call a connection."""
    sock = client._impl._transport._sock
    (host, port), (peer_host, peer_port) = sock.getsockname(), sock.getpeername()
    return f"{host}:{port} -> {peer_host}:{peer_port}"


def test_connection_is_told_with_what_the_client_says_of_itself(api: Api, client: Client, name: str) -> None:
    connection = client.connect(client_properties={"connection_name": name}, heartbeat=40)
    connection.channel()
    told = api.wait(lambda found: found.get("channels") == 1 and "recv_oct_details" in found, "connections", name_of(connection))
    assert {key: shape(told[key]) for key in CONNECTION if key in told} == CONNECTION
    assert told["user_provided_name"] == told["client_properties"]["connection_name"] == name
    assert told["client_properties"]["product"] == "Pika Python Client Library"
    facts = {key: told[key] for key in ("user", "vhost", "protocol", "ssl", "state", "timeout", "auth_mechanism", "type")}
    assert facts == {
        "user": "guest",
        "vhost": "/",
        "protocol": "AMQP 0-9-1",
        "ssl": False,
        "state": "running",
        "timeout": 40,
        "auth_mechanism": "PLAIN",
        "type": "network",
    }
    listed = api.get("connections")
    assert name_of(connection) in [one["name"] for one in listed]


def test_channel_is_told_with_its_limits_and_what_it_holds(api: Api, client: Client) -> None:
    connection = client.connect()
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.basic_qos(prefetch_count=5)
    channel.basic_qos(prefetch_count=7, global_qos=True)
    for _ in range(3):
        channel.basic_publish("", queue, b"x")
    consume(channel, queue).wait(3)
    name = f"{name_of(connection)} (1)"
    told = api.wait(lambda found: found.get("messages_unacknowledged") == 3 and found.get("consumer_details"), "channels", name)
    assert {key: shape(told[key]) for key in CHANNEL if key in told} == CHANNEL
    assert (told["global_prefetch_count"], told["number"], told["confirm"], told["transactional"]) == (7, 1, False, False)
    assert told["connection_details"]["name"] == name_of(connection)
    assert [one["name"] for one in api.get("connections", name_of(connection), "channels")] == [name]
    (consumer,) = told["consumer_details"]
    assert (consumer["queue"], consumer["prefetch_count"]) == ({"name": queue, "vhost": "/"}, 5)


def test_modes_of_a_channel_are_told(api: Api, client: Client) -> None:
    connection = client.connect()
    connection.channel().confirm_delivery()
    connection.channel().tx_select()
    api.wait(lambda found: found.get("confirm") is True, "channels", f"{name_of(connection)} (1)")
    api.wait(lambda found: found.get("transactional") is True, "channels", f"{name_of(connection)} (2)")


def test_consumer_is_told_with_who_holds_its_messages(api: Api, channel: BlockingChannel, queue: str) -> None:
    tag = channel.basic_consume(queue, print, consumer_tag="mine", exclusive=True, arguments={"x-priority": 3})
    found = api.wait(lambda consumers: any(_is_known(one, queue) for one in consumers), "consumers")
    (told,) = [one for one in found if one["queue"]["name"] == queue]
    name = name_of(channel.connection)
    details = {key: told["channel_details"][key] for key in ("connection_name", "name", "number", "user")}
    assert details == {"connection_name": name, "name": f"{name} (1)", "number": 1, "user": "guest"}
    assert (told["consumer_tag"], told["exclusive"], told["ack_required"], told["arguments"]) == (tag, True, True, {"x-priority": 3})
    assert (told["active"], told["activity_status"]) == (True, "up")
    api.wait(lambda found: found.get("exclusive_consumer_tag") == "mine", "queues", "/", queue)


def test_only_one_of_several_consumers_is_the_single_active_one(api: Api, channel: BlockingChannel, name: str) -> None:
    channel.queue_declare(name, auto_delete=True, arguments={"x-single-active-consumer": True})
    for tag in ("first", "second"):
        channel.basic_consume(name, print, consumer_tag=tag)
    found = api.wait(lambda found: len(found.get("consumer_details", [])) == 2, "queues", "/", name)
    told = {one["consumer_tag"]: (one["active"], one["activity_status"]) for one in found["consumer_details"]}
    assert told == {"first": (True, "single_active"), "second": (False, "waiting")}
    api.wait(lambda found: found.get("single_active_consumer_tag") == "first", "queues", "/", name)


@pytest.mark.parametrize(("headers", "reason"), [({"X-Reason": "it is late"}, "it is late"), ({}, "Closed via management plugin")])
def test_connection_is_closed_with_the_reason(api: Api, client: Client, headers: dict[str, str], reason: str) -> None:
    connection = client.connect()
    name = name_of(connection)
    api.wait(lambda found: "name" in found, "connections", name)
    assert api.ask("DELETE", "connections", name, headers=headers).status_code == 204
    code, text = connection_error(lambda: connection.process_data_events(time_limit=10))
    assert (code, text) == (320, f"CONNECTION_FORCED - {reason}")


def test_exclusive_queue_names_its_owner(api: Api, channel: BlockingChannel, queue: str) -> None:
    owner = name_of(channel.connection)
    api.wait(lambda found: _owner(found) == owner, "queues", "/", queue)


def _is_known(consumer: dict[str, Any], queue: str) -> bool:
    """Whether it is the queue's, and its channel is told: RabbitMQ has an empty list there at first."""
    return bool(consumer["queue"]["name"] == queue and consumer["channel_details"])


def _owner(queue: dict[str, Any]) -> str:
    details = queue.get("owner_pid_details")
    return str(details["name"]) if isinstance(details, dict) else ""  # RabbitMQ's is a list before it knows


def test_management_itself_is_no_connection_to_be_seen(broker: object, api: Api, name: str) -> None:
    if not isinstance(broker, EmbeddedBroker):
        pytest.skip("RabbitMQ shows its own for a moment")
    api.status("PUT", "queues", "/", name, body={})
    before = {one["name"] for one in api.get("connections")}
    api.publish(name, "1")
    api.status("DELETE", "queues", "/", name)
    assert {one["name"] for one in api.get("connections")} == before
    assert not any("management" in one for one in before)


def test_long_reason_is_cut_to_what_the_wire_carries(broker: object, api: Api, client: Client) -> None:
    if not isinstance(broker, EmbeddedBroker):
        pytest.skip("RabbitMQ fails here, and the client never hears of it")
    connection = client.connect()
    assert api.ask("DELETE", "connections", name_of(connection), headers={"X-Reason": "x" * 1000}).status_code == 204
    code, text = connection_error(lambda: connection.process_data_events(time_limit=10))
    assert (code, text) == (320, f"CONNECTION_FORCED - {'x' * 100}")
