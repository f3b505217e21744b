"""How far down each vertex of a layered part stands: near what it hangs on, lines straight where they can be, nothing upon another."""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from desktop.core.rabbitmq_layers import Layers, Vertex, is_lane

SWEEPS: Final = 12
LANE_PX: Final = 4.0
NODE_GAP_PX: Final = 12.0
LANE_GAP_PX: Final = 8.0
STRAIGHT: Final = 6.0
"""How much more a line between two lanes wants to be straight than one between nodes."""

Weighted = list[tuple[Vertex, float]]


def middles_of(layers: Layers, heights: Mapping[Vertex, float]) -> dict[Vertex, float]:
    """Answer the middle of each vertex, from 0 downwards; *heights* has those of the nodes."""
    pulls = _pulls(layers)
    tall = {vertex: heights.get(vertex, LANE_PX) for vertex in layers.rank}
    place: dict[Vertex, float] = {}
    for column in layers.columns:
        place |= _stacked(column, tall)
    middle = max((place[column[-1]] for column in layers.columns if column), default=0.0) / 2
    for column in layers.columns:
        if column:
            shift = middle - (place[column[0]] + place[column[-1]]) / 2
            place |= {vertex: place[vertex] + shift for vertex in column}
    fixed = _table(layers, tall)
    place |= fixed
    loose = [column for column in layers.columns if not any(vertex in fixed for vertex in column)]
    for sweep in range(SWEEPS):
        for column in loose if sweep % 2 else loose[::-1]:
            wanted = [_mean(pulls[vertex], place, place[vertex]) for vertex in column]
            weights = [sum(weight for _, weight in pulls[vertex]) or 0.01 for vertex in column]
            place |= dict(zip(column, _apart(column, wanted, weights, tall), strict=True))
    top = min((place[vertex] - tall[vertex] / 2 for vertex in place), default=0.0)
    return {vertex: at - top for vertex, at in place.items()}


def _pulls(layers: Layers) -> dict[Vertex, Weighted]:
    pulls: dict[Vertex, Weighted] = defaultdict(list)
    for low, high in sorted({pair for route in layers.routes.values() for pair in itertools.pairwise(route)}):
        weight = STRAIGHT if is_lane(low) and is_lane(high) else 1.0
        pulls[low].append((high, weight))
        pulls[high].append((low, weight))
    for one, other in layers.sides.values():
        if one != other:
            pulls[one].append((other, 1.0))
            pulls[other].append((one, 1.0))
    return pulls


def _table(layers: Layers, tall: Mapping[Vertex, float]) -> dict[Vertex, float]:
    """Answer the places in a table of queues: boxes of one row stand level, and below them the row's lanes run straight."""
    rows: dict[int, list[Vertex]] = defaultdict(list)
    for vertex, row in layers.rows.items():
        rows[row].append(vertex)
    place: dict[Vertex, float] = {}
    top = 0.0
    for row in sorted(rows):
        boxes = [vertex for vertex in rows[row] if not is_lane(vertex)]
        tallest = max((tall[vertex] for vertex in boxes), default=0.0)
        place |= dict.fromkeys(boxes, top + tallest / 2)
        top += tallest
        lanes = sorted({_line_of(vertex) for vertex in rows[row] if is_lane(vertex)})
        levels = {line: top + (LANE_GAP_PX + LANE_PX) * (number + 1) - LANE_PX / 2 for number, line in enumerate(lanes)}
        place |= {vertex: levels[_line_of(vertex)] for vertex in rows[row] if is_lane(vertex)}
        top += (LANE_GAP_PX + LANE_PX) * len(lanes) + NODE_GAP_PX
    return place


def _line_of(lane: Vertex) -> str:
    """Answer what a lane has in common with those it goes on in: all of its key but the column."""
    return lane.rpartition("|")[0]


def _mean(pulls: Weighted, place: Mapping[Vertex, float], otherwise: float) -> float:
    total = sum(weight for _, weight in pulls)
    return sum(place[vertex] * weight for vertex, weight in pulls) / total if total else otherwise


def _gap(upper: Vertex, lower: Vertex, tall: Mapping[Vertex, float]) -> float:
    """Answer the least distance between two middles."""
    gap = LANE_GAP_PX if is_lane(upper) or is_lane(lower) else NODE_GAP_PX
    return (tall[upper] + tall[lower]) / 2 + gap


def _stacked(column: Sequence[Vertex], tall: Mapping[Vertex, float]) -> dict[Vertex, float]:
    place: dict[Vertex, float] = {}
    at = 0.0
    for number, vertex in enumerate(column):
        at += _gap(column[number - 1], vertex, tall) if number else tall[vertex] / 2
        place[vertex] = at
    return place


def _apart(column: Sequence[Vertex], wanted: Sequence[float], weights: Sequence[float], tall: Mapping[Vertex, float]) -> list[float]:
    """Answer the places nearest to those *wanted* that keep order and distance.

    Without the distances it is isotonic regression, solved by pooling neighbours that stand the wrong way round.
    """
    offsets = [0.0]
    for upper, lower in itertools.pairwise(column):
        offsets.append(offsets[-1] + _gap(upper, lower, tall))
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for want, offset, own in zip(wanted, offsets, weights, strict=True):
        mean, weight, members = want - offset, own, 1
        while pools and pools[-1][0] > mean:
            before, heavy, many = pools.pop()
            mean = (before * heavy + mean * weight) / (heavy + weight)
            weight, members = weight + heavy, members + many
        pools.append((mean, weight, members))
    means = [mean for mean, _, members in pools for _ in range(members)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
