"""What a cluster of one broker answers about itself, and what it has not."""

import socket
import struct
from typing import Any
from uuid import UUID

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.versions import VERSIONS, ApiKey
from tests.contract.kafka.ask import LIMIT_S, ask
from tests.helpers.broker_processes import wait_until

BROKER = 1


@pytest.fixture
def port(bootstrap: str) -> int:
    return int(bootstrap.rpartition(":")[2])


def test_the_broker_names_itself_alike_in_every_answer(bootstrap: str, port: int) -> None:
    cluster = ask(bootstrap, ApiKey.DESCRIBE_CLUSTER, 1, include_cluster_authorized_operations=True, endpoint_type=1)
    assert [(one.broker_id, one.host, one.port, one.rack) for one in cluster.brokers] == [(BROKER, "127.0.0.1", port, None)]
    assert cluster.authorized_operations == {5, 7, 8, 9, 10, 11, 12}
    found = ask(bootstrap, ApiKey.METADATA, 12, topics=[], allow_auto_topic_creation=False)
    assert [(one.node_id, one.host, one.port) for one in found.brokers] == [(BROKER, "127.0.0.1", port)]
    assert (found.cluster_id, found.controller_id, found.topics) == (cluster.cluster_id, BROKER, [])


def test_partitions_have_the_broker_as_leader_and_replica(bootstrap: str, topic: str) -> None:
    asked = [{"name": topic}, {"name": "no-such"}]
    found, missing = ask(
        bootstrap, ApiKey.METADATA, 12, topics=asked, allow_auto_topic_creation=False, include_topic_authorized_operations=True
    ).topics
    (partition,) = found.partitions
    assert (partition.leader_id, partition.leader_epoch, partition.replica_nodes, partition.isr_nodes) == (BROKER, 0, [BROKER], [BROKER])
    assert (found.error_code, found.is_internal, found.authorized_operations) == (0, False, {3, 4, 5, 6, 7, 8, 10, 11})
    assert (missing.error_code, missing.name) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "no-such")
    for no_name in (None, ""):
        by_id = [{"name": no_name, "topic_id": found.topic_id}]
        (again,) = ask(bootstrap, ApiKey.METADATA, 12, topics=by_id, allow_auto_topic_creation=False).topics
        assert (again.name, again.topic_id) == (topic, found.topic_id)
    paged = ask(bootstrap, ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, topics=asked[:1], response_partition_limit=10, cursor=None).topics[0]
    assert (paged.name, paged.topic_id, [one.leader_id for one in paged.partitions]) == (topic, found.topic_id, [BROKER])


def test_a_topic_is_made_by_asking_for_it_where_that_is_allowed(bootstrap: str, admin: KafkaAdminClient, name: str) -> None:
    def asked(*, creates: bool, topic: str = name) -> int:
        answer = ask(bootstrap, ApiKey.METADATA, 9, topics=[{"name": topic}], allow_auto_topic_creation=creates)
        return int(answer.topics[0].error_code)

    assert asked(creates=False) == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert asked(creates=True, topic="a b") == ErrorCode.INVALID_TOPIC_EXCEPTION
    assert asked(creates=True) in (0, ErrorCode.LEADER_NOT_AVAILABLE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)  # Kafka makes it a moment later
    admin.wait_for_topics([name])
    assert asked(creates=False) == 0


def test_log_dirs_tell_how_much_a_partition_holds(bootstrap: str, topic: str) -> None:
    def size() -> int:
        (found,) = ask(bootstrap, ApiKey.DESCRIBE_LOG_DIRS, 4, topics=[{"topic": topic, "partitions": [0]}]).results
        assert (found.error_code, found.usable_bytes > 0, found.total_bytes >= found.usable_bytes) == (0, True, True)
        return int(found.topics[0].partitions[0].partition_size)

    assert size() == 0
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send(topic, b"x" * 1000).get(LIMIT_S)
    producer.close()
    assert 1000 < size() < 1200


def test_nothing_of_a_cluster_can_be_moved(bootstrap: str, topic: str) -> None:
    elected = ask(
        bootstrap, ApiKey.ELECT_LEADERS, 2, election_type=0, topic_partitions=[{"topic": topic, "partitions": [0]}], timeout_ms=1000
    )
    (told,) = elected.replica_election_results[0].partition_result
    assert (told.error_code, told.error_message) == (ErrorCode.ELECTION_NOT_NEEDED, "Leader election not needed for topic partition.")
    partitions = [{"partition_index": 0, "replicas": [7]}]
    moved = ask(bootstrap, ApiKey.ALTER_PARTITION_REASSIGNMENTS, 0, topics=[{"name": topic, "partitions": partitions}], timeout_ms=1000)
    assert moved.responses[0].partitions[0].error_code == ErrorCode.INVALID_REPLICA_ASSIGNMENT
    going = ask(bootstrap, ApiKey.LIST_PARTITION_REASSIGNMENTS, 0, topics=None, timeout_ms=1000)
    assert (going.error_code, going.topics) == (0, [])
    dirs = [{"path": "/no/such", "topics": [{"name": topic, "partitions": [0]}]}]
    kept = ask(bootstrap, ApiKey.ALTER_REPLICA_LOG_DIRS, 2, dirs=dirs).results[0].partitions[0]
    assert kept.error_code == ErrorCode.LOG_DIR_NOT_FOUND


def test_without_an_authorizer_acls_are_neither_told_nor_changed(bootstrap: str) -> None:
    told = ask(bootstrap, ApiKey.DESCRIBE_ACLS, 3, resource_type_filter=1, pattern_type_filter=1, operation=1, permission_type=1)
    assert (told.error_code, told.error_message) == (ErrorCode.SECURITY_DISABLED, "No Authorizer is configured on the broker")
    creation = {
        "resource_type": 2,
        "resource_name": "x",
        "resource_pattern_type": 3,
        "principal": "User:a",
        "host": "*",
        "operation": 3,
        "permission_type": 3,
    }
    (made,) = ask(bootstrap, ApiKey.CREATE_ACLS, 3, creations=[creation]).results
    one = {"resource_type_filter": 2, "pattern_type_filter": 3, "operation": 1, "permission_type": 1}
    (deleted,) = ask(bootstrap, ApiKey.DELETE_ACLS, 3, filters=[one]).filter_results
    for refused in (made, deleted):
        assert (refused.error_code, refused.error_message) == (ErrorCode.SECURITY_DISABLED, "No Authorizer is configured.")


def test_a_plain_listener_knows_no_logins(bootstrap: str) -> None:
    told = ask(bootstrap, ApiKey.SASL_HANDSHAKE, 1, mechanism="PLAIN")
    assert (told.error_code, told.mechanisms) == (ErrorCode.ILLEGAL_SASL_STATE, [])
    assert ask(bootstrap, ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS, 0, users=None).results == []
    (missing,) = ask(bootstrap, ApiKey.ALTER_USER_SCRAM_CREDENTIALS, 0, deletions=[{"name": "x", "mechanism": 1}], upsertions=[]).results
    assert (missing.user, missing.error_code) == ("x", ErrorCode.RESOURCE_NOT_FOUND)
    assert ask(bootstrap, ApiKey.DESCRIBE_CLIENT_QUOTAS, 1, components=[], strict=False).entries == []


def test_a_feature_that_is_not_there_cannot_be_set(bootstrap: str) -> None:
    update = {"feature": "nonsense", "max_version_level": 2, "upgrade_type": 1}
    told = ask(bootstrap, ApiKey.UPDATE_FEATURES, 1, timeout_ms=1000, feature_updates=[update], validate_only=False)
    assert told.error_code == ErrorCode.INVALID_UPDATE_VERSION
    assert "Invalid update version 2 for feature nonsense" in told.error_message


def test_what_is_answered_here_apache_kafka_answers_in_the_same_versions(bootstrap: str) -> None:
    told = ask(bootstrap, ApiKey.API_VERSIONS, 3, client_software_name="a", client_software_version="1").api_keys
    there = {one.api_key: (one.min_version, one.max_version) for one in told}
    for key, (least, most) in VERSIONS.items():
        assert there[key][0] <= least
        assert there[key][1] >= most


def _said(bootstrap: str, data: bytes) -> bytes:
    host, _, number = bootstrap.rpartition(":")
    with socket.create_connection((host, int(number)), timeout=LIMIT_S) as client:
        client.sendall(data)
        return client.recv(4096)


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">hhih", ApiKey.METADATA, 99, 5, -1),
        struct.pack(">hhih", 999, 0, 5, -1),
        struct.pack(">hhih", ApiKey.PRODUCE, 2, 5, -1),
        struct.pack(">hhih", ApiKey.METADATA, 1, 5, -1) + struct.pack(">i", 2**31 - 1),
    ],
    ids=["version", "key", "old produce", "huge array"],
)
def test_what_is_not_understood_ends_the_connection(bootstrap: str, frame: bytes) -> None:
    assert _said(bootstrap, struct.pack(">i", len(frame)) + frame) == b""


@pytest.mark.parametrize("size", [-1, 2**31 - 1], ids=["negative", "huge"])
def test_a_size_that_cannot_be_ends_the_connection(bootstrap: str, size: int) -> None:
    assert _said(bootstrap, struct.pack(">i", size)) == b""


def test_a_version_of_tomorrow_is_answered_with_the_versions_of_today(bootstrap: str) -> None:
    frame = struct.pack(">hhihb", ApiKey.API_VERSIONS, 99, 5, -1, 0)
    answer: Any = _said(bootstrap, struct.pack(">i", len(frame)) + frame)
    assert struct.unpack_from(">ihi", answer, 4) == (5, ErrorCode.UNSUPPORTED_VERSION, 1)
    assert struct.unpack_from(">hhh", answer, 14) == (ApiKey.API_VERSIONS, 0, 4)


def test_an_id_of_a_deleted_topic_is_not_mistaken_for_the_next_of_its_name(bootstrap: str, admin: KafkaAdminClient, topic: str) -> None:
    def found(**asked: Any) -> Any:
        return ask(bootstrap, ApiKey.METADATA, 12, topics=[asked], allow_auto_topic_creation=False).topics[0]

    old = found(name=topic).topic_id
    admin.delete_topics([topic])
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
    wait_until(lambda: found(name=topic).topic_id not in {old, UUID(int=0)}, LIMIT_S, "the new topic is known")
    wait_until(lambda: found(name=None, topic_id=old).error_code == ErrorCode.UNKNOWN_TOPIC_ID, LIMIT_S, "the old id is unknown")
