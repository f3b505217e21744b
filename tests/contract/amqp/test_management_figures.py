"""The management API: what goes through a broker, counted. RabbitMQ tells late, so every figure is waited for."""

import contextlib
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import Client, consume, publish, settle
from tests.contract.amqp.management import Api, shape

MESSAGE_STATS = dict.fromkeys(
    ("publish", "deliver", "deliver_no_ack", "deliver_get", "get", "get_no_ack", "get_empty", "ack", "redeliver"), "number"
)
QUEUE = {
    "arguments": "object",
    "auto_delete": "truth",
    "consumer_capacity": "number",
    "consumer_utilisation": "number",
    "consumers": "number",
    "durable": "truth",
    "effective_policy_definition": "object",
    "exclusive": "truth",
    "exclusive_consumer_tag": "null",
    "message_bytes": "number",
    "message_bytes_ready": "number",
    "message_bytes_unacknowledged": "number",
    "message_stats": "object",
    "messages": "number",
    "messages_details": "object",
    "messages_ready": "number",
    "messages_ready_details": "object",
    "messages_unacknowledged": "number",
    "messages_unacknowledged_details": "object",
    "name": "text",
    "node": "text",
    "operator_policy": "null",
    "policy": "null",
    "single_active_consumer_tag": "null",
    "state": "text",
    "type": "text",
    "vhost": "text",
}
OVERVIEW = {
    "cluster_name": "text",
    "contexts": "list",
    "exchange_types": "list",
    "listeners": "list",
    "management_version": "text",
    "message_stats": "object",
    "node": "text",
    "object_totals": "object",
    "product_name": "text",
    "product_version": "text",
    "queue_totals": "object",
    "rabbitmq_version": "text",
    "rates_mode": "text",
}
NODE = {
    "applications": "list",
    "auth_mechanisms": "list",
    "disk_free_alarm": "truth",
    "exchange_types": "list",
    "mem_alarm": "truth",
    "mem_used": "number",
    "name": "text",
    "os_pid": "text",
    "running": "truth",
    "type": "text",
    "uptime": "number",
}
VHOST = {
    "cluster_state": "object",
    "default_queue_type": "text",
    "description": "text",
    "message_stats": "object",
    "messages": "number",
    "messages_ready": "number",
    "messages_unacknowledged": "number",
    "metadata": "object",
    "name": "text",
    "tags": "list",
    "tracing": "truth",
}


def require(expected: dict[str, str], told: dict[str, Any]) -> None:
    """Every expected key is told, and its value is of the expected sort."""
    assert {key: shape(told[key]) for key in expected if key in told} == expected


def test_queue_tells_how_full_it_is_and_what_went_through_it(api: Api, channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"123", b"456", b"789")
    received = consume(channel, queue)
    received.wait(3)
    channel.basic_ack(1)
    channel.basic_nack(2, requeue=True)
    received.wait(4)
    settle(channel)
    told = api.wait(lambda found: found.get("message_stats", {}).get("redeliver") == 1 and found.get("messages") == 2, "queues", "/", queue)
    require(QUEUE, told)
    assert (told["messages_ready"], told["messages_unacknowledged"], told["consumers"]) == (0, 2, 1)
    assert (told["message_bytes"], told["message_bytes_unacknowledged"], told["message_bytes_ready"]) == (6, 6, 0)
    stats = told["message_stats"]
    require(MESSAGE_STATS, stats)
    counts = {key: stats[key] for key in ("publish", "deliver", "deliver_get", "ack", "redeliver", "get", "deliver_no_ack")}
    assert counts == {"publish": 3, "deliver": 4, "deliver_get": 4, "ack": 1, "redeliver": 1, "get": 0, "deliver_no_ack": 0}
    for key in MESSAGE_STATS:
        assert shape(stats[f"{key}_details"]["rate"]) == "number"
    (consumer,) = told["consumer_details"]
    assert (consumer["consumer_tag"], consumer["ack_required"], consumer["active"]) == (
        told["consumer_details"][0]["consumer_tag"],
        True,
        True,
    )


def test_ways_to_take_messages_are_counted_apart(api: Api, channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1", b"2")
    settle(channel)
    method, _, _ = channel.basic_get(queue)
    channel.basic_reject(method.delivery_tag, requeue=False)
    channel.basic_get(queue, auto_ack=True)
    channel.basic_get(queue)
    consume(channel, queue, auto_ack=True)
    publish(channel, queue, b"3")
    expected = {"publish": 3, "get": 1, "get_no_ack": 1, "get_empty": 1, "deliver_no_ack": 1, "deliver": 0, "deliver_get": 3, "ack": 0}
    told = api.wait(
        lambda found: {key: found.get("message_stats", {}).get(key) for key in expected} == expected and found.get("messages") == 0,
        *("queues", "/", queue),
    )
    assert told["messages_unacknowledged"] == 0


def test_channel_that_closes_gives_its_messages_back(api: Api, client: Client, channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1", b"2")
    other = channel.connection.channel()
    consume(other, queue).wait(2)
    api.wait(lambda found: found.get("messages_unacknowledged") == 2, "queues", "/", queue)
    other.close()
    told = api.wait(lambda found: found.get("messages_ready") == 2, "queues", "/", queue)
    assert told["messages_unacknowledged"] == 0


def test_queue_in_use_is_not_idle_and_rates_are_per_second(api: Api, channel: BlockingChannel, queue: str) -> None:
    api.get("queues", "/", queue)
    stats: dict[str, Any] = {}

    def moves(found: dict[str, Any]) -> bool:
        publish(channel, queue, *[b"x"] * 20)
        stats.update(found.get("message_stats", {}))
        return bool(stats.get("publish_details", {}).get("rate", 0) > 0)

    told = api.wait(moves, "queues", "/", queue)
    assert "idle_since" not in told
    assert told["message_stats"]["publish_details"]["rate"] < 5000
    told = api.wait(lambda found: "idle_since" in found and found["message_stats"]["publish_details"]["rate"] == 0, "queues", "/", queue)
    assert told["idle_since"][:2] == "20"


def test_exchange_counts_what_came_in_and_what_went_out(api: Api, channel: BlockingChannel, name: str) -> None:
    channel.exchange_declare(name, "fanout", auto_delete=True)
    for _ in range(2):
        channel.queue_bind(channel.queue_declare("", exclusive=True).method.queue, name)
    publish(channel, "", b"1", b"2", b"3", exchange=name)
    told = api.wait(lambda found: {"publish_in": 3, "publish_out": 6}.items() <= _stats(found).items(), "exchanges", "/", name)
    assert shape(told["message_stats"]["publish_in_details"]["rate"]) == "number"


def test_headers_exchange_counts_too(api: Api, channel: BlockingChannel, name: str, queue: str) -> None:
    channel.exchange_declare(name, "headers", auto_delete=True)
    channel.queue_bind(queue, name, "", {"x-match": "any", "a": 1})
    publish(channel, "", b"1", exchange=name, headers={"a": 1})
    api.wait(lambda found: {"publish_in": 1, "publish_out": 1}.items() <= _stats(found).items(), "exchanges", "/", name)


def test_exchange_tells_only_what_has_happened(api: Api, channel: BlockingChannel, name: str) -> None:
    for used in (True, False):
        channel.exchange_declare(f"{name}-{used}", "topic", auto_delete=True)
    channel.queue_bind(channel.queue_declare("", exclusive=True).method.queue, f"{name}-False", "x")
    publish(channel, "nowhere", b"1", exchange=f"{name}-True")
    told = api.wait(lambda found: _stats(found).get("publish_in") == 1, "exchanges", "/", f"{name}-True")
    assert _stats(told).keys() == {"publish_in", "publish_in_details"}
    assert _stats(api.get("exchanges", "/", f"{name}-False")) == {}


def test_default_exchange_has_rates_too(api: Api, channel: BlockingChannel, queue: str) -> None:
    def moves(found: dict[str, Any]) -> bool:
        publish(channel, queue, *[b"x"] * 20)
        (default,) = [one for one in found["items"] if not one["name"]]
        return all(_stats(default).get(f"{key}_details", {}).get("rate", 0) > 0 for key in ("publish_in", "publish_out"))

    columns = "name,message_stats.publish_in_details.rate,message_stats.publish_out_details.rate"
    api.wait(moves, "exchanges", "/", columns=columns, page=1, page_size=500)


def test_channel_tells_what_it_publishes(api: Api, channel: BlockingChannel, queue: str) -> None:
    channel.confirm_delivery()
    publish(channel, queue, b"1", b"2")
    channel.basic_publish("", "nowhere", b"lost")
    with contextlib.suppress(pika.exceptions.UnroutableError):
        channel.basic_publish("", "nowhere", b"returned", mandatory=True)
    found = api.wait(
        lambda channels: any(_stats(one).get("publish") == 4 and _stats(one).get("return_unroutable") == 1 for one in channels), "channels"
    )
    (told,) = [one for one in found if _stats(one).get("publish") == 4 and _stats(one).get("return_unroutable") == 1]
    stats = _stats(told)
    assert (stats["confirm"], stats["drop_unroutable"]) == (4, 1)
    assert shape(stats["publish_details"]["rate"]) == "number"


def test_overview_node_and_vhost_have_rabbitmqs_keys(api: Api, channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1")
    overview = api.wait(lambda found: found.get("message_stats", {}).get("publish", 0) > 0, "overview")
    require(OVERVIEW, overview)
    assert {key: shape(value) for key, value in overview["object_totals"].items()} == dict.fromkeys(
        ("channels", "connections", "consumers", "exchanges", "queues"), "number"
    )
    assert {"messages", "messages_ready", "messages_unacknowledged", "messages_details"} <= overview["queue_totals"].keys()
    (node,) = api.wait(lambda found: "mem_used" in found[0], "nodes")
    require(NODE, node)
    assert node["name"] == overview["node"]
    assert {kind["name"] for kind in overview["exchange_types"]} >= {"direct", "fanout", "headers", "topic"}
    vhost = api.wait(lambda found: "messages" in found and "message_stats" in found, "vhosts", "/")
    require(VHOST, vhost)
    ports = {listener["protocol"]: listener["port"] for listener in overview["listeners"]}
    assert ports["amqp"] == channel.connection._impl.params.port


def test_sums_do_not_fall_when_a_queue_goes(api: Api, channel: BlockingChannel, name: str) -> None:
    channel.queue_declare(name)
    before = api.get("overview")["message_stats"].get("get_no_ack", 0)
    publish(channel, name, b"1")
    settle(channel)
    channel.basic_get(name, auto_ack=True)
    api.wait(lambda found: found["message_stats"].get("get_no_ack", 0) > before, "overview")
    channel.queue_delete(name)
    other = channel.connection.channel()
    settle(other)
    assert api.get("overview")["message_stats"]["get_no_ack"] > before


def test_broker_says_that_it_is_well(api: Api) -> None:
    assert api.get("aliveness-test", "/") == {"status": "ok"}
    for check in (("alarms",), ("local-alarms",), ("virtual-hosts",)):
        assert api.get("health", "checks", *check) == {"status": "ok"}
    assert api.get("health", "checks", "protocol-listener", "amqp") == {"status": "ok", "protocol": "amqp"}
    failed = api.ask("GET", "health", "checks", "port-listener", "1")
    assert failed.status_code == 503
    assert (failed.json()["status"], failed.json()["missing"]) == ("failed", 1)


def _stats(channel: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = channel.get("message_stats", {})
    return found
