"""Where the topology picture puts things: nothing on anything else, the same every time, whatever the topology is."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.core.rabbitmq_graph import Edge, Graph, Kind, Node, Tie, graph_of
from desktop.core.rabbitmq_layout import SHAPE, lay_out, sizes_of
from desktop.core.rabbitmq_shapes import Box, Layout, Line, Point, Sizes
from embedded_server.contracts.rabbitmq import Topology
from tests.helpers.topologies import bind, celery, consumer, exchange, large, queue, shop

MARGIN = 1.0
"""Lines end at boxes; they may not go further in than this."""


def measured(graph: Graph) -> Sizes:
    return sizes_of(graph, lambda node: min(100.0 + 7 * len(node.title), 300.0), lambda text: 7.0 * len(text), 62.0)


def laid_out(topology: Topology, shape: float = SHAPE) -> tuple[Graph, Layout]:
    graph = graph_of(topology)
    return graph, lay_out(graph, measured(graph), shape)


def check(graph: Graph, layout: Layout) -> None:
    """No box meets another, no label a box, another label or a line, and no line runs through a box."""
    boxes = list(layout.boxes.items())
    assert {key for key, _ in boxes} == {node.key for node in graph.nodes}
    assert set(layout.lines) == set(range(len(graph.edges)))
    for (one, box), (other, there) in itertools.combinations(boxes, 2):
        assert not box.meets(there), (one, other)
    labels = [(index, line.label) for index, line in layout.lines.items() if line.label is not None]
    for index, label in labels:
        for key, box in boxes:
            assert not label.meets(box), (graph.edges[index], key)
    for (one_index, one_label), (other_index, other_label) in itertools.combinations(labels, 2):
        assert not one_label.meets(other_label), (graph.edges[one_index], graph.edges[other_index])
    for index, line in layout.lines.items():
        points = spots(line)
        for key, box in boxes:
            assert not any(inside(box, point) for point in points), (graph.edges[index], key)
        for owner, label in labels:
            assert not any(inside(label, point, 0.0) for point in points), (graph.edges[index], graph.edges[owner])
    for box in layout.boxes.values():
        assert box.x >= -0.01
        assert box.y >= -0.01
        assert box.x + box.width <= layout.width + 0.01
        assert box.y + box.height <= layout.height + 0.01


def inside(box: Box, point: Point, margin: float = MARGIN) -> bool:
    across = box.x + margin < point[0] < box.x + box.width - margin
    return across and box.y + margin < point[1] < box.y + box.height - margin


def spots(line: Line, steps: int = 12) -> list[Point]:
    """Points along a line, near enough to each other that no box fits between."""
    found: list[Point] = []
    start = line.start
    for first, second, end in line.curves:
        for step in range(steps + 1):
            t = step / steps
            weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
            ends = (start, first, second, end)
            found.append(
                (sum(w * p[0] for w, p in zip(weights, ends, strict=True)), sum(w * p[1] for w, p in zip(weights, ends, strict=True)))
            )
        start = end
    return found


@pytest.mark.parametrize("topology", [shop(), celery(), large(30), large(200)], ids=["shop", "celery", "30 queues", "200 queues"])
def test_nothing_lies_on_anything_else(topology: Topology) -> None:
    check(*laid_out(topology))


NAMES = st.sampled_from(["a", "b", "c", "d", "e", "orders", "orders.dlx", "a.very.long.name.that.goes.on"])
QUEUES = st.lists(st.tuples(NAMES, st.none() | NAMES, st.none() | NAMES), max_size=24, unique_by=lambda one: one[0])
BINDINGS = st.lists(st.tuples(NAMES, NAMES, st.booleans(), st.sampled_from(["", "key", "order.#", "k" * 60])), max_size=40)


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    """Any topology at all: circles, loops, names that nothing has, many bindings between the same two."""
    alternates = draw(st.dictionaries(NAMES, st.none() | NAMES, max_size=8))
    exchanges = [exchange(name, **({"alternate-exchange": other} if other else {})) for name, other in alternates.items()]
    many = draw(st.integers(0, 30))
    queues = [queue(f"many.{number:02}", number) for number in range(many)]
    for name, dlx, key in draw(QUEUES):
        exchange_of = "" if key else dlx
        arguments: dict[str, Any] = {} if dlx is None else {"x_dead_letter_exchange": exchange_of, "x_dead_letter_routing_key": key or ""}
        queues.append(queue(name, **arguments))
    bindings = [bind(source, to, key, to_queue=to_queue) for source, to, to_queue, key in draw(BINDINGS)]
    bindings += [bind(draw(NAMES), f"many.{number:02}", "many.#") for number in range(many)]
    consumers = [consumer(name, port) for name, port in draw(st.lists(st.tuples(NAMES, st.integers(1, 4)), max_size=12))]
    consumers += [consumer(f"many.{number:02}", 9) for number in range(0, many, draw(st.integers(1, 5)))]
    return Topology("/", exchanges, queues, bindings, consumers, len(queues))


@settings(max_examples=150, deadline=None)
@given(topologies(), st.sampled_from([1.0, SHAPE, 3.0]))
def test_nothing_lies_on_anything_else_whatever_the_topology(topology: Topology, shape: float) -> None:
    graph, layout = laid_out(topology, shape)
    check(graph, layout)


@settings(max_examples=30, deadline=None)
@given(topologies(), st.randoms())
def test_the_same_topology_is_laid_out_the_same_in_whatever_order_it_is_told(topology: Topology, dice: object) -> None:
    def shuffled(items: list[object]) -> list[object]:
        copy = list(items)
        dice.shuffle(copy)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
        return copy

    changes = {name: shuffled(getattr(topology, name)) for name in ("exchanges", "queues", "bindings", "consumers")}
    assert laid_out(replace(topology, **changes)) == laid_out(topology)  # type: ignore[arg-type]  # the same lists in another order


def test_messages_flow_from_left_to_right() -> None:
    graph, layout = laid_out(shop())
    left = {key: box.x for key, box in layout.boxes.items()}
    assert left["e:events.all"] < left["e:orders"] < left["q:orders.charge"]
    takers = [node.key for node in graph.nodes if node.kind is Kind.CONSUMER]
    assert all(left[key] > left["q:orders.charge"] for key in takers)
    queues = {left[node.key] for node in graph.nodes if node.kind is Kind.QUEUE and layout.boxes[node.key].y < (layout.grid_top or 0)}
    assert len(queues) == 1, "queues of one part stand in one column"


def test_what_nothing_is_bound_to_stands_below_in_a_grid() -> None:
    _, layout = laid_out(shop())
    assert layout.grid_top is not None
    below = {key for key, box in layout.boxes.items() if box.y > layout.grid_top}
    assert below == {"q:scratch", "q:tmp.import"}
    assert layout.boxes["q:scratch"].y == layout.boxes["q:tmp.import"].y


def test_a_queue_more_moves_the_others_by_no_more_than_its_own_room() -> None:
    before = laid_out(shop())[1]
    topology = shop()
    topology.queues.append(queue("orders.zebra"))
    topology.bindings.append(bind("orders", "orders.zebra", "order.zebra"))
    after = laid_out(topology)[1]
    moved = [abs(after.boxes[key].y - box.y) for key, box in before.boxes.items()]
    assert max(moved) <= 80


def test_two_hundred_queues_keep_the_shape_of_a_window() -> None:
    layout = laid_out(large(200))[1]
    assert 0.7 < layout.width / layout.height < 3


def test_an_arrow_ends_at_the_exchange_that_dead_letters_go_to() -> None:
    graph, layout = laid_out(shop())
    index = graph.edges.index(Edge("q:orders.charge", "e:orders.dlx", Tie.DEAD))
    line, box = layout.lines[index], layout.boxes["e:orders.dlx"]
    end = line.curves[-1][2]
    assert end[0] == pytest.approx(box.x + box.width)
    assert box.y <= end[1] <= box.y + box.height
    assert line.start[0] == pytest.approx(layout.boxes["q:orders.charge"].x)


def test_nothing_at_all_is_an_empty_picture() -> None:
    assert lay_out(Graph(), Sizes({}, {})) == Layout({}, {}, 0.0, 0.0)


def test_one_exchange_alone_is_a_grid() -> None:
    graph = Graph((Node("e:a", Kind.EXCHANGE, "a", "a", "topic"),))
    layout = lay_out(graph, measured(graph))
    assert layout.grid_top == 0
    assert list(layout.boxes) == ["e:a"]
