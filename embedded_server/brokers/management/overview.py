"""The broker at a glance, its one node, and whether it is well."""

import os
import platform
import time
from typing import Final

from embedded_server.brokers.amqp.exchange import ExchangeType
from embedded_server.brokers.management import wire
from embedded_server.brokers.management.acting import act_through
from embedded_server.brokers.management.call import Answer, Call
from embedded_server.brokers.management.errors import not_found
from embedded_server.brokers.management.listing import Row, columns_of, cut
from embedded_server.brokers.management.node import NODE_NAME, PRODUCT, PRODUCT_VERSION, SPOKEN_VERSION, Node
from embedded_server.brokers.management.properties import content_header
from embedded_server.brokers.management.queues import totals
from embedded_server.brokers.management.vhosts import message_stats, summed
from embedded_server.brokers.ports import HOST
from embedded_server.core.memory import resident_bytes

ALIVENESS_QUEUE: Final = "aliveness-test"
ALIVENESS_BODY: Final = b"test_test"


def exchange_types() -> list[Row]:
    """The types of exchanges there are."""
    return [
        {"name": kind.value, "description": f"AMQP {kind.value} exchange, as per the AMQP specification", "enabled": True}
        for kind in sorted(ExchangeType)
    ]


def listeners(node: Node) -> list[Row]:
    """Where the broker answers."""
    return [
        {"node": NODE_NAME, "protocol": "amqp", "ip_address": HOST, "port": node.server.port},
        {"node": NODE_NAME, "protocol": "http", "ip_address": HOST, "port": node.port},
    ]


async def get_overview(call: Call) -> Answer:
    """``GET overview``: sums over what the user may see."""
    node, broker = call.node, call.node.broker
    vhosts = list(broker.vhosts.values()) if call.is_monitor else call.vhosts()
    seen = [one for one in broker.connections if one.opened and (call.is_monitor or one.user == call.user.name)]
    numbers, rates = summed(node, vhosts)
    row: Row = {
        "management_version": SPOKEN_VERSION,
        "rates_mode": "basic",
        "exchange_types": exchange_types(),
        "product_version": PRODUCT_VERSION,
        "product_name": PRODUCT,
        "rabbitmq_version": SPOKEN_VERSION,
        "cluster_name": NODE_NAME,
        "disable_stats": False,
        "enable_queue_totals": False,
        "message_stats": message_stats(numbers, rates),
        "queue_totals": totals(numbers, rates),
        "object_totals": {
            "channels": sum(len(connection.channels) for connection in seen),
            "connections": len(seen),
            "consumers": sum(len(queue.consumers) for vhost in vhosts for queue in vhost.queues.values()),
            "exchanges": sum(len(vhost.exchanges) + 1 for vhost in vhosts),
            "queues": sum(len(vhost.queues) for vhost in vhosts),
        },
        "statistics_db_event_queue": 0,
        "node": NODE_NAME,
    }
    if call.is_monitor:
        row["listeners"] = listeners(node)
        row["contexts"] = [{"node": NODE_NAME, "description": "Switchroom management", "path": "/", "ip": HOST, "port": str(node.port)}]
    return Answer(body=cut(row, columns_of(call)))


def node_row(node: Node) -> Row:
    """The node."""
    row: Row = {
        "applications": [
            {"name": "switchroom", "description": "Switchroom's embedded AMQP broker", "version": PRODUCT_VERSION},
            {"name": "python", "description": platform.python_implementation(), "version": platform.python_version()},
        ],
        "auth_mechanisms": [
            {"name": "PLAIN", "description": "SASL PLAIN authentication mechanism", "enabled": True},
            {"name": "AMQPLAIN", "description": "QPid AMQPLAIN mechanism", "enabled": True},
        ],
        "disk_free_alarm": bool(node.broker.blocked),
        "enabled_plugins": ["rabbitmq_management"],
        "exchange_types": exchange_types(),
        "mem_alarm": False,
        "name": NODE_NAME,
        "os_pid": str(os.getpid()),
        "partitions": [],
        "processors": os.cpu_count(),
        "rates_mode": "basic",
        "running": True,
        "sockets_used": len(node.broker.connections),
        "type": "disc",
        "uptime": int((time.monotonic() - node.started_at) * 1000),
    }
    used = resident_bytes()
    if used:
        row["mem_used"] = used
    return row


async def list_nodes(call: Call) -> Answer:
    """``GET nodes``."""
    return Answer(body=[cut(node_row(call.node), columns_of(call))])


async def get_node(call: Call, name: str) -> Answer:
    """``GET nodes/{name}``."""
    if name != NODE_NAME:
        raise not_found()
    return Answer(body=cut(node_row(call.node), columns_of(call)))


async def get_cluster_name(_call: Call) -> Answer:
    """``GET cluster-name``."""
    return Answer(body={"name": NODE_NAME})


async def list_nothing(_call: Call, *_names: str) -> Answer:
    """Lists of what this broker does not have: policies, parameters and limits."""
    return Answer(body=[])


# -- health


async def is_alive(call: Call, vhost: str) -> Answer:
    """``GET aliveness-test/{vhost}``: declare a queue, send it a message and fetch it."""
    call.vhost(vhost)
    with act_through(call, vhost) as client:
        client.call(wire.queue_declare(ALIVENESS_QUEUE, durable=False, auto_delete=False, arguments={}))
        client.publish("", ALIVENESS_QUEUE, content_header({}, len(ALIVENESS_BODY)), ALIVENESS_BODY)
        client.get(ALIVENESS_QUEUE, no_ack=True)
    return Answer(body={"status": "ok"})


async def check_alarms(call: Call) -> Answer:
    """``GET health/checks/alarms``: whether publishers are asked to wait."""
    reason = call.node.broker.blocked
    if reason:
        return Answer(503, {"status": "failed", "reason": "There are alarms in effect in the cluster", "alarms": [{"reason": reason}]})
    return Answer(body={"status": "ok"})


async def check_vhosts(_call: Call) -> Answer:
    """``GET health/checks/virtual-hosts``: the broker would not run without them."""
    return Answer(body={"status": "ok"})


async def check_port(call: Call, port: str) -> Answer:
    """``GET health/checks/port-listener/{port}``."""
    ports = [listener["port"] for listener in listeners(call.node)]
    if port.isdigit() and int(port) in ports:
        return Answer(body={"status": "ok", "port": int(port)})
    return Answer(503, {"status": "failed", "reason": "No active listener", "missing": _number(port), "ports": ports})


async def check_protocol(call: Call, protocol: str) -> Answer:
    """``GET health/checks/protocol-listener/{protocol}``."""
    known = {"amqp": "amqp", "amqp091": "amqp", "http": "http"}
    if protocol in known:
        return Answer(body={"status": "ok", "protocol": protocol})
    protocols = [listener["protocol"] for listener in listeners(call.node)]
    return Answer(503, {"status": "failed", "reason": "No active listener", "missing": protocol, "protocols": protocols})


def _number(port: str) -> int | str:
    return int(port) if port.isdigit() else port
