"""Read-only is the server's word for Kafka too: whatever changes a cluster is refused, before anything connects."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings, SaveConnection
from embedded_server.contracts.kafka import (
    AddPartitions,
    AlterConfigs,
    CreateTopic,
    DeleteGroup,
    DeleteTopic,
    PurgeTopic,
    RemoveMember,
    ResetRequest,
    ResetTo,
)
from embedded_server.settings import Settings
from tests.helpers.broker_processes import free_port
from tests.helpers.server import Running, running_server

PREFIX = "/kafka/{connection}/"
CHANGES: list[tuple[str, Any]] = [
    ("topics", CreateTopic("read-only")),
    ("topics", CreateTopic("read-only", validate_only=True)),
    ("partitions", AddPartitions("read-only", 3)),
    ("configs", AlterConfigs("read-only")),
    ("purge", PurgeTopic("read-only")),
    ("delete-topic", DeleteTopic("read-only")),
    ("reset", ResetRequest("read-only", ResetTo.EARLIEST)),
    ("delete-group", DeleteGroup("read-only")),
    ("remove-member", RemoveMember("read-only", "somebody")),
]
CHANGES_TESTED_ELSEWHERE = {"produce", "bulk", "copy"}
LOOKS = {"partition-for", "read", "search", "decode", "readings"}
"""They read, or set how Switchroom itself reads."""


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    async with running_server(Settings(data_dir=tmp_path, brokers=False, worker=False)) as running:
        await running.sign_in()
        yield running


async def test_what_changes_a_cluster_is_refused_and_what_only_looks_is_not(server: Running) -> None:
    settings = KafkaSettings(f"127.0.0.1:{free_port()}")
    save = SaveConnection(ConnectionSpec("careful", ConnectionKind.KAFKA, read_only=True, kafka=settings))
    added = await server.client.post("/connections", json=asdict(save))
    path = f"/kafka/{added.json()['id']}"
    for route, body in CHANGES:
        answer = await server.client.post(f"{path}/{route}", json=asdict(body))
        assert (route, answer.status_code) == (route, 403)
        assert answer.json()["type"].endswith(":connection-read-only")
        assert "careful" in answer.json()["title"]
    dry = await server.client.post(f"{path}/reset", json=asdict(ResetRequest("read-only", ResetTo.EARLIEST, dry_run=True)))
    assert dry.json()["type"].endswith(":nobody-listens"), "it went on to look, and nobody listens there"


async def test_every_route_that_could_change_a_cluster_is_among_those(server: Running) -> None:
    """A new one has to say here what it does."""
    described = (await server.client.get("/openapi.json")).json()["paths"]
    routes = {
        path.removeprefix(PREFIX) for path, methods in described.items() if path.startswith(PREFIX) if methods.keys() - {"get", "head"}
    }
    assert routes - LOOKS - CHANGES_TESTED_ELSEWHERE == {route for route, _ in CHANGES}
