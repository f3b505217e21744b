"""What the listing of clusters works out without asking anybody: assignments, lag over time, rates, resets, pages."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.admin import DescribeConfigsResponse
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment

from embedded_server.contracts.kafka import Assigned, LagPoint, ResetRequest, ResetTo
from embedded_server.kafka.holdings.assignment import assignment_of
from embedded_server.kafka.holdings.configs import entry_of, named_in
from embedded_server.kafka.holdings.figures import Rates
from embedded_server.kafka.holdings.group_wire import Committed, Ranges
from embedded_server.kafka.holdings.lag import Series, point_of
from embedded_server.kafka.holdings.paging import page_of
from embedded_server.kafka.holdings.reset import Ground, places_of, plan

NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
RANGES = Ranges({("t", 0): 5, ("t", 1): 0}, {("t", 0): 20, ("t", 1): 0})


@given(st.dictionaries(NAMES, st.lists(st.integers(0, 500), min_size=1, unique=True), max_size=5), st.binary(max_size=8))
def test_an_assignment_comes_back_as_kafkas_own_schema_wrote_it(wanted: dict[str, list[int]], user_data: bytes) -> None:
    partition = ConsumerProtocolAssignment.TopicPartition
    written = ConsumerProtocolAssignment(
        version=1, assigned_partitions=[partition(topic=name, partitions=numbers) for name, numbers in wanted.items()], user_data=user_data
    ).encode(version=1)
    assert assignment_of(written) == [Assigned(name, sorted(wanted[name])) for name in sorted(wanted)]


@given(st.binary(max_size=200))
def test_any_bytes_are_an_assignment_or_none(data: bytes) -> None:
    assert isinstance(assignment_of(data), list)
    assert isinstance(assignment_of(b"\0\1" + struct.pack(">i", 1) + data), list)


def test_a_claim_of_too_many_partitions_is_no_assignment() -> None:
    assert assignment_of(b"\0\1" + struct.pack(">ih", 1, 1) + b"t" + struct.pack(">i", 2**31 - 1)) == []
    assert assignment_of(None) == []


def test_old_points_get_thinner_and_new_ones_stay_dense() -> None:
    series = Series(most=100)
    for at in range(1000):
        series.add(LagPoint(at, at))
    times = [point.at for point in series.points]
    assert len(times) <= 100
    assert times[0] == 0, "the first is kept"
    assert times[-40:] == list(range(960, 1000)), "the newest are all there"
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps == sorted(gaps, reverse=True)


def test_lag_counts_from_the_start_where_what_was_committed_is_gone() -> None:
    assert RANGES.lag(("t", 0), Committed(3)) == 15
    assert RANGES.lag(("t", 0), Committed(8)) == 12
    assert RANGES.lag(("t", 0), Committed(25)) == 0, "a topic created anew is behind the group"
    assert RANGES.lag(("gone", 0), Committed(3)) is None
    point = point_of(7, {("t", 0): Committed(8), ("t", 1): Committed(0), ("gone", 0): Committed(99)}, RANGES)
    assert point == LagPoint(7, 12, {"t": 12}, 8, 20)


def test_a_rate_needs_two_looks_and_starts_anew_with_the_topic() -> None:
    now = [0.0]
    rates = Rates(clock=lambda: now[0])
    place = ("t", 0)
    assert rates.note("c", {place: 100}) == {}
    now[0] = 2.0
    assert rates.note("c", {place: 150}) == {place: 25.0}
    now[0] = 2.1
    assert rates.note("c", {place: 160}) == {place: 25.0}, "too soon for another"
    now[0] = 4.0
    assert rates.note("c", {place: 10}) == {}, "created anew"
    now[0] = 200.0
    assert rates.note("c", {place: 20}) == {}, "nobody looked for long"
    now[0] = 201.0
    assert rates.note("d", {place: 20}) == {}, "another cluster"
    rates.forget("c")
    assert rates.note("c", {place: 30}) == {}


def test_a_reset_is_planned_partition_by_partition() -> None:
    ground = Ground({("t", 0): Committed(8), ("gone", 0): Committed(1)}, RANGES, {("t", 0): 12, ("t", 1): -1})
    places = [("gone", 0), ("t", 0), ("t", 1)]

    def after(to: ResetTo, offset: int = 0) -> list[int | None]:
        changes = plan(ResetRequest("g", to, offset=offset), places, ground)
        assert [change.before for change in changes] == [1, 8, None]
        assert changes[0].problem is not None, "the partition is gone"
        return [None if change.problem else change.after for change in changes[1:]]

    assert after(ResetTo.EARLIEST) == [5, 0]
    assert after(ResetTo.LATEST) == [20, 0]
    assert after(ResetTo.OFFSET, 7) == [7, 0]
    assert after(ResetTo.SHIFT, -2) == [6, None]
    assert after(ResetTo.TIME) == [12, 0]
    clamped = plan(ResetRequest("g", ResetTo.SHIFT, offset=-100), [("t", 0)], ground)
    assert [(change.after, change.clamped, change.lag_after) for change in clamped] == [(5, True, 15)]


def test_partitions_are_those_named_or_all_that_is_committed() -> None:
    committed = {("b", 1): Committed(1), ("a", 0): Committed(1)}
    assert places_of([], committed, {}) == [("a", 0), ("b", 1)]
    assert places_of([Assigned("a", []), Assigned("b", [4])], committed, {"a": 2, "b": 9}) == [("a", 0), ("a", 1), ("b", 4)]


def test_there_is_always_a_first_page() -> None:
    assert (page_of([], 7, 10).page, page_of([], 7, 10).pages) == (1, 1)
    last = page_of(list(range(25)), 99, 10)
    assert (list(last.items), last.page, last.pages) == ([20, 21, 22, 23, 24], 3, 3)


def test_a_sensitive_setting_never_tells_its_value() -> None:
    result = DescribeConfigsResponse.DescribeConfigsResult.DescribeConfigsResourceResult
    secret, plain = (entry_of(result(name="x.password", value="s3cret", config_source=5, is_sensitive=hidden)) for hidden in (True, False))
    assert (secret.sensitive, secret.value, secret.default) == (True, None, None)
    assert (plain.sensitive, plain.value, plain.default) == (False, "s3cret", "s3cret")


@pytest.mark.parametrize(
    ("source", "value", "synonyms", "default"),
    [
        (5, "604800000", [], "604800000"),
        (4, "86400000", [("log.retention.hours", "24", 4), ("log.retention.hours", "168", 5)], "86400000"),
        (1, "1000", [("retention.ms", "1000", 1), ("log.retention.ms", None, 5), ("log.retention.hours", "168", 5)], "604800000"),
        (1, "1000", [("retention.ms", "1000", 1), ("log.retention.ms", None, 5)], None),
        (6, "1000", [], None),
    ],
    ids=["by default", "by the broker", "behind a synonym without a value", "told nowhere", "by what is not known"],
)
def test_the_default_of_a_setting_is_what_it_would_be_without_the_topics_own(
    source: int, value: str, synonyms: list[tuple[str, str | None, int]], default: str | None
) -> None:
    result = DescribeConfigsResponse.DescribeConfigsResult.DescribeConfigsResourceResult
    told = [result.DescribeConfigsSynonym(name=name, value=one, source=whose) for name, one, whose in synonyms]
    entry = entry_of(result(name="retention.ms", value=value, config_source=source, synonyms=told))
    assert entry.default == default


@pytest.mark.parametrize(
    ("words", "names", "found"),
    [
        (
            "Invalid value -5 for configuration retention.bytes: Value must be at least -1",
            ["retention.ms", "retention.bytes"],
            "retention.bytes",
        ),
        ("Unknown topic config name: no.such.setting", ["such", "no.such.setting"], "no.such.setting"),
        ("Invalid value x for configuration delete.retention.ms.", ["retention.ms", "delete.retention.ms"], "delete.retention.ms"),
        ("Invalid value x for configuration delete.retention.ms.", ["retention.ms"], ""),
        ("Something else is wrong", ["retention.ms", ""], ""),
    ],
)
def test_the_setting_that_a_broker_refuses_is_found_in_its_words(words: str, names: list[str], found: str) -> None:
    assert named_in(words, names) == found
