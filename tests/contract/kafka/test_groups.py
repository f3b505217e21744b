"""Consumer groups with every client: joining, sharing, taking over, coming back where one was."""

import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import MemberToRemove
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from tests.contract.kafka.members import LIMIT_S, AioKafka, Confluent, KafkaPython, Member, committed, settled, together
from tests.helpers.broker_processes import EmbeddedBroker, wait_until

pytestmark = pytest.mark.usefixtures("chatty_client")

CLIENTS = [KafkaPython, AioKafka, Confluent]


@pytest.fixture
def wide(admin: KafkaAdminClient, name: str) -> str:
    """A topic with three partitions."""
    admin.create_topics({name: {"num_partitions": 3, "replication_factor": 1}})
    admin.wait_for_topics([name])
    return name


def fill(bootstrap: str, topic: str, first: int, count: int) -> None:
    with KafkaProducer(bootstrap_servers=bootstrap) as producer:
        for number in range(first, first + count):
            producer.send(topic, b"%d" % number, partition=number % 3)
        producer.flush()


@pytest.mark.parametrize("client", CLIENTS)
def test_members_share_a_topic_and_take_over_what_one_leaves(client: type[Member], bootstrap: str, wide: str) -> None:
    first, second, third = (client(bootstrap, f"g-{wide}", [wide]) for _ in range(3))
    with together(first, second):
        settled([first, second], [1, 2])
        with together(third):
            settled([first, second, third], [1, 1, 1])
        second.leave()
        settled([first], [3])


@pytest.mark.parametrize("client", CLIENTS)
def test_a_group_resumes_where_it_committed(client: type[Member], bootstrap: str, wide: str) -> None:
    fill(bootstrap, wide, 0, 30)
    before = client(bootstrap, f"g-{wide}", [wide])
    with together(before):
        wait_until(lambda: len(before.read) >= 30, LIMIT_S, "all is read")
    fill(bootstrap, wide, 30, 6)
    after = client(bootstrap, f"g-{wide}", [wide])
    with together(after):
        wait_until(lambda: len(after.read) >= 6, LIMIT_S, "the rest is read")
    assert sorted(after.read, key=str) == [b"%d" % number for number in range(30, 36)]


def test_two_that_start_together_share_the_first_rebalance(embedded_kafka: EmbeddedBroker, name: str) -> None:
    with KafkaAdminClient(bootstrap_servers=embedded_kafka.kafka) as admin:
        admin.create_topics({name: {"num_partitions": 2, "replication_factor": 1}})
    started = time.monotonic()
    members: list[Member] = [Confluent(embedded_kafka.kafka, f"g-{name}", [name]) for _ in range(2)]
    with together(*members):
        settled(members, [1, 1])
        took = time.monotonic() - started
        with KafkaAdminClient(bootstrap_servers=embedded_kafka.kafka) as admin:
            found = admin.describe_groups([f"g-{name}"])[f"g-{name}"]
    assert len(found["members"]) == 2
    assert took < 3  # what a real Kafka waits for before the first rebalance


@pytest.mark.parametrize(
    ("client", "options"),
    [
        (Confluent, {"partition.assignment.strategy": "cooperative-sticky"}),
        (KafkaPython, {"partition_assignment_strategy": (CooperativeStickyAssignor,)}),
    ],
)
def test_cooperative_members_give_up_only_what_moves(client: type[Member], options: dict[str, Any], bootstrap: str, wide: str) -> None:
    """aiokafka offers no such assignor."""
    revoked: list[int] = []
    first, second = (client(bootstrap, f"g-{wide}", [wide], **options) for _ in range(2))

    def seen() -> bool:
        revoked.append(len(first.assigned))
        return second.has(1)

    with together(first):
        settled([first], [3])
        kept = first.assigned
        with together(second):
            wait_until(seen, LIMIT_S, "the second has one")
            settled([first, second], [1, 2])
            assert first.assigned < kept
        settled([first], [3])
    assert min(revoked) >= 2


def test_a_static_member_that_starts_again_moves_nobody(bootstrap: str, admin: KafkaAdminClient, wide: str) -> None:
    group = f"g-{wide}"
    other = Confluent(bootstrap, group, [wide], **{"group.instance.id": "other"})
    with together(other):
        ours = Confluent(bootstrap, group, [wide], **{"group.instance.id": "ours"})
        with together(ours):
            settled([other, ours], [1, 2])
            before = ours.assigned
        again = Confluent(bootstrap, group, [wide], **{"group.instance.id": "ours"})
        with together(again):
            wait_until(lambda: again.has(len(before)), LIMIT_S, "it has what it had")
            assert again.assigned == before
            told = {one["group_instance_id"] for one in admin.describe_groups([group])[group]["members"]}
            assert told == {"ours", "other"}
    admin.remove_group_members(group, [MemberToRemove(group_instance_id="ours"), MemberToRemove(group_instance_id="other")])
    wait_until(lambda: admin.describe_groups([group])[group]["group_state"] == "Empty", LIMIT_S, "both are gone")


def test_a_pattern_finds_a_topic_that_is_made_later(bootstrap: str, admin: KafkaAdminClient, name: str) -> None:
    member = Confluent(bootstrap, f"g-{name}", [f"^{name}-.*"], **{"topic.metadata.refresh.interval.ms": 300})
    admin.create_topics({f"{name}-a": {"num_partitions": 1, "replication_factor": 1}})
    with together(member):
        settled([member], [1])
        admin.create_topics({f"{name}-b": {"num_partitions": 1, "replication_factor": 1}})
        settled([member], [2])


def test_offsets_go_with_the_topic_and_the_group(bootstrap: str, admin: KafkaAdminClient, topic: str) -> None:
    group = f"g-{topic}"
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    consumer.commit(offsets=[TopicPartition(topic, 0, 5)], asynchronous=False)
    assert committed(admin, group) == {(topic, 0): (5, "")}
    consumer.close()
    admin.delete_topics([topic])
    wait_until(lambda: not committed(admin, group), LIMIT_S, "the offsets are gone")


def test_an_empty_group_is_deleted_and_a_busy_one_is_not(bootstrap: str, admin: KafkaAdminClient, wide: str) -> None:
    group = f"g-{wide}"
    with together(member := Confluent(bootstrap, group, [wide])):
        settled([member], [3])
        assert "NonEmpty" in str(admin.delete_groups([group]))
    admin.delete_groups([group])
    assert group not in str(admin.list_groups())
    assert "NotFound" in str(admin.delete_groups([group]))


def test_members_go_on_after_the_broker_was_killed(tmp_path: Path, name: str) -> None:
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    member = Confluent(broker.kafka, f"g-{name}", [name], **{"auto.commit.interval.ms": 100, "reconnect.backoff.max.ms": 200})
    try:
        with KafkaAdminClient(bootstrap_servers=broker.kafka) as admin:
            admin.create_topics({name: {"num_partitions": 3, "replication_factor": 1}})
        fill(broker.kafka, name, 0, 30)
        with together(member):
            wait_until(lambda: len(member.read) == 30, LIMIT_S, "all is read")
            with KafkaConsumer(bootstrap_servers=broker.kafka, group_id=f"g-{name}") as other:
                wait_until(lambda: _committed(other, name) == 30, LIMIT_S, "all is committed")
            broker.kill()
            broker.start()
            fill(broker.kafka, name, 30, 6)
            wait_until(lambda: len(member.read) == 36, LIMIT_S, "the member reads on")
        assert len(set(member.read)) == 36
    finally:
        broker.stop()


def _committed(consumer: KafkaConsumer, topic: str) -> int:
    from kafka import TopicPartition as Place

    return sum(consumer.committed(Place(topic, number)) or 0 for number in range(3))


def test_confluent_producer_and_consumer_as_in_their_documentation(bootstrap: str, topic: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce(topic, key=b"k", value=b"v", headers={"h": b"1"})
    assert producer.flush(LIMIT_S) == 0
    with together(member := Confluent(bootstrap, f"g-{topic}", [topic])):
        wait_until(lambda: member.read == [b"v"], LIMIT_S, "it is read")
