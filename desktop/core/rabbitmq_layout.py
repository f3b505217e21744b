"""Where everything of the topology picture stands. By its construction no box lies on another, and no label on a box or a line."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from desktop.core.rabbitmq_graph import Edge, Graph, Kind, Node, Tie, label_of
from desktop.core.rabbitmq_layers import Layers, layers_of, parts_of
from desktop.core.rabbitmq_part import HEIGHTS, Part
from desktop.core.rabbitmq_shapes import Box, Layout, Line, Sizes

PART_GAP_PX: Final = 28.0
PAGE_GAP_PX: Final = 72.0
GRID_GAP_PX: Final = 12.0
GRID_TITLE_PX: Final = 24.0
SHAPE: Final = 1.6
"""Width to height that the whole tries for, where nothing else is asked."""
MOST_WIDER: Final = 1.4
"""A picture that is higher than its room is wide gets boxes so much wider: what is shown small is written large."""
MOST_PAGES: Final = 8

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
    parts = [Part(layers, edges, by_key, sizes) for layers, edges in layered]
    boxes: dict[str, Box] = {}
    lines: dict[int, Line] = {}
    width, height = _pack(parts, boxes, lines, shape)
    loose = [node for node in graph.nodes if node.key not in boxes]
    if not loose:
        return Layout(boxes, lines, width, height)
    top = height + PART_GAP_PX if parts else 0.0
    wide, bottom = _grid(loose, sizes, boxes, top + (GRID_TITLE_PX if parts else 0.0), max(width, _square(loose, sizes, shape)))
    return Layout(boxes, lines, max(width, wide), bottom, top)


# -- the parts on one page


def _pack(parts: Sequence[Part], boxes: dict[str, Box], lines: dict[int, Line], shape: float) -> tuple[float, float]:
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


def _pages(parts: Sequence[Part], count: int) -> list[list[Part]]:
    """Fill *count* pages, each part into the page that is the least full so far; the largest come first."""
    pages: list[list[Part]] = [[] for _ in range(count)]
    filled = [0.0] * count
    for part in parts:
        least = min(range(count), key=lambda number: (filled[number], number))
        pages[least].append(part)
        filled[least] += part.height + PART_GAP_PX
    return pages


def _page_width(page: Sequence[Part]) -> float:
    queues_left = max(part.queues_left for part in page)
    return max(queues_left - part.queues_left + part.width for part in page)


def _extent(pages: Sequence[Sequence[Part]]) -> tuple[float, float]:
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
