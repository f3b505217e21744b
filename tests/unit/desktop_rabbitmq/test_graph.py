"""The topology as a graph: what is a node, what leads where, who takes together, and what stands at a line."""

from dataclasses import replace

from desktop.core.rabbitmq_graph import Edge, Kind, Tie, around, edge_words, facts_of, graph_of, label_of, path_of
from embedded_server.contracts.rabbitmq import Topology
from tests.helpers.topologies import bind, celery, consumer, exchange, large, queue, shop


def of(*, exchanges: list[str] | None = None, queues: list[str] | None = None, **others: list[object]) -> Topology:
    topology = Topology("/", [exchange(name) for name in exchanges or []], [queue(name) for name in queues or []], [], [], 0)
    return replace(topology, **others)  # type: ignore[arg-type]  # lists of what the field says


def ties(topology: Topology, tie: Tie) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph_of(topology).edges if edge.tie is tie}


def test_dead_letters_lead_to_their_exchange_or_by_the_default_one_straight_to_a_queue() -> None:
    assert ties(shop(), Tie.DEAD) == {
        ("q:orders.charge", "e:orders.dlx"),
        ("q:orders.receipts", "e:orders.dlx"),
        ("q:mail.outbox", "q:mail.retry"),
        ("q:mail.retry", "q:mail.outbox"),
    }


def test_a_line_to_what_is_not_there_is_not_drawn() -> None:
    lost = queue("a", x_dead_letter_exchange="gone")
    topology = of(exchanges=["x"], queues=["b"], bindings=[bind("x", "gone"), bind("gone", "b"), bind("x", "gone", to_queue=False)])
    topology.queues.append(lost)
    assert graph_of(topology).edges == ()


def test_what_an_exchange_cannot_route_leads_to_its_alternate() -> None:
    assert ties(shop(), Tie.ALTERNATE) == {("e:orders", "e:orders.unrouted")}


def test_bindings_between_the_same_two_are_one_line() -> None:
    topology = of(exchanges=["x"], queues=["a"], bindings=[bind("x", "a", "two"), bind("x", "a", "one"), bind("x", "a", "one")])
    (edge,) = graph_of(topology).edges
    assert edge.keys == ("one", "two")
    assert label_of(edge) == "2 keys"


def test_a_line_says_its_key_its_compared_headers_or_nothing() -> None:
    def label(*keys: str) -> str:
        return label_of(Edge("e:x", "q:a", Tie.BINDING, keys))

    assert (label("order.#"), label(""), label()) == ("order.#", "", "")
    assert label("", "order.#") == "2 keys"
    topology = of(exchanges=["x"], queues=["a"], bindings=[replace(bind("x", "a"), arguments={"x-match": "all", "format": "pdf"})])
    assert label_of(graph_of(topology).edges[0]) == "format=pdf, x-match=all"


def test_its_tool_tip_has_every_key_and_names_the_empty_one() -> None:
    topology = of(exchanges=["x"], queues=["a"], bindings=[bind("x", "a"), bind("x", "a", "k")])
    graph = graph_of(topology)
    assert edge_words(graph.edges[0], graph.by_key()) == "x → a\n(empty routing key)\nk"


def test_clients_of_one_host_that_take_from_the_same_queues_are_one_node() -> None:
    takers = {node.title: node.word for node in graph_of(shop()).nodes if node.kind is Kind.CONSUMER}
    assert takers == {"10.0.3.7": "\u00d72", "10.0.3.9:51010": "\u00d71", "10.0.3.9:40112": "\u00d71", "10.0.4.1:33100": "\u00d71"}


def test_a_pool_that_takes_from_many_queues_is_one_node_with_a_line_from_each() -> None:
    graph = graph_of(celery())
    pool = next(node for node in graph.nodes if node.title == "10.0.5.1:40001")
    assert len([edge for edge in graph.edges if edge.target == pool.key]) == 13
    assert len(pool.consumers) == 13


def test_a_consumer_without_an_address_is_told_by_its_tag() -> None:
    unknown = replace(consumer("a", 1), connection="", peer="")
    (node,) = (node for node in graph_of(of(queues=["a"], consumers=[unknown])).nodes if node.kind is Kind.CONSUMER)
    assert node.title == "ctag1.1"


def test_among_many_queues_consumers_are_no_nodes() -> None:
    topology = large(60)
    topology.consumers.append(consumer(topology.queues[0].name, 1))
    assert all(node.kind is not Kind.CONSUMER for node in graph_of(topology).nodes)


def test_built_in_exchanges_are_there_where_they_are_used() -> None:
    topology = of(exchanges=["amq.topic", "amq.direct", "mine"], queues=["a"], bindings=[bind("amq.topic", "a", "k")])
    names = [node.name for node in graph_of(topology).nodes if node.kind is Kind.EXCHANGE]
    assert names == ["amq.topic", "mine"]
    looked_at = [node.name for node in graph_of(topology, "e:amq.direct").nodes if node.kind is Kind.EXCHANGE]
    assert looked_at == ["amq.direct", "amq.topic", "mine"]


def test_a_path_is_all_that_reaches_a_node_and_all_it_reaches_but_no_siblings() -> None:
    path = path_of(graph_of(shop()), "q:orders.charge")
    assert {key for key in path if key[0] != "c"} == {"e:events.all", "e:orders", "q:orders.charge", "e:orders.dlx", "q:orders.dead"}


def test_around_a_node_are_its_path_and_its_neighbours_with_the_lines_between() -> None:
    part = around(graph_of(shop()), "e:orders.dlx")
    assert "q:orders.receipts" in part.by_key()
    assert "q:audit" not in part.by_key()
    assert all(edge.source in part.by_key() and edge.target in part.by_key() for edge in part.edges)


def test_figures_change_no_node_and_no_line() -> None:
    busy = replace(shop(), queues=[replace(one, ready=9999, deliver_rate=1.0) for one in shop().queues])
    assert graph_of(busy) == graph_of(shop())
    assert facts_of(busy) != facts_of(shop())
    assert facts_of(busy).deepest == 9999


def test_queues_that_take_dead_letters_are_known() -> None:
    assert facts_of(shop()).dead == {"q:orders.dead", "q:mail.retry", "q:mail.outbox"}
