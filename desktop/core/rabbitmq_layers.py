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
SWEEPS: Final = 9
ONE_COLUMN: Final = 26
"""Queues that stand in one column of a square room."""
SPREAD: Final = 0.17
"""Columns for n queues: the root of n times this times the room's shape, for boxes are wider than high."""


Vertex = str
"""A node's key, or that of a lane: a place in a column through which long edges pass."""


def is_lane(vertex: Vertex) -> bool:
    """Whether it is a place that lines pass, not a node."""
    return vertex.startswith("|")


@dataclass(slots=True)
class Layers:
    """One connected part, by columns from left to right."""

    columns: list[list[Vertex]]
    rank: dict[Vertex, int]
    routes: dict[int, list[Vertex]]
    """By the edge's index: the vertices it passes, from the left one to the right one, whichever way it points."""
    sides: dict[int, tuple[Vertex, Vertex]] = field(default_factory=dict)
    """Edges whose ends stand in the same column, with both ends."""
    first_queues: int = 0
    """The column in which queues begin."""
    rows: dict[Vertex, int] = field(default_factory=dict)
    """Where queues stand in a table of rows and columns, the row of each queue and lane there; empty where one column is enough."""


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


def layers_of(nodes: Sequence[Node], edges: Mapping[int, Edge], shape: float) -> Layers:
    """Arrange one part: exchanges as far right as what they feed lets them, then queues, then consumers."""
    exchanges = [node.key for node in nodes if node.kind is Kind.EXCHANGE]
    far = _far(exchanges, [edge for edge in edges.values() if edge.tie in {Tie.BINDING, Tie.ALTERNATE}])
    first = max(far.values(), default=-1) + 1
    rank = {key: first - 1 - steps for key, steps in far.items()}
    cells, columns = _cells_of(nodes, edges, shape)
    layers = Layers([], rank, {}, first_queues=first)
    for key, (row, column) in cells.items():
        rank[key] = first + column
        if columns > 1:
            layers.rows[key] = row
    rank |= {node.key: first + columns for node in nodes if node.kind is Kind.CONSUMER}
    for index, edge in edges.items():
        _route(layers, index, edge)
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


def _cells_of(nodes: Sequence[Node], edges: Mapping[int, Edge], shape: float) -> tuple[dict[str, tuple[int, int]], int]:
    """Answer row and column of each queue, and how many columns that makes.

    Many queues make a table, in which every exchange begins a row of its own: the one that leads to the fewest, where several lead
    to a queue.
    """
    sources: dict[str, list[str]] = defaultdict(list)
    led: dict[str, int] = defaultdict(int)
    for edge in edges.values():
        if edge.tie is Tie.BINDING:
            sources[edge.target].append(edge.source)
            led[edge.source] += 1
    queues = [node.key for node in nodes if node.kind is Kind.QUEUE]
    if len(queues) <= ONE_COLUMN / shape:
        return {key: (row, 0) for row, key in enumerate(queues)}, 1
    columns = max(2, round(math.sqrt(len(queues) * SPREAD * shape)))
    blocks: dict[str, list[str]] = defaultdict(list)
    for key in sorted(queues):
        blocks[min(sources[key], key=lambda source: (led[source], source), default="~")].append(key)
    cells: dict[str, tuple[int, int]] = {}
    row = 0
    for source in sorted(blocks):
        for number, key in enumerate(blocks[source]):
            cells[key] = (row + number // columns, number % columns)
        row += -(-len(blocks[source]) // columns)
    return cells, columns


def _route(layers: Layers, index: int, edge: Edge) -> None:
    """Note through which lanes an edge passes; those of one source share them, within a row of queues."""
    low, high = sorted((edge.source, edge.target), key=lambda key: layers.rank[key])
    first, last = layers.rank[low], layers.rank[high]
    if first == last:
        layers.sides[index] = (edge.source, edge.target)
        return
    route = [low]
    for column in range(first + 1, last):
        row = layers.rows.get(high, layers.rows.get(low, 0)) if column >= layers.first_queues else -1
        key = f"|{low}|{edge.tie}|{row}|{column}"
        layers.rank[key] = column
        if row >= 0 and layers.rows:
            layers.rows[key] = row
        route.append(key)
    layers.routes[index] = [*route, high]


# -- the order within the columns


def _order(layers: Layers) -> None:
    pairs = sorted({pair for route in layers.routes.values() for pair in itertools.pairwise(route)})
    vertices = sorted(layers.rank, key=lambda key: (layers.rank[key], layers.rows.get(key, 0), is_lane(key), key))
    columns: list[list[Vertex]] = [[] for _ in range(max(layers.rank.values()) + 1)]
    if layers.rows or len(vertices) > MOST_FOR_LIBRARY:
        for vertex in vertices:
            columns[layers.rank[vertex]].append(vertex)
        layers.columns = _by_means(columns, pairs, fixed=layers.rows)
        return
    place = _upright(_by_library(vertices, pairs), layers)
    beside = {end: other for end, other in _side_ends(layers) if end not in place and other in place}
    place |= {end: place[other] + 0.5 for end, other in beside.items()}
    for vertex in sorted(vertices, key=lambda key: place.get(key, math.inf)):
        columns[layers.rank[vertex]].append(vertex)
    layers.columns = columns


def _upright(place: dict[Vertex, float], layers: Layers) -> dict[Vertex, float]:
    """Turn a part upside down where it then reads more as its names are sorted: to a layout both are alike."""
    balance = 0
    for column in range(max(layers.rank.values()) + 1):
        names = sorted((v for v in place if layers.rank[v] == column and not is_lane(v)), key=lambda vertex: place[vertex])
        balance += sum(1 if upper < lower else -1 for upper, lower in itertools.pairwise(names))
    return {vertex: -at for vertex, at in place.items()} if balance < 0 else place


def _side_ends(layers: Layers) -> list[tuple[Vertex, Vertex]]:
    return [pair for one, other in layers.sides.values() for pair in ((one, other), (other, one))]


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


def _by_means(columns: list[list[Vertex]], pairs: Sequence[tuple[Vertex, Vertex]], fixed: Mapping[Vertex, int]) -> list[list[Vertex]]:
    """Sort each column by the mean place of what it hangs on, to and fro; columns of what is *fixed* stay as they are."""
    near: dict[Vertex, tuple[list[Vertex], list[Vertex]]] = {vertex: ([], []) for column in columns for vertex in column}
    for low, high in pairs:
        near[high][0].append(low)
        near[low][1].append(high)
    longest = max(len(column) for column in columns)
    place = {vertex: number * longest / len(column) for column in columns for number, vertex in enumerate(column)}
    for sweep in range(SWEEPS):
        side = (sweep + 1) % 2
        for column in columns if side == 0 else reversed(columns):
            if any(vertex in fixed for vertex in column):
                continue
            means = {v: sum(place[n] for n in near[v][side]) / len(near[v][side]) if near[v][side] else place[v] for v in column}
            column.sort(key=lambda vertex: means[vertex])
            place |= {vertex: number * longest / len(column) for number, vertex in enumerate(column)}
    return columns
