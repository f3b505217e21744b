"""What a broker holds: by the management API where there is one, and otherwise what AMQP itself can tell of the names known here."""

import asyncio
from typing import Any

from embedded_server.contracts.rabbitmq import (
    BindingInfo,
    ChannelInfo,
    ClientInfo,
    ConsumerInfo,
    ExchangeInfo,
    Overview,
    VHostInfo,
)
from embedded_server.core.profiles import Resolve
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.control import OpenChannel, own_vhost
from embedded_server.rabbitmq.holdings.known import KnownNames
from embedded_server.rabbitmq.management.client import path_of
from embedded_server.rabbitmq.management.pool import ManagementPool
from embedded_server.rabbitmq.management.problems import ManagementMissing
from embedded_server.rabbitmq.management.readings import (
    CHANNEL_COLUMNS,
    CLIENT_COLUMNS,
    EXCHANGE_COLUMNS,
    HELD_COLUMNS,
    bindings_of,
    channel_of,
    client_of,
    consumer_of,
    exchanges_of,
    inner,
    items,
    rate,
    text,
    unacked_of,
    vhost_of,
    whole,
)


class Inventory:
    """Reads one broker for each connection."""

    def __init__(self, resolve: Resolve, pool: ManagementPool, open_channel: OpenChannel, known: KnownNames) -> None:
        self._resolve = resolve
        self._pool = pool
        self._open_channel = open_channel
        self._known = known

    # -- a broker at a glance

    async def overview(self, connection: str) -> Overview:
        """Answer figures and virtual hosts; without the management API what is missing, and why."""
        try:
            management = await self._pool.of(connection)
            found, vhosts = await asyncio.gather(management.get("overview"), management.get("vhosts"))
        except ManagementMissing as exc:
            return await self._bare_overview(connection, exc)
        return _overview_of(found, [vhost_of(item) for item in items(vhosts)])

    async def _bare_overview(self, connection: str, missing: ManagementMissing) -> Overview:
        """Answer what AMQP tells. Raises why it does not answer either."""
        profile = await self._resolve(connection)
        vhost = own_vhost(profile)
        async with await self._open_channel(connection, vhost) as channel:
            told = _server_of(channel)
        names = sorted({vhost, *self._known.vhosts(connection)})
        return Overview(
            product=told.get("product", ""),
            version=told.get("version", ""),
            node=told.get("cluster_name", ""),
            management=False,
            vhosts=[VHostInfo(name) for name in names],
            missing=missing.problem(),
        )

    # -- exchanges and bindings

    async def exchanges(self, connection: str, vhost: str) -> list[ExchangeInfo]:
        """Answer exchanges in the order of their names, the default one first."""
        try:
            management = await self._pool.of(connection)
            return exchanges_of(await management.get(path_of("exchanges", vhost) if vhost else "exchanges", columns=EXCHANGE_COLUMNS))
        except ManagementMissing:
            vhost = vhost or own_vhost(await self._resolve(connection))
            return [
                ExchangeInfo(name, vhost, type_, durable=True, auto_delete=False, internal=name == "amq.rabbitmq.trace")
                for name, type_ in self._known.exchanges(connection, vhost).items()
            ]

    async def bindings(self, connection: str, vhost: str, exchange: str = "", queue: str = "") -> list[BindingInfo]:
        """Answer bindings of a virtual host, of an exchange (from it and to it) or of a queue. Raises a `ManagementMissing`."""
        management = await self._pool.of(connection)
        if queue:
            return bindings_of(await management.get(path_of("queues", vhost, queue, "bindings")))
        if exchange:
            from_it, to_it = await asyncio.gather(
                management.get(path_of("exchanges", vhost, exchange, "bindings", "source")),
                management.get(path_of("exchanges", vhost, exchange, "bindings", "destination")),
            )
            return bindings_of(from_it) + bindings_of(to_it)
        return bindings_of(await management.get(path_of("bindings", vhost) if vhost else "bindings"))

    # -- clients

    async def clients(self, connection: str) -> list[ClientInfo]:
        """Answer the clients connected to the broker. Raises a `ManagementMissing`."""
        management = await self._pool.of(connection)
        found = [client_of(item) for item in items(await management.get("connections", columns=CLIENT_COLUMNS))]
        return sorted(found, key=lambda client: (client.connected_at, client.name))

    async def channels(self, connection: str, client: str = "") -> list[ChannelInfo]:
        """Answer channels, of one *client* or of all. Raises a `ManagementMissing`."""
        management = await self._pool.of(connection)
        path = path_of("connections", client, "channels") if client else "channels"
        found = [channel_of(item) for item in items(await management.get(path, columns=CHANNEL_COLUMNS))]
        return sorted(found, key=lambda channel: (channel.connection, channel.number))

    async def consumers(self, connection: str, vhost: str = "", queue: str = "") -> list[ConsumerInfo]:
        """Answer consumers with what their channels hold: who has a queue's unacknowledged messages. Raises a `ManagementMissing`."""
        management = await self._pool.of(connection)
        if queue:
            told = await management.get(path_of("queues", vhost, queue), columns="consumer_details")
            found = items(inner(told, "consumer_details"))
        else:
            found = items(await management.get(path_of("consumers", vhost) if vhost else "consumers"))
        unacked = unacked_of(await management.get("channels", columns=HELD_COLUMNS)) if found else {}
        return [consumer_of(item, unacked) for item in found]


def _server_of(channel: Channel) -> dict[str, str]:
    """Answer what the broker said of itself when the link was opened."""
    told: Any = channel.link.pika.server_properties or {}
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for name, value in told.items()
        if isinstance(value, str | bytes)
    }


def _overview_of(found: Any, vhosts: list[VHostInfo]) -> Overview:
    totals, objects = inner(found, "queue_totals"), inner(found, "object_totals")
    return Overview(
        product=text(found, "product_name") or "RabbitMQ",
        version=text(found, "product_version") or text(found, "rabbitmq_version") or text(found, "management_version"),
        node=text(found, "node"),
        management=True,
        vhosts=sorted(vhosts, key=lambda vhost: vhost.name),
        ready=whole(totals, "messages_ready"),
        unacked=whole(totals, "messages_unacknowledged"),
        publish_rate=rate(found, "publish"),
        deliver_rate=rate(found, "deliver_get"),
        ack_rate=rate(found, "ack"),
        connections=whole(objects, "connections"),
        channels=whole(objects, "channels"),
        consumers=whole(objects, "consumers"),
        queues=whole(objects, "queues"),
        exchanges=whole(objects, "exchanges"),
    )
