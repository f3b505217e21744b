"""Searching a topic: hits are events at once, the progress is told in records, and a filter or a limit narrows it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.kafka import From, SearchRequest, Start
from embedded_server.contracts.problems import UserFacingError
from embedded_server.journal import FilterError
from tests.contract.kafka.capability import CONNECTION, Capability, capability_over, profile_of
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import RealKafka

COUNT = 3_000


@pytest.fixture(scope="module")
def topic(kafka: EmbeddedBroker | RealKafka, admin: KafkaAdminClient) -> str:
    """Three partitions of orders, of which each thousandth is Ada's."""
    name = "searched"
    admin.create_topics({name: {"num_partitions": 3, "replication_factor": 1}})
    admin.wait_for_topics([name])
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=20)
    for number in range(COUNT):
        who = "Ada" if number % 1_000 == 500 else "Bob"
        value = b'{"order": %d, "customer": "%s"}' % (number, who.encode())
        producer.send(name, value, key=b"k%d" % number, partition=number % 3, headers=[("source", b"shop")])
    producer.flush()
    producer.close()
    return name


@pytest.fixture
async def capability(kafka: EmbeddedBroker | RealKafka, tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path, lambda: profile_of(kafka.bootstrap)) as made:
        yield made


async def test_hits_are_found_and_all_of_it_is_scanned(capability: Capability, topic: str) -> None:
    job = await capability.ended(await capability.service.search.search(CONNECTION, SearchRequest(topic, "ada")))
    assert (job.state, job.done, job.total, job.counts["hits"]) == (JobState.DONE, COUNT, COUNT, 3)
    assert job.counts["bytes"] > COUNT * 20
    rows = await capability.rows(job)
    assert {(row.status, row.kind) for row in rows} == {("found", "record.read")}
    assert sorted((row.subject, row.key) for row in rows) == sorted(
        (f"{topic}[{number % 3}]", f"k{number}") for number in (500, 1_500, 2_500)
    )
    assert (await capability.headers(rows[0]))["job"] == job.id


@pytest.mark.parametrize(
    ("wanted", "hits"),
    [
        ({"text": "k2999"}, 1),
        ({"text": "SHOP", "limit": 10}, 10),
        ({"text": "ada", "match_case": True}, 0),
        ({"filter": "key:k1500"}, 1),
        ({"text": "ada", "filter": "offset:>=400"}, 2),
        ({"text": "ada", "partitions": [1]}, 1),
        ({"text": "ada", "start": Start(From.OFFSET, offset=400)}, 2),
        ({"text": "order", "start": Start(From.NEWEST, count=9)}, 9),
        ({"text": "ada", "until": {0: 0, 1: 0, 2: 200}}, 1),
    ],
    ids=str,
)
async def test_a_search_is_narrowed(capability: Capability, topic: str, wanted: dict[str, Any], hits: int) -> None:
    job = await capability.ended(await capability.service.search.search(CONNECTION, SearchRequest(topic, **wanted)))
    assert (job.state, job.counts["hits"]) == (JobState.DONE, hits)
    assert len(await capability.rows(job)) == hits


@pytest.mark.parametrize(
    ("request_of", "fault"),
    [
        (SearchRequest, "nothing-to-search-for"),
        (lambda topic: SearchRequest(topic, "x" * 5_000), "search-text-too-long"),
        (lambda topic: SearchRequest(topic, "x", partitions=[7]), "partition-out-of-range"),
        (lambda _: SearchRequest("no-such-topic", "x"), "topic-unknown"),
    ],
)
async def test_what_cannot_be_searched_is_refused_at_once(
    capability: Capability, topic: str, request_of: Callable[[str], SearchRequest], fault: str
) -> None:
    with pytest.raises(UserFacingError) as caught:
        await capability.service.search.search(CONNECTION, request_of(topic))
    assert caught.value.code == fault
    with pytest.raises(FilterError):
        await capability.service.search.search(CONNECTION, SearchRequest(topic, filter="size:>"))


async def test_a_stopped_search_keeps_what_it_found(capability: Capability, topic: str) -> None:
    started = await capability.service.search.search(CONNECTION, SearchRequest(topic, "order", limit=0))
    stopped = await capability.jobs.stop(started.id)
    assert stopped.state in {JobState.STOPPED, JobState.DONE}
    assert len(await capability.rows(stopped)) == stopped.counts.get("hits", 0)
