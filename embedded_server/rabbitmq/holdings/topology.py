"""One virtual host as a picture needs it, and the route preview over its bindings."""

import asyncio
from collections.abc import Hashable
from typing import Any, Final

from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.contracts.rabbitmq import BindingInfo, ExchangeInfo, Route, RouteQuery, Topology
from embedded_server.core.fresh import Fresh
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.control import OpenChannel
from embedded_server.rabbitmq.amqp.headers import table_of
from embedded_server.rabbitmq.holdings.inventory import Inventory
from embedded_server.rabbitmq.holdings.queues import MAX_PAGE, PageQuery, Queues
from embedded_server.rabbitmq.holdings.routing import ALTERNATE, Junction, letter_of, matcher_of, walk
from embedded_server.rabbitmq.management.client import Management, path_of
from embedded_server.rabbitmq.management.pool import ManagementPool
from embedded_server.rabbitmq.management.problems import ExchangeNotOnBroker, ManagementMissing, NotOnBroker
from embedded_server.rabbitmq.management.readings import bindings_of, exchange_of, inner, items, text
from embedded_server.rabbitmq.problems import NoSuchObject

EXCHANGES_ASKED_EACH: Final = 40
"""Up to so many exchanges are asked for their own bindings; the list of all names every queue's default binding, too."""
MOST_EXCHANGES: Final = 500


class ExchangeIsInternal(UserFacingError):
    """Clients may not publish there."""

    status = 409
    title = N_("The exchange “{name}” is internal")
    hint = N_("Only other exchanges reach it. Publish to one that is bound to it.")


class RouteUnknown(UserFacingError):
    """Bindings come from the management API alone."""

    status = 502
    title = N_("Without the management API nobody knows where “{exchange}” leads")
    hint = N_("Publish with “mandatory”: the broker then gives back what reaches no queue.")


class TopologyReader:
    """Reads what leads where. Bindings are a moment old."""

    def __init__(self, inventory: Inventory, queues: Queues, pool: ManagementPool, open_channel: OpenChannel) -> None:
        self._inventory = inventory
        self._queues = queues
        self._pool = pool
        self._open_channel = open_channel
        self._junctions: dict[str, Fresh] = {}

    def forget(self, connection: str) -> None:
        """Read anew from now on: the broker has been changed."""
        self._junctions.pop(connection, None)

    # -- the picture

    async def topology(self, connection: str, vhost: str, search: str = "", limit: int = 200) -> Topology:
        """Answer up to *limit* queues whose names hold *search*, what leads to them and who consumes them.

        Exchanges are those on the way, those whose names hold *search*, and without a search all. Raises a `ManagementMissing`.
        """
        management = await self._pool.of(connection)
        asked = PageQuery(vhost, search, page_size=min(max(1, limit), MAX_PAGE))
        page, exchanges = await asyncio.gather(self._queues.page(connection, asked), self._inventory.exchanges(connection, vhost))
        bindings, consumers = await asyncio.gather(
            self._all_bindings(management, vhost, exchanges), self._inventory.consumers(connection, vhost)
        )
        shown = {queue.name for queue in page.queues}
        kept = _leading_to(bindings, shown, {exchange.name for exchange in exchanges if _is_asked(exchange, search)})
        named = {end for binding in kept for end in _exchanges_of(binding)}
        found = [exchange for exchange in exchanges if exchange.name in named or _is_asked(exchange, search)]
        return Topology(
            vhost=vhost,
            exchanges=found[:MOST_EXCHANGES],
            queues=page.queues,
            bindings=kept,
            consumers=[consumer for consumer in consumers if consumer.queue in shown],
            total_queues=page.total,
        )

    async def _all_bindings(self, management: Management, vhost: str, exchanges: list[ExchangeInfo]) -> list[BindingInfo]:
        if len(exchanges) > EXCHANGES_ASKED_EACH:
            return bindings_of(await management.get(path_of("bindings", vhost)))
        paths = [path_of("exchanges", vhost, exchange.name, "bindings", "source") for exchange in exchanges if exchange.name]
        answers = await asyncio.gather(*(_or_nothing(management, path) for path in paths))
        return [binding for answer in answers for binding in bindings_of(answer)]

    # -- where a message would go

    async def route(self, connection: str, query: RouteQuery) -> Route:
        """Answer which queues a message would reach. Raises for headers that cannot be."""
        table_of(query.headers)
        if not query.exchange:
            return await self._default_route(connection, query)
        try:
            management = await self._pool.of(connection)
            return await self._followed(connection, management, query)
        except ManagementMissing as exc:
            problem = RouteUnknown(exchange=query.exchange, detail=str(exc)).problem()
            return Route([], [query.exchange], dropped=False, exact=False, problem=problem)

    async def _followed(self, connection: str, management: Management, query: RouteQuery) -> Route:
        letter = letter_of(query.routing_key, query.headers)
        infos: dict[str, ExchangeInfo] = {}
        junctions: dict[str, Junction | None] = {}
        found = walk(query.exchange, letter, junctions)
        while found.unknown:
            read = await asyncio.gather(*(self._junction(connection, management, query.vhost, name) for name in found.unknown))
            for name, answer in zip(found.unknown, read, strict=True):
                junctions[name] = answer[1] if answer else None
                if answer:
                    infos[name] = answer[0]
            found = walk(query.exchange, letter, junctions)
        problem: UserFacingError | None = None
        if query.exchange not in infos:
            problem = ExchangeNotOnBroker(name=query.exchange, vhost=query.vhost)
        elif infos[query.exchange].internal:
            problem = ExchangeIsInternal(name=query.exchange)
        queues = [] if problem else found.queues
        return Route(queues, found.exchanges, not queues, found.exact, problem.problem() if problem else None)

    async def _junction(self, connection: str, management: Management, vhost: str, name: str) -> tuple[ExchangeInfo, Junction] | None:
        """Read an exchange and its bindings, arranged for its type; None where it is not there."""
        fresh = self._junctions.setdefault(connection, Fresh())
        key: Hashable = (vhost, name)
        return await fresh.get(key, lambda: self._read_junction(management, vhost, name))

    async def _read_junction(self, management: Management, vhost: str, name: str) -> tuple[ExchangeInfo, Junction] | None:
        if not name:
            return await self._default_junction(management, vhost)
        try:
            told, leads = await asyncio.gather(
                management.get(path_of("exchanges", vhost, name)),
                management.get(path_of("exchanges", vhost, name, "bindings", "source")),
            )
        except NotOnBroker:
            return None
        info = exchange_of(told)
        given = info.arguments.get(ALTERNATE)
        alternate = given if isinstance(given, str) else await self._policy_alternate(management, vhost, text(told, "policy"))
        matcher = await asyncio.to_thread(lambda: matcher_of(info.type, bindings_of(leads)))
        return info, Junction(name, matcher, alternate)

    async def _default_junction(self, management: Management, vhost: str) -> tuple[ExchangeInfo, Junction]:
        """The default exchange can be an alternate one: then every queue's name is a key."""
        found = items(await management.get(path_of("queues", vhost), columns="name,vhost"))
        keys = [BindingInfo(vhost, "", name, to_queue=True, routing_key=name) for name in (text(item, "name") for item in found)]
        return ExchangeInfo("", vhost, "direct", durable=True, auto_delete=False, internal=False), Junction("", matcher_of("direct", keys))

    async def _policy_alternate(self, management: Management, vhost: str, policy: str) -> str:
        if not policy:
            return ""
        told: Any = await _or_nothing(management, path_of("policies", vhost, policy))
        return text(inner(told, "definition"), ALTERNATE)

    async def _default_route(self, connection: str, query: RouteQuery) -> Route:
        """The default exchange leads to the queue that the routing key names: whether it is there, AMQP itself tells."""
        keys = letter_of(query.routing_key, query.headers).keys
        queues = [key for key in keys if await self._queue_is_there(connection, query.vhost, key)]
        return Route(queues, [""], dropped=not queues)

    async def _queue_is_there(self, connection: str, vhost: str, name: str) -> bool:
        if not name:
            return False
        try:
            management = await self._pool.of(connection)
            await management.get(path_of("queues", vhost, name), columns="name,vhost")
        except NotOnBroker:
            return False
        except ManagementMissing:
            async with await self._open_channel(connection, vhost) as channel:
                return await _is_declared(channel, name)
        return True


async def _is_declared(channel: Channel, name: str) -> bool:
    try:
        await channel.declare_queue(name, passive=True)
    except NoSuchObject:
        return False
    return True


async def _or_nothing(management: Management, path: str) -> Any:
    """Answer what is at *path*; nothing where it has gone meanwhile."""
    try:
        return await management.get(path)
    except NotOnBroker:
        return None


def _exchanges_of(binding: BindingInfo) -> list[str]:
    return [binding.source] if binding.to_queue else [binding.source, binding.destination]


def _is_asked(exchange: ExchangeInfo, search: str) -> bool:
    return search.casefold() in exchange.name.casefold()


def _leading_to(bindings: list[BindingInfo], queues: set[str], exchanges: set[str]) -> list[BindingInfo]:
    """Answer the bindings to *queues* and *exchanges*, and those that lead to where they begin, and so on."""
    wanted = set(exchanges)
    kept = [binding for binding in bindings if binding.to_queue and binding.destination in queues]
    wanted |= {binding.source for binding in kept}
    between = [binding for binding in bindings if not binding.to_queue]
    while True:
        more = {binding.source for binding in between if binding.destination in wanted} - wanted
        if not more:
            break
        wanted |= more
    return kept + [binding for binding in between if binding.destination in wanted]
