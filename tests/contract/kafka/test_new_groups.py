"""Groups of the protocols that Kafka 4 brings, as the capability shows and changes them: consumer (KIP-848) and share (KIP-932)."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import ShareConsumer
from kafka import KafkaAdminClient, KafkaProducer

from embedded_server.contracts.kafka import Assigned, DeleteGroup, GroupDetail, RemoveMember, ResetRequest, ResetTo
from embedded_server.kafka.holdings.groups import GroupQuery
from embedded_server.kafka.holdings.holdings import Holdings
from tests.contract.kafka.capability import CONNECTION as C
from tests.contract.kafka.capability import capability_over, profile_of
from tests.contract.kafka.members import Confluent, together
from tests.contract.kafka.test_groups_held import refused
from tests.helpers.kafka_processes import RealKafka
from tests.helpers.server import until

pytestmark = pytest.mark.real_broker

RECORDS = 10
NEW = {"group.protocol": "consumer", "client.id": "reader-1", "enable.auto.commit": False}


@pytest.fixture(scope="module")
def kafka(real_kafka: RealKafka) -> RealKafka:
    """The embedded broker has the classic protocol alone, as a broker of Kafka 3 has."""
    return real_kafka


@pytest.fixture
async def holdings(bootstrap: str, tmp_path: Path) -> AsyncIterator[Holdings]:
    async with capability_over(tmp_path, lambda: profile_of(bootstrap)) as made:
        yield made.service.holdings


@pytest.fixture
def stocked(admin: KafkaAdminClient, bootstrap: str, name: str) -> str:
    """A topic of two partitions with ten records each."""
    topic = f"new-{name}"
    admin.create_topics({topic: {"num_partitions": 2, "replication_factor": 1}})
    admin.wait_for_topics([topic])
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for future in [producer.send(topic, b"x", partition=number % 2) for number in range(2 * RECORDS)]:
        future.get(10)
    producer.close()
    return topic


@contextmanager
def sharing(bootstrap: str, group: str, topic: str) -> Iterator[None]:
    """A member of a share group that polls on a thread of its own, until the end."""
    over = threading.Event()

    def poll() -> None:
        consumer = ShareConsumer({"bootstrap.servers": bootstrap, "group.id": group, "client.id": "sharer-1"})
        consumer.subscribe([topic])
        while not over.is_set():
            consumer.poll(0.1)
        consumer.close()

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(20)


async def settled(holdings: Holdings, group: str, members: int) -> GroupDetail:
    """The group once it is stable with so many members that read something, or empty with none."""

    async def is_settled() -> GroupDetail | None:
        found = (await holdings.groups.page(C, GroupQuery(search=group))).groups
        if not found:
            return None
        detail = await holdings.groups.detail(C, group)
        wanted = "Stable" if members else "Empty"
        readers = [member for member in detail.members if member.assignment]
        return detail if (detail.group.state, len(readers)) == (wanted, members) else None

    detail = await until(is_settled, 30)
    assert detail is not None
    return detail


async def test_a_group_of_the_consumer_protocol_shows_its_members_and_is_not_touched(
    holdings: Holdings, bootstrap: str, stocked: str
) -> None:
    group = f"g-{stocked}"
    with together(Confluent(bootstrap, group, [stocked], **NEW)):
        detail = await settled(holdings, group, 1)
        (member,) = detail.members
        assert (detail.group.type, detail.group.protocol_type, detail.group.members) == ("consumer", "consumer", 1)
        assert (member.client_id, member.assignment, member.target) == ("reader-1", [Assigned(stocked, [0, 1])], None)
        assert member.host == "127.0.0.1"
        assert detail.assignor == "uniform"
        assert detail.epoch == member.epoch
        assert [(one.committed, one.end, one.member) for one in detail.offsets] == [(None, 10, member.id)] * 2
        problem = await refused(holdings.group_acts.reset(C, ResetRequest(group, ResetTo.EARLIEST, [Assigned(stocked, [])])))
        assert problem.code == "group-active"
        assert "reader-1" in str(problem)
        assert (await refused(holdings.group_acts.delete(C, DeleteGroup(group)))).code == "group-active"
        assert (await refused(holdings.group_acts.remove_member(C, RemoveMember(group, "nobody")))).code == "member-gone"
        await holdings.group_acts.remove_member(C, RemoveMember(group, member.id))

        async def has_joined_again() -> bool:
            found = await holdings.groups.detail(C, group)
            return bool(found.members) and (found.epoch or 0) > (detail.epoch or 0)

        assert await until(has_joined_again, 20)


async def test_an_empty_group_of_the_consumer_protocol_is_reset_and_deleted(holdings: Holdings, bootstrap: str, stocked: str) -> None:
    group = f"g-{stocked}"
    with together(Confluent(bootstrap, group, [stocked], **NEW)):
        await settled(holdings, group, 1)
    assert (await settled(holdings, group, 0)).group.type == "consumer"
    done = await holdings.group_acts.reset(C, ResetRequest(group, ResetTo.OFFSET, [Assigned(stocked, [])], offset=4))
    assert [(one.after, one.problem) for one in done.changes] == [(4, None)] * 2
    detail = await holdings.groups.detail(C, group)
    assert ([one.committed for one in detail.offsets], detail.group.lag) == ([4, 4], 12)
    assert (await holdings.lag.of(C, group)).points[-1].total == 12
    await holdings.group_acts.delete(C, DeleteGroup(group, [Assigned(stocked, [0])]))
    assert [one.partition for one in (await holdings.groups.detail(C, group)).offsets] == [1]
    await holdings.group_acts.delete(C, DeleteGroup(group))
    assert (await refused(holdings.groups.detail(C, group))).code == "group-unknown"


async def test_a_share_group_shows_its_members_and_where_it_goes_on(holdings: Holdings, bootstrap: str, stocked: str) -> None:
    group = f"s-{stocked}"
    with sharing(bootstrap, group, stocked):
        detail = await settled(holdings, group, 1)
        (member,) = detail.members
        assert (detail.group.type, member.client_id, member.assignment) == ("share", "sharer-1", [Assigned(stocked, [0, 1])])
        problem = await refused(holdings.group_acts.reset(C, ResetRequest(group, ResetTo.EARLIEST, [Assigned(stocked, [])])))
        assert problem.code == "group-active"
        assert (await refused(holdings.group_acts.remove_member(C, RemoveMember(group, member.id)))).code == "member-stays"
    await settled(holdings, group, 0)
    done = await holdings.group_acts.reset(C, ResetRequest(group, ResetTo.OFFSET, [Assigned(stocked, [])], offset=3))
    assert [(one.after, one.problem) for one in done.changes] == [(3, None)] * 2
    detail = await holdings.groups.detail(C, group)
    assert [(one.committed, one.lag) for one in detail.offsets] == [(3, 7), (3, 7)]
    assert (await holdings.lag.of(C, group)).points[-1].total == 14
    assert group in ((await holdings.topic(C, stocked)).groups or [])
    stay = await refused(holdings.group_acts.delete(C, DeleteGroup(group, [Assigned(stocked, [0])])))
    assert stay.code == "share-offsets-stay"
    await holdings.group_acts.delete(C, DeleteGroup(group))
    assert (await refused(holdings.groups.detail(C, group))).code == "group-unknown"
