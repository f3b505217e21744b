from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from desktop.core import formatting
from desktop.core.formatting import TimeDisplay

NOON = int(datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()) * 10**9


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    formatting.set_time_display(TimeDisplay(utc=True))
    yield
    formatting.set_time_display(TimeDisplay())


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (412, "412"),
        (9812, "9,812"),
        (12_300, "12.3 k"),
        (99_949, "99.9 k"),
        (99_960, "100 k"),
        (999_499, "999 k"),
        (999_500, "1.0 M"),
        (1_203_441, "1.2 M"),
        (5e12, "5,000 G"),
    ],
)
def test_counts_are_shortened_where_there_is_little_room(count: float, text: str) -> None:
    assert formatting.short_number(count) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (178, "178 B"), (1234, "1.2 kB"), (20_000_000, "20 MB"), (999_999, "1.0 MB"), (3e15, "3,000 TB")]
)
def test_sizes_are_decimal(count: float, text: str) -> None:
    assert formatting.size(count) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0.0 ms"),
        (400_000, "0.4 ms"),
        (84_000_000, "84 ms"),
        (999_700_000, "1.00 s"),
        (1_250_000_000, "1.25 s"),
        (9_999_000_000, "10.0 s"),
        (59_970_000_000, "1 m 00 s"),
        (123_000_000_000, "2 m 03 s"),
        (3_840_000_000_000, "1 h 04 m"),
        (266_400_000_000_000, "3 d 02 h"),
    ],
)
def test_durations_change_unit_without_a_gap(ns: int, text: str) -> None:
    assert formatting.duration(ns) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0 / s"), (0.4, "0.4 / s"), (3.0, "3 / s"), (1204.2, "1,204 / s")])
def test_rates_keep_a_decimal_only_while_slow(value: float, text: str) -> None:
    assert formatting.rate(value) == text


def test_todays_times_have_no_date_and_milliseconds_always() -> None:
    assert formatting.time_text(NOON + 105_999_999, NOON) == "12:00:00.105"


def test_another_days_times_carry_their_date_and_another_years_all_of_it() -> None:
    assert formatting.time_text(NOON - 86400 * 10**9, NOON) == "11-23 12:00:00.000"
    assert formatting.time_text(NOON - 366 * 86400 * 10**9, NOON) == "2025-11-23 12:00:00.000"


def test_a_time_that_is_not_known_is_nothing() -> None:
    assert formatting.time_text(0) == formatting.date_time(0) == formatting.age(0) == ""


def test_relative_times_are_ages() -> None:
    formatting.set_time_display(TimeDisplay(relative=True))
    assert formatting.time_text(NOON - 3 * 10**9, NOON) == "3 s ago"


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "now"), (0, "now"), (59, "59 s ago"), (60, "1 m ago"), (3600, "1 h ago"), (172_800, "2 d ago")]
)
def test_ages_grow_in_units_and_a_clock_that_is_ahead_reads_now(seconds: int, text: str) -> None:
    assert formatting.age(NOON - seconds * 10**9, NOON) == text


def test_the_full_date_has_microseconds_and_the_zone() -> None:
    assert formatting.date_time(NOON + 105_123_999) == "2026-11-24 12:00:00.105123 +00:00"


def test_a_short_id_is_a_prefix_and_a_short_one_stays_whole() -> None:
    assert formatting.short_id("c1f0a9d2-6f54-4b1e") == "c1f0a9d2"
    assert formatting.short_id("order-42", 8) == "order-42"
