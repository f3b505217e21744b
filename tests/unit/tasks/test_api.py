"""The routes over a service whose broker is a fake."""

import csv
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from embedded_server.api import errors, tasks
from embedded_server.contracts.tasks import TaskRow
from tests.unit.tasks.events import life, sent
from tests.unit.tasks.test_service import Bench, bench

__all__ = ["bench"]


@pytest.fixture
async def client(bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(tasks.router)
    errors.install(app)
    app.state.services = SimpleNamespace(tasks=bench.service, journal=bench.journal)
    bench.a_worker("shop.pay")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_a_task_is_sent_with_its_numbers_untouched(client: httpx.AsyncClient, bench: Bench) -> None:
    body = b'{"name": "shop.pay", "args": [9223372036854775807, {"deep": [18446744073709551617]}], "kwargs": {"x": 0.1}}'
    answer = await client.post("/tasks", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 202
    assert bench.client.sent[0].args == [2**63 - 1, {"deep": [2**64 + 1]}]
    detail = await client.get(f"/tasks/{answer.json()['id']}")
    assert detail.json()["args_json"] == '[9223372036854775807, {"deep": [18446744073709551617]}]'


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b'{"name": "shop.pay",\n"args": [1 2]}', 422, "line 2, column 12"),
        (b'{"name": "shop.pay", "args": 1}', 422, "args"),
        (b'{"name": "shop.pai"}', 404, "shop.pai"),
        (b'{"name": "shop.pay", "eta": "2030-01-01T00:00:00"}', 422, "time zone"),
        (b'{"name": "shop.pay", "priority": 11}', 422, "priority"),
    ],
)
async def test_a_mistake_is_a_problem_with_title_and_hint(client: httpx.AsyncClient, body: bytes, status: int, word: str) -> None:
    answer = await client.post("/tasks", content=body)
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert word in problem["title"]
    assert problem["hint"]


async def test_details_stats_names_and_workers_are_told(client: httpx.AsyncClient, bench: Bench) -> None:
    bench.tell(*life("over"))
    await bench.journal.flush()
    assert (await client.get("/tasks/over")).json()["state"] == "SUCCESS"
    assert (await client.get("/tasks/nobody")).status_code == 404
    assert len((await client.get("/tasks/stats", params={"seconds": 5})).json()["throughput"]) == 5
    assert (await client.get("/tasks/stats", params={"seconds": 0})).status_code == 422
    assert [name["name"] for name in (await client.get("/tasks/names")).json()] == ["shop.pay"]
    assert [worker["online"] for worker in (await client.get("/workers")).json()] == [True]


async def test_revoking_answers_nothing_or_why_not(client: httpx.AsyncClient, bench: Bench) -> None:
    bench.tell(sent("waiting"), *life("over"))
    await bench.journal.flush()
    bench.client.answers["revoke"] = {"celery@host": {"ok": "flagged"}}
    assert (await client.post("/tasks/waiting/revoke", json={})).status_code == 204
    answer = await client.post("/tasks/over/revoke", json={"terminate": True})
    assert (answer.status_code, "SUCCESS" in answer.json()["title"]) == (409, True)


async def test_tasks_are_exported_as_the_table_lists_them(client: httpx.AsyncClient, bench: Bench) -> None:
    bench.tell(*life("first"), sent("second"), *life("third"))
    await bench.journal.flush()
    answer = await client.get("/tasks/export", params={"filter": "state:SUCCESS"})
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert 'filename="switchroom-tasks.ndjson"' in answer.headers["Content-Disposition"]
    tasks = [json.loads(line) for line in answer.text.splitlines()]
    assert [(task["id"], task["state"]) for task in tasks] == [("first", "SUCCESS"), ("third", "SUCCESS")]
    assert set(tasks[0]) == {*TaskRow._fields, "eta", "root", "parent", "result"}
    whole = await client.get("/tasks/export")
    assert len(whole.text.splitlines()) == 3


async def test_an_exported_table_writes_moments_as_such_and_none_as_nothing(client: httpx.AsyncClient, bench: Bench) -> None:
    bench.tell(sent("waiting"))
    await bench.journal.flush()
    answer = await client.get("/tasks/export", params={"format": "csv"})
    [row] = csv.DictReader(answer.text.splitlines())
    assert (row["id"], row["state"], row["started_at"]) == ("waiting", "PENDING", "")
    assert row["sent_at"].endswith("Z")


async def test_nothing_to_export_is_an_empty_file_and_a_wrong_filter_a_problem(client: httpx.AsyncClient) -> None:
    assert (await client.get("/tasks/export")).text == ""
    answer = await client.get("/tasks/export", params={"filter": "nonsense:1"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
