"""Where everything of the topology picture stands. By its construction no box lies on another, and no label on a box or a line.

Between two columns of boxes there is room for curves, and right before a column room where lines run level only: labels stand
there, each above its own line and no higher than the box that the line ends at.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from desktop.core.rabbitmq_graph import Edge, Graph, Kind, Node, Tie, label_of
from desktop.core.rabbitmq_layers import Layers, is_lane, layers_of, parts_of
from desktop.core.rabbitmq_rows import middles_of

HEIGHTS: Final = {Kind.EXCHANGE: 30.0, Kind.QUEUE: 40.0, Kind.CONSUMER: 26.0}
COMPACT_PX: Final = 30.0
"""The height of a queue among many."""
LABEL_PX: Final = 14.0
LABEL_ROOM_PX: Final = 18.0
"""Between a labelled line and the one above it."""
LINE_ROOM_PX: Final = 10.0
MOST_LABEL_PX: Final = 150.0
COMPACT_LABEL_PX: Final = 96.0
ARROW_PX: Final = 16.0
CURVE_PX: Final = (44.0, 110.0)
"""The least and most room for curves between two columns."""
COMPACT_CURVE_PX: Final = 28.0
"""The same between columns of queues: lines run straight there."""
DEAD_SHIFT_PX: Final = 9.0
"""Dead letters arrive beside where an exchange's bindings begin."""
PART_GAP_PX: Final = 28.0
PAGE_GAP_PX: Final = 72.0
GRID_GAP_PX: Final = 12.0
GRID_TITLE_PX: Final = 24.0
SHAPE: Final = 1.6
"""Width to height that the whole tries for, where nothing else is asked."""
MOST_WIDER: Final = 1.4
"""A picture that is higher than its room is wide gets boxes so much wider: what is shown small is written large."""
MOST_NODE_PX: Final = 320.0
MOST_PAGES: Final = 8
BULGE_PX: Final = 18.0

Point = tuple[float, float]
Curve = tuple[Point, Point, Point]
"""Two control points and the end."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, dx: float, dy: float) -> "Box":
        """Answer it elsewhere."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def meets(self, other: "Box") -> bool:
        """Whether the two have any room in common."""
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height


@dataclass(frozen=True, slots=True)
class Line:
    """How an edge runs, from its source to its target."""

    start: Point
    curves: tuple[Curve, ...]
    label: Box | None = None

    def moved(self, dx: float, dy: float) -> "Line":
        """Answer it elsewhere."""

        def move(point: Point) -> Point:
            return point[0] + dx, point[1] + dy

        curves = tuple((move(a), move(b), move(c)) for a, b, c in self.curves)
        return Line(move(self.start), curves, self.label.moved(dx, dy) if self.label else None)


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture, from (0, 0) on."""

    boxes: Mapping[str, Box]
    lines: Mapping[int, Line]
    """By the edge's index in the graph."""
    width: float
    height: float
    grid_top: float | None = None
    """Where the boxes begin that nothing is bound to."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the fonts ask for."""

    nodes: Mapping[str, float]
    """A box's width by its node's key."""
    labels: Mapping[int, float]
    """The width of an edge's label by the edge's index; an edge without one has no label."""

    def wider(self, times: float) -> "Sizes":
        """Answer the same with wider boxes."""
        return Sizes({key: min(width * times, MOST_NODE_PX) for key, width in self.nodes.items()}, self.labels)


Text = Callable[[str], float]
"""Answers how wide a text is."""


def sizes_of(graph: Graph, node: Callable[[Node], float], label: Text, rate_px: float) -> Sizes:
    """Measure; *rate_px* is kept free for a rate at the lines to consumers that alone tell it."""
    takers: dict[str, int] = defaultdict(int)
    for edge in graph.edges:
        takers[edge.source] += edge.tie is Tie.TAKES
    labels: dict[int, float] = {}
    for index, edge in enumerate(graph.edges):
        if edge.tie is Tie.BINDING and (text := label_of(edge)):
            labels[index] = label(text)
        elif edge.tie is Tie.TAKES and takers[edge.source] == 1:
            labels[index] = rate_px
    return Sizes({one.key: node(one) for one in graph.nodes}, labels)


def lay_out(graph: Graph, sizes: Sizes, shape: float = SHAPE) -> Layout:
    """Arrange *graph* for a room that is *shape* times as wide as high. Takes milliseconds; for hundreds of nodes call it in a thread."""
    layered: list[tuple[Layers, dict[int, Edge]]] = []
    for nodes in parts_of(graph.nodes, graph.edges):
        keys = {node.key for node in nodes}
        edges = {index: edge for index, edge in enumerate(graph.edges) if edge.source in keys}
        layered.append((layers_of(nodes, edges, shape), edges))
    layout = _placed(graph, layered, sizes, shape)
    wider = min(layout.height * shape / layout.width, MOST_WIDER) if layout.width else 1.0
    return _placed(graph, layered, sizes.wider(wider), shape) if wider > 1 else layout


def _placed(graph: Graph, layered: Sequence[tuple[Layers, dict[int, Edge]]], sizes: Sizes, shape: float) -> Layout:
    by_key = graph.by_key()
    parts = [_Part(layers, edges, by_key, sizes) for layers, edges in layered]
    boxes: dict[str, Box] = {}
    lines: dict[int, Line] = {}
    width, height = _pack(parts, boxes, lines, shape)
    loose = [node for node in graph.nodes if node.key not in boxes]
    if not loose:
        return Layout(boxes, lines, width, height)
    top = height + PART_GAP_PX if parts else 0.0
    wide, bottom = _grid(loose, sizes, boxes, top + (GRID_TITLE_PX if parts else 0.0), max(width, _square(loose, sizes, shape)))
    return Layout(boxes, lines, max(width, wide), bottom, top)


class _Part:
    """One connected part, from (0, 0) on."""

    def __init__(self, layers: Layers, edges: Mapping[int, Edge], nodes: Mapping[str, Node], sizes: Sizes) -> None:
        self._layers = layers
        self._edges = edges
        self._nodes = nodes
        most = COMPACT_LABEL_PX if layers.rows else MOST_LABEL_PX
        self._labels = {index: min(width, most) for index, width in sizes.labels.items() if index in edges}
        self._into = self._arrivals()
        heights = {key: self._height(key) for column in layers.columns for key in column if not is_lane(key)}
        self._middles = middles_of(layers, heights)
        self._widths = [max((sizes.nodes[key] for key in column if not is_lane(key)), default=0.0) for column in layers.columns]
        if layers.rows:
            table = {layers.rank[key] for key in layers.rows}
            widest = max(self._widths[column] for column in table)
            self._widths = [widest if column in table else width for column, width in enumerate(self._widths)]
        self._level = [max((self._labels.get(i, 0.0) for key in column for i in self._into[key]), default=0.0) for column in layers.columns]
        self._lefts: list[float] = []
        self._place_columns()
        self.boxes = {
            key: Box(self._lefts[layers.rank[key]], self._middles[key] - height / 2, self._widths[layers.rank[key]], height)
            for key, height in heights.items()
        }
        self._ports = {key: self._ports_of(key) for key in heights}
        self.lines = {index: self._line(index, route) for index, route in layers.routes.items()}
        self.lines |= {index: self._side_line(index, number) for number, index in enumerate(layers.sides)}
        self.width = self._lefts[-1] + self._widths[-1] + (CURVE_PX[0] if layers.sides else 0.0)
        self.height = max(at + heights.get(key, 0.0) / 2 for key, at in self._middles.items())
        self.queues_left = self._lefts[min(layers.first_queues, len(self._lefts) - 1)]

    def _arrivals(self) -> dict[str, list[int]]:
        """Answer by node the edges that touch its left side."""
        found: dict[str, list[int]] = defaultdict(list)
        for index, route in self._layers.routes.items():
            found[route[-1]].append(index)
        return found

    def _height(self, key: str) -> float:
        rooms = [LABEL_ROOM_PX if index in self._labels else LINE_ROOM_PX for index in self._into[key]]
        least = COMPACT_PX if key in self._layers.rows else HEIGHTS[self._nodes[key].kind]
        return max(least, sum(rooms) + LINE_ROOM_PX if len(rooms) > 1 else 0.0)

    def _place_columns(self) -> None:
        at = 0.0
        for number, width in enumerate(self._widths):
            if number:
                at += self._curve_room(number) + self._stub(number)
            self._lefts.append(at)
            at += width

    def _stub(self, column: int) -> float:
        return self._level[column] + ARROW_PX if column else 0.0

    def _curve_room(self, column: int) -> float:
        """Answer the room for curves before *column*: steep ones need more."""
        if self._layers.rows and column > self._layers.first_queues:
            return COMPACT_CURVE_PX
        steps = (itertools.pairwise(route) for route in self._layers.routes.values())
        here = [pair for pairs in steps for pair in pairs if self._layers.rank[pair[1]] == column]
        steepest = max((abs(self._middles[low] - self._middles[high]) for low, high in here), default=0.0)
        return min(max(CURVE_PX[0], steepest * 0.3), CURVE_PX[1])

    def _ports_of(self, key: str) -> dict[int, float]:
        """Answer how far down each edge meets the left side: in the order in which the lines come from above."""
        into = sorted(self._into[key], key=lambda index: (self._middles[self._layers.routes[index][-2]], index))
        rooms = [LABEL_ROOM_PX if index in self._labels else LINE_ROOM_PX for index in into]
        middle = self._middles[key]
        if len(into) == 1:
            return {into[0]: middle}
        ports: dict[int, float] = {}
        at = middle - sum(rooms) / 2
        for index, room in zip(into, rooms, strict=True):
            at += room
            ports[index] = at - (LINE_ROOM_PX / 2 if room == LINE_ROOM_PX else 2.0)
        return ports

    def _line(self, index: int, route: Sequence[str]) -> Line:
        edge = self._edges[index]
        rank = self._layers.rank
        first = route[0]
        at = (self._lefts[rank[first]] + self._widths[rank[first]], self._begin_y(edge, first, route[1]))
        start = at
        curves: list[Curve] = []
        for vertex in route[1:]:
            column = rank[vertex]
            is_last = vertex == route[-1]
            y = self._ports[vertex][index] if is_last else self._middles[vertex]
            level = (self._lefts[column] - self._stub(column), y)
            bend = (level[0] - at[0]) / 2
            curves.append(((at[0] + bend, at[1]), (level[0] - bend, y), level))
            at = (self._lefts[column] + (0.0 if is_last else self._widths[column]), y)
            curves.append(_straight(level, at))
        line = Line(start, tuple(curves), self._label(index, at))
        return line if edge.target == route[-1] else replace(_reversed(line), label=line.label)

    def _begin_y(self, edge: Edge, first: str, following: str) -> float:
        middle = self._middles[first]
        if edge.tie is Tie.DEAD and self._nodes[first].kind is Kind.EXCHANGE:
            return middle + (DEAD_SHIFT_PX if self._middles[following] >= middle else -DEAD_SHIFT_PX)
        return middle

    def _label(self, index: int, end: Point) -> Box | None:
        if index not in self._labels:
            return None
        left = end[0] - self._stub(self._layers.rank[self._layers.routes[index][-1]]) + 2
        return Box(left, end[1] - LABEL_PX - 2, self._labels[index], LABEL_PX)

    def _side_line(self, index: int, number: int) -> Line:
        """Lead from one box to another of its column, or back to itself, in the room at the right."""
        edge = self._edges[index]
        source, target = self.boxes[edge.source], self.boxes[edge.target]
        down = 1 if (target.y, edge.target) > (source.y, edge.source) else -1
        is_loop = edge.source == edge.target
        leave, arrive = (-8, 8) if is_loop else (12, -12) if down > 0 else (-5, 5)
        start = (source.x + source.width, source.y + source.height / 2 + leave)
        end = (target.x + target.width, target.y + target.height / 2 + arrive)
        out = min(BULGE_PX + 5 * (number % 4), (COMPACT_CURVE_PX if self._layers.rows else CURVE_PX[0]) - 6) * 4 / 3
        return Line(start, (((start[0] + out, start[1]), (end[0] + out, end[1]), end),))


def _straight(start: Point, end: Point) -> Curve:
    third = (end[0] - start[0]) / 3
    return (start[0] + third, start[1]), (end[0] - third, end[1]), end


def _reversed(line: Line) -> Line:
    points = [line.start, *(curve[2] for curve in line.curves)]
    curves = [(curve[1], curve[0], points[number]) for number, curve in enumerate(line.curves)]
    return Line(points[-1], tuple(reversed(curves)))


# -- the parts on one page


def _pack(parts: Sequence[_Part], boxes: dict[str, Box], lines: dict[int, Line], shape: float) -> tuple[float, float]:
    """Put the parts below each other, in as many pages side by side as come nearest to a window's shape."""
    if not parts:
        return 0.0, 0.0
    tries = [_pages(parts, count) for count in range(1, min(MOST_PAGES, len(parts)) + 1)]
    best = min(tries, key=lambda pages: _misfit(*_extent(pages), shape))
    left = 0.0
    for page in best:
        queues_left = max(part.queues_left for part in page)
        top = 0.0
        for part in page:
            dx = left + queues_left - part.queues_left
            boxes |= {key: box.moved(dx, top) for key, box in part.boxes.items()}
            lines |= {index: line.moved(dx, top) for index, line in part.lines.items()}
            top += part.height + PART_GAP_PX
        left += _page_width(page) + PAGE_GAP_PX
    return _extent(best)


def _pages(parts: Sequence[_Part], count: int) -> list[list[_Part]]:
    """Fill *count* pages, each part into the page that is the least full so far; the largest come first."""
    pages: list[list[_Part]] = [[] for _ in range(count)]
    filled = [0.0] * count
    for part in parts:
        least = min(range(count), key=lambda number: (filled[number], number))
        pages[least].append(part)
        filled[least] += part.height + PART_GAP_PX
    return pages


def _page_width(page: Sequence[_Part]) -> float:
    queues_left = max(part.queues_left for part in page)
    return max(queues_left - part.queues_left + part.width for part in page)


def _extent(pages: Sequence[Sequence[_Part]]) -> tuple[float, float]:
    width = sum(_page_width(page) for page in pages) + PAGE_GAP_PX * (len(pages) - 1)
    return width, max(sum(part.height for part in page) + PART_GAP_PX * (len(page) - 1) for page in pages)


def _misfit(width: float, height: float, shape: float) -> float:
    """Answer how much the window would have to show it smaller than the same area in its own shape."""
    return max(width / shape, height)


def _square(nodes: Sequence[Node], sizes: Sizes, shape: float) -> float:
    """Answer how wide a grid of *nodes* is that has the room's shape."""
    cell = max(sizes.nodes[node.key] for node in nodes) + GRID_GAP_PX
    return math.sqrt(len(nodes) * cell * (HEIGHTS[Kind.QUEUE] + GRID_GAP_PX) * shape)


def _grid(nodes: Sequence[Node], sizes: Sizes, boxes: dict[str, Box], top: float, room: float) -> tuple[float, float]:
    """Put *nodes* into rows and columns; answer how wide that is and where it ends."""
    widest = max(sizes.nodes[node.key] for node in nodes)
    columns = max(1, int((room + GRID_GAP_PX) // (widest + GRID_GAP_PX)))
    bottom = top
    for first in range(0, len(nodes), columns):
        line = nodes[first : first + columns]
        tallest = max(HEIGHTS[node.kind] for node in line)
        for number, node in enumerate(line):
            height = HEIGHTS[node.kind]
            boxes[node.key] = Box(number * (widest + GRID_GAP_PX), bottom + (tallest - height) / 2, widest, height)
        bottom += tallest + GRID_GAP_PX
    return min(columns, len(nodes)) * (widest + GRID_GAP_PX) - GRID_GAP_PX, bottom - GRID_GAP_PX
