"""An Apache Kafka with logins, TLS and ACLs: the walk to it, and what a user without rights is told."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

from embedded_server.contracts import connections as wire
from embedded_server.contracts.connections import SaslMechanism
from embedded_server.contracts.kafka import AlterConfigs, CreateTopic, DeleteTopic, PurgeTopic
from embedded_server.contracts.problems import UserFacingError
from embedded_server.kafka.holdings.groups import GroupQuery
from embedded_server.kafka.holdings.holdings import Holdings
from embedded_server.kafka.holdings.topics import TopicQuery
from embedded_server.kafka.walk import walk
from tests.contract.kafka.capability import CONNECTION as C
from tests.contract.kafka.capability import capability_over, profile_of
from tests.contract.kafka.members import Confluent, together
from tests.helpers.certificates import Authority
from tests.helpers.kafka_processes import ALICE, ALICE_PASSWORD, NEEDS_KAFKA, RealKafka, has_kafka
from tests.helpers.server import until

pytestmark = pytest.mark.real_broker
SEEN, HIDDEN = "seen-by-alice", "hidden-from-alice"
SCRAM: dict[str, Any] = {"mechanism": SaslMechanism.SCRAM_SHA_512, "user": ALICE}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(authority: Authority) -> Iterator[RealKafka]:
    if not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    node = RealKafka(sasl=True, tls=authority, acls=True)
    try:
        node.start()
        admin = KafkaAdminClient(bootstrap_servers=node.bootstrap)
        admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1} for name in (SEEN, HIDDEN)})
        admin.wait_for_topics([SEEN, HIDDEN])
        pattern = ResourcePattern(ResourceType.TOPIC, SEEN)
        admin.create_acls([ACL(f"User:{ALICE}", "*", ACLOperation.DESCRIBE, ACLPermissionType.ALLOW, pattern)])
        admin.close()
        yield node
    finally:
        node.stop()


@pytest.fixture
async def alice(secured: RealKafka, tmp_path: Path) -> AsyncIterator[Holdings]:
    assert secured.sasl is not None
    bootstrap = secured.sasl.bootstrap
    async with capability_over(tmp_path, lambda: profile_of(bootstrap, password=ALICE_PASSWORD, **SCRAM)) as made:
        yield made.service.holdings


async def walked(bootstrap: str, *, password: str = "", **settings: Any) -> dict[wire.TestStep, wire.TestResult]:
    report = await walk(profile_of(bootstrap, password=password, **settings))
    assert [result.step for result in report.results] == [step for step in wire.TestStep if step in _STEPS]
    return {result.step: result for result in report.results}


_STEPS = set(wire.TestStep) - {wire.TestStep.VHOST, wire.TestStep.PERMISSIONS, wire.TestStep.MANAGEMENT}


async def failure(bootstrap: str, **settings: Any) -> tuple[str, str]:
    """The step that fails, and the problem's code."""
    (failed,) = [one for one in (await walked(bootstrap, **settings)).values() if one.outcome is wire.TestOutcome.FAILED]
    assert failed.problem is not None
    assert failed.problem.hint
    return failed.step.value, failed.problem.type.rpartition(":")[2]


async def refused(act: Awaitable[object]) -> str:
    with pytest.raises(UserFacingError) as caught:
        await act
    return caught.value.code


def sasl(secured: RealKafka) -> str:
    assert secured.sasl is not None
    return secured.sasl.bootstrap


def tls(secured: RealKafka) -> str:
    assert secured.tls is not None
    return secured.tls.bootstrap


@pytest.mark.parametrize("mechanism", [one for one in SaslMechanism if one is not SaslMechanism.NONE])
async def test_the_walk_logs_in_by_every_mechanism(secured: RealKafka, mechanism: SaslMechanism) -> None:
    results = await walked(sasl(secured), mechanism=mechanism, user=ALICE, password=ALICE_PASSWORD)
    assert results[wire.TestStep.LOGIN].outcome is wire.TestOutcome.PASSED
    assert results[wire.TestStep.LOGIN].found == f"{ALICE} · {mechanism.value}"
    assert results[wire.TestStep.PROTOCOL].found.startswith("Kafka 4")
    assert results[wire.TestStep.ADVERTISED].found == sasl(secured)
    assert results[wire.TestStep.TOPICS].found == SEEN


async def test_the_walk_goes_over_tls_and_tells_the_certificate(secured: RealKafka, authority: Authority) -> None:
    results = await walked(tls(secured), tls=True, ca_file=str(authority.cert))
    assert results[wire.TestStep.TLS].outcome is wire.TestOutcome.PASSED
    assert "localhost" in results[wire.TestStep.TLS].found
    assert results[wire.TestStep.TOPICS].outcome is wire.TestOutcome.PASSED
    assert secured.sasl_tls is not None
    both = await walked(secured.sasl_tls.bootstrap, tls=True, ca_file=str(authority.cert), password=ALICE_PASSWORD, **SCRAM)
    assert {one.outcome for one in both.values()} == {wire.TestOutcome.PASSED, wire.TestOutcome.SKIPPED}


async def test_what_stands_against_a_login_is_told_at_its_step(secured: RealKafka, authority: Authority) -> None:
    assert await failure(sasl(secured), password="wrong", **SCRAM) == ("login", "sasl-refused")
    assert await failure(sasl(secured), mechanism=SaslMechanism.PLAIN, user="nobody", password="x") == ("login", "sasl-refused")
    assert await failure(sasl(secured)) == ("login", "login-needed")
    assert await failure(secured.bootstrap, password=ALICE_PASSWORD, **SCRAM) == ("login", "login-not-taken")
    assert await failure(tls(secured)) == ("protocol", "port-wants-tls")
    assert await failure(secured.bootstrap, tls=True, ca_file=str(authority.cert)) == ("tls", "port-speaks-plain")
    assert await failure(tls(secured), tls=True) == ("tls", "certificate-unknown-authority")


async def test_topics_that_may_not_be_seen_are_not_listed_and_refused_by_name(alice: Holdings) -> None:
    page = await alice.topics.page(C, TopicQuery())
    assert [(one.name, one.messages) for one in page.topics] == [(SEEN, 0)]
    assert page.topics[0].changed is None, "her settings may not be read"
    assert await refused(alice.topics.detail(C, HIDDEN)) == "topic-not-authorized"
    seen = await alice.topic(C, SEEN)
    assert seen.configs == []
    assert seen.missing is not None
    assert seen.missing.type.endswith("topic-not-authorized")


async def test_what_may_not_be_changed_is_refused_in_words(alice: Holdings) -> None:
    changes = alice.changes
    assert await refused(changes.create(C, CreateTopic("by-alice"))) in {"cluster-not-authorized", "topic-not-authorized"}
    assert await refused(changes.alter(C, AlterConfigs(SEEN, {"retention.ms": "1000"}))) == "topic-not-authorized"
    assert await refused(changes.purge(C, PurgeTopic(SEEN))) == "topic-not-authorized"
    assert await refused(changes.delete(C, DeleteTopic(SEEN))) == "topic-not-authorized"


async def test_a_cluster_that_tells_little_says_what_is_missing(alice: Holdings) -> None:
    cluster = await alice.cluster(C)
    assert (cluster.topics, len(cluster.brokers)) == (1, 1)
    assert cluster.brokers[0].bytes is None
    assert cluster.missing is not None
    assert cluster.missing.type.endswith("cluster-not-authorized")
    groups = await alice.groups.page(C, GroupQuery())
    assert groups.groups == [], "those she may not see are not listed"


async def test_a_group_that_reads_a_hidden_topic_is_listed_and_says_why_it_is_not_shown(secured: RealKafka, alice: Holdings) -> None:
    """Of a group of the consumer protocol (KIP-848) Kafka then tells nothing but that it is there."""
    group = "reads-what-is-hidden"
    admin = KafkaAdminClient(bootstrap_servers=secured.bootstrap)
    pattern = ResourcePattern(ResourceType.GROUP, group)
    admin.create_acls([ACL(f"User:{ALICE}", "*", ACLOperation.DESCRIBE, ACLPermissionType.ALLOW, pattern)])
    admin.close()
    with together(Confluent(secured.bootstrap, group, [HIDDEN], **{"group.protocol": "consumer"})):

        async def listed() -> bool:
            found = (await alice.groups.page(C, GroupQuery())).groups
            return [(one.id, one.state, one.type, one.members) for one in found] == [(group, "Stable", "consumer", None)]

        assert await until(listed, 20)
        assert await refused(alice.groups.detail(C, group)) == "topic-not-authorized"
