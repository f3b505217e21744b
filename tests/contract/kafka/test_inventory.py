"""What a cluster holds, as the capability lists and changes it: topics, partitions, settings, figures."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from kafka import KafkaProducer

from embedded_server.contracts.connections import Environment
from embedded_server.contracts.kafka import AddPartitions, AlterConfigs, ConfigEntry, ConfigSource, CreateTopic, DeleteTopic, PurgeTopic
from embedded_server.contracts.problems import UserFacingError
from embedded_server.kafka.holdings.holdings import Holdings
from embedded_server.kafka.holdings.topics import TopicQuery, TopicSort
from tests.contract.kafka.capability import CONNECTION as C
from tests.contract.kafka.capability import Capability, capability_over, profile_of

Fill = Callable[[], None]


@pytest.fixture
async def capability(bootstrap: str, tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path, lambda: profile_of(bootstrap)) as made:
        yield made


@pytest.fixture
def holdings(capability: Capability) -> Holdings:
    return capability.service.holdings


@pytest.fixture
def fill(bootstrap: str, name: str) -> Iterator[Fill]:
    """Four records of 100 bytes in partition 0 of the test's topic, and one in partition 1."""
    producer = KafkaProducer(bootstrap_servers=bootstrap)

    def put() -> None:
        for future in [producer.send(name, b"x" * 100, key=b"k", partition=partition) for partition in (0, 0, 0, 0, 1)]:
            future.get(10)

    yield put
    producer.close()


async def refused(act: Awaitable[object]) -> UserFacingError:
    with pytest.raises(UserFacingError) as caught:
        await act
    return caught.value


def own(entries: list[ConfigEntry]) -> dict[str, str | None]:
    return {entry.name: entry.value for entry in entries if entry.source is ConfigSource.TOPIC}


async def test_a_topic_is_created_seen_filled_and_deleted(holdings: Holdings, capability: Capability, name: str, fill: Fill) -> None:
    made = await holdings.changes.create(C, CreateTopic(name, 2, 1, {"retention.ms": "1000000"}))
    assert (made.name, made.partitions, made.replication, made.messages, made.changed) == (name, 2, 1, 0, 1)
    fill()
    detail = await holdings.topics.detail(C, name)
    assert [(one.partition, one.start, one.end) for one in detail.partitions] == [(0, 0, 4), (1, 0, 1)]
    assert {tuple(one.in_sync) for one in detail.partitions} == {tuple(detail.partitions[0].replicas)}
    assert detail.topic.messages == 5
    assert detail.topic.bytes is not None
    assert detail.topic.bytes >= 500
    assert own(detail.configs) == {"retention.ms": "1000000"}
    assert (await holdings.changes.delete(C, DeleteTopic(name))).records == 5
    assert (await refused(holdings.topics.detail(C, name))).code == "topic-unknown"
    await capability.journal.flush()
    told = (await capability.journal.query(f'kind:topology.changed key:"{name}"', limit=10)).rows
    assert [(row.subject, row.status) for row in told] == [(f"topic {name}", "created"), (f"topic {name}", "deleted")]
    stored = await capability.journal.read(told[1].seq)
    assert stored is not None
    assert orjson.loads(stored.event.body) == {"records": 5}


async def test_pages_are_cut_searched_and_sorted(holdings: Holdings, name: str, fill: Fill) -> None:
    for suffix, partitions in (("-b", 1), ("-c", 3), ("", 2)):
        await holdings.changes.create(C, CreateTopic(name + suffix, partitions))
    fill()
    first = await holdings.topics.page(C, TopicQuery(search=name.upper(), page_size=2))
    assert [one.name for one in first.topics] == [name, f"{name}-b"]
    assert (first.page, first.pages, first.matching) == (1, 2, 3)
    assert first.total >= 3
    assert first.topics[0].messages == 5
    assert first.topics[0].cleanup_policy == "delete"
    last = await holdings.topics.page(C, TopicQuery(search=name, page=9, page_size=2))
    assert ([one.name for one in last.topics], last.page) == ([f"{name}-c"], 2)
    for around, number in ((f"{name}-c", 2), (name, 1), ("not-there", 1)):
        assert (await holdings.topics.page(C, TopicQuery(search=name, page_size=2, around=around))).page == number
    for sort, names in {
        TopicSort.MESSAGES: [name, f"{name}-c", f"{name}-b"],
        TopicSort.BYTES: [name, f"{name}-c", f"{name}-b"],
        TopicSort.PARTITIONS: [f"{name}-c", name, f"{name}-b"],
    }.items():
        page = await holdings.topics.page(C, TopicQuery(search=name, sort=sort, descending=True))
        assert [one.name for one in page.topics] == names, sort


async def test_partitions_grow_and_never_shrink(holdings: Holdings, name: str) -> None:
    await holdings.changes.create(C, CreateTopic(name, 1))
    grown = await holdings.changes.grow(C, AddPartitions(name, 3))
    assert (grown.partitions, grown.offline, grown.messages) == (3, 0, 0)
    problem = await refused(holdings.changes.grow(C, AddPartitions(name, 2)))
    assert (problem.code, problem.params["now"]) == ("partitions-invalid", 3)


async def test_settings_are_set_and_given_back(holdings: Holdings, name: str) -> None:
    await holdings.changes.create(C, CreateTopic(name, 1, configs={"retention.ms": "1000000"}))
    entries = await holdings.changes.alter(C, AlterConfigs(name, {"max.message.bytes": "2000"}, ["retention.ms"]))
    assert own(entries) == {"max.message.bytes": "2000"}
    limit = next(entry for entry in entries if entry.name == "max.message.bytes")
    assert (limit.default, limit.type) == ("1048588", "int")
    assert limit.documentation
    problem = await refused(holdings.changes.alter(C, AlterConfigs(name, {"max.message.bytes": "3000", "retention.ms": "soon"})))
    assert problem.code == "config-invalid"
    assert (problem.params["config"], "retention.ms" in problem.detail) == ("retention.ms", True)
    assert own(await holdings.topics.settings(C, name)) == {"max.message.bytes": "2000"}, "all or none"


async def test_a_new_topics_settings_are_known_before_it_is_there(holdings: Holdings, name: str) -> None:
    fresh = {entry.name: entry for entry in await holdings.topics.new_settings(C)}
    assert {"cleanup.policy", "retention.ms", "retention.bytes", "max.message.bytes"} <= fresh.keys()
    await holdings.changes.create(C, CreateTopic(name, 1, configs={"retention.ms": "5000"}))
    after = {entry.name: entry for entry in await holdings.topics.new_settings(C)}
    assert after["retention.ms"].value == fresh["retention.ms"].value != "5000"
    assert not [entry for entry in after.values() if entry.source is ConfigSource.TOPIC]


async def test_what_a_topic_cannot_be_is_said_by_field(holdings: Holdings, name: str) -> None:
    await holdings.changes.create(C, CreateTopic(name))
    for request, code in (
        (CreateTopic(name), "topic-exists"),
        (CreateTopic("two words"), "topic-name-invalid"),
        (CreateTopic(f"{name}-x", partitions=0), "partitions-invalid"),
        (CreateTopic(f"{name}-x", replication=7), "replication-invalid"),
        (CreateTopic(f"{name}-x", configs={"retention.years": "1"}), "config-invalid"),
        (CreateTopic(f"{name}-x", configs={"retention.ms": "soon"}), "config-invalid"),
    ):
        problem = await refused(holdings.changes.create(C, request))
        assert problem.code == code
        assert problem.detail, "the broker's own words"
    assert (await refused(holdings.changes.delete(C, DeleteTopic("not-there")))).code == "topic-unknown"


async def test_a_check_alone_creates_nothing(holdings: Holdings, name: str) -> None:
    would_be = await holdings.changes.create(C, CreateTopic(name, 4, validate_only=True))
    assert (would_be.name, would_be.partitions) == (name, 4)
    assert (await refused(holdings.topics.detail(C, name))).code == "topic-unknown"


async def test_records_are_purged_up_to_an_offset_or_all(holdings: Holdings, name: str, fill: Fill) -> None:
    await holdings.changes.create(C, CreateTopic(name, 2))
    fill()
    problem = await refused(holdings.changes.purge(C, PurgeTopic(name, {0: 9})))
    assert (problem.code, problem.params["end"]) == ("nothing-to-delete", 4)
    assert (await refused(holdings.changes.purge(C, PurgeTopic(name, {5: 0})))).code == "partition-not-there"
    assert (await holdings.changes.purge(C, PurgeTopic(name, {0: 3}))).records == 3
    assert (await holdings.changes.purge(C, PurgeTopic(name))).records == 2
    detail = await holdings.topics.detail(C, name)
    assert [(one.start, one.end) for one in detail.partitions] == [(4, 4), (1, 1)]
    assert detail.topic.messages == 0


async def test_records_before_a_time_are_counted_and_then_purged(holdings: Holdings, name: str, fill: Fill) -> None:
    await holdings.changes.create(C, CreateTopic(name, 2))
    fill()
    before, after = 1, (time.time_ns() // 10**6) + 60_000
    assert (await holdings.changes.purge(C, PurgeTopic(name, before_time=before, dry_run=True))).records == 0
    assert (await holdings.changes.purge(C, PurgeTopic(name, before_time=after, dry_run=True))).records == 5
    assert (await holdings.topics.detail(C, name)).topic.messages == 5
    assert (await holdings.changes.purge(C, PurgeTopic(name, before_time=before))).records == 0
    assert (await holdings.changes.purge(C, PurgeTopic(name, before_time=after))).records == 5
    assert (await holdings.topics.detail(C, name)).topic.messages == 0
    assert (await refused(holdings.changes.purge(C, PurgeTopic(name, before_time=2**63)))).code == "number-too-large"


async def test_a_compacted_topic_is_not_purged(holdings: Holdings, name: str, fill: Fill) -> None:
    await holdings.changes.create(C, CreateTopic(name, 2, configs={"cleanup.policy": "compact"}))
    fill()
    problem = await refused(holdings.changes.purge(C, PurgeTopic(name)))
    assert (problem.code, problem.params["policy"]) == ("not-kept", "compact")


async def test_the_cluster_tells_its_brokers_and_how_much_there_is(holdings: Holdings, bootstrap: str, topic: str) -> None:
    cluster = await holdings.cluster(C)
    (broker,) = cluster.brokers
    assert f"{broker.host}:{broker.port}" == bootstrap
    assert broker.controller
    assert broker.leaders == cluster.partitions >= 1
    assert broker.bytes is not None
    assert (cluster.under_replicated, cluster.offline) == (0, 0)
    assert cluster.id
    assert float(cluster.version) >= 2.8
    assert cluster.topics >= 1
    assert cluster.missing is None


async def test_on_production_a_name_is_typed_before_anything_is_destroyed(bootstrap: str, topic: str, tmp_path: Path) -> None:
    profile = profile_of(bootstrap)
    profile = replace(profile, spec=replace(profile.spec, environment=Environment.PRODUCTION))
    async with capability_over(tmp_path, lambda: profile) as made:
        changes = made.service.holdings.changes
        assert (await refused(changes.purge(C, PurgeTopic(topic, typed_name=topic.upper())))).code == "name-not-typed"
        assert (await refused(changes.delete(C, DeleteTopic(topic)))).code == "name-not-typed"
        assert (await changes.purge(C, PurgeTopic(topic, typed_name=topic))).records == 0
        assert (await changes.delete(C, DeleteTopic(topic, typed_name=topic))).records == 0


async def test_how_fast_a_topic_grows_is_seen_from_look_to_look(
    holdings: Holdings, name: str, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(holdings.topics._rates, "_clock", lambda: now[0])
    await holdings.changes.create(C, CreateTopic(name, 2))
    fill()
    assert (await holdings.topics.one(C, name)).rate == 0 or (await holdings.topics.one(C, name)).rate is None
    now[0] += 2
    first = await holdings.topics.one(C, name)
    fill()
    now[0] += 2
    second = await holdings.topics.one(C, name)
    assert first.rate is not None
    assert second.rate == 2.5
