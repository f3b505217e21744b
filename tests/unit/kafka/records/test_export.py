"""Records as a file: keys and values as their topics are read, and every record's place."""

import csv
import io
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from embedded_server.api import errors, kafka_records
from embedded_server.contracts.events import Kind
from embedded_server.contracts.kafka import Format, Reading, TopicReading
from embedded_server.journal import make_event
from tests.contract.kafka.capability import CONNECTION as C
from tests.contract.kafka.capability import Capability, capability_over, profile_of


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Capability]:
    async with capability_over(tmp_path, lambda: profile_of("127.0.0.1:1")) as capability:
        yield capability


@pytest.fixture
async def client(made: Capability) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(kafka_records.router)
    errors.install(app)
    app.state.services = type("Services", (), {"kafka": made.service})()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def _append(made: Capability, offset: int, body: bytes, *, connection: str = "", kind: Kind = Kind.RECORD_READ, **more: Any) -> None:
    headers = {"topic": "orders", "partition": 3, "offset": offset, "timestamp": 1_795_000_000_000, "timestamp_type": "create"} | more
    name = connection or profile_of("127.0.0.1:1").name
    made.journal.append(make_event(kind, "orders[3]", body=body, connection=name, status="read", headers=orjson.dumps(headers)))


async def _lines(made: Capability, client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    await made.journal.flush()
    answer = await client.get(f"/kafka/{C}/export", params=query)
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


async def test_keys_and_values_stand_there_as_they_are_read(made: Capability, client: httpx.AsyncClient) -> None:
    await made.service.decoding.save_reading(C, TopicReading("orders", value=Reading(Format.INTEGER)))
    _append(made, 7, struct.pack(">q", -42), key="k-7", headers=[{"name": "a", "value": "1"}, {"name": "a", "value": None}])
    (line,) = await _lines(made, client)
    assert line["value"] in {"-42", -42}
    assert (line["topic"], line["partition"], line["offset"]) == ("orders", 3, 7)
    assert (line["key"], line["key_format"], line["value_format"]) == ("k-7", "text", "integer")
    assert line["timestamp"].startswith("2026-11-18T")
    assert line["headers"] == [{"name": "a", "value": "1"}, {"name": "a", "value": None}]


async def test_json_is_json_on_one_line_and_its_numbers_stay_exact(made: Capability, client: httpx.AsyncClient) -> None:
    _append(made, 1, b'{\n  "total": 129.5000000000000000001,\n  "id": 12345678901234567890123\n}', key_null=True)
    await made.journal.flush()
    text = (await client.get(f"/kafka/{C}/export")).text
    assert text.count("\n") == 1
    assert '"total":129.5000000000000000001' in text.replace(" ", "")
    assert '"id":12345678901234567890123' in text.replace(" ", "")


async def test_null_and_empty_stay_apart_in_both_formats(made: Capability, client: httpx.AsyncClient) -> None:
    _append(made, 1, b"", key="", value_null=True)
    _append(made, 2, b"", key_null=True)
    first, second = await _lines(made, client)
    assert (first["key"], first["value"], first["value_format"]) == ("", None, "null")
    assert (second["key"], second["value"], second["key_format"]) == (None, "", "null")
    rows = list(csv.DictReader(io.StringIO((await client.get(f"/kafka/{C}/export", params={"format": "csv"})).text)))
    assert [(row["key_format"], row["value_format"]) for row in rows] == [
        (first["key_format"], "null"),
        ("null", second["value_format"]),
    ]


async def test_a_record_without_a_time_has_none(made: Capability, client: httpx.AsyncClient) -> None:
    _append(made, 1, b"x", timestamp=-1)
    _append(made, 2, b"x", timestamp=0)
    first, second = await _lines(made, client)
    assert first["timestamp"] is None
    assert second["timestamp"] == "1970-01-01T00:00:00.000000000Z"


async def test_only_records_of_the_connection_that_match_are_written(made: Capability, client: httpx.AsyncClient) -> None:
    _append(made, 1, b"wanted")
    _append(made, 2, b"other")
    _append(made, 3, b"wanted", connection="elsewhere")
    _append(made, 4, b"wanted", kind=Kind.SERVER_LOG)
    assert [line["offset"] for line in await _lines(made, client, filter="wanted")] == [1]


async def test_a_wrong_filter_is_told_before_the_file_begins(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/kafka/{C}/export", params={"filter": "size:>"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"].startswith("application/problem+json")
