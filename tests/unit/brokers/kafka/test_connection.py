"""A connection takes bytes however they are cut, answers in order, and ends where Kafka ends it."""

import struct

import pytest

from embedded_server.brokers.kafka.connection import MAX_REQUEST_BYTES, MAX_WAITING_BYTES
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.versions import ApiKey
from tests.unit.brokers.kafka.peer import Bench, Peer, fetching, request

VERSIONS = request(ApiKey.API_VERSIONS, 3, {"client_software_name": "peer", "client_software_version": "1.0"}, 11)
METADATA = request(ApiKey.METADATA, 12, {"topics": None, "allow_auto_topic_creation": False}, 12)


def test_requests_cut_anywhere_are_answered_as_whole_ones(bench: Bench) -> None:
    whole = bench.client()
    whole.send(VERSIONS + METADATA)
    expected = whole.frames()
    assert [frame[:4] for frame in expected] == [struct.pack(">i", 11), struct.pack(">i", 12)]
    for step in (1, 2, 3, 5, 7, 11):
        cut = bench.client()
        data = VERSIONS + METADATA
        for begin in range(0, len(data), step):
            cut.send(data[begin : begin + step])
        assert cut.frames() == expected


def test_a_version_of_tomorrow_is_told_the_versions_of_today(peer: Peer) -> None:
    frame = struct.pack(">hhi", ApiKey.API_VERSIONS, 99, 5) + b"what only tomorrow knows"
    peer.send(struct.pack(">i", len(frame)) + frame)
    (answer,) = peer.frames()
    told = peer.read(ApiKey.API_VERSIONS, 0, answer)
    assert told.error_code == ErrorCode.UNSUPPORTED_VERSION
    assert [(one.api_key, one.min_version, one.max_version) for one in told.api_keys] == [(18, 0, 4)]
    assert not peer.connection.finished


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">hhi", ApiKey.METADATA, 99, 5) + b"\xff\xff",
        struct.pack(">hhi", 999, 0, 5) + b"\xff\xff",
        struct.pack(">hhi", -1, 0, 5) + b"\xff\xff",
        struct.pack(">hhi", ApiKey.PRODUCE, 2, 5) + b"\xff\xff",
        struct.pack(">hh", ApiKey.METADATA, 1),
        struct.pack(">hhih", ApiKey.METADATA, 1, 5, 200) + b"short",
        struct.pack(">hhih", ApiKey.METADATA, 1, 5, 2) + b"\xff\xfe",
        struct.pack(">hhih", ApiKey.METADATA, 1, 5, -1) + struct.pack(">i", 2**31 - 1),
        struct.pack(">hhih", ApiKey.METADATA, 1, 5, -1) + struct.pack(">ih", 1, -1),
        struct.pack(">hhih", ApiKey.LIST_GROUPS, 5, 5, -1) + b"\0\2\0\1\0",
        b"",
    ],
    ids=[
        "version",
        "key",
        "negative key",
        "old produce",
        "no head",
        "client id",
        "not text",
        "huge array",
        "null name",
        "null state",
        "empty",
    ],
)
def test_what_is_no_request_ends_the_connection(peer: Peer, frame: bytes) -> None:
    peer.send(struct.pack(">i", len(frame)) + frame)
    assert peer.connection.finished
    assert peer.frames() == []


@pytest.mark.parametrize("size", [-1, -(2**31), MAX_REQUEST_BYTES + 1, 2**31 - 1])
def test_a_size_that_cannot_be_ends_the_connection_before_the_bytes_come(peer: Peer, size: int) -> None:
    peer.send(struct.pack(">i", size))
    assert peer.connection.finished


def test_requests_behind_one_that_waits_are_answered_after_it(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    peer.send(request(ApiKey.FETCH, 11, fetching("t", wait_ms=500), 21) + VERSIONS)
    assert peer.frames() == []
    bench.pass_time(0.6)
    assert [struct.unpack(">i", frame[:4])[0] for frame in peer.frames()] == [21, 11]


def test_a_client_that_sends_on_while_it_waits_is_read_no_further(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    peer.send(request(ApiKey.FETCH, 11, fetching("t", wait_ms=500)))
    blocked = [peer.connection.blocked]
    peer.send(b"\0" * (MAX_WAITING_BYTES + 1))
    blocked.append(peer.connection.blocked)
    bench.pass_time(0.6)
    blocked.append(peer.connection.blocked)
    assert blocked == [False, True, False]


def test_a_client_that_does_not_read_is_answered_no_further(peer: Peer) -> None:
    peer.connection.pause()
    peer.send(VERSIONS)
    assert peer.frames() == []
    peer.connection.resume()
    assert len(peer.frames()) == 1


def test_a_client_that_names_itself_in_no_words_is_refused(peer: Peer) -> None:
    peer.send(request(ApiKey.API_VERSIONS, 3, {"client_software_name": "-?-", "client_software_version": "1"}))
    (frame,) = peer.frames()
    assert struct.unpack_from(">ih", frame) == (7, ErrorCode.INVALID_REQUEST)


def test_a_failed_produce_without_acknowledgement_ends_the_connection(peer: Peer) -> None:
    topic = {"name": "none", "partition_data": [{"index": 0, "records": b"x"}]}
    peer.send(request(ApiKey.PRODUCE, 9, {"acks": 0, "timeout_ms": 1, "topic_data": [topic]}))
    assert peer.connection.finished
    assert peer.frames() == []


def test_every_version_of_every_request_with_default_fields_is_answered_or_ends_the_connection(bench: Bench) -> None:
    answered = 0
    told = bench.client().ask(ApiKey.API_VERSIONS, 3, client_software_name="a", client_software_version="1")
    for one in told.api_keys:
        for version in range(one.min_version, one.max_version + 1):
            client = bench.client()
            names = {"client_software_name": "a", "client_software_version": "1"} if one.api_key == ApiKey.API_VERSIONS else {}
            client.send(request(ApiKey(one.api_key), version, names))
            frames = client.frames()
            answered += len(frames)
            for frame in frames:
                client.read(ApiKey(one.api_key), version, frame)
            assert frames or client.connection.finished or one.api_key == ApiKey.PRODUCE
            client.leave()
    assert answered > 50
