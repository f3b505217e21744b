"""Every test here runs against the embedded broker and against a real Apache Kafka."""

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from tests.contract.kafka.java_tools import JavaTools
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka
from tests.helpers.maven import compiler, jars

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def embedded_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(Path(tmp_path_factory.mktemp("brokers")))
    broker.start()
    yield broker
    assert broker.stop() == 0, broker.stderr
    assert "Traceback" not in broker.stderr


@pytest.fixture(scope="module", params=["embedded_kafka", pytest.param("real_kafka", marks=pytest.mark.real_broker)])
def kafka(request: pytest.FixtureRequest) -> EmbeddedBroker | RealKafka:
    found: EmbeddedBroker | RealKafka = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def java(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaTools]:
    """Kafka's own programs and Java client."""
    found = jars("kafka")
    if found is None or compiler() is None:
        pytest.skip(NEEDS_KAFKA)
    tools = JavaTools(found, tmp_path_factory.mktemp("java"))
    yield tools
    tools.close()


@pytest.fixture
def bootstrap(kafka: EmbeddedBroker | RealKafka) -> str:
    return kafka.bootstrap


@pytest.fixture(scope="module")
def admin(kafka: EmbeddedBroker | RealKafka) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    yield client
    client.close()


@pytest.fixture
def name() -> str:
    """A name that no other test uses, for a topic or a group."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def topic(admin: KafkaAdminClient, name: str) -> str:
    """A fresh topic with one partition, whose records may be as old as a test likes: retention goes by their own time."""
    admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1, "configs": {"retention.ms": "-1"}}})
    admin.wait_for_topics([name])
    return name


@pytest.fixture
def chatty_client(caplog: pytest.LogCaptureFixture) -> None:
    """kafka-python says as errors what closing has cancelled, and a commit that a rebalance has overtaken."""
    for name in ("kafka.cluster", "kafka.coordinator", "kafka.coordinator.consumer"):
        caplog.set_level(logging.ERROR, logger=name)
