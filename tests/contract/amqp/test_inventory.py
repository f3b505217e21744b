"""What the rabbitmq capability tells of a broker and changes there is the same for the embedded broker and for RabbitMQ."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from embedded_server.contracts.connections import Environment, LinkState
from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import (
    BindingRequest,
    DeclareExchange,
    DeclareQueue,
    Destroy,
    FieldType,
    Header,
    RouteQuery,
    Target,
)
from embedded_server.core.profiles import ConnectionReadOnly, NameNotTyped
from embedded_server.rabbitmq.holdings.acts import NameMissing, NameTooLong
from embedded_server.rabbitmq.holdings.administration import NotDefinitions
from embedded_server.rabbitmq.holdings.declare import DeclaredDifferently
from embedded_server.rabbitmq.holdings.queues import PageQuery, QueueSort
from embedded_server.rabbitmq.management.problems import ClientNotOnBroker, ManagementUnreachable, QueueNotOnBroker
from embedded_server.rabbitmq.problems import ChannelClosed, Disconnected, PermissionRefused, PreconditionFailed
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ
from tests.helpers.capability import C, Side, capability, profile_for, typed
from tests.helpers.server import until


@pytest.fixture
async def side(broker: EmbeddedBroker | RealRabbitMQ, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_for(broker), tmp_path) as side:
        yield side


async def test_a_broker_at_a_glance(side: Side) -> None:
    overview = await side.holdings.inventory.overview(C)
    assert (overview.product, overview.management, overview.missing) == ("RabbitMQ", True, None) or "Switchroom" in overview.product
    assert overview.version
    assert "/" in [vhost.name for vhost in overview.vhosts]
    assert overview.exchanges is not None
    assert overview.exchanges >= 7


async def test_whoever_looks_at_a_broker_learns_whether_they_can_act_there(side: Side) -> None:
    async def is_open() -> bool:
        return side.service.health(C).state is LinkState.OPEN

    await side.service.drop(C)
    assert side.service.health(C).state is LinkState.IDLE
    await side.holdings.overview(C)
    await until(is_open)


async def test_a_fresh_queue_is_listed_with_its_count_at_once(side: Side, name: str) -> None:
    await side.queue(name)
    await side.publish(name, b"1", b"2")
    page = await side.holdings.queues.page(C, PageQuery("/", search=name.upper()))
    [found] = [queue for queue in page.queues if queue.name == name]
    assert (found.vhost, found.type, found.durable) == ("/", "classic", True)
    assert (await side.holdings.queues.one(C, "/", name)).ready == 2
    assert page.total >= page.matching >= 1
    await side.holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, name))


async def test_queues_come_in_pages_and_the_last_page_is_shown_for_one_beyond(side: Side, name: str) -> None:
    names = [f"{name}-{number:02}" for number in range(7)]
    for one in names:
        await side.queue(one)
    asked = PageQuery("/", search=f"{name}-", page_size=3)
    pages = [await side.holdings.queues.page(C, asked._replace(page=number)) for number in (1, 2, 3, 9)]
    assert [queue.name for page in pages[:3] for queue in page.queues] == names
    assert [(page.page, page.pages, page.matching) for page in pages] == [(1, 3, 7), (2, 3, 7), (3, 3, 7), (3, 3, 7)]
    back = await side.holdings.queues.page(C, asked._replace(descending=True))
    assert [queue.name for queue in back.queues] == names[:-4:-1]
    for one in names:
        await side.holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, one))


async def test_the_fullest_queue_comes_first(side: Side, name: str) -> None:
    for number in range(3):
        await side.queue(f"{name}-{number}")
        await side.publish(f"{name}-{number}", *[b"x"] * (number + 1))

    async def sorted_names() -> list[str]:
        asked = PageQuery("/", search=name, sort=QueueSort.READY, descending=True)
        page = await side.holdings.queues.page(C, asked)
        return [queue.name for queue in page.queues] if page.queues[0].ready == 3 else []

    assert await until(sorted_names) == [f"{name}-2", f"{name}-1", f"{name}-0"]


async def test_a_queue_that_is_not_there_is_said_so(side: Side, name: str) -> None:
    with pytest.raises(QueueNotOnBroker) as caught:
        await side.holdings.queues.one(C, "/", name)
    assert name in str(caught.value)


async def test_who_holds_unacknowledged_messages(side: Side, name: str) -> None:
    await side.queue(name)
    await side.publish(name, b"1", b"2", b"3")
    async with await side.channel() as channel:
        await channel.consume(name, lambda _: None, prefetch=2)

        async def held() -> bool:
            consumers = await side.holdings.inventory.consumers(C, "/", name)
            return [(one.queue, one.prefetch, one.ack_required, one.channel_unacked) for one in consumers] == [(name, 2, True, 2)]

        assert await until(held)
        [consumer] = await side.holdings.inventory.consumers(C, "/", name)
        clients = {client.name: client for client in await side.holdings.inventory.clients(C)}
        assert clients[consumer.connection].product.startswith("Switchroom")
        channels = await side.holdings.inventory.channels(C, consumer.connection)
        assert [one.unacked for one in channels if one.name == consumer.channel] == [2]


async def test_bindings_of_a_queue_and_of_an_exchange_without_the_default_one(side: Side, name: str) -> None:
    await side.exchange(f"{name}-x", "topic")
    await side.exchange(f"{name}-y", "fanout")
    await side.queue(name)
    declarer, inventory = side.holdings.declarer, side.holdings.inventory
    await declarer.bind(C, BindingRequest("/", f"{name}-x", name, routing_key="a.#", arguments=typed(n=1)))
    await declarer.bind(C, BindingRequest("/", f"{name}-x", f"{name}-y", to_queue=False, routing_key="b"))
    [binding] = await inventory.bindings(C, "/", queue=name)
    assert (binding.source, binding.routing_key, binding.arguments, binding.to_queue) == (f"{name}-x", "a.#", {"n": 1}, True)
    of_x = await inventory.bindings(C, "/", f"{name}-x")
    assert {(one.destination, one.to_queue) for one in of_x} == {(name, True), (f"{name}-y", False)}
    assert [one.source for one in await inventory.bindings(C, "/", f"{name}-y")] == [f"{name}-x"]
    await declarer.unbind(C, BindingRequest("/", f"{name}-x", name, routing_key="a.#", arguments=typed(n=1)))
    assert await inventory.bindings(C, "/", queue=name) == []


async def test_a_topology_shows_what_leads_to_the_queues_that_were_asked_for(side: Side, name: str) -> None:
    for exchange in ("a", "b", "c"):
        await side.exchange(f"{name}-{exchange}", "fanout")
    for queue in ("q1", "q2"):
        await side.queue(f"{name}-{queue}")
    bind = side.holdings.declarer.bind
    await bind(C, BindingRequest("/", f"{name}-a", f"{name}-b", to_queue=False))
    await bind(C, BindingRequest("/", f"{name}-b", f"{name}-q1"))
    await bind(C, BindingRequest("/", f"{name}-c", f"{name}-q2"))
    topology = await side.holdings.topology.topology(C, "/", f"{name}-q1")
    assert [queue.name for queue in topology.queues] == [f"{name}-q1"]
    assert [exchange.name for exchange in topology.exchanges] == [f"{name}-a", f"{name}-b"]
    assert {(one.source, one.destination) for one in topology.bindings} == {(f"{name}-a", f"{name}-b"), (f"{name}-b", f"{name}-q1")}
    assert topology.total_queues >= 2


# -- declaring


@pytest.mark.parametrize(
    ("change", "argument", "received", "current"),
    [
        ({"durable": False}, "durable", "'false'", "'true'"),
        ({"auto_delete": True}, "auto_delete", "'true'", "'false'"),
        ({"arguments": typed(x_max_length=5)}, "x-max-length", "5", "none"),
    ],
)
async def test_another_declaration_is_told_which_argument_differs(
    side: Side, name: str, change: dict[str, object], argument: str, received: str, current: str
) -> None:
    await side.queue(name)
    with pytest.raises(DeclaredDifferently) as caught:
        await side.holdings.declarer.declare_queue(C, DeclareQueue("/", name, **change))  # type: ignore[arg-type]  # of the case
    problem = caught.value.problem()
    assert argument in problem.title
    assert received in problem.hint
    assert current in problem.hint
    assert "PRECONDITION_FAILED" in problem.detail


async def test_another_type_of_exchange_is_told_as_such(side: Side, name: str) -> None:
    await side.exchange(name, "topic")
    with pytest.raises(DeclaredDifferently, match="type"):
        await side.exchange(name, "direct")


async def test_typed_arguments_reach_the_broker_as_their_types(side: Side, name: str) -> None:
    arguments = [
        Header("x-message-ttl", FieldType.INTEGER, 60_000),
        Header("x-dead-letter-exchange", FieldType.STRING, ""),
        Header("x-single-active-consumer", FieldType.BOOLEAN, True),
    ]
    await side.holdings.declarer.declare_queue(C, DeclareQueue("/", name, arguments=arguments))
    found = await side.holdings.queues.one(C, "/", name)
    assert found.arguments == {"x-message-ttl": 60_000, "x-dead-letter-exchange": "", "x-single-active-consumer": True}
    with pytest.raises(PreconditionFailed, match="x-max-length"):
        await side.queue(f"{name}-wrong", x_max_length="many")


async def test_what_has_no_name_or_too_long_a_one_is_refused_before_it_is_sent(side: Side) -> None:
    declarer = side.holdings.declarer
    with pytest.raises(NameMissing):
        await declarer.declare_exchange(C, DeclareExchange("/", ""))
    with pytest.raises(NameTooLong):
        await side.queue("ü" * 128)
    with pytest.raises(NameMissing):
        await declarer.bind(C, BindingRequest("/", "", "queue"))
    chosen = await side.queue("")
    assert chosen.startswith("amq.gen-")
    await side.holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, chosen))


async def test_a_reserved_name_is_refused_in_the_brokers_words(side: Side) -> None:
    with pytest.raises(PermissionRefused, match=r"amq\.mine"):
        await side.queue("amq.mine")


# -- destroying


async def test_what_goes_is_counted_and_told_to_the_journal(side: Side, name: str) -> None:
    destroy = side.holdings.destroyer.destroy
    await side.queue(name)
    await side.publish(name, b"1", b"2", b"3")
    assert (await destroy(C, Destroy("/", Target.MESSAGES, name))).messages == 3
    await side.publish(name, b"4")
    with pytest.raises(ChannelClosed, match="not empty"):
        await destroy(C, Destroy("/", Target.QUEUE, name, if_empty=True))
    assert (await destroy(C, Destroy("/", Target.QUEUE, name))).messages == 1
    assert await side.statuses("kind:topology.changed") == [
        (f"queue {name}", "declared"),
        (f"queue {name}", "purged"),
        (f"queue {name}", "deleted"),
    ]


async def test_an_exchange_in_use_stays_where_that_was_ruled_out(side: Side, name: str) -> None:
    await side.exchange(name, "fanout")
    await side.queue(f"{name}-q")
    await side.holdings.declarer.bind(C, BindingRequest("/", name, f"{name}-q"))
    with pytest.raises(ChannelClosed, match="in use"):
        await side.holdings.destroyer.destroy(C, Destroy("/", Target.EXCHANGE, name, if_unused=True))
    await side.holdings.destroyer.destroy(C, Destroy("/", Target.EXCHANGE, name))
    assert name not in [exchange.name for exchange in await side.holdings.inventory.exchanges(C, "/")]


async def test_on_production_the_name_has_to_be_typed(side: Side, name: str) -> None:
    await side.queue(name)
    side.change(environment=Environment.PRODUCTION)
    for target in (Target.MESSAGES, Target.QUEUE, Target.EXCHANGE):
        with pytest.raises(NameNotTyped, match=name):
            await side.holdings.destroyer.destroy(C, Destroy("/", target, name, typed_name=name.upper()))
    assert (await side.holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, name, typed_name=name))).messages == 0


async def test_a_read_only_connection_changes_nothing_and_still_tells_all(side: Side, name: str) -> None:
    await side.queue(name)
    side.change(read_only=True)
    holdings = side.holdings
    acts: list[Callable[[], Awaitable[object]]] = [
        lambda: side.queue(f"{name}-2"),
        lambda: side.exchange(f"{name}-x"),
        lambda: holdings.declarer.bind(C, BindingRequest("/", "amq.topic", name)),
        lambda: holdings.declarer.unbind(C, BindingRequest("/", "amq.topic", name)),
        lambda: holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, name)),
        lambda: holdings.administrator.close_client(C, "nobody"),
        lambda: holdings.administrator.import_definitions(C, {"queues": []}),
        lambda: holdings.administrator.trace(C, "/", on=True),
    ]
    for act in acts:
        with pytest.raises(ConnectionReadOnly):
            await act()
    assert (await holdings.queues.one(C, "/", name)).ready == 0
    assert (await holdings.topology.route(C, RouteQuery("/", "", name))).queues == [name]


# -- what only the management API can do


async def test_a_client_is_closed_and_one_that_is_not_there_is_said_so(side: Side, broker: EmbeddedBroker | RealRabbitMQ) -> None:
    import pika

    mine = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", broker.port, client_properties={"connection_name": "close me"}))

    async def listed() -> list[str]:
        return [client.name for client in await side.holdings.inventory.clients(C) if "close me" in client.given_name]

    [client] = await until(listed)
    await side.holdings.administrator.close_client(C, client, "tidying up")
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker, match="tidying up"):
        mine.sleep(10)
    with pytest.raises(ClientNotOnBroker):
        await side.holdings.administrator.close_client(C, "127.0.0.1:1 -> 127.0.0.1:2")


async def test_definitions_go_out_and_come_in(side: Side, name: str) -> None:
    await side.queue(name, x_max_length=9)
    await side.exchange(f"{name}-x", "topic")
    await side.holdings.declarer.bind(C, BindingRequest("/", f"{name}-x", name, routing_key="k"))
    administrator, destroy = side.holdings.administrator, side.holdings.destroyer.destroy
    definitions = await administrator.definitions(C, "/")
    await destroy(C, Destroy("/", Target.QUEUE, name))
    await destroy(C, Destroy("/", Target.EXCHANGE, f"{name}-x"))
    await administrator.import_definitions(C, definitions, "/")
    assert (await side.holdings.queues.one(C, "/", name)).arguments == {"x-max-length": 9}
    assert [one.routing_key for one in await side.holdings.inventory.bindings(C, "/", queue=name)] == ["k"]
    assert "users" in await administrator.definitions(C)
    with pytest.raises(NotDefinitions):
        await administrator.import_definitions(C, {"nonsense": 1})


async def test_a_name_that_the_broker_chose_does_not_stop_an_import(side: Side, name: str) -> None:
    chosen = await side.queue("")
    await side.queue(name)
    definitions = await side.holdings.administrator.definitions(C, "/")
    assert {chosen, name} <= {queue["name"] for queue in definitions["queues"]}
    for queue in (chosen, name):
        await side.holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, queue))
    await side.holdings.administrator.import_definitions(C, definitions, "/")
    assert (await side.holdings.queues.one(C, "/", name)).ready == 0
    with pytest.raises(QueueNotOnBroker):
        await side.holdings.queues.one(C, "/", chosen)


async def test_the_firehose_is_switched_on_and_off(side: Side) -> None:
    await side.holdings.administrator.trace(C, "/", on=True)
    await side.exchange("amq.topic", "topic")
    await side.holdings.administrator.trace(C, "/", on=False)
    assert [status for _, status in await side.statuses("kind:topology subject:tracing*")] == ["on", "off"]


async def test_a_connection_that_was_disconnected_asks_nothing(side: Side, name: str) -> None:
    await side.queue(name)
    await side.service.disconnect(C)
    for ask in (
        side.holdings.inventory.overview(C),
        side.holdings.queues.one(C, "/", name),
        side.holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, name)),
    ):
        with pytest.raises(Disconnected):
            await ask
    await side.service.reconnect(C)
    assert (await side.holdings.queues.one(C, "/", name)).ready == 0


async def test_without_the_management_api_it_works_with_less_and_says_what_is_missing(
    broker: EmbeddedBroker | RealRabbitMQ, tmp_path: Path, name: str
) -> None:
    async with capability(profile_for(broker), tmp_path) as side:
        side.change(rabbitmq=type(side.profile.spec.rabbitmq)("127.0.0.1", broker.port, management_url="http://127.0.0.1:1"))  # type: ignore[misc]  # not None
        holdings = side.holdings
        await side.queue(name)
        await side.exchange(f"{name}-x", "topic")
        await side.publish(name, b"1")
        overview = await holdings.inventory.overview(C)
        assert overview.missing is not None
        assert "127.0.0.1:1" in overview.missing.title
        assert (overview.management, bool(overview.version)) == (False, True)
        page = await holdings.queues.page(C, PageQuery("/"))
        assert [(queue.name, queue.ready) for queue in page.queues] == [(name, 1)]
        assert [one.name for one in await holdings.inventory.exchanges(C, "/")][-1] == f"{name}-x"
        assert (await holdings.queues.one(C, "/", name)).ready == 1
        assert (await holdings.topology.route(C, RouteQuery("/", "", name))).queues == [name]
        unknown = await holdings.topology.route(C, RouteQuery("/", f"{name}-x", "k"))
        assert (unknown.exact, unknown.problem is not None) == (False, True)
        with pytest.raises(UserFacingError, match=r"127\.0\.0\.1:1"):
            await holdings.inventory.clients(C)
        with pytest.raises(ManagementUnreachable):
            await holdings.administrator.definitions(C)
        await holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, name))
        assert (await holdings.queues.page(C, PageQuery("/"))).queues == []
