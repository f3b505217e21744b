"""Connections, channels and consumers in RabbitMQ's JSON."""

from typing import Final

from embedded_server.brokers.amqp.channel import Channel
from embedded_server.brokers.amqp.connection import Connection
from embedded_server.brokers.amqp.consumer import Consumer
from embedded_server.brokers.amqp.publisher import Mode
from embedded_server.brokers.management.call import NOTHING, Answer, Call
from embedded_server.brokers.management.errors import not_authorised, not_found
from embedded_server.brokers.management.listing import Listing, Row, columns_of, cut
from embedded_server.brokers.management.node import NODE_NAME, Node
from embedded_server.brokers.management.properties import plain
from embedded_server.brokers.management.rates import CHANNEL_KEYS, channel_numbers

CLOSED_BY_HAND: Final = "Closed via management plugin"
MAX_REASON_CHARS: Final = 100
"""So that it fits the short string that carries it, whatever its characters."""


def channel_name(channel: Channel) -> str:
    """The name by which RabbitMQ calls a channel."""
    return f"{channel.connection.name} ({channel.number})"


def ends_of(address: str) -> tuple[str, int]:
    """Host and port, out of both in one."""
    host, _, port = address.rpartition(":")
    return host, int(port) if port.isdigit() else 0


def owner_row(connection: object) -> Row:
    """The connection that holds an exclusive queue."""
    if not isinstance(connection, Connection):
        return {}
    host, port = ends_of(connection.peer)
    return {"name": connection.name, "peer_host": host, "peer_port": port}


def connection_row(node: Node, connection: Connection) -> Row:
    """A connection."""
    host, port = ends_of(connection.peer)
    local_host, local_port = ends_of(connection.local)
    rates = node.rates.connections.rates(connection)
    name = connection.client_properties.get("connection_name")
    row: Row = {
        "auth_mechanism": connection.mechanism,
        "channel_max": connection.channel_max,
        "channels": len(connection.channels),
        "client_properties": plain(connection.client_properties),
        "connected_at": int(connection.connected_at * 1000),
        "frame_max": connection.frame_max,
        "host": local_host,
        "name": connection.name,
        "node": NODE_NAME,
        "peer_cert_issuer": None,
        "peer_cert_subject": None,
        "peer_cert_validity": None,
        "peer_host": host,
        "peer_port": port,
        "port": local_port,
        "protocol": "AMQP 0-9-1",
        "recv_oct": connection.received_bytes,
        "recv_oct_details": {"rate": rates[0]},
        "send_oct": connection.sent_bytes,
        "send_oct_details": {"rate": rates[1]},
        "ssl": False,
        "ssl_cipher": None,
        "ssl_hash": None,
        "ssl_key_exchange": None,
        "ssl_protocol": None,
        "state": "blocked" if node.broker.blocked and _publishes(connection) else "running",
        "timeout": connection.heartbeat_s,
        "type": "network",
        "user": connection.user,
        "user_who_performed_action": connection.user,
        "vhost": connection.vhost.name,
    }
    if isinstance(name, str):
        row["user_provided_name"] = name
    return row


def channel_row(node: Node, channel: Channel) -> Row:
    """A channel."""
    connection = channel.connection
    host, port = ends_of(connection.peer)
    publisher = channel.publisher
    row: Row = {
        "acks_uncommitted": channel.settling.uncommitted,
        "confirm": publisher.mode is Mode.CONFIRM,
        "connection_details": {"name": connection.name, "peer_host": host, "peer_port": port},
        "consumer_count": len(channel.consumers),
        "global_prefetch_count": channel.unacked.limit,
        "messages_unacknowledged": len(channel.unacked),
        "messages_uncommitted": len(publisher.held),
        "messages_unconfirmed": publisher.unconfirmed,
        "name": channel_name(channel),
        "node": NODE_NAME,
        "number": channel.number,
        "prefetch_count": channel.prefetch,
        "state": "running",
        "transactional": publisher.mode is Mode.TX,
        "user": connection.user,
        "user_who_performed_action": connection.user,
        "vhost": connection.vhost.name,
    }
    stats: Row = {}
    if channel.figures.publish:
        rates = node.rates.channels.rates(channel)
        for key, number, rate in zip(CHANNEL_KEYS, channel_numbers(channel), rates, strict=True):
            stats[key] = number
            stats[f"{key}_details"] = {"rate": rate}
    if channel.delivered:
        stats["deliver_get"] = channel.delivered
    if stats:
        row["message_stats"] = stats
    return row


def consumer_row(consumer: Consumer) -> Row:
    """A consumer."""
    channel = consumer.channel
    host, port = ends_of(channel.connection.peer)
    active = consumer.active
    return {
        "arguments": plain(consumer.arguments),
        "ack_required": not consumer.no_ack,
        "active": active,
        "activity_status": _activity(consumer, active=active),
        "channel_details": {
            "connection_name": channel.connection.name,
            "name": channel_name(channel),
            "node": NODE_NAME,
            "number": channel.number,
            "peer_host": host,
            "peer_port": port,
            "user": channel.connection.user,
        },
        "consumer_tag": consumer.tag,
        "exclusive": consumer.exclusive,
        "prefetch_count": consumer.prefetch,
        "queue": {"name": consumer.queue.name, "vhost": consumer.queue.vhost.name},
    }


def _activity(consumer: Consumer, *, active: bool) -> str:
    if consumer.queue.arguments.single_active_consumer:
        return "single_active" if active else "waiting"
    return "up"


def _publishes(connection: Connection) -> bool:
    return any(channel.figures.publish for channel in connection.channels.values())


def connections_seen_by(call: Call) -> list[Connection]:
    """Those that are open and that the user may see: a monitor all, others their own."""
    opened = [connection for connection in call.node.broker.connections if connection.opened]
    return [connection for connection in opened if call.is_monitor or connection.user == call.user.name]


async def list_connections(call: Call) -> Answer:
    """``GET connections``."""
    return await _answer_connections(call, connections_seen_by(call))


async def list_vhost_connections(call: Call, vhost: str) -> Answer:
    """``GET vhosts/{vhost}/connections``."""
    found = call.vhost(vhost)
    return await _answer_connections(call, [connection for connection in connections_seen_by(call) if connection.vhost is found])


async def get_connection(call: Call, name: str) -> Answer:
    """``GET connections/{name}``."""
    return Answer(body=cut(connection_row(call.node, _connection(call, name)), columns_of(call)))


async def close_connection(call: Call, name: str) -> Answer:
    """``DELETE connections/{name}``; the header ``X-Reason`` tells the client why."""
    connection = _connection(call, name)
    connection.force_close(call.reason[:MAX_REASON_CHARS] or CLOSED_BY_HAND)
    return NOTHING


async def list_channels(call: Call) -> Answer:
    """``GET channels``."""
    return await _answer_channels(call, connections_seen_by(call))


async def list_connection_channels(call: Call, name: str) -> Answer:
    """``GET connections/{name}/channels``."""
    return await _answer_channels(call, [_connection(call, name)])


async def list_vhost_channels(call: Call, vhost: str) -> Answer:
    """``GET vhosts/{vhost}/channels``."""
    found = call.vhost(vhost)
    return await _answer_channels(call, [connection for connection in connections_seen_by(call) if connection.vhost is found])


async def get_channel(call: Call, name: str) -> Answer:
    """``GET channels/{name}``."""
    for connection in connections_seen_by(call):
        for channel in connection.channels.values():
            if channel_name(channel) == name:
                row = channel_row(call.node, channel)
                row["consumer_details"] = [consumer_row(consumer) for consumer in channel.consumers.values()]
                return Answer(body=cut(row, columns_of(call)))
    raise not_found()


async def list_consumers(call: Call, vhost: str = "") -> Answer:
    """``GET consumers`` and ``GET consumers/{vhost}``."""
    seen = set(connections_seen_by(call))
    vhosts = call.chosen(vhost)
    consumers = [consumer for one in vhosts for queue in one.queues.values() for consumer in queue.consumers]
    listing: Listing[Consumer] = Listing(
        consumer_row, lambda consumer: consumer.tag, lambda consumer: (consumer.queue.vhost.name, consumer.queue.name), {}
    )
    return await listing.answer(call, [consumer for consumer in consumers if consumer.channel.connection in seen])


async def _answer_connections(call: Call, connections: list[Connection]) -> Answer:
    listing: Listing[Connection] = Listing(lambda one: connection_row(call.node, one), _name, _name, {})
    return await listing.answer(call, connections)


async def _answer_channels(call: Call, connections: list[Connection]) -> Answer:
    channels = [channel for connection in connections for channel in connection.channels.values()]
    listing: Listing[Channel] = Listing(lambda one: channel_row(call.node, one), channel_name, channel_name, {})
    return await listing.answer(call, channels)


def _name(connection: Connection) -> str:
    return connection.name


def _connection(call: Call, name: str) -> Connection:
    for connection in call.node.broker.connections:
        if connection.opened and connection.name == name:
            if not call.is_monitor and connection.user != call.user.name:
                raise not_authorised("User not authorised to access object")
            return connection
    raise not_found()
