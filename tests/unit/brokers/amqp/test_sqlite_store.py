"""What survives the broker, and what a broken file does to it."""

import logging
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pamqp import commands

from embedded_server.brokers.amqp.broker import WRITE_LATER_S
from embedded_server.brokers.amqp.sqlite_store import SqliteStore
from embedded_server.brokers.amqp.store import StoreFailed
from embedded_server.brokers.sqlite_errors import StoreInUse, StoreTooNew, StoreUnusable
from tests.unit.brokers.amqp.peer import Bench, Peer


class Life:
    """A broker that dies without a word and comes back on the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begin()

    def begin(self, **options: object) -> None:
        self.store = SqliteStore(self.path)
        self.bench = Bench(store=self.store)
        self.peer: Peer = self.bench.peer(**options)

    def die_and_return(self, after_s: float = 0.0) -> None:
        self.store._db.close()
        seconds = self.bench.clock.seconds
        self.store = SqliteStore(self.path)
        clock = type(self.bench.clock)()
        clock.seconds = seconds + after_s
        self.bench = Bench(store=self.store, clock=clock)
        self.peer = self.bench.peer()

    def settle(self) -> None:
        """Let the moment pass after which what left its queue is written."""
        self.bench.advance(WRITE_LATER_S)

    def rows(self, table: str) -> int:
        return int(self.store._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    made = Life(tmp_path / "amqp.sqlite3")
    yield made
    made.store.close()


def received(peer: Peer, queue: str = "q") -> list[tuple[bytes, bool]]:
    """Bodies in *queue*, with whether each had been delivered before."""
    found: list[tuple[bytes, bool]] = []
    while True:
        peer.method(1, commands.Basic.Get(queue=queue, no_ack=True))
        first, *content = peer.answers()
        if not isinstance(first, commands.Basic.GetOk):
            return found
        found.append((content[-1].value, first.redelivered))  # type: ignore[union-attr]  # it is a body there


def test_confirmed_persistent_messages_come_back_in_order(life: Life) -> None:
    life.peer.declare(durable=True)
    life.peer.ask(commands.Confirm.Select(), commands.Confirm.SelectOk)
    for number in range(3):
        life.peer.publish(payload=b"%d" % number, delivery_mode=2)
    (ack,) = life.peer.answers()
    assert isinstance(ack, commands.Basic.Ack)
    life.die_and_return()
    assert received(life.peer) == [(b"0", False), (b"1", False), (b"2", False)]


def test_nothing_is_confirmed_before_it_is_written(life: Life) -> None:
    life.peer.declare(durable=True)
    life.peer.ask(commands.Confirm.Select(), commands.Confirm.SelectOk)
    life.peer.publish(delivery_mode=2)
    assert life.peer.connection.data_to_send() == []
    assert life.rows("message") == 0
    assert life.peer.answers()
    assert life.rows("message") == 1


def test_transient_messages_and_queues_do_not_come_back(life: Life) -> None:
    life.peer.declare("durable", durable=True)
    life.peer.declare("transient")
    life.peer.declare("exclusive", durable=True, exclusive=True)
    life.peer.publish("durable")
    life.peer.publish("transient", delivery_mode=2)
    life.peer.answers()
    life.die_and_return()
    assert set(life.bench.broker.vhosts["/"].queues) == {"durable"}
    assert received(life.peer, "durable") == []


def test_durable_topology_comes_back(life: Life) -> None:
    peer = life.peer
    peer.declare(durable=True, arguments={"x-max-priority": 5, "x-message-ttl": 2**40 % 4_000_000_000, "own": {"deep": [1, "a"]}})
    peer.ask(commands.Exchange.Declare(exchange="e", exchange_type="topic", durable=True), commands.Exchange.DeclareOk)
    peer.ask(commands.Exchange.Declare(exchange="t", exchange_type="fanout"), commands.Exchange.DeclareOk)
    peer.ask(commands.Queue.Bind(queue="q", exchange="e", routing_key="a.#"), commands.Queue.BindOk)
    peer.ask(commands.Queue.Bind(queue="q", exchange="t"), commands.Queue.BindOk)
    peer.ask(commands.Queue.Bind(queue="q", exchange="amq.headers", arguments={"h": 1}), commands.Queue.BindOk)
    peer.ask(commands.Exchange.Bind(destination="e", source="amq.direct", routing_key="k"), commands.Exchange.BindOk)
    before = dict(life.bench.broker.vhosts["/"].queues["q"].arguments.raw)
    life.die_and_return()
    vhost = life.bench.broker.vhosts["/"]
    assert dict(vhost.queues["q"].arguments.raw) == before
    assert "t" not in vhost.exchanges
    life.peer.publish("a.b", b"topic", exchange="e")
    life.peer.publish("", b"headers", exchange="amq.headers", headers={"h": 1})
    life.peer.publish("k", b"nothing", exchange="amq.direct")
    assert [body for body, _ in received(life.peer)] == [b"topic", b"headers"]
    assert len(vhost.exchanges["amq.direct"].bindings) == 1


def test_deleted_things_stay_deleted(life: Life) -> None:
    peer = life.peer
    peer.declare(durable=True)
    peer.publish(delivery_mode=2)
    peer.ask(commands.Exchange.Declare(exchange="e", durable=True), commands.Exchange.DeclareOk)
    peer.ask(commands.Queue.Bind(queue="q", exchange="e", routing_key="k"), commands.Queue.BindOk)
    peer.ask(commands.Queue.Bind(queue="q", exchange="amq.topic", routing_key="k"), commands.Queue.BindOk)
    peer.ask(commands.Queue.Unbind(queue="q", exchange="amq.topic", routing_key="k"), commands.Queue.UnbindOk)
    peer.ask(commands.Exchange.Delete(exchange="e"), commands.Exchange.DeleteOk)
    peer.ask(commands.Queue.Delete(queue="q"), commands.Queue.DeleteOk)
    life.die_and_return()
    assert life.bench.broker.vhosts["/"].queues == {}
    assert [life.rows(table) for table in ("exchange", "queue", "binding", "message", "entry")] == [0] * 5


def test_acknowledged_messages_do_not_come_back(life: Life) -> None:
    life.peer.declare(durable=True)
    for body in (b"1", b"2", b"3"):
        life.peer.publish(payload=body, delivery_mode=2)
    life.peer.answers()
    life.peer.consume(no_ack=False)
    life.peer.answers()
    life.peer.method(1, commands.Basic.Ack(delivery_tag=2))
    life.peer.answers()
    life.settle()
    life.die_and_return()
    assert received(life.peer) == [(b"1", True), (b"3", True)]


def test_message_acknowledged_in_the_last_moment_comes_back_rather_than_another_goes(life: Life) -> None:
    life.peer.declare(durable=True)
    for body in (b"1", b"2"):
        life.peer.publish(payload=body, delivery_mode=2)
    life.peer.answers()
    life.peer.method(1, commands.Basic.Get(queue="q", no_ack=True))
    life.peer.answers()
    life.die_and_return()
    assert [body for body, _ in received(life.peer)] == [b"1", b"2"]


def test_acknowledgement_is_written_along_with_the_next_message(life: Life) -> None:
    life.peer.declare(durable=True)
    life.peer.publish(payload=b"1", delivery_mode=2)
    life.peer.answers()
    life.peer.method(1, commands.Basic.Get(queue="q", no_ack=True))
    life.peer.answers()
    life.peer.publish(payload=b"2", delivery_mode=2)
    life.peer.answers()
    life.die_and_return()
    assert received(life.peer) == [(b"2", False)]


def test_broker_that_ends_politely_writes_what_could_wait(life: Life) -> None:
    life.peer.declare(durable=True)
    life.peer.publish(delivery_mode=2)
    life.peer.answers()
    life.peer.method(1, commands.Basic.Get(queue="q", no_ack=True))
    life.peer.answers()
    life.bench.broker.close()
    life.die_and_return()
    assert received(life.peer) == []


def test_only_what_may_have_been_delivered_comes_back_as_redelivered(life: Life) -> None:
    life.peer.declare(durable=True)
    for body in (b"1", b"2"):
        life.peer.publish(payload=body, delivery_mode=2)
    life.peer.method(1, commands.Basic.Get(queue="q"))
    life.peer.answers()
    life.settle()
    life.die_and_return()
    assert received(life.peer) == [(b"1", True), (b"2", False)]


def test_what_comes_and_goes_within_a_turn_is_never_written(life: Life) -> None:
    life.peer.declare(durable=True)
    life.peer.consume()
    life.peer.answers()
    for _ in range(10):
        life.peer.publish(delivery_mode=2)
    assert not life.store._messages
    assert not life.store._gone_entries


def test_message_in_several_queues_is_kept_once_and_until_the_last_has_let_go(life: Life) -> None:
    for name in ("a", "b"):
        life.peer.declare(name, durable=True)
        life.peer.ask(commands.Queue.Bind(queue=name, exchange="amq.fanout"), commands.Queue.BindOk)
    life.peer.publish("", b"both", exchange="amq.fanout", delivery_mode=2)
    life.peer.answers()
    assert (life.rows("message"), life.rows("entry")) == (1, 2)
    life.die_and_return()
    assert received(life.peer, "a") == [(b"both", False)]
    life.settle()
    assert (life.rows("message"), life.rows("entry")) == (1, 1)
    assert received(life.peer, "b") == [(b"both", False)]
    life.settle()
    assert life.rows("message") == 0


def test_time_goes_on_while_the_broker_is_away(life: Life) -> None:
    life.peer.declare(durable=True)
    life.peer.publish(payload=b"short", delivery_mode=2, expiration="1000")
    life.peer.publish(payload=b"long", delivery_mode=2, expiration="100000")
    life.peer.answers()
    life.die_and_return(after_s=50)
    assert received(life.peer) == [(b"long", False)]


def test_priorities_survive(life: Life) -> None:
    life.peer.declare(durable=True, arguments={"x-max-priority": 9})
    life.peer.publish(payload=b"low", delivery_mode=2, priority=1)
    life.peer.publish(payload=b"high", delivery_mode=2, priority=9)
    life.peer.answers()
    life.die_and_return()
    assert [body for body, _ in received(life.peer)] == [b"high", b"low"]


def test_failing_disk_refuses_the_message_and_asks_publishers_to_wait(
    life: Life, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    life.peer.declare(durable=True)
    life.peer.ask(commands.Confirm.Select(), commands.Confirm.SelectOk)
    write = life.store._write

    def fail() -> None:
        life.store._db.execute("BEGIN")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(life.store, "_write", fail)
    with caplog.at_level(logging.ERROR):
        life.peer.publish(payload=b"1", delivery_mode=2)
        blocked, nack = life.peer.answers()
    assert isinstance(blocked, commands.Connection.Blocked)
    assert isinstance(nack, commands.Basic.Nack)
    monkeypatch.setattr(life.store, "_write", write)
    life.bench.advance(2)
    assert [type(answer) for answer in life.peer.answers()] == [commands.Connection.Unblocked]
    life.die_and_return()
    assert received(life.peer) == [(b"1", False)]


def test_publishers_wait_until_what_could_wait_is_written_too(
    life: Life, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    life.peer.declare(durable=True)
    life.peer.publish(payload=b"1", delivery_mode=2)
    life.peer.answers()
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(life.store, "_write", lambda: life.store._db.execute("nonsense"))
        life.peer.method(1, commands.Basic.Get(queue="q", no_ack=True))
        life.peer.answers()
        told = []
        for _ in range(5):
            life.bench.advance(1)
            told += life.peer.answers()
        assert [type(answer) for answer in told] == [commands.Connection.Blocked]
    life.bench.advance(2)
    assert [type(answer) for answer in life.peer.answers()] == [commands.Connection.Unblocked]
    life.die_and_return()
    assert received(life.peer) == []


def test_commit_that_fails_keeps_its_changes(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    life.peer.declare(durable=True)
    life.peer.publish(delivery_mode=2)
    with monkeypatch.context() as patch:
        patch.setattr(life.store, "_write", lambda: life.store._db.execute("nonsense"))
        with pytest.raises(StoreFailed):
            life.store.commit()
    life.store.commit()
    assert life.rows("message") == 1


@pytest.mark.parametrize("damage", ["not a database", "torn in the middle"])
def test_damaged_file_is_set_aside_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    path = tmp_path / "amqp.sqlite3"
    if damage == "not a database":
        path.write_bytes(b"this is not a database" * 100)
    else:
        life = Life(path)
        life.peer.declare(durable=True)
        for _ in range(200):
            life.peer.publish(payload=os.urandom(500), delivery_mode=2)
        life.peer.answers()
        life.store.close()
        content = bytearray(path.read_bytes())
        content[4096 : len(content) // 2] = os.urandom(len(content) // 2 - 4096)
        path.write_bytes(content)
    before = path.read_bytes()
    with caplog.at_level(logging.WARNING):
        store = SqliteStore(path)
    assert store.set_aside is not None
    assert store.set_aside.read_bytes() == before
    assert str(store.set_aside) in caplog.text
    assert store.load().queues == []
    store.close()


def test_second_broker_on_the_same_file_is_refused(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.brokers.sqlite_file.LOCK_WAIT_S", 0.0)
    with pytest.raises(StoreInUse) as raised:
        SqliteStore(life.path)
    assert str(life.path.parent) in str(raised.value)


def test_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "amqp.sqlite3"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreTooNew):
        SqliteStore(path)
    assert [file.name for file in tmp_path.iterdir() if "damaged" in file.name] == []


def test_file_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "amqp.sqlite3").mkdir()
    with pytest.raises(StoreUnusable):
        SqliteStore(tmp_path / "amqp.sqlite3")


@pytest.mark.skipif(sys.platform == "win32", reason="a file may not be removed while it is open there")
def test_store_is_small_again_once_its_messages_are_gone(life: Life) -> None:
    life.peer.declare(durable=True)
    for _ in range(100):
        life.peer.publish(payload=bytes(10_000), delivery_mode=2)
    life.peer.answers()
    assert len(received(life.peer)) == 100
    life.settle()
    assert (life.rows("message"), life.rows("entry")) == (0, 0)
