"""Logs in a folder of the test's own, by a broker that may be killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.brokers.kafka.log.life import Life


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    alive = Life(tmp_path / "kafka")
    yield alive
    alive.logs.close()
