"""Queues, a page of them or one: cheap with ten thousand, and with counts as they are now."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import QueueInfo, QueuePage
from embedded_server.core.profiles import Resolve
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.control import OpenChannel, own_vhost
from embedded_server.rabbitmq.holdings.known import KnownNames
from embedded_server.rabbitmq.management.client import Management, path_of
from embedded_server.rabbitmq.management.pool import ManagementPool
from embedded_server.rabbitmq.management.problems import ManagementMissing, ManagementRefused, QueueNotOnBroker
from embedded_server.rabbitmq.management.readings import QUEUE_COLUMNS, inner, items, queue_of, whole
from embedded_server.rabbitmq.problems import NoSuchObject

MAX_PAGE: Final = 500
"""RabbitMQ's own limit."""
MANY_QUEUES: Final = 1_000
"""From here on sorting by depth asks for totals alone: with rates RabbitMQ takes three times as long."""
COUNT_LIMIT_S: Final = 0.5
"""Counts that the statistics do not have yet are asked for one by one, so long."""


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


class Queues:
    """Reads the queues of one broker for each connection."""

    def __init__(self, resolve: Resolve, pool: ManagementPool, open_channel: OpenChannel, known: KnownNames) -> None:
        self._resolve = resolve
        self._pool = pool
        self._open_channel = open_channel
        self._known = known
        self._totals: dict[tuple[str, str], int] = {}

    async def page(self, connection: str, query: PageQuery) -> QueuePage:
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

    async def one(self, connection: str, vhost: str, name: str) -> QueueInfo:
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


def _may_be_asked(info: QueueInfo) -> bool:
    """Whether a passive declare tells its count, and does no harm: it is refused on another's exclusive queue, and renews a lease."""
    return not info.exclusive and info.type != "stream" and "x-expires" not in info.arguments


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
