"""A group's lag over time, for a picture: points on it, nice marks on its axes, how fast it changes, and when it will be gone."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from desktop.core.formatting import span
from desktop.core.i18n import tr
from embedded_server.contracts.kafka import LagPoint

NS_PER_S: Final = 1_000_000_000
RATE_OVER_S: Final = 60
"""Rates are told over the last minute: less jumps with every commit."""
LEAST_OVER_S: Final = 2
LONGEST_TOLD_S: Final = 7 * 86_400
"""Whoever catches up in more than a week does not."""
_TIME_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a group reads and its topics are written, in records a second; None while it cannot be told."""

    consumed: float | None = None
    produced: float | None = None


def pace_of(points: Sequence[LagPoint]) -> Pace:
    """Answer the rates over the last minute. Offsets that went back, by a reset or a new topic, tell nothing."""
    if len(points) < 2:
        return Pace()
    newest = points[-1]
    first = next(point for point in points if newest.at - point.at <= RATE_OVER_S * NS_PER_S)
    seconds = (newest.at - first.at) / NS_PER_S
    if seconds < LEAST_OVER_S:
        return Pace()
    read, written = newest.committed - first.committed, newest.end - first.end
    return Pace(read / seconds if read >= 0 else None, written / seconds if written >= 0 else None)


def catch_up_s(lag: int, pace: Pace) -> float | None:
    """Answer in how many seconds the lag will be gone; None where it will not, or nobody can tell."""
    if lag <= 0 or pace.consumed is None or pace.produced is None or pace.consumed <= pace.produced:
        return None
    seconds = lag / (pace.consumed - pace.produced)
    return seconds if seconds <= LONGEST_TOLD_S else None


def forecast_words(lag: int | None, pace: Pace) -> tuple[str, str]:
    """Say where the lag is going: words and their colour."""
    if lag is None:
        return "", "dim"
    if lag == 0:
        return tr("caught up"), "ok"
    seconds = catch_up_s(lag, pace)
    if seconds is not None:
        return tr("catches up in about {time}", time=span(max(1, seconds))), "run"
    if pace.consumed == 0:
        return tr("nothing is consumed"), "warn"
    if pace.consumed is not None and pace.produced is not None and pace.produced > pace.consumed:
        return tr("falls further behind"), "warn"
    return "", "dim"


def top_of(values: Sequence[int]) -> int:
    """Answer a round number at or above the highest value, at least 10."""
    highest = max([10, *values])
    power = 10 ** math.floor(math.log10(highest))
    return next(int(factor * power) for factor in (1, 2, 2.5, 5, 10) if factor * power >= highest)


def time_marks(start: int, end: int, most: int) -> list[int]:
    """Answer at most *most* round moments between two, in nanoseconds."""
    seconds = max(1, (end - start) / NS_PER_S)
    step = next((step for step in _TIME_STEPS_S if seconds / step <= most), math.ceil(seconds / most / 86_400) * 86_400)
    first = math.ceil(start / NS_PER_S / step) * step
    return [second * NS_PER_S for second in range(first, end // NS_PER_S + 1, step)]


def nearest(points: Sequence[LagPoint], at: float) -> int:
    """Answer the number of the point that is nearest to a moment."""
    after = bisect_left(points, at, key=lambda point: point.at)
    if after == 0 or after == len(points):
        return min(after, len(points) - 1)
    return after if points[after].at - at < at - points[after - 1].at else after - 1


def thinned(values: Sequence[tuple[float, float]], columns: int) -> list[tuple[float, float]]:
    """Answer at most four points a column of pixels: the first, the lowest, the highest and the last, so that no peak is lost.

    *values* are x, from 0 to *columns*, and y, in the order of x.
    """
    if len(values) <= columns * 4:
        return list(values)
    out: list[tuple[float, float]] = []
    column: list[tuple[float, float]] = []
    for value in values:
        if column and int(value[0]) != int(column[0][0]):
            out += _ends(column)
            column = []
        column.append(value)
    return out + _ends(column)


def _ends(column: list[tuple[float, float]]) -> list[tuple[float, float]]:
    low, high = min(column, key=lambda value: value[1]), max(column, key=lambda value: value[1])
    kept = {id(value): value for value in (column[0], low, high, column[-1])}
    return sorted(kept.values(), key=lambda value: value[0])


def busiest_topics(points: Sequence[LagPoint], most: int) -> list[str]:
    """Answer the topics with the most lag now, the most first; none where there is one alone, which is the total."""
    latest = points[-1].topics if points else {}
    ordered = sorted(latest, key=lambda topic: (-latest[topic], topic))
    return ordered[:most] if len(ordered) > 1 else []
