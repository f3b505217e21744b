"""The route preview names exactly the queues that a message then reaches, on both brokers and over every kind of binding."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.rabbitmq import BindingRequest, DeclareExchange, DeclareQueue, FieldType, Header, Properties, RouteQuery
from embedded_server.rabbitmq.amqp.content import encode_content
from embedded_server.rabbitmq.amqp.headers import table_of
from embedded_server.rabbitmq.management.client import Management
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ
from tests.helpers.capability import C, Side, capability, profile_for, typed

TYPES = ("direct", "fanout", "topic", "headers")
KEYS = ("a", "b", "a.b", "a.b.c", "", "b.c", "..")
PATTERNS = (*KEYS, "#", "*", "a.*", "#.c", "*.b.#", "a.#.c", "#.#", "*.*")
VALUES: tuple[Header, ...] = (
    Header("h", FieldType.INTEGER, 1),
    Header("h", FieldType.STRING, "1"),
    Header("h", FieldType.BOOLEAN, True),
    Header("h", FieldType.FLOAT, 1.5),
    Header("g", FieldType.INTEGER, 2**40),
    Header("x-h", FieldType.STRING, "x"),
    Header("g", FieldType.NULL),
)
MODES = ("", "all", "any", "all-with-x", "any-with-x")


@pytest.fixture
async def side(broker: EmbeddedBroker | RealRabbitMQ, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_for(broker), tmp_path) as side:
        yield side


class Maze:
    """Exchanges and queues joined at random, and what is published into them."""

    def __init__(self, side: Side, name: str, seed: int) -> None:
        self._side = side
        self._random = random.Random(seed)
        self.queues = [f"{name}-{seed}-q{number}" for number in range(6)]
        self.exchanges = [f"{name}-{seed}-x{number}" for number in range(6)]

    async def build(self) -> None:
        declarer = self._side.holdings.declarer
        for queue in self.queues:
            await declarer.declare_queue(C, DeclareQueue("/", queue, durable=False))  # RabbitMQ writes durable bindings to the disk
        for number, exchange in enumerate(self.exchanges):
            arguments = typed(alternate_exchange=self._random.choice(self.exchanges)) if self._random.random() < 0.4 else []
            internal = number == 5
            await declarer.declare_exchange(
                C, DeclareExchange("/", exchange, self._random.choice(TYPES), durable=False, internal=internal, arguments=arguments)
            )
        for _ in range(22):
            await declarer.bind(C, self._binding())

    def _binding(self) -> BindingRequest:
        to_queue = self._random.random() < 0.7
        return BindingRequest(
            "/",
            self._random.choice(self.exchanges),
            self._random.choice(self.queues if to_queue else self.exchanges),
            to_queue,
            self._random.choice(PATTERNS),
            self._table(modes=True),
        )

    def _table(self, *, modes: bool = False) -> list[Header]:
        picked = {header.name: header for header in self._random.sample(VALUES, self._random.randrange(3))}
        mode = self._random.choice(MODES) if modes else ""
        return [*picked.values(), *([Header("x-match", FieldType.STRING, mode)] if mode else [])]

    def query(self) -> RouteQuery:
        return RouteQuery("/", self._random.choice(self.exchanges[:5]), self._random.choice(KEYS), self._table())

    async def reached(self, query: RouteQuery) -> list[str]:
        """Publish the message and answer the queues in which it arrived."""
        content = encode_content(Properties(), table_of(query.headers))
        await self._side.publish(query.routing_key, b"x", exchange=query.exchange, content=content)
        async with await self._side.channel() as channel:
            return [queue for queue in self.queues if await channel.purge(queue)]


@pytest.mark.parametrize("seed", range(4))
async def test_the_preview_names_the_queues_that_are_reached(side: Side, name: str, seed: int) -> None:
    maze = Maze(side, name, seed)
    await maze.build()
    dropped = 0
    for _ in range(60):
        query = maze.query()
        route = await side.holdings.topology.route(C, query)
        assert sorted(route.queues) == await maze.reached(query), query
        assert (route.dropped, route.exact, route.problem) == (not route.queues, True, None)
        dropped += route.dropped
    assert 0 < dropped < 60, "a maze in which all arrive, or none, shows nothing"


async def test_the_default_exchange_leads_to_the_queue_of_that_name(side: Side, name: str) -> None:
    await side.queue(name)
    route = side.holdings.topology.route
    assert (await route(C, RouteQuery("/", "", name))).queues == [name]
    assert (await route(C, RouteQuery("/", "", f"{name}-not"))).dropped
    assert (await route(C, RouteQuery("/", "", ""))).dropped


async def test_the_default_exchange_may_be_an_alternate_one(side: Side, name: str) -> None:
    await side.queue(name)
    await side.exchange(f"{name}-x", "direct", alternate_exchange="")
    route = await side.holdings.topology.route(C, RouteQuery("/", f"{name}-x", name))
    await side.publish(name, b"x", exchange=f"{name}-x")
    assert route.queues == ([name] if await side.bodies(name) else [])


async def test_what_takes_no_messages_is_said_so(side: Side, name: str) -> None:
    route = side.holdings.topology.route
    missing = await route(C, RouteQuery("/", f"{name}-gone", "k"))
    await side.holdings.declarer.declare_exchange(C, DeclareExchange("/", f"{name}-i", internal=True))
    internal = await route(C, RouteQuery("/", f"{name}-i", "k"))
    for found, word in ((missing, f"{name}-gone"), (internal, "internal")):
        assert found.dropped
        assert found.problem is not None
        assert word in found.problem.title


async def test_a_new_binding_is_seen_at_once(side: Side, name: str) -> None:
    await side.queue(name)
    await side.exchange(f"{name}-x", "topic")
    query = RouteQuery("/", f"{name}-x", "k")
    assert (await side.holdings.topology.route(C, query)).dropped
    await side.holdings.declarer.bind(C, BindingRequest("/", f"{name}-x", name, routing_key="#"))
    assert (await side.holdings.topology.route(C, query)).queues == [name]


async def test_a_preview_over_thousands_of_bindings_asks_for_them_once(side: Side, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    get_now = Management.get_now

    async def counting(self: Management, path: str, **query: Any) -> Any:
        asked.append(path)
        return await get_now(self, path, **query)

    monkeypatch.setattr(Management, "get_now", counting)
    declarer = side.holdings.declarer
    await declarer.declare_queue(C, DeclareQueue("/", name, durable=False))
    await declarer.declare_exchange(C, DeclareExchange("/", f"{name}-x", "topic", durable=False))
    async with await side.channel() as channel:
        for first in range(0, 3_000, 500):
            await asyncio.gather(*(channel.bind_queue(name, f"{name}-x", f"{n}.#") for n in range(first, first + 500)))
    routes: Sequence[Any] = await asyncio.gather(
        *(side.holdings.topology.route(C, RouteQuery("/", f"{name}-x", f"{n}.x")) for n in range(2_950, 3_050))
    )
    assert [route.queues for route in routes] == [[name]] * 50 + [[]] * 50
    assert len(asked) == 2


@pytest.mark.real_broker
async def test_a_policy_may_name_the_alternate_exchange(real_rabbitmq: RealRabbitMQ, tmp_path: Path, name: str) -> None:
    async with capability(profile_for(real_rabbitmq), tmp_path) as side:
        await side.queue(name)
        await side.exchange(f"{name}-x", "topic")
        await side.exchange(f"{name}-rest", "fanout")
        await side.holdings.declarer.bind(C, BindingRequest("/", f"{name}-rest", name))
        management = await side.holdings.pool.of(C)
        policy = {"pattern": f"^{name}-x$", "definition": {"alternate-exchange": f"{name}-rest"}, "apply-to": "exchanges"}
        await management.put(f"policies/%2F/{name}", policy)
        side.holdings.acts.changed(C)
        route = await side.holdings.topology.route(C, RouteQuery("/", f"{name}-x", "k"))
        await side.publish("k", b"x", exchange=f"{name}-x")
        assert (route.queues, route.exchanges) == ([name], [f"{name}-x", f"{name}-rest"])
        assert await side.bodies(name) == [b"x"]
        await management.delete(f"policies/%2F/{name}")
