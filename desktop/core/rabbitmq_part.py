"""One connected part of the topology picture: its boxes, and the lines between them.

Between two columns of boxes there is room for curves, and right before a column room where lines run level only: labels stand
there, each above its own line and no higher than the box that the line ends at.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from desktop.core.rabbitmq_graph import Edge, Kind, Node, Tie
from desktop.core.rabbitmq_layers import Layers, is_lane
from desktop.core.rabbitmq_rows import middles_of
from desktop.core.rabbitmq_shapes import Box, Curve, Line, Point, Sizes

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
BULGE_PX: Final = 18.0


class Part:
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
