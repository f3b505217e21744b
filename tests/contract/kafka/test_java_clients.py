"""Apache Kafka's own Java client: transactions, groups and administration, by the programs in ``java/``."""

import pytest
from kafka import KafkaAdminClient

from tests.contract.kafka.java_tools import JavaTools

FOUR = 4


@pytest.fixture
def output(admin: KafkaAdminClient, topic: str) -> str:
    """A second topic."""
    made = f"{topic}-output"
    admin.create_topics({made: {"num_partitions": 1, "replication_factor": 1}})
    admin.wait_for_topics([made])
    return made


def _ran(java: JavaTools, program: str, *arguments: str) -> list[str]:
    found = java.run(program, *arguments)
    assert found.status == 0, found.output
    return found.lines


def test_what_is_read_processed_and_committed_at_once(java: JavaTools, bootstrap: str, topic: str, output: str) -> None:
    first = [f"first record {number}" for number in range(3)]
    second = [f"second record {number}" for number in range(3, 6)]
    aborted = [f"aborted record {number}" for number in range(3, 6)]
    assert _ran(java, "Transactions", bootstrap, topic, output) == [
        "first OffsetAndMetadata{offset=3, leaderEpoch=null, metadata='of first'}",
        "aborted OffsetAndMetadata{offset=3, leaderEpoch=null, metadata='of first'}",
        "second OffsetAndMetadata{offset=6, leaderEpoch=null, metadata='of second'}",
        "fenced ProducerFencedException",
        _told("committed", *first, *second, "second producer", "after an abort"),
        _told("all", *first, *aborted, *second, "fenced", "second producer", "aborted by hand", "after an abort"),
    ]


def _told(kind: str, *values: str) -> str:
    return f"{kind} [{', '.join(values)}]"


def test_consumers_seek_pause_share_and_come_back(java: JavaTools, bootstrap: str, admin: KafkaAdminClient, topic: str) -> None:
    admin.create_partitions({topic: FOUR})

    def records(partition: int, first: int) -> str:
        return ", ".join(f"{offset} record {offset * FOUR + partition}" for offset in range(first, 10))

    assert _ran(java, "Consuming", bootstrap, topic) == [
        "at a time (timestamp=1700000012000, leaderEpoch=0, offset=3) and later than all null",
        f"from a time {{0=[{records(0, 3)}]}}",
        f"paused {{0=[{records(0, 0)}]}}",
        f"resumed {{1=[{records(1, 0)}]}}",
        "lag 0",
        "partitions 4 here true",
        "given up true",
        "back 4",
        "generation kept true",
        "fenced FencedInstanceIdException",
    ]


def test_the_admin_client_gets_the_same_answers(java: JavaTools, bootstrap: str, name: str) -> None:
    assert _ran(java, "Administration", bootstrap, name) == [
        "topic 3 1 false",
        "by id true",
        "settings delete,compact DYNAMIC_TOPIC_CONFIG",
        "has settings true",
        "client metrics []",
        "largest 0 at 9000",
        "producer began at 0 last 1",
        "transaction Ongoing true",
        "of that producer true",
        "fenced ProducerFencedException",
        "end 3",
        "abort null",
        "election ElectionNotNeededException: Leader election not needed for topic partition.",
        "stay null",
        "move InvalidReplicaAssignmentException: The manual partition assignment includes broker 7, but no such broker is registered.",
        "cancel NoReassignmentInProgressException: No partition reassignment is in progress.",
        "moving {}",
        "controller 1 of 1",
        "features true",
        "folders 1",
        "credentials {}",
        "nobody {nobody=UserScramCredentialsDescription{name='nobody', credentialInfos=[]}}",
        "quotas {}",
        "acls SecurityDisabledException: No Authorizer is configured on the broker",
        "unknown topic UnknownTopicOrPartitionException: This server does not host this topic-partition.",
        "deleted null",
    ]


def test_a_group_of_the_newer_protocol_is_refused_at_once_and_the_client_says_what_to_set(
    java: JavaTools, request: pytest.FixtureRequest, bootstrap: str, topic: str
) -> None:
    refused = (
        "UnsupportedVersionException: The cluster does not support the new CONSUMER group protocol. Set group.protocol=classic on the "
        "consumer configs to revert to the CLASSIC protocol until the cluster is upgraded."
    )
    has_it = "real_kafka" in request.node.callspec.id
    assert _ran(java, "NewProtocol", bootstrap, topic) == ["assigned 1" if has_it else refused]
