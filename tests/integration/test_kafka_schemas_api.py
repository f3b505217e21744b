"""Readings and schemas over HTTP: kept, checked with line and column, and refused in words."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings, SaveConnection
from embedded_server.contracts.events import Kind
from embedded_server.contracts.kafka import DecodeRequest, Format, LocalSchema, Reading, SearchRequest, TopicReading
from embedded_server.journal import make_event
from embedded_server.settings import Settings
from tests.helpers.broker_processes import free_port
from tests.helpers.server import Running, running_server

AVSC = '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}'


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    async with running_server(Settings(data_dir=tmp_path, brokers=False, worker=False)) as running:
        await running.sign_in()
        yield running


@pytest.fixture
async def path(server: Running) -> str:
    settings = KafkaSettings(f"127.0.0.1:{free_port()}")
    answer = await server.client.post(
        "/connections", json=asdict(SaveConnection(ConnectionSpec("shop", ConnectionKind.KAFKA, kafka=settings)))
    )
    return f"/kafka/{answer.json()['id']}"


async def put(server: Running, route: str, value: Any) -> Any:
    answer = await server.client.put(route, json=asdict(value))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_record_is_read_with_a_schema_of_one_s_own(server: Running, path: str) -> None:
    (schema,) = await put(server, "/kafka/schemas", LocalSchema("", "order.avsc", Format.AVRO, AVSC))
    assert schema["messages"] == ["Order"]
    reading = TopicReading("orders", value=Reading(Format.AVRO, schema["id"]))
    assert await put(server, f"{path}/readings", reading) == [asdict(reading)]
    headers = json.dumps({"topic": "orders", "key_base64": "AAAABw=="}).encode()
    journal = server.server.app.state.services.journal
    seq = await journal.append_durably(make_event(Kind.RECORD_READ, "orders[0]", body=b"\x0e", headers=headers))
    found = (await server.client.post(f"{path}/decode", json=asdict(DecodeRequest(seq, key=Reading(Format.INTEGER))))).json()
    assert (found["key"]["text"], found["value"]["text"]) == ("7", '{"id":7}')
    assert (await server.client.post("/kafka/schemas/remove", json={"id": schema["id"]})).json() == []
    gone = (await server.client.post(f"{path}/decode", json=asdict(DecodeRequest(seq)))).json()["value"]
    assert gone["attempts"][0]["problem"]["type"].endswith(":local-schema-not-found")


async def test_a_mistake_in_a_schema_is_told_with_its_place(server: Running) -> None:
    answer = await server.client.put("/kafka/schemas", json=asdict(LocalSchema("", "order.avsc", Format.AVRO, '{"type":\n "lnog"}')))
    assert answer.status_code == 422
    assert answer.json()["title"] == "order.avsc, line 2, column 2: nothing is called “lnog”"
    assert answer.json()["params"] | {"line": 2, "column": 2} == answer.json()["params"]


async def test_what_is_not_there_is_told(server: Running, path: str) -> None:
    for answer, code in (
        (await server.client.post(f"{path}/decode", json={"seq": 99}), "record-gone"),
        (await server.client.post(f"{path}/decode", json={"seq": 2**70}), "record-gone"),
        (await server.client.get(f"{path}/record?seq={2**70}"), "not-a-record"),
        (await server.client.get(f"{path}/subjects"), "no-registry-configured"),
        (await server.client.get(f"{path}/schema?id=1"), "no-registry-configured"),
        (await server.client.post(f"{path}/search", json=asdict(SearchRequest("orders"))), "nothing-to-search-for"),
        (await server.client.post("/kafka/schemas/remove", json={"id": "x"}), "local-schema-not-found"),
        (await server.client.get("/kafka/nobody/readings"), "connection-not-found"),
    ):
        assert answer.json()["type"].rpartition(":")[2] == code, answer.text
    missing = TopicReading("orders", value=Reading(Format.AVRO, "gone"))
    answer = await server.client.put(f"{path}/readings", json=asdict(missing))
    assert answer.status_code == 404
