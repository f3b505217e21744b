"""Boxes and lines of the topology picture: what a layout is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MOST_NODE_PX: Final = 320.0

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
