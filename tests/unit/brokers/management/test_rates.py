"""Rates, and the counters they are made of."""

import pytest

from embedded_server.brokers.management.rates import Track, Tracker, queue_numbers, vhost_numbers
from tests.unit.brokers.amqp.peer import Bench


def test_rate_is_the_change_over_the_time_between_two_looks() -> None:
    track = Track((10, 5), 100.0)
    assert track.rates == (0.0, 0.0)
    track.look((20, 4), 102.0)
    assert track.rates == (5.0, -0.5)
    assert track.changed_at is not None
    track.look((20, 4), 103.0)
    assert track.rates == (0.0, 0.0)


def test_two_looks_at_once_are_one() -> None:
    track = Track((10,), 100.0)
    track.look((20,), 100.0)
    assert track.rates == (0.0,)


async def test_what_is_gone_is_forgotten() -> None:
    counters = {"a": 1, "b": 2}
    tracker: Tracker[str] = Tracker(lambda name: (counters[name],), 1)
    await tracker.look(["a", "b"])
    counters["a"] = 1000
    await tracker.look(["a"])
    assert tracker.rates("a")[0] > 0
    assert tracker.changed_at("a") is not None
    assert tracker.rates("b") == (0.0,)
    assert list(tracker._tracks) == ["a"]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_sums_are_kept_of_what_is_gone(bench: Bench) -> None:
    from embedded_server.brokers.management import wire
    from embedded_server.brokers.management.inner_client import InnerClient
    from embedded_server.brokers.management.properties import content_header

    vhost = bench.broker.vhosts["/"]
    with InnerClient(bench.broker, "guest", "guest", "/") as inner:
        inner.call(wire.queue_declare("q", durable=False, auto_delete=False, arguments={}))
        for _ in range(3):
            inner.publish("", "q", content_header({}, 1), b"x")
        inner.publish("", "nowhere", content_header({}, 1), b"x")
        inner.get("q", no_ack=True)
        vhost.tally()
        numbers = queue_numbers(vhost.queues["q"])
        assert numbers == (3, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 2)
        assert (vhost.default_exchange.figures.publish_in, vhost.default_exchange.figures.publish_out) == (4, 3)
        before = vhost_numbers(vhost, bench.broker)
        inner.call(wire.queue_delete("q", if_unused=False, if_empty=False))
    after = vhost_numbers(vhost, bench.broker)
    assert before == (4, 0, 1, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 2)
    assert after == (*before[:-3], 0, 0, 0)
