"""A log whose files cannot be had is told for what it is; all the rest of the broker answers as ever."""

from typing import Any

import pytest

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.versions import ApiKey
from tests.unit.brokers.kafka.peer import Bench, Peer, fetching

STORAGE = ErrorCode.KAFKA_STORAGE_ERROR


@pytest.fixture
def broken(bench: Bench, peer: Peer) -> Peer:
    """Of this client's two topics one has a file where its folder should be."""
    peer.create("good")
    peer.produce("good")
    peer.create("bad")
    (bench.logs.folder / "bad-0").write_bytes(b"")
    return peer


def _partition(answer: Any) -> Any:
    return answer.topics[0].partitions[0]


def test_metadata_tells_both_topics(broken: Peer) -> None:
    answer = broken.ask(ApiKey.METADATA, 9, topics=[{"name": "good"}, {"name": "bad"}], allow_auto_topic_creation=False)
    assert [(one.name, one.error_code, one.partitions[0].leader_epoch) for one in answer.topics] == [("good", 0, 0), ("bad", 0, -1)]
    paged = broken.ask(ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, topics=[], response_partition_limit=10, cursor=None)
    assert [(one.name, one.partitions[0].leader_epoch) for one in paged.topics] == [("bad", -1), ("good", 0)]


def test_log_dirs_leave_it_out(broken: Peer) -> None:
    (found,) = broken.ask(ApiKey.DESCRIBE_LOG_DIRS, 4, topics=None).results
    assert {one.name: [part.partition_size > 0 for part in one.partitions] for one in found.topics} == {"good": [True], "bad": []}


def test_who_writes_reads_or_asks_for_offsets_is_told(broken: Peer) -> None:
    assert broken.produce("bad").error_code == STORAGE
    assert broken.ask(ApiKey.FETCH, 11, **fetching("bad")).responses[0].partitions[0].error_code == STORAGE
    wanted = [{"name": "bad", "partitions": [{"partition_index": 0, "current_leader_epoch": -1, "timestamp": -1}]}]
    assert _partition(broken.ask(ApiKey.LIST_OFFSETS, 7, replica_id=-1, isolation_level=0, topics=wanted)).error_code == STORAGE
    epochs = [{"topic": "bad", "partitions": [{"partition": 0, "current_leader_epoch": -1, "leader_epoch": 0}]}]
    assert _partition(broken.ask(ApiKey.OFFSET_FOR_LEADER_EPOCH, 4, replica_id=-1, topics=epochs)).error_code == STORAGE
    producers = broken.ask(ApiKey.DESCRIBE_PRODUCERS, 0, topics=[{"name": "bad", "partition_indexes": [0]}])
    assert (_partition(producers).error_code, "bad-0 cannot be opened" in _partition(producers).error_message) == (STORAGE, True)
    assert broken.produce("good").error_code == ErrorCode.NONE


def test_it_can_be_deleted(bench: Bench, broken: Peer) -> None:
    answer = broken.ask(ApiKey.DELETE_TOPICS, 5, topic_names=["bad"], timeout_ms=1)
    assert answer.responses[0].error_code == ErrorCode.NONE
    assert set(bench.logs.topics) == {"good"}
