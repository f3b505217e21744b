"""Consumer groups, as the capability lists, describes, resets and deletes them."""

import threading
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from embedded_server.contracts.connections import Environment
from embedded_server.contracts.kafka import Assigned, DeleteGroup, GroupDetail, RemoveMember, ResetRequest, ResetTo
from embedded_server.contracts.problems import UserFacingError
from embedded_server.kafka.holdings.groups import GroupQuery
from embedded_server.kafka.holdings.holdings import Holdings
from embedded_server.kafka.holdings.wire import raise_for, settled
from tests.contract.kafka.capability import CONNECTION as C
from tests.contract.kafka.capability import Capability, capability_over, profile_of
from tests.helpers.server import until

RECORDS = 10
BEGAN = int(time.time() * 1000) - 60_000
"""The timestamp of a partition's first record; the next ones follow a second apart."""


@pytest.fixture
async def capability(bootstrap: str, tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path, lambda: profile_of(bootstrap)) as made:
        yield made


@pytest.fixture
def holdings(capability: Capability) -> Holdings:
    return capability.service.holdings


@pytest.fixture
def stocked(admin: KafkaAdminClient, bootstrap: str, name: str) -> str:
    """A topic of two partitions with ten records each."""
    admin.create_topics({name: {"num_partitions": 2, "replication_factor": 1}})
    admin.wait_for_topics([name])
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    sent = [
        producer.send(name, b"x", partition=partition, timestamp_ms=BEGAN + 1000 * number)
        for partition in (0, 1)
        for number in range(RECORDS)
    ]
    for future in sent:
        future.get(10)
    producer.close()
    return name


@pytest.fixture
def group(admin: KafkaAdminClient, stocked: str) -> str:
    """A quiet group that has read four records of each partition."""
    id_ = f"group-{stocked}"
    offsets = {TopicPartition(stocked, number): OffsetAndMetadata(4, "by hand", -1) for number in (0, 1)}

    def commit() -> None:
        for error in admin.alter_group_offsets(id_, offsets).values():
            raise_for(error.errno)

    settled(commit, 20)  # the first group of a cluster waits for its offsets' own topic
    return id_


@contextmanager
def consuming(bootstrap: str, topic: str, group: str, client_id: str) -> Iterator[None]:
    """A member that polls on a thread of its own, until the end."""
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=group, client_id=client_id, auto_offset_reset="earliest", enable_auto_commit=False
    )
    joined, over = threading.Event(), threading.Event()

    def poll() -> None:
        while not over.is_set():
            consumer.poll(500)  # a shorter poll may end just when it has joined, which kafka-python then forgets
            if consumer.assignment():
                joined.set()
        consumer.close()

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        assert joined.wait(30)
        yield
    finally:
        over.set()
        thread.join(20)


async def refused(act: Awaitable[object]) -> UserFacingError:
    with pytest.raises(UserFacingError) as caught:
        await act
    return caught.value


async def committed(holdings: Holdings, group: str) -> list[int | None]:
    return [one.committed for one in (await holdings.groups.detail(C, group)).offsets]


async def test_a_quiet_group_shows_how_far_it_is(holdings: Holdings, group: str, stocked: str) -> None:
    detail = await holdings.groups.detail(C, group)
    assert (detail.group.state, detail.group.members, detail.group.topics, detail.group.lag) == ("Empty", 0, 1, 12)
    first = detail.offsets[0]
    assert (first.topic, first.partition, first.committed, first.start, first.end, first.lag, first.metadata) == (
        *(stocked, 0, 4, 0, 10, 6),
        "by hand",
    )
    page = await holdings.groups.page(C, GroupQuery(search=group.upper()))
    assert [(one.id, one.lag) for one in page.groups if one.id == group] == [(group, 12)]
    assert group in ((await holdings.topic(C, stocked)).groups or [])


async def test_an_active_group_shows_its_members_and_is_not_touched(holdings: Holdings, bootstrap: str, group: str, stocked: str) -> None:
    with consuming(bootstrap, stocked, group, "reader-1"):

        async def stable() -> GroupDetail | None:
            found = await holdings.groups.detail(C, group)
            return found if found.group.state == "Stable" else None

        detail = await until(stable, 20)
        assert detail is not None
        (member,) = detail.members
        assert (member.client_id, member.assignment) == ("reader-1", [Assigned(stocked, [0, 1])])
        assert member.host
        assert detail.assignor
        assert {one.member for one in detail.offsets} == {member.id}
        problem = await refused(holdings.group_acts.reset(C, ResetRequest(group, ResetTo.EARLIEST)))
        assert problem.code == "group-active"
        assert "reader-1" in str(problem)
        assert (await refused(holdings.group_acts.delete(C, DeleteGroup(group)))).code == "group-active"
        in_use = await refused(holdings.group_acts.delete(C, DeleteGroup(group, [Assigned(stocked, [0])])))
        assert in_use.code == "offsets-in-use"
        foretold = await holdings.group_acts.reset(C, ResetRequest(group, ResetTo.EARLIEST, dry_run=True))
        assert [(one.before, one.after) for one in foretold.changes] == [(4, 0), (4, 0)]
        assert await committed(holdings, group) == [4, 4]
        assert (await refused(holdings.group_acts.remove_member(C, RemoveMember(group, "nobody")))).code == "member-gone"
        await holdings.group_acts.remove_member(C, RemoveMember(group, member.id))

        async def is_another() -> bool:
            found = (await holdings.groups.detail(C, group)).members
            return bool(found) and found[0].id != member.id

        assert await until(is_another, 30), "its client joins again"


@pytest.mark.parametrize(
    ("request_", "after"),
    [
        (ResetRequest("", ResetTo.EARLIEST), [0, 0]),
        (ResetRequest("", ResetTo.LATEST), [10, 10]),
        (ResetRequest("", ResetTo.OFFSET, offset=7), [7, 7]),
        (ResetRequest("", ResetTo.SHIFT, offset=-3), [1, 1]),
        (ResetRequest("", ResetTo.SHIFT, offset=2), [6, 6]),
        (ResetRequest("", ResetTo.TIME, time=BEGAN + 4500), [5, 5]),
        (ResetRequest("", ResetTo.TIME, time=BEGAN + 99_000), [10, 10]),
    ],
    ids=["earliest", "latest", "offset", "back", "forward", "time", "future"],
)
async def test_offsets_are_reset_with_before_and_after(holdings: Holdings, group: str, request_: ResetRequest, after: list[int]) -> None:
    request = replace(request_, group=group)
    foretold = await holdings.group_acts.reset(C, replace(request, dry_run=True))
    assert not foretold.done
    assert await committed(holdings, group) == [4, 4], "only foretold"
    done = await holdings.group_acts.reset(C, request)
    assert done.done
    assert done.changes == foretold.changes
    assert [(one.before, one.after, one.clamped, one.problem) for one in done.changes] == [(4, to, False, None) for to in after]
    detail = await holdings.groups.detail(C, group)
    assert [one.committed for one in detail.offsets] == after
    assert {one.metadata for one in detail.offsets} == {"by hand"}


async def test_what_lies_outside_is_clamped_and_said(holdings: Holdings, group: str, stocked: str) -> None:
    one = [Assigned(stocked, [1])]
    back = await holdings.group_acts.reset(C, ResetRequest(group, ResetTo.SHIFT, one, offset=-99))
    assert [(change.partition, change.after, change.clamped) for change in back.changes] == [(1, 0, True)]
    beyond = await holdings.group_acts.reset(C, ResetRequest(group, ResetTo.OFFSET, one, offset=99))
    assert [(change.after, change.clamped) for change in beyond.changes] == [(10, True)]
    assert await committed(holdings, group) == [4, 10]


async def test_a_group_that_never_was_gets_offsets_where_they_are_asked_for(holdings: Holdings, stocked: str) -> None:
    fresh = f"fresh-{stocked}"
    assert (await refused(holdings.group_acts.reset(C, ResetRequest(fresh, ResetTo.LATEST)))).code == "group-unknown"
    result = await holdings.group_acts.reset(C, ResetRequest(fresh, ResetTo.LATEST, [Assigned(stocked, [])]))
    assert [(one.before, one.after) for one in result.changes] == [(None, 10), (None, 10)]
    shifted = await holdings.group_acts.reset(C, ResetRequest(f"{fresh}-2", ResetTo.SHIFT, [Assigned(stocked, [0])], offset=1))
    assert shifted.changes[0].problem is not None
    assert shifted.changes[0].problem.type.endswith("nothing-to-shift")


async def test_a_group_is_deleted_in_part_or_whole(holdings: Holdings, group: str, stocked: str) -> None:
    await holdings.group_acts.delete(C, DeleteGroup(group, [Assigned(stocked, [0])]))
    assert [one.partition for one in (await holdings.groups.detail(C, group)).offsets] == [1]
    await holdings.group_acts.delete(C, DeleteGroup(group))
    assert (await refused(holdings.groups.detail(C, group))).code == "group-unknown"
    assert (await refused(holdings.group_acts.delete(C, DeleteGroup(group)))).code == "group-unknown"


async def test_lag_is_seen_over_time(holdings: Holdings, bootstrap: str, group: str, stocked: str) -> None:
    holdings.lag._every_s = 0.1
    first = (await holdings.lag.of(C, group)).points
    assert [(one.total, one.topics, one.committed, one.end) for one in first] == [(12, {stocked: 12}, 8, 20)]
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send(stocked, b"x", partition=0).get(10)
    producer.close()

    async def grown() -> bool:
        points = (await holdings.lag.of(C, group)).points
        return points[-1].total == 13

    assert await until(grown, 10)


async def test_on_production_a_group_is_typed_before_it_is_changed(bootstrap: str, group: str, tmp_path: Path) -> None:
    profile = profile_of(bootstrap)
    profile = replace(profile, spec=replace(profile.spec, environment=Environment.PRODUCTION))
    async with capability_over(tmp_path, lambda: profile) as made:
        acts = made.service.holdings.group_acts
        assert (await refused(acts.reset(C, ResetRequest(group, ResetTo.LATEST)))).code == "name-not-typed"
        assert (await refused(acts.delete(C, DeleteGroup(group, typed_name="group")))).code == "name-not-typed"
        assert (await acts.reset(C, ResetRequest(group, ResetTo.LATEST, typed_name=group))).done
        await acts.delete(C, DeleteGroup(group, typed_name=group))
