"""What every test gets: a failure for any log record of level warning or above that it did not ask for with ``caplog.at_level``."""

import logging
import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka

settings.register_profile("unhurried", settings(), deadline=None)  # machines are busy at times: a slow example is no wrong one
settings.load_profile("unhurried")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # no test needs a display


class LogFailHandler(logging.Handler):
    """Collects records nobody expected."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.unexpected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno in {logging.getLogger(record.name).level, logging.getLogger().level}:
            return  # caplog.at_level(...) names this level: expected
        self.unexpected.append(f"{record.name} {record.levelname}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _fail_on_log() -> Iterator[None]:
    handler, root = LogFailHandler(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    yield
    root.removeHandler(handler)
    root.setLevel(level)  # a window writes its log from INFO on; no other test is to know
    assert not handler.unexpected, "unexpected log records:\n" + "\n".join(handler.unexpected)


@pytest.fixture(scope="session")
def real_kafka() -> Iterator[RealKafka]:
    """A plain Apache Kafka that all tests of a run share; nobody kills it."""
    if not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    node = RealKafka()
    try:
        node.start()
        yield node
    finally:
        node.stop()


@pytest.fixture(autouse=True, scope="module")
def _no_client_goes_on() -> Iterator[None]:
    """A Kafka client that nobody closed would go on trying to connect, in a thread, while other tests run."""
    before = set(threading.enumerate())
    yield
    left = [one for one in threading.enumerate() if one.name.startswith("kafka-io") and one not in before]
    for one in left:
        one.join(5)  # those that were told to end may still be at it
    assert not [one.name for one in left if one.is_alive()], "Kafka clients were left open"
