"""A broker without sockets, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.brokers.kafka.peer import Bench, Peer


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "kafka")
    yield made
    made.close()


@pytest.fixture
def peer(bench: Bench) -> Peer:
    return bench.client()
