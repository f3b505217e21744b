"""Names, partitions, moments, lengths and sizes as somebody types them for Kafka."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.formatting import TimeDisplay, set_time_display
from desktop.core.kafka_names import check_topic, is_ambiguous, partitions_of, partitions_text
from desktop.core.kafka_values import (
    duration_ms,
    duration_text,
    millis_of,
    millis_text,
    offset_of,
    shift_of,
    size_of,
    size_text,
)

NOW_MS = 1_795_000_000_000


@pytest.mark.parametrize("name", ["orders", "orders.v1_dead-letters", "a" * 249, "_x", "-"])
def test_kafkas_own_names_are_taken(name: str) -> None:
    assert check_topic(name) is None


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "größe", "a/b", "a" * 250, "a\n"])
def test_what_kafka_refuses_is_told_before_it_does(name: str) -> None:
    assert check_topic(name) is not None


def test_only_a_name_with_both_may_collide_in_metrics() -> None:
    assert is_ambiguous("a.b_c")
    assert not is_ambiguous("a.b")


@given(st.sets(st.integers(0, 5_000), max_size=60))
def test_partitions_are_written_short_and_read_back(partitions: set[int]) -> None:
    assert partitions_of(partitions_text(partitions)) == sorted(partitions)


@pytest.mark.parametrize("text", ["a", "3-1", "-1", "1-", "0-4000000000", "1..3"])
def test_what_is_no_list_of_partitions_is_none(text: str) -> None:
    assert partitions_of(text) is None


def test_moments_are_typed_in_many_ways() -> None:
    set_time_display(TimeDisplay(utc=True))
    try:
        assert millis_of("now", NOW_MS) == NOW_MS
        assert millis_of("-15m", NOW_MS) == NOW_MS - 900_000
        assert millis_of("2h ago", NOW_MS) == NOW_MS - 7_200_000
        assert millis_of("1795000000123", NOW_MS) == 1_795_000_000_123
        assert millis_of("2026-11-18T10:26:40.123+08:00", NOW_MS) == millis_of("2026-11-18 02:26:40.123", NOW_MS)
        assert millis_of("0:00", NOW_MS) == NOW_MS // 86_400_000 * 86_400_000
        assert [millis_of(text, NOW_MS) for text in ("", "soon", "25:00", "9" * 30, "2026-13-01")] == [None] * 5
    finally:
        set_time_display(TimeDisplay())


@given(st.integers(1, 4_000_000_000_000))
def test_a_moment_is_read_back_to_the_millisecond(millis: int) -> None:
    assert millis_of(millis_text(millis)) == millis


@given(st.integers(1, 10**15))
def test_lengths_and_sizes_are_read_back_exactly(value: int) -> None:
    assert duration_ms(duration_text(value)) == value
    assert size_of(size_text(value)) == value


def test_for_ever_and_without_limit_are_minus_one() -> None:
    assert (duration_ms("-1"), size_of("-1")) == (-1, -1)
    assert (duration_ms("7d"), size_of("1 MiB"), size_of("1.5kB")) == (604_800_000, 1_048_576, 1500)
    assert (duration_ms("7 weeks"), size_of("1 XB"), size_of("")) == (None, None, None)


def test_offsets_are_64_bit_and_shifts_have_a_sign() -> None:
    assert offset_of("9,223,372,036,854,775,807") == 2**63 - 1
    assert offset_of("9223372036854775808") is None
    assert offset_of("-1") is None
    assert (shift_of("-500"), shift_of("+20"), shift_of("20"), shift_of("--5"), shift_of("x")) == (-500, 20, 20, None, None)
