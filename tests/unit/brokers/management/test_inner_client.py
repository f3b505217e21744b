"""The client without a socket: it does what clients do, is refused as they are, and leaves nothing behind."""

import pytest

from embedded_server.brokers.amqp.permissions import Permissions
from embedded_server.brokers.management import wire
from embedded_server.brokers.management.inner_client import InnerClient, Refused
from embedded_server.brokers.management.properties import content_header
from tests.unit.brokers.amqp.peer import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


def client(bench: Bench, user: str = "guest", password: str = "guest", vhost: str = "/") -> InnerClient:
    return InnerClient(bench.broker, user, password, vhost)


def declare(name: str) -> bytes:
    return wire.queue_declare(name, durable=False, auto_delete=False, arguments={})


def test_it_declares_publishes_and_fetches(bench: Bench) -> None:
    body = b"x" * 300_000
    with client(bench) as inner:
        inner.call(declare("q"))
        header = content_header({"message_id": "m"}, len(body))
        assert inner.publish("", "q", header, body)
        assert not inner.publish("", "nowhere", content_header({}, 0), b"")
        got = inner.get("q", no_ack=True)
        assert inner.get("q", no_ack=True) is None
    assert got == ("", "q", False, 0, header, body)


def test_it_leaves_nothing_behind(bench: Bench) -> None:
    with client(bench) as inner:
        inner.call(declare("q"))
        inner.publish("", "q", content_header({}, 1), b"1")
        assert inner.get("q", no_ack=False) is not None
    assert bench.broker.connections == set()
    assert len(bench.broker.vhosts["/"].queues["q"].ready) == 1
    assert bench.broker.timers.next_at() is None
    assert all(connection.finished for connection in bench.broker.end_turn())


def test_fetched_messages_return_to_their_places(bench: Bench) -> None:
    with client(bench) as inner:
        inner.call(declare("q"))
        for body in (b"1", b"2", b"3"):
            inner.publish("", "q", content_header({}, 1), body)
        assert inner.get("q", no_ack=False) is not None
        assert inner.get("q", no_ack=False) is not None
        inner.give_back(requeue=True)
        bodies = []
        while (got := inner.get("q", no_ack=True)) is not None:
            bodies.append((got.body, got.redelivered))
    assert bodies == [(b"1", True), (b"2", True), (b"3", False)]


@pytest.mark.parametrize(
    ("method", "code", "text"),
    [
        (wire.queue_purge("nope"), 404, "NOT_FOUND - no queue 'nope' in vhost '/'"),
        (declare("amq.mine"), 403, "ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'"),
    ],
)
def test_it_is_refused_in_the_brokers_words(bench: Bench, method: bytes, code: int, text: str) -> None:
    with pytest.raises(Refused) as raised, client(bench) as inner:
        inner.call(method)
    assert (raised.value.code, raised.value.text) == (code, text)
    assert bench.broker.connections == set()


def test_it_may_do_what_its_user_may(bench: Bench) -> None:
    bench.broker.users.put("reader", password="x")
    bench.broker.users.set_permissions("reader", "/", Permissions(configure="^$", write="^$", read=".*"))
    with client(bench) as inner:
        inner.call(declare("q"))
    with client(bench, "reader", "x") as inner:
        assert inner.get("q", no_ack=True) is None
        with pytest.raises(Refused) as raised:
            inner.call(declare("mine"))
    assert raised.value.code == 403


def test_who_is_not_let_in_is_refused(bench: Bench) -> None:
    with pytest.raises(Refused):
        client(bench, "guest", "wrong")
    with pytest.raises(Refused):
        client(bench, vhost="nope")
    assert bench.broker.connections == set()
    assert bench.broker.timers.next_at() is None


def test_names_longer_than_the_wire_takes_are_refused_before() -> None:
    with pytest.raises(Exception, match="400 bad_request"):
        declare("q" * 256)
