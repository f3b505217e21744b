"""A group's lag over time: rates, the time it takes to catch up, and the marks and points of its picture."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.kafka_lag import (
    NS_PER_S,
    Pace,
    busiest_topics,
    catch_up_s,
    forecast_words,
    nearest,
    pace_of,
    thinned,
    time_marks,
    top_of,
)
from embedded_server.contracts.kafka import LagPoint

START = 1_795_000_000 * NS_PER_S


def points(count: int, *, consumed: int = 10, produced: int = 5, every_s: int = 5) -> list[LagPoint]:
    return [
        LagPoint(START + n * every_s * NS_PER_S, 1000, {}, committed=n * consumed * every_s, end=1000 + n * produced * every_s)
        for n in range(count)
    ]


def test_rates_are_those_of_the_last_minute() -> None:
    slow_then_fast = [*points(100, consumed=1), *(LagPoint(p.at + 500 * NS_PER_S, 1, {}, 495 + p.committed, p.end) for p in points(20))]
    assert pace_of(points(3)) == Pace(10.0, 5.0)
    assert pace_of(slow_then_fast).consumed == 10.0


def test_one_point_and_offsets_that_went_back_tell_nothing() -> None:
    assert pace_of([]) == pace_of(points(1)) == Pace()
    back = [LagPoint(START, 0, {}, 500, 500), LagPoint(START + 10 * NS_PER_S, 400, {}, 100, 500)]
    assert pace_of(back) == Pace(None, 0.0)


def test_catching_up_takes_the_lag_over_the_gain() -> None:
    assert catch_up_s(1000, Pace(10.0, 5.0)) == 200.0
    assert catch_up_s(1000, Pace(5.0, 5.0)) is None
    assert catch_up_s(1000, Pace(None, 5.0)) is None
    assert catch_up_s(10**9, Pace(1.1, 1.0)) is None


@pytest.mark.parametrize(
    ("lag", "pace", "words"),
    [
        (0, Pace(1.0, 1.0), "caught up"),
        (1000, Pace(10.0, 5.0), "catches up in about 3 m 20 s"),
        (1000, Pace(0.0, 5.0), "nothing is consumed"),
        (1000, Pace(4.0, 5.0), "falls further behind"),
        (1000, Pace(), ""),
        (None, Pace(), ""),
    ],
)
def test_where_the_lag_is_going_is_said(lag: int | None, pace: Pace, words: str) -> None:
    assert forecast_words(lag, pace)[0] == words


@given(st.lists(st.integers(0, 10**15), max_size=20))
def test_the_axis_ends_at_a_round_number_above_every_value(values: list[int]) -> None:
    top = top_of(values)
    assert top >= max([10, *values])
    assert top <= 10 * max([10, *values])
    assert str(top).rstrip("0") in {"1", "2", "25", "5"}


@given(st.integers(1, 10**6), st.integers(1, 12))
def test_time_marks_are_round_few_and_within(seconds: int, most: int) -> None:
    end = START + seconds * NS_PER_S
    marks = time_marks(START, end, most)
    assert len(marks) <= most + 1
    assert all(START <= mark <= end for mark in marks)
    assert len({b - a for a, b in pairwise(marks)}) <= 1


@given(st.lists(st.tuples(st.floats(0, 99, allow_nan=False), st.floats(0, 1e6, allow_nan=False)), min_size=1, max_size=2000))
def test_thinning_keeps_ends_and_peaks(values: list[tuple[float, float]]) -> None:
    ordered = sorted(values, key=lambda value: value[0])
    kept = thinned(ordered, 100)
    assert len(kept) <= max(400, 4)
    assert kept[0] == ordered[0]
    assert kept[-1][0] == ordered[-1][0]
    assert max(y for _, y in kept) == max(y for _, y in ordered)
    assert min(y for _, y in kept) == min(y for _, y in ordered)


def test_the_pointer_finds_the_nearest_point() -> None:
    made = points(3)
    assert nearest(made, START - NS_PER_S) == 0
    assert nearest(made, START + 4 * NS_PER_S) == 1
    assert nearest(made, START + 999 * NS_PER_S) == 2


def test_a_single_topic_has_no_line_beside_the_total() -> None:
    assert busiest_topics([LagPoint(START, 5, {"a": 5})], 4) == []
    assert busiest_topics([LagPoint(START, 9, {"a": 1, "b": 5, "c": 3})], 2) == ["b", "c"]
