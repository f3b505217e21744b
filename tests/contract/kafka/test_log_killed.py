"""``kill -9`` in the midst of producing: what was acknowledged is there, once, and what was under way may be sent again."""

import struct
import threading
from collections import deque
from pathlib import Path

from embedded_server.brokers.kafka.log.loading import CLEANED
from tests.contract.kafka.raw import RawClient
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_batches import By, Rec, Seen, batch, read_back

TOPIC = "survivors"
PRODUCER = 4242
UNDER_WAY = 5
PER_BATCH = 20
ROUNDS = 3
BATCHES_A_LIFE = 400


class Sender:
    """An idempotent producer with five requests under way, which sends again what it has heard nothing of."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self._next = 0
        self._under_way: deque[int] = deque()

    def run(self, bootstrap: str, enough: threading.Event, wanted: int) -> None:
        """Send until the broker ends; *enough* is set once *wanted* batches are acknowledged."""
        with RawClient(bootstrap) as client:
            client.create(TOPIC)
            try:
                for number in self._under_way:
                    client.start_producing(TOPIC, self._batch(number))
                while True:
                    while len(self._under_way) < UNDER_WAY:
                        client.start_producing(TOPIC, self._batch(self._next))
                        self._under_way.append(self._next)
                        self._next += 1
                    done = client.produced()
                    number = self._under_way.popleft()
                    assert (done.error, done.base_offset) == (0, number * PER_BATCH)
                    self.acknowledged += 1
                    if self.acknowledged >= wanted:
                        enough.set()
            except (OSError, struct.error):
                enough.set()

    @staticmethod
    def _batch(number: int) -> bytes:
        recs = [Rec(b"%d" % (number * PER_BATCH + one), b"x" * 500) for one in range(PER_BATCH)]
        return batch(recs, By(PRODUCER, 0, number * PER_BATCH))


def test_whatever_was_acknowledged_is_there_once_however_often_the_broker_is_killed(tmp_path: Path) -> None:
    sender = Sender()
    for life in range(1, ROUNDS + 1):
        broker = EmbeddedBroker(tmp_path)
        broker.start()
        enough = threading.Event()
        thread = threading.Thread(target=sender.run, args=(broker.bootstrap, enough, life * BATCHES_A_LIFE))
        thread.start()
        assert enough.wait(60)
        broker.kill()
        thread.join(30)
        assert not thread.is_alive()
    assert sender.acknowledged >= ROUNDS * BATCHES_A_LIFE
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    try:
        with RawClient(broker.bootstrap) as client:
            found: list[Seen] = []
            end = client.fetch(TOPIC, 0, max_bytes=1).end
            while len(found) < end:
                found += read_back([client.fetch(TOPIC, len(found)).records])
        assert len(found) >= sender.acknowledged * PER_BATCH
        assert [one.offset for one in found] == list(range(len(found)))
        assert [one.key for one in found] == [b"%d" % number for number in range(len(found))]
    finally:
        assert broker.stop() == 0


def test_a_torn_tail_is_said_in_the_log_and_the_rest_is_served(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    with RawClient(broker.bootstrap) as client:
        client.create(TOPIC)
        client.produce(TOPIC, batch([Rec(), Rec()]))
    broker.kill()
    (log,) = tmp_path.rglob(f"{TOPIC}-0/*.log")
    with log.open("ab") as file:
        file.write(batch([Rec()])[:-3])
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    try:
        with RawClient(broker.bootstrap) as client:
            assert client.fetch(TOPIC, 0).end == 2
            assert client.produce(TOPIC, batch([Rec()])).base_offset == 2
    finally:
        assert broker.stop() == 0
    assert f"{TOPIC}-0: 67 bytes of a torn batch were cut off at offset 2" in broker.stderr
    assert not list(tmp_path.rglob(f"*{CLEANED}"))
