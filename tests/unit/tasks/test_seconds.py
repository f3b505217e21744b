import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.tasks.seconds import KEPT_S, Second, Seconds, bucket_of, create_seconds, percentile_ms, read_seconds

NS = 1_000_000_000


def database() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    create_seconds(db)
    return db


def test_batches_of_one_second_add_up() -> None:
    db = database()
    for failed in (False, True):
        seconds = Seconds()
        seconds.finish([100 * NS + 5])
        seconds.fail([100 * NS + 5] if failed else [])
        seconds.start([(100 * NS, 20_000_000)])
        seconds.save(db)
    before, second, after = read_seconds(db, 99, 3)
    assert (second.finished, second.failed) == (2, 1)
    assert second.waits.total() == 2
    assert before == after == Second()


def test_seconds_older_than_a_day_are_forgotten() -> None:
    db = database()
    for at in (100, 100 + KEPT_S + 1):
        seconds = Seconds()
        seconds.finish([at * NS])
        seconds.save(db)
    assert db.execute("SELECT second FROM task_second").fetchall() == [(100 + KEPT_S + 1,)]


def test_no_waits_have_no_percentile() -> None:
    assert Second().wait_p95_ms() == 0


@given(st.lists(st.integers(200_000, 3600 * NS), min_size=1, max_size=60))
def test_the_95th_percentile_is_right_to_a_tenth(waits: list[int]) -> None:
    second = Second()
    for wait in waits:
        second.waits[bucket_of(wait)] += 1
    exact_ms = sorted(waits)[-(-len(waits) * 95 // 100) - 1] / 1e6
    assert exact_ms * 0.999 <= second.wait_p95_ms() <= exact_ms * 1.101


def test_percentiles_go_from_the_smallest_to_the_largest() -> None:
    second = Second()
    second.waits.update({bucket_of(NS): 99, bucket_of(100 * NS): 1})
    assert percentile_ms(second.waits, 0.5) == pytest.approx(1000, rel=0.1)
    assert percentile_ms(second.waits, 1.0) == pytest.approx(100_000, rel=0.1)
