"""Readers wait for records no longer than they want, and no longer than they must."""

from uuid import uuid4

import pytest

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.versions import ApiKey
from tests.helpers.kafka_batches import By, Rec, batch
from tests.unit.brokers.kafka.peer import Bench, Peer, fetching, request


def _wait(peer: Peer, **fields: int) -> None:
    peer.send(request(ApiKey.FETCH, 11, fetching("t", **fields)))
    assert peer.frames() == []


def test_a_reader_at_the_end_is_answered_when_records_come(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    reader = bench.client()
    _wait(reader, wait_ms=10_000)
    peer.produce("t")
    (frame,) = reader.frames()
    (found,) = reader.read(ApiKey.FETCH, 11, frame).responses[0].partitions
    assert (found.error_code, found.high_watermark) == (0, 1)
    assert len(found.records) > 0
    assert len(bench.broker.waiting) == 0


def test_a_reader_is_answered_empty_when_its_time_is_over(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    _wait(peer, wait_ms=400)
    bench.pass_time(0.39)
    assert peer.frames() == []
    bench.pass_time(0.02)
    (frame,) = peer.frames()
    assert not peer.read(ApiKey.FETCH, 11, frame).responses[0].partitions[0].records
    assert len(bench.broker.waiting) == 0


def test_a_reader_that_wants_much_waits_for_all_of_it(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    reader = bench.client()
    one = batch([Rec(value=b"x" * 100, at=int(bench.clock.wall() * 1000))])
    _wait(reader, wait_ms=10_000, min_bytes=len(one) * 3)
    for _ in range(2):
        peer.produce("t", one)
        assert reader.frames() == []
    peer.produce("t", one)
    assert len(reader.frames()) == 1


def test_a_reader_that_goes_leaves_nothing_behind(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    reader = bench.client()
    _wait(reader, wait_ms=10_000)
    reader.leave()
    assert len(bench.broker.waiting) == 0
    peer.produce("t")
    bench.pass_time(20)


def test_a_reader_of_a_topic_that_is_deleted_is_told_at_once(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    reader = bench.client()
    _wait(reader, wait_ms=10_000)
    peer.ask(ApiKey.DELETE_TOPICS, 5, topic_names=["t"], timeout_ms=1)
    (frame,) = reader.frames()
    assert reader.read(ApiKey.FETCH, 11, frame).responses[0].partitions[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


@pytest.mark.parametrize("version", range(4, 18))
def test_every_version_tells_the_same(bench: Bench, peer: Peer, version: int) -> None:
    peer.create("t")
    sent = batch([Rec(b"key", b"value", int(bench.clock.wall() * 1000))])
    peer.produce("t", sent)
    topic = bench.logs.topics["t"]
    fields = fetching("t")
    fields["topics"][0]["topic_id"] = topic.id
    found = peer.ask(ApiKey.FETCH, version, **fields).responses[0]
    assert (found.topic_id if version >= 13 else found.topic) == (topic.id if version >= 13 else "t")
    assert found.partitions[0].error_code == 0
    assert bytes(found.partitions[0].records)[16:] == sent[16:]


@pytest.mark.parametrize("version", range(3, 14))
def test_every_version_of_produce_appends(bench: Bench, peer: Peer, version: int) -> None:
    peer.create("t")
    sent = batch([Rec(at=int(bench.clock.wall() * 1000))] * 3)
    topic = {"name": "t", "topic_id": bench.logs.topics["t"].id, "partition_data": [{"index": 0, "records": sent}]}
    for expected in (0, 3):
        answer = peer.ask(ApiKey.PRODUCE, version, acks=-1, timeout_ms=1, topic_data=[topic])
        done = answer.responses[0].partition_responses[0]
        assert (done.index, done.error_code, done.base_offset) == (0, 0, expected)


def test_a_first_batch_larger_than_the_limit_comes_whole_and_alone(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    large = batch([Rec(value=b"x" * 5000, at=int(bench.clock.wall() * 1000))])
    for _ in range(2):
        peer.produce("t", large)
    found = peer.ask(ApiKey.FETCH, 11, **fetching("t", max_bytes=100)).responses[0].partitions[0]
    assert len(found.records) == len(large)


@pytest.mark.parametrize(
    ("offset", "epoch", "error"),
    [
        (0, -1, ErrorCode.NONE),
        (1, 0, ErrorCode.NONE),
        (2, -1, ErrorCode.OFFSET_OUT_OF_RANGE),
        (-1, -1, ErrorCode.OFFSET_OUT_OF_RANGE),
        (0, 1, ErrorCode.UNKNOWN_LEADER_EPOCH),
    ],
)
def test_offsets_and_epochs_that_are_not_there_are_told(peer: Peer, offset: int, epoch: int, error: ErrorCode) -> None:
    peer.create("t")
    peer.produce("t")
    found = peer.ask(ApiKey.FETCH, 11, **fetching("t", offset, epoch=epoch)).responses[0].partitions[0]
    assert found.error_code == error


def test_an_id_of_a_topic_that_was_deleted_is_unknown_though_the_name_is_there(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    old = bench.logs.topics["t"].id
    peer.ask(ApiKey.DELETE_TOPICS, 5, topic_names=["t"], timeout_ms=1)
    peer.create("t")
    for topic_id in (old, uuid4()):
        fields = fetching("t")
        fields["topics"][0]["topic_id"] = topic_id
        assert peer.ask(ApiKey.FETCH, 13, **fields).responses[0].partitions[0].error_code == ErrorCode.UNKNOWN_TOPIC_ID


def test_a_session_that_is_not_kept_is_told(peer: Peer) -> None:
    answer = peer.ask(ApiKey.FETCH, 11, **fetching("t", session_id=5, session_epoch=3))
    assert (answer.error_code, answer.session_id) == (ErrorCode.FETCH_SESSION_ID_NOT_FOUND, 0)


def test_acknowledgements_of_replicas_there_are_not_are_refused(bench: Bench, peer: Peer) -> None:
    peer.create("t", min_insync_replicas="2")
    assert peer.produce("t").error_code == ErrorCode.NOT_ENOUGH_REPLICAS
    assert peer.produce("t", acks=1).error_code == ErrorCode.NONE
    assert peer.produce("t", acks=2).error_code == ErrorCode.INVALID_REQUIRED_ACKS
    assert bench.logs.topics["t"].partitions[0].end == 1


def test_a_reader_of_committed_records_is_told_the_aborted_transactions_of_what_it_gets_alone(bench: Bench, peer: Peer) -> None:
    """Each answer would else have all there are up to the end: megabytes, after a hundred thousand of them."""
    peer.create("t")
    log, now_ms = bench.logs.topics["t"].partitions[0], int(bench.clock.wall() * 1000)
    for number in range(6):
        log.append(batch([Rec(at=now_ms)], By(7, 0, number, transactional=True)), now_ms=now_ms)
        log.append_marker(7, 0, commit=number == 2, coordinator_epoch=0, now_ms=now_ms)
    both = len(log.read(0, 1 << 20, below=2, at_least_one=True)[0])
    told = []
    for offset in range(0, 12, 2):
        fields = fetching("t", offset, isolation_level=1, max_bytes=both)
        (found,) = peer.ask(ApiKey.FETCH, 11, **fields).responses[0].partitions
        told.append([one.first_offset for one in found.aborted_transactions])
    assert told == [[0], [2], [], [6], [8], [10]]
    (whole,) = peer.ask(ApiKey.FETCH, 11, **fetching("t", isolation_level=1)).responses[0].partitions
    assert [one.first_offset for one in whole.aborted_transactions] == [0, 2, 6, 8, 10]
    (plain,) = peer.ask(ApiKey.FETCH, 11, **fetching("t")).responses[0].partitions
    assert plain.aborted_transactions is None
