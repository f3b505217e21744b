"""Every test here runs against the embedded broker and against a real RabbitMQ."""

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import Client
from tests.contract.amqp.management import Api
from tests.contract.amqp.raw import Raw
from tests.helpers.broker_processes import NEEDS_RABBITMQ, EmbeddedBroker, RealRabbitMQ, find_rabbitmq_server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def embedded_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(Path(tmp_path_factory.mktemp("brokers")))
    broker.start()
    yield broker
    assert broker.stop() == 0, broker.stderr
    assert "Traceback" not in broker.stderr


@pytest.fixture(scope="session")
def real_rabbitmq() -> Iterator[RealRabbitMQ]:
    if find_rabbitmq_server() is None:
        pytest.skip(NEEDS_RABBITMQ)
    broker = RealRabbitMQ()
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="module", params=["embedded_broker", pytest.param("real_rabbitmq", marks=pytest.mark.real_broker)])
def broker(request: pytest.FixtureRequest) -> EmbeddedBroker | RealRabbitMQ:
    found: EmbeddedBroker | RealRabbitMQ = request.getfixturevalue(request.param)
    return found


@pytest.fixture(autouse=True)
def _pika_may_complain() -> Iterator[None]:
    """Closed channels are what half of these tests are about; pika logs each as an error."""
    logger = logging.getLogger("pika")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    yield
    logger.setLevel(level)


@pytest.fixture
def client(broker: EmbeddedBroker | RealRabbitMQ) -> Iterator[Client]:
    made = Client(broker.port)
    yield made
    made.close()


@pytest.fixture
def connection(client: Client) -> pika.BlockingConnection:
    return client.connect()


@pytest.fixture
def channel(connection: pika.BlockingConnection) -> BlockingChannel:
    return connection.channel()


@pytest.fixture
def api(broker: EmbeddedBroker | RealRabbitMQ) -> Iterator[Api]:
    """The management API, as the user guest."""
    made = Api(broker.management_url)
    yield made
    made.close()


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def queue(channel: BlockingChannel) -> str:
    """A fresh queue that goes with its connection."""
    return str(channel.queue_declare("", exclusive=True).method.queue)


@pytest.fixture
def raw(broker: EmbeddedBroker | RealRabbitMQ) -> Iterator[Raw]:
    made = Raw(broker.port)
    yield made
    made.close()


@pytest.fixture
def opened(raw: Raw) -> Raw:
    raw.open()
    return raw
