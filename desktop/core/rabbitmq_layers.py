"""Into which column each node goes, through which columns a long edge passes, and in which order the columns read downwards."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fast_sugiyama import from_edges

from desktop.core.rabbitmq_graph import Edge, Kind, Node, Tie

MOST_FOR_LIBRARY: Final = 400
"""Vertices of one part up to which the library orders it: it keeps Python's lock, 20 ms at 300 and 0.5 s at 1,000."""
SWEEPS: Final = 8
ONE_COLUMN: Final = 16
"""Queues that stand in one column."""
SPREAD: Final = 0.22
"""Columns for n queues: the root of n times this makes a part about as wide as a window is."""


Vertex = str
"""A node's key, or that of a lane: a place in a column through which long edges pass."""


@dataclass(slots=True)
class Layers:
    """One connected part, by columns from left to right."""

    columns: list[list[Vertex]]
    rank: dict[Vertex, int]
    routes: dict[int, list[Vertex]]
    """By the edge's index: the vertices it passes, from the left one to the right one, whichever way it points."""
    sides: list[int] = field(default_factory=list)
    """Edges whose ends stand in the same column."""
    first_queues: int = 0
    """The column in which queues begin."""


def parts_of(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[list[Node]]:
    """Answer what hangs together, the largest first; nodes that no edge touches are left out."""
    root = {node.key: node.key for node in nodes}

    def find(key: str) -> str:
        while root[key] != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    for edge in edges:
        root[max(find(edge.source), find(edge.target))] = min(find(edge.source), find(edge.target))
    touched = {end for edge in edges for end in (edge.source, edge.target)}
    found: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.key in touched:
            found[find(node.key)].append(node)
    return sorted(found.values(), key=lambda part: (-len(part), part[0].key))


def layers_of(nodes: Sequence[Node], edges: Mapping[int, Edge]) -> Layers:
    """Arrange one part: exchanges as far right as what they feed lets them, then queues, then consumers."""
    exchanges = [node.key for node in nodes if node.kind is Kind.EXCHANGE]
    far = _far(exchanges, [edge for edge in edges.values() if edge.tie in {Tie.BINDING, Tie.ALTERNATE}])
    first = max(far.values(), default=-1) + 1
    rank = {key: first - 1 - steps for key, steps in far.items()}
    queues = _queues_in_order(nodes, edges)
    columns = 1 if len(queues) <= ONE_COLUMN else max(2, round(math.sqrt(len(queues) * SPREAD)))
    row: dict[str, int] = {}
    for number, key in enumerate(queues):
        rank[key] = first + number % columns
        row[key] = number // columns
    rank |= {node.key: first + columns for node in nodes if node.kind is Kind.CONSUMER}
    layers = Layers([], rank, {}, first_queues=first)
    for index, edge in edges.items():
        _route(layers, index, edge, row)
    _order(layers)
    return layers


def _far(keys: Iterable[str], edges: Iterable[Edge]) -> dict[str, int]:
    """Answer how many exchanges follow after each, on the longest way; a circle is cut where it is met again."""
    onward: dict[str, list[str]] = {key: [] for key in keys}
    for edge in edges:
        if edge.source in onward and edge.target in onward:
            onward[edge.source].append(edge.target)
    far: dict[str, int] = {}
    for start in sorted(onward):
        opened: set[str] = set()
        waiting = [(start, False)]
        while waiting:
            key, done = waiting.pop()
            if key in far:
                continue
            if done:
                far[key] = max((far[other] + 1 for other in onward[key] if other in far), default=0)
            elif key not in opened:
                opened.add(key)
                waiting.append((key, True))
                waiting += [(other, False) for other in reversed(onward[key]) if other not in opened]
    return far


def _queues_in_order(nodes: Sequence[Node], edges: Mapping[int, Edge]) -> list[str]:
    sources: dict[str, list[str]] = defaultdict(list)
    for edge in edges.values():
        if edge.tie is Tie.BINDING:
            sources[edge.target].append(edge.source)
    queues = [node.key for node in nodes if node.kind is Kind.QUEUE]
    return sorted(queues, key=lambda key: (sorted(sources[key]), key))


def _route(layers: Layers, index: int, edge: Edge, row: Mapping[str, int]) -> None:
    """Note through which lanes an edge passes; those of one source share them, within a row of queues."""
    low, high = sorted((edge.source, edge.target), key=lambda key: layers.rank[key])
    first, last = layers.rank[low], layers.rank[high]
    if first == last:
        layers.sides.append(index)
        return
    route = [low]
    for column in range(first + 1, last):
        at = row.get(high, 0) if column >= layers.first_queues else "-"
        key = f"|{low}|{edge.tie}|{at}|{column}"
        layers.rank[key] = column
        route.append(key)
    layers.routes[index] = [*route, high]


# -- the order within the columns


def _order(layers: Layers) -> None:
    pairs = sorted({pair for route in layers.routes.values() for pair in itertools.pairwise(route)})
    vertices = sorted(layers.rank, key=lambda key: (layers.rank[key], key))
    start = {vertex: float(number) for number, vertex in enumerate(vertices)}
    place = _by_library(vertices, pairs) if len(vertices) <= MOST_FOR_LIBRARY else {}
    columns: list[list[Vertex]] = [[] for _ in range(max(layers.rank.values()) + 1)]
    for vertex in sorted(vertices, key=lambda key: (place.get(key, math.inf), start[key])):
        columns[layers.rank[vertex]].append(vertex)
    layers.columns = columns if place else _by_means(columns, pairs)


def _by_library(vertices: Sequence[Vertex], pairs: Sequence[tuple[Vertex, Vertex]]) -> dict[Vertex, float]:
    """Let the library lay the part out. As every pair spans one column, its ranks are ours."""
    numbers = {vertex: number for number, vertex in enumerate(vertices)}
    found: dict[Vertex, float] = {}
    begin = 0.0
    for positions, width, *_ in from_edges(
        [(numbers[low], numbers[high]) for low, high in pairs],
        vertex_spacing=10,
        dummy_vertices=False,
        check_layout=False,
    ):
        for number, (x, _y) in sorted(positions):
            found[vertices[int(number)]] = begin + x
        begin += width + 10
    return found


def _by_means(columns: list[list[Vertex]], pairs: Sequence[tuple[Vertex, Vertex]]) -> list[list[Vertex]]:
    """Sort each column by the mean place of what it hangs on, to and fro."""
    near: dict[Vertex, tuple[list[Vertex], list[Vertex]]] = {vertex: ([], []) for column in columns for vertex in column}
    for low, high in pairs:
        near[high][0].append(low)
        near[low][1].append(high)
    place = {vertex: float(number) for column in columns for number, vertex in enumerate(column)}
    for sweep in range(SWEEPS):
        side = sweep % 2
        for column in columns if side == 0 else reversed(columns):
            means = {v: sum(place[n] for n in near[v][side]) / len(near[v][side]) if near[v][side] else place[v] for v in column}
            column.sort(key=lambda vertex: means[vertex])
            share = max(len(one) for one in columns) / max(1, len(column))
            place |= {vertex: number * share for number, vertex in enumerate(column)}
    return columns
