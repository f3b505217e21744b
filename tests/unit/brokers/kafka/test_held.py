"""What clients leave in the broker's memory has a limit, and who keeps to nothing does not keep the others from their records."""

import struct

import pytest

from embedded_server.brokers.kafka.held import STUCK_S
from embedded_server.brokers.kafka.versions import ApiKey
from tests.helpers.kafka_batches import Rec, batch, noise
from tests.unit.brokers.kafka.peer import Bench, Peer, fetching

RECORD_BYTES = 150_000
LIMIT = 200_000


@pytest.fixture(autouse=True)
def limited(bench: Bench, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic of two large records, and room for little more than one."""
    monkeypatch.setattr(bench.broker.unsent, "_limit", LIMIT)
    monkeypatch.setattr(bench.broker.unread, "_limit", LIMIT)
    peer.create("orders")
    for _ in range(2):
        assert peer.produce("orders", batch([Rec(value=noise(RECORD_BYTES), at=int(bench.clock.wall() * 1000))])).error_code == 0


def read_by(client: Peer, **more: int) -> int:
    """Bytes of records it gets."""
    answer = client.ask(ApiKey.FETCH, 11, **fetching("orders", **more))
    (partition,) = answer.responses[0].partitions
    assert partition.error_code == 0
    return len(partition.records or b"")


def takes_nothing(client: Peer) -> None:
    """Ask for the records, and leave the answer in the socket."""
    assert read_by(client) > RECORD_BYTES
    client.connection.pause()


def sends_a_part(client: Peer) -> None:
    """Begin a large request."""
    client.send(struct.pack(">i", 1 << 20) + bytes(RECORD_BYTES))


def test_a_reader_gets_no_more_than_there_is_room_for(bench: Bench) -> None:
    assert read_by(bench.client()) < 2 * RECORD_BYTES
    takes_nothing(bench.client())
    assert RECORD_BYTES < read_by(bench.client()) < 2 * RECORD_BYTES, "one batch comes as long as there is any room"


def test_where_answers_are_not_taken_others_wait_until_they_are(bench: Bench) -> None:
    slow, slower, other = bench.client(), bench.client(), bench.client()
    takes_nothing(slow)
    takes_nothing(slower)
    assert read_by(other) == 0
    slow.connection.resume()
    assert read_by(other) > RECORD_BYTES


def test_who_takes_nothing_for_long_makes_room(bench: Bench) -> None:
    slow, slower, other = bench.client(), bench.client(), bench.client()
    takes_nothing(slow)
    bench.pass_time(STUCK_S)
    takes_nothing(slower)
    assert read_by(other) == 0
    assert (slow.connection.finished, slower.connection.finished) == (True, False)
    slow.leave()
    assert read_by(other) > RECORD_BYTES


def test_who_takes_nothing_may_stay_where_there_is_room(bench: Bench) -> None:
    slow = bench.client()
    takes_nothing(slow)
    bench.pass_time(10 * STUCK_S)
    assert read_by(bench.client()) > 0
    assert not slow.connection.finished


def test_a_large_request_too_many_has_to_leave(bench: Bench) -> None:
    first, second = bench.client(), bench.client()
    sends_a_part(first)
    sends_a_part(second)
    assert (first.connection.finished, second.connection.finished) == (False, True)


def test_a_large_request_that_stands_still_has_to_leave_before_others(bench: Bench) -> None:
    first, second = bench.client(), bench.client()
    sends_a_part(first)
    bench.pass_time(STUCK_S)
    sends_a_part(second)
    assert (first.connection.finished, second.connection.finished) == (True, False)


def test_large_requests_one_after_the_other_are_not_too_many(bench: Bench) -> None:
    large = batch([Rec(value=noise(RECORD_BYTES), at=int(bench.clock.wall() * 1000))])
    client = bench.client()
    for _ in range(4):
        assert client.produce("orders", large).error_code == 0
