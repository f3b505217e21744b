"""What a broker holds: by the management API where there is one, and otherwise what AMQP itself can tell of the names known here."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import (
    BindingInfo,
    ChannelInfo,
    ClientInfo,
    ConsumerInfo,
    ExchangeInfo,
    Overview,
    QueueInfo,
    QueuePage,
    VHostInfo,
)
from embedded_server.core.profiles import Profile, Resolve
from embedded_server.rabbitmq.channel import Channel
from embedded_server.rabbitmq.known import KnownNames
from embedded_server.rabbitmq.management import Management, path_of
from embedded_server.rabbitmq.management_pool import ManagementPool
from embedded_server.rabbitmq.management_problems import ManagementMissing, ManagementRefused, QueueNotOnBroker
from embedded_server.rabbitmq.problems import NoSuchObject
from embedded_server.rabbitmq.readings import (
    CHANNEL_COLUMNS,
    QUEUE_COLUMNS,
    bindings_of,
    channel_of,
    client_of,
    consumer_of,
    exchanges_of,
    inner,
    items,
    queue_of,
    rate,
    text,
    unacked_of,
    vhost_of,
    whole,
)

MAX_PAGE: Final = 500
"""RabbitMQ's own limit."""
MANY_QUEUES: Final = 1_000
"""From here on sorting by depth asks for totals alone: with rates RabbitMQ takes three times as long."""
COUNT_LIMIT_S: Final = 0.5
"""Counts that the statistics do not have yet are asked for one by one, so long."""

OpenChannel = Callable[[str, str], Awaitable[Channel]]
"""Opens a channel for short acts, by connection and virtual host."""


class QueueSort(StrEnum):
    """What a page of queues can be sorted by."""

    NAME = "name"
    READY = "ready"
    UNACKED = "unacked"
    PUBLISH_RATE = "publish_rate"
    DELIVER_RATE = "deliver_rate"
    CONSUMERS = "consumers"


_SORT_COLUMNS: Final = {
    QueueSort.READY: "messages_ready",
    QueueSort.UNACKED: "messages_unacknowledged",
    QueueSort.PUBLISH_RATE: "message_stats.publish_details.rate",
    QueueSort.DELIVER_RATE: "message_stats.deliver_get_details.rate",
    QueueSort.CONSUMERS: "consumers",
}


class PageQuery(NamedTuple):
    """Which queues are asked for."""

    vhost: str = ""
    """Empty is all."""
    search: str = ""
    """A part of the name, upper and lower case alike."""
    sort: QueueSort = QueueSort.NAME
    descending: bool = False
    page: int = 1
    page_size: int = 100


class Inventory:
    """Reads one broker for each connection."""

    def __init__(self, resolve: Resolve, pool: ManagementPool, open_channel: OpenChannel, known: KnownNames) -> None:
        self._resolve = resolve
        self._pool = pool
        self._open_channel = open_channel
        self._known = known
        self._totals: dict[tuple[str, str], int] = {}

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

    # -- queues

    async def queues(self, connection: str, query: PageQuery) -> QueuePage:
        """Answer a page of queues: cheap with ten thousand of them in the order of their names."""
        try:
            management = await self._pool.of(connection)
            page = await self._page(connection, management, query)
        except ManagementMissing:
            page = await self._known_page(connection, query)
        return replace(page, queues=await self._counted(connection, page.queues))

    async def _page(self, connection: str, management: Management, query: PageQuery) -> QueuePage:
        key = (connection, query.vhost)
        totals_only = query.sort in {QueueSort.READY, QueueSort.UNACKED} and self._totals.get(key, 0) >= MANY_QUEUES
        asked = _page_parameters(query, totals_only=totals_only)
        path = path_of("queues", query.vhost) if query.vhost else "queues"
        try:
            found = await management.get(path, **asked)
        except ManagementRefused as exc:
            if "out of range" not in str(exc).lower():
                raise
            first = await management.get(path, **{**asked, "page": 1})  # queues have gone since: show the last page there is
            found = await management.get(path, **{**asked, "page": max(1, whole(first, "page_count") or 1)})
        page = _page_of(found, rates=not totals_only)
        self._totals[key] = page.total
        return page

    async def _known_page(self, connection: str, query: PageQuery) -> QueuePage:
        vhost = query.vhost or own_vhost(await self._resolve(connection))
        names = self._known.queues(connection, vhost)
        matching = [name for name in names if query.search.casefold() in name.casefold()]
        if query.descending:
            matching.reverse()
        pages = max(1, -(-len(matching) // query.page_size))
        page = min(query.page, pages)
        shown = matching[(page - 1) * query.page_size : page * query.page_size]
        queues = [QueueInfo(name, vhost, type="") for name in shown]
        return QueuePage(queues, page, pages, len(matching), len(names))

    async def queue(self, connection: str, vhost: str, name: str) -> QueueInfo:
        """Answer one queue, with the counts as they are now rather than those of the last statistics. Raises `QueueNotOnBroker`."""
        try:
            management = await self._pool.of(connection)
            info = queue_of(await management.get(path_of("queues", vhost, name), columns=QUEUE_COLUMNS))
        except ManagementMissing:
            info = QueueInfo(name, vhost, type="")
        if not _may_be_asked(info):
            return info
        try:
            async with await self._open_channel(connection, vhost) as channel:
                return await self._counted_now(channel, connection, info)
        except NoSuchObject as exc:
            self._known.forget_queue(connection, vhost, name)
            raise QueueNotOnBroker(name=name, vhost=vhost, detail=exc.detail) from exc
        except UserFacingError:
            if info.ready is None:
                raise
            return info

    async def _counted(self, connection: str, queues: Sequence[QueueInfo]) -> list[QueueInfo]:
        """Fill in counts that the broker's statistics do not have yet."""
        counted = list(queues)
        missing = [at for at, info in enumerate(counted) if info.ready is None and _may_be_asked(info)]
        with contextlib.suppress(TimeoutError, UserFacingError):
            async with asyncio.timeout(COUNT_LIMIT_S):
                while missing:
                    async with await self._open_channel(connection, counted[missing[0]].vhost) as channel:
                        await self._count_some(channel, connection, counted, missing)
        return counted

    async def _count_some(self, channel: Channel, connection: str, counted: list[QueueInfo], missing: list[int]) -> None:
        """Count queues of one virtual host, until one is not there: the broker then closes the channel."""
        vhost = counted[missing[0]].vhost
        while missing and counted[missing[0]].vhost == vhost:
            at = missing.pop(0)
            try:
                counted[at] = await self._counted_now(channel, connection, counted[at])
            except UserFacingError:
                return

    async def _counted_now(self, channel: Channel, connection: str, info: QueueInfo) -> QueueInfo:
        declared = await channel.declare_queue(info.name, passive=True)
        self._known.note_queue(connection, info.vhost, info.name)
        return replace(info, ready=declared.messages, consumers=declared.consumers)

    # -- exchanges and bindings

    async def exchanges(self, connection: str, vhost: str) -> list[ExchangeInfo]:
        """Answer exchanges in the order of their names, the default one first."""
        try:
            management = await self._pool.of(connection)
            return exchanges_of(await management.get(path_of("exchanges", vhost) if vhost else "exchanges"))
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
        found = [client_of(item) for item in items(await management.get("connections"))]
        return sorted(found, key=lambda client: (client.connected_at, client.name))

    async def channels(self, connection: str, client: str = "") -> list[ChannelInfo]:
        """Answer channels, of one *client* or of all. Raises a `ManagementMissing`."""
        management = await self._pool.of(connection)
        path = path_of("connections", client, "channels") if client else "channels"
        found = [channel_of(item) for item in items(await management.get(path))]
        return sorted(found, key=lambda channel: (channel.connection, channel.number))

    async def consumers(self, connection: str, vhost: str = "", queue: str = "") -> list[ConsumerInfo]:
        """Answer consumers with what their channels hold: who has a queue's unacknowledged messages. Raises a `ManagementMissing`."""
        management = await self._pool.of(connection)
        if queue:
            path = path_of("queues", vhost, queue)
            found = items(inner(await management.get(path), "consumer_details"))
        else:
            found = items(await management.get(path_of("consumers", vhost) if vhost else "consumers"))
        unacked = unacked_of(await management.get("channels", columns=CHANNEL_COLUMNS)) if found else {}
        return [consumer_of(item, unacked) for item in found]


def own_vhost(profile: Profile) -> str:
    """Answer the virtual host that a connection names."""
    return profile.spec.rabbitmq.vhost if profile.spec.rabbitmq is not None else "/"


def _may_be_asked(info: QueueInfo) -> bool:
    """Whether a passive declare tells its count, and does no harm: it is refused on another's exclusive queue, and renews a lease."""
    return not info.exclusive and info.type != "stream" and "x-expires" not in info.arguments


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


def _page_parameters(query: PageQuery, *, totals_only: bool) -> dict[str, str | int]:
    asked: dict[str, str | int] = {"page": max(1, query.page), "page_size": min(max(1, query.page_size), MAX_PAGE)}
    if query.search:
        asked |= {"name": query.search, "use_regex": "false"}
    # Without a word on sorting RabbitMQ sorts by name, and tells figures of the page alone: a tenth of the time of `sort=name`.
    if query.sort is not QueueSort.NAME:
        asked |= {"sort": _SORT_COLUMNS[query.sort], "sort_reverse": "true" if query.descending else "false"}
    elif query.descending:
        asked |= {"sort": "name", "sort_reverse": "true"}
    if totals_only:
        asked |= {"disable_stats": "true", "enable_queue_totals": "true"}
    return asked | {"columns": QUEUE_COLUMNS}


def _page_of(found: Any, *, rates: bool) -> QueuePage:
    return QueuePage(
        queues=[queue_of(item, rates=rates) for item in items(inner(found, "items"))],
        page=whole(found, "page") or 1,
        pages=max(1, whole(found, "page_count") or 1),
        matching=whole(found, "filtered_count") or 0,
        total=whole(found, "total_count") or 0,
    )
