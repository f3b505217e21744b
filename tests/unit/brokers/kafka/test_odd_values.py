"""Values nobody means are answered, each as itself: they end no connection, and keep nobody else waiting."""

import time

import pytest

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.versions import ApiKey
from tests.unit.brokers.kafka.peer import Bench, Peer

BROKER = 4


@pytest.mark.parametrize("name", ["--1", "one", "9" * 5000, "1.0"])
def test_a_node_that_is_no_number_is_told(peer: Peer, name: str) -> None:
    wanted = [{"resource_type": BROKER, "resource_name": name, "configuration_keys": None}]
    (found,) = peer.ask(ApiKey.DESCRIBE_CONFIGS, 4, resources=wanted, include_synonyms=False, include_documentation=False).results
    assert (found.error_code, found.error_message[:26]) == (ErrorCode.INVALID_REQUEST, "Node id must be an integer")


def test_offsets_that_are_to_be_kept_for_ever_are_kept(bench: Bench, peer: Peer) -> None:
    peer.create("t")
    partition = {"partition_index": 0, "committed_offset": 5, "committed_metadata": ""}
    group = {"group_id": "g", "generation_id_or_member_epoch": -1, "member_id": ""}
    topics = [{"name": "t", "partitions": [partition]}]
    answer = peer.ask(ApiKey.OFFSET_COMMIT, 2, **group, retention_time_ms=2**63 - 1, topics=topics)
    assert answer.topics[0].partitions[0].error_code == ErrorCode.NONE
    bench.pass_time(30 * 86_400)
    wanted = [{"name": "t", "partition_indexes": [0]}]
    assert peer.ask(ApiKey.OFFSET_FETCH, 5, group_id="g", topics=wanted).topics[0].partitions[0].committed_offset == 5


def test_thirty_thousand_partitions_asked_for_twice_are_told_in_a_moment(peer: Peer) -> None:
    peer.create("t")
    partitions = [{"partition_index": number % 30_000, "current_leader_epoch": -1, "timestamp": -1} for number in range(60_000)]
    began = time.process_time()
    answer = peer.ask(ApiKey.LIST_OFFSETS, 7, replica_id=-1, isolation_level=0, topics=[{"name": "t", "partitions": partitions}])
    assert {one.error_code for one in answer.topics[0].partitions} == {ErrorCode.INVALID_REQUEST}
    assert time.process_time() - began < 10  # each looked for among all the others took minutes
