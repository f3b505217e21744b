"""Queues longer than the memory they may take: what waits beyond it is on disk, and nobody can tell by what comes out."""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pamqp import commands

from embedded_server.brokers.amqp.pages import Pages
from embedded_server.brokers.amqp.queue import Queue
from embedded_server.brokers.amqp.stores import FolderStores, NullStores
from tests.unit.brokers.amqp.peer import Bench, Peer

LIMIT_BYTES = 1_000_000
COUNT = 1_500


class Life:
    """A broker with little memory, which may be killed."""

    def __init__(self, folder: Path, *, forgets: bool = False) -> None:
        self._folder = folder
        self._forgets = forgets
        self.begin()

    def begin(self) -> None:
        self.stores = NullStores() if self._forgets else FolderStores(self._folder)
        self.stores.pages = Pages(self._folder / "amqp.pages", memory_limit=LIMIT_BYTES)
        self.bench = Bench(stores=self.stores)
        self.peer: Peer = self.bench.peer()

    def die_and_return(self) -> None:
        for vhost in self.bench.broker.vhosts.values():
            vhost.store._db.close()  # type: ignore[attr-defined]  # of the implementation that the test runs
        for file in self.stores.pages._files:
            file._file.close()
        self.begin()

    @property
    def queue(self) -> Queue:
        return self.bench.broker.vhosts["/"].queues["q"]

    @property
    def memory(self) -> int:
        return self.stores.pages.memory_bytes

    @property
    def on_disk(self) -> int:
        folder = self._folder / "amqp.pages"
        return sum(file.stat().st_size for file in folder.iterdir()) if folder.exists() else 0

    def fill(self, count: int = COUNT, size: int = 2_000, **properties: Any) -> None:
        for number in range(count):
            self.peer.publish(payload=b"%0*d" % (size, number), **properties)
            if number % 50 == 0:
                self.peer.answers()
        self.peer.answers()

    def get(self, count: int, *, no_ack: bool = True) -> list[int]:
        found: list[int] = []
        for _ in range(count):
            self.peer.method(1, commands.Basic.Get(queue="q", no_ack=no_ack))
            found += [int(body[-9:]) for body in self.peer.bodies()]
        return found


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    made = Life(tmp_path)
    yield made
    made.bench.broker.close()
    assert made.on_disk == 0


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Life]:
    made = Life(tmp_path, forgets=True)
    yield made
    made.bench.broker.close()
    assert made.on_disk == 0


@pytest.mark.parametrize("size", [100, 2_000, 10_000])
def test_transient_messages_beyond_the_limit_wait_on_disk_and_come_in_order(forgetful: Life, size: int) -> None:
    count = 3_000_000 // size
    forgetful.peer.declare()
    forgetful.fill(count, size)
    assert forgetful.memory <= LIMIT_BYTES
    assert forgetful.on_disk > 1_000_000
    assert forgetful.queue.ready_bytes == count * size
    some = min(count, 2_000)
    assert forgetful.get(some) == list(range(some))


def test_consumer_gets_all_in_order_and_memory_and_disk_are_free_again(forgetful: Life) -> None:
    forgetful.peer.declare()
    forgetful.fill()
    forgetful.peer.consume()
    bodies: list[int] = []
    while len(bodies) < COUNT:
        got = [int(body[-9:]) for body in forgetful.peer.bodies()]
        assert got
        bodies += got
    assert bodies == list(range(COUNT))
    assert (forgetful.memory, len(forgetful.queue.ready), forgetful.queue.ready_bytes) == (0, 0, 0)


def test_requeued_messages_return_to_their_places_before_those_on_disk(forgetful: Life) -> None:
    forgetful.peer.declare()
    forgetful.fill()
    assert forgetful.get(1_000, no_ack=False) == list(range(1_000))
    forgetful.peer.method(1, commands.Basic.Nack(delivery_tag=900, multiple=True, requeue=True))
    forgetful.peer.answers()
    assert len(forgetful.queue.ready) == COUNT - 100
    assert forgetful.get(COUNT) == [*range(900), *range(1_000, COUNT)]


def test_purge_frees_memory_and_disk(forgetful: Life) -> None:
    forgetful.peer.declare()
    forgetful.fill()
    assert forgetful.peer.ask(commands.Queue.Purge(queue="q"), commands.Queue.PurgeOk).message_count == COUNT
    assert (forgetful.memory, len(forgetful.queue.ready), forgetful.queue.ready_bytes) == (0, 0, 0)
    forgetful.fill(3)
    assert forgetful.get(3) == [0, 1, 2]


def test_length_limit_drops_the_oldest_wherever_they_lie(forgetful: Life) -> None:
    forgetful.peer.declare(arguments={"x-max-length": 1_200})
    forgetful.fill()
    assert len(forgetful.queue.ready) == 1_200
    assert forgetful.get(1_200) == list(range(300, COUNT))


def test_messages_on_disk_expire_when_they_should(forgetful: Life) -> None:
    forgetful.peer.declare()
    forgetful.fill(COUNT - 1, expiration="5000")
    forgetful.peer.publish(payload=b"%d" % COUNT)
    forgetful.bench.advance(6)
    assert forgetful.get(1) == [COUNT]


def test_priorities_hold_across_disk_and_memory(forgetful: Life) -> None:
    forgetful.peer.declare(arguments={"x-max-priority": 2})
    for priority in (1, 2, 0):
        forgetful.fill(900, priority=priority)
    assert forgetful.on_disk > 0
    assert forgetful.get(2_700) == list(range(900)) * 3
    assert len(forgetful.queue.ready) == 0


def test_persistent_messages_are_not_put_on_disk_twice(life: Life) -> None:
    life.peer.declare(durable=True)
    life.fill(delivery_mode=2)
    assert life.memory <= LIMIT_BYTES
    assert life.on_disk == 0
    assert life.get(COUNT) == list(range(COUNT))


def test_persistent_and_transient_messages_keep_their_order(life: Life) -> None:
    life.peer.declare(durable=True)
    for number in range(COUNT):
        life.peer.publish(payload=b"%02000d" % number, delivery_mode=1 + number % 2)
    life.peer.answers()
    assert life.on_disk > 0
    assert life.get(700) == list(range(700))
    life.bench.advance(1)
    life.die_and_return()
    assert life.get(COUNT) == list(range(701, COUNT, 2))


@pytest.mark.parametrize("arguments", [{}, {"x-max-priority": 3}])
def test_restart_reads_no_bodies_before_their_turn(life: Life, arguments: dict[str, int]) -> None:
    life.peer.declare(durable=True, arguments=arguments)
    life.fill(delivery_mode=2)
    assert life.get(10) == list(range(10))
    life.bench.advance(1)
    life.die_and_return()
    assert life.memory <= (LIMIT_BYTES if arguments else 0)
    assert (len(life.queue.ready), life.queue.ready_bytes) == (COUNT - 10, (COUNT - 10) * 2_000)
    assert life.get(COUNT) == list(range(10, COUNT))


def test_time_to_live_goes_on_for_messages_left_to_the_store(life: Life) -> None:
    life.peer.declare(durable=True)
    life.fill(COUNT - 1, delivery_mode=2, expiration="5000")
    life.peer.publish(payload=b"%d" % COUNT, delivery_mode=2)
    life.peer.answers()
    life.bench.advance(6)
    assert life.get(1) == [COUNT]


def test_purge_of_stored_messages_lasts_and_spares_other_queues(life: Life) -> None:
    for name in ("q", "other"):
        life.peer.declare(name, durable=True)
        life.peer.ask(commands.Queue.Bind(queue=name, exchange="amq.fanout"), commands.Queue.BindOk)
    for number in range(600):
        life.peer.publish("", b"%d" % number, exchange="amq.fanout", delivery_mode=2)
        life.peer.publish("q", b"%d" % number, delivery_mode=2)
    life.peer.answers()
    assert life.get(2, no_ack=False) == [0, 0]
    assert life.peer.ask(commands.Queue.Purge(queue="q"), commands.Queue.PurgeOk).message_count == 1_198
    life.die_and_return()
    assert life.get(10) == [0, 0]
    assert len(life.bench.broker.vhosts["/"].queues["other"].ready) == 600
    life.peer.ask(commands.Queue.Purge(queue="other"), commands.Queue.PurgeOk)
    life.bench.advance(1)
    assert [_rows(life, table) for table in ("message", "entry")] == [0, 0]


def test_file_is_small_again_once_its_messages_are_gone(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.brokers.amqp.sqlite_store.SPARE_PAGES", 64)
    monkeypatch.setattr("embedded_server.brokers.amqp.sqlite_store.SHRINK_PAGES", 100)
    life.peer.declare(durable=True)
    life.fill(delivery_mode=2)
    full = _pages(life)
    life.peer.ask(commands.Queue.Purge(queue="q"), commands.Queue.PurgeOk)
    assert _pages(life) == full
    life.bench.advance(1)
    assert full > 700
    assert _pages(life) < 100
    assert life.bench.broker.timers.next_at() is None
    life.fill(10, delivery_mode=2)
    life.die_and_return()
    assert life.get(10) == list(range(10))


def test_file_of_before_is_made_small_at_the_start(life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    life.peer.declare(durable=True)
    life.fill(delivery_mode=2)
    life.peer.ask(commands.Queue.Purge(queue="q"), commands.Queue.PurgeOk)
    life.fill(10, delivery_mode=2)
    life.bench.broker.close()
    db = sqlite3.connect(tmp_path / "amqp.sqlite3", isolation_level=None)
    db.execute("PRAGMA auto_vacuum = NONE")
    db.execute("VACUUM")  # as versions before left it: it does not shrink by itself
    db.execute("CREATE TABLE ballast (body BLOB)")
    db.execute("INSERT INTO ballast VALUES (zeroblob(2000000))")
    db.execute("DROP TABLE ballast")
    db.close()
    monkeypatch.setattr("embedded_server.brokers.amqp.sqlite_store.SPARE_PAGES", 64)
    life.begin()
    assert _pages(life) < 64
    assert life.get(20) == list(range(10))


def _pages(life: Life) -> int:
    db = life.bench.broker.vhosts["/"].store._db  # type: ignore[attr-defined]  # of the implementation that the test runs
    return int(db.execute("PRAGMA page_count").fetchone()[0])


def _rows(life: Life, table: str) -> int:
    db = life.bench.broker.vhosts["/"].store._db  # type: ignore[attr-defined]  # of the implementation that the test runs
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_publishers_wait_while_the_disk_is_nearly_full(
    life: Life, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    life.peer.declare()
    life.peer.publish()
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr("embedded_server.brokers.amqp.pages.MIN_FREE_BYTES", 2**62)
        life.bench.advance(6)
        (blocked,) = life.peer.answers()
        assert isinstance(blocked, commands.Connection.Blocked)
        assert blocked.reason == "low on disk"
    life.bench.advance(6)
    assert [type(answer) for answer in life.peer.answers()] == [commands.Connection.Unblocked]


def test_publishers_wait_where_messages_cannot_be_moved_to_the_disk(
    forgetful: Life, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    forgetful.peer.declare()
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr("embedded_server.brokers.amqp.pages.PageFile.append", _full)
        forgetful.fill()
        forgetful.bench.advance(6)
        assert commands.Connection.Blocked in [type(answer) for answer in forgetful.peer.answers()]
        assert forgetful.memory > 2 * LIMIT_BYTES
    assert forgetful.get(COUNT) == list(range(COUNT))
    forgetful.bench.advance(6)
    assert [type(answer) for answer in forgetful.peer.answers()] == [commands.Connection.Unblocked]


def _full(*_: object) -> int:
    raise OSError(28, "No space left on device")
