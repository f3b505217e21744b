"""Messages over the real server's HTTP, against its embedded broker: publish, read, jobs, templates, uploads."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from embedded_server.settings import Settings
from tests.helpers.server import Running, running_server, until

BASE = "/rabbitmq/embedded"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_server(Settings(data_dir=tmp_path / "data", worker=False)) as running:
        await running.sign_in()

        async def ready() -> bool:
            return (await running.client.get(f"{BASE}/overview")).status_code == 200

        await until(ready, limit_s=30)
        yield running


async def ask(running: Running, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    content = None if body is None else json.dumps(body)
    answer = await running.client.request(method, path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def over(running: Running, job: dict[str, Any]) -> dict[str, Any]:
    async def ended() -> dict[str, Any] | None:
        told: dict[str, Any] = await ask(running, "GET", f"/jobs/{job['id']}")
        return told if told["state"] in {"done", "stopped", "failed"} else None

    told = await until(ended)
    assert told is not None
    return told


def message(**more: Any) -> dict[str, Any]:
    return {"vhost": "/", "exchange": "", "routing_key": "q", "body": "hello", **more}


async def rows(running: Running, filter: str) -> list[list[Any]]:
    answer = await running.client.get("/events", params={"filter": filter, "limit": 1000})
    found: list[list[Any]] = answer.json()["rows"]
    return found


async def test_a_message_is_published_and_read_and_both_are_in_the_journal(running: Running) -> None:
    await ask(running, "POST", f"{BASE}/queues", {"vhost": "/", "name": "q"})
    headers = [{"name": "big", "type": "integer", "value": 2**60}, {"name": "at", "type": "timestamp", "value": 7}]
    outcome = await ask(running, "POST", f"{BASE}/publish", message(headers=headers, properties={"message_id": "m-1"}))
    assert outcome == {"status": "confirmed", "reply_code": 0, "reply_text": ""}
    got = await ask(running, "POST", f"{BASE}/get", {"vhost": "/", "queue": "q", "count": 5})
    assert (got["count"], got["left"]) == (1, 0)
    [row] = await rows(running, got["filter"])
    assert row[3:6] == ["message.delivered", "(default) → q", "m-1"]
    detail = await ask(running, "GET", f"/events/{row[0]}")
    assert detail["headers"]["headers"] == {"big": 2**60, "at": 7}
    assert detail["headers"]["types"] == {"at": "timestamp"}
    returned = await ask(running, "POST", f"{BASE}/publish", message(routing_key="nobody"))
    assert (returned["status"], returned["reply_text"]) == ("returned", "NO_ROUTE")


async def test_a_bulk_is_a_job_that_is_listed_and_forgotten(running: Running) -> None:
    await ask(running, "POST", f"{BASE}/queues", {"vhost": "/", "name": "q"})
    started = await ask(running, "POST", f"{BASE}/bulk", {"message": message(body="{{n}}"), "count": 300}, status=202)
    told = await over(running, started)
    assert (told["state"], told["done"], told["counts"]["confirmed"]) == ("done", 300, 300)
    assert len(await rows(running, told["filter"])) == 300
    assert [job["id"] for job in await ask(running, "GET", "/jobs?connection=embedded")] == [started["id"]]
    await ask(running, "DELETE", f"/jobs/{started['id']}", status=204)
    assert (await ask(running, "GET", f"/jobs/{started['id']}", status=404))["type"].endswith("job-not-found")
    consuming = await ask(running, "POST", f"{BASE}/consume", {"vhost": "/", "queue": "q", "limit": 300}, status=202)
    assert (await over(running, consuming))["done"] == 300


REFUSED: list[tuple[str, Any, int, str]] = [
    ("publish", message(exchange="missing"), 404, "no-such-object"),
    ("publish", message(routing_key="x" * 300), 422, "text-too-long"),
    ("publish", message(body="%", form="base64"), 422, "body-not-base64"),
    ("publish", message(body="gone", form="upload"), 404, "upload-gone"),
    ("publish", message(headers=[{"name": "n", "type": "integer", "value": "x"}]), 422, "header-invalid"),
    ("publish", message(headers=[{"name": "n", "type": "colour", "value": "x"}]), 422, "invalid-request"),
    ("bulk", {"message": message(body="{{nmae}}"), "count": 3}, 422, "unknown-field"),
    ("bulk", {"message": message(), "count": 0}, 422, "count-invalid"),
    ("bulk", {"message": message(), "count": 3, "rate": -1}, 422, "rate-invalid"),
    ("bulk", {"message": message(), "count": 3, "resend_of": "nope"}, 404, "job-not-found"),
    ("get", {"vhost": "/", "queue": "missing"}, 404, "no-such-object"),
    ("get", {"vhost": "/", "queue": "q", "count": 0}, 422, "count-invalid"),
    ("get", {"vhost": "nowhere", "queue": "q"}, 502, "v-host-refused"),
    ("consume", {"vhost": "/", "queue": "q", "prefetch": 0}, 422, "prefetch-invalid"),
    ("consume", {"vhost": "/", "queue": "q", "limit": -1}, 422, "limit-invalid"),
    ("publish", message(routing_key="\ud800"), 400, "bad-request"),
    ("publish", {**message(), "vhost": "v" * 300}, 422, "text-too-long"),
    ("bulk", {"message": message(), "count": 3, "rate": "nan"}, 422, "rate-invalid"),
    ("definitions?vhost=/", {"queues": [{"name": 2**70}]}, 409, "management-refused"),
    ("tap", {"vhost": "/", "exchange": ""}, 422, "default-exchange-not-tappable"),
    ("tap", {"vhost": "/", "exchange": "amq.topic", "routing_keys": []}, 422, "no-routing-keys"),
    ("tap", {"vhost": "/", "exchange": "amq.topic", "max_length": 0}, 422, "length-invalid"),
    ("stream-read", {"vhost": "/", "queue": "q"}, 501, "streams-not-there"),
    ("tap", {"vhost": "/", "queue": "missing"}, 404, "no-such-object"),
]


async def test_what_cannot_be_done_is_told_with_what_to_try(running: Running) -> None:
    for path, body, status, code in REFUSED:
        problem = await ask(running, "POST", f"{BASE}/{path}", body, status=status)
        assert problem["type"] == f"urn:switchroom:problem:{code}"
        assert problem["hint"]


async def test_a_file_is_uploaded_and_published_and_one_beyond_the_brokers_limit_is_refused(running: Running) -> None:
    await ask(running, "POST", f"{BASE}/queues", {"vhost": "/", "name": "q"})
    octets = {"content-type": "application/octet-stream"}
    answer = await running.client.post("/rabbitmq/bodies", content=b"\x00\xff" * 500_000, headers=octets)
    assert (answer.status_code, answer.json()["size"]) == (201, 1_000_000)
    await ask(running, "POST", f"{BASE}/publish", message(form="upload", body=answer.json()["id"]))
    got = await ask(running, "POST", f"{BASE}/get", {"vhost": "/", "queue": "q", "mode": "ack"})
    [row] = await rows(running, got["filter"])
    assert (await running.client.get(f"/events/{row[0]}/body")).content == b"\x00\xff" * 500_000

    async def too_much() -> AsyncIterator[bytes]:
        for _ in range(129):
            yield bytes(1024**2)

    refused = await running.client.post("/rabbitmq/bodies", content=too_much(), headers=octets, timeout=30)
    assert refused.status_code == 413
    assert "128 MiB" in refused.json()["title"]


async def test_templates_are_kept_across_a_restart(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", worker=False, brokers=False)
    template: dict[str, Any] = {"name": "paid", "message": message(headers=[{"name": "n", "type": "decimal", "value": "1.50"}])}
    async with running_server(settings) as running:
        await running.sign_in()
        await ask(running, "PUT", "/rabbitmq/templates", template)
    async with running_server(settings) as running:
        await running.sign_in()
        [kept] = await ask(running, "GET", "/rabbitmq/templates")
        assert (kept["name"], kept["message"]["headers"]) == ("paid", template["message"]["headers"])
        assert await ask(running, "POST", "/rabbitmq/templates/remove", {"name": "paid"}) == []


async def test_a_template_that_no_file_could_keep_is_refused_and_the_others_stay(running: Running) -> None:
    await ask(running, "PUT", "/rabbitmq/templates", {"name": "good", "message": message()})
    wrong = {"name": "wrong", "message": message(headers=[{"name": "n", "type": "integer", "value": 2**64}])}
    assert (await ask(running, "PUT", "/rabbitmq/templates", wrong, status=422))["type"].endswith("number-too-large")
    assert [one["name"] for one in await ask(running, "GET", "/rabbitmq/templates")] == ["good"]


async def test_a_message_is_filled_for_its_preview(running: Running) -> None:
    filled = await ask(running, "POST", "/rabbitmq/fill", message(body="{{n}} {{uuid}}", routing_key="k.{{n}}"))
    assert filled["routing_key"] == "k.1"
    assert filled["body"].startswith("1 ")
    fields = await ask(running, "GET", "/rabbitmq/generated-fields")
    assert {"uuid", "n", "name", "email"} <= {field["name"] for field in fields}


async def test_every_route_asks_for_a_token(running: Running) -> None:
    del running.client.headers["Authorization"]
    for method, path in (("POST", f"{BASE}/publish"), ("POST", "/rabbitmq/bodies"), ("GET", "/rabbitmq/templates"), ("GET", "/jobs")):
        answer = await running.client.request(method, path, json=message())
        assert answer.status_code == 401


async def test_a_tap_ends_with_its_stop_and_an_api_call_stays_quick_meanwhile(running: Running) -> None:
    await ask(running, "POST", f"{BASE}/queues", {"vhost": "/", "name": "q"})
    tapped = await ask(running, "POST", f"{BASE}/tap", {"vhost": "/", "exchange": "amq.topic"}, status=202)
    bulk = await ask(
        running, "POST", f"{BASE}/bulk", {"message": message(exchange="amq.topic"), "count": 5_000, "generate": False}, status=202
    )
    health = await asyncio.wait_for(ask(running, "GET", "/health"), 5)
    assert health
    told = await over(running, bulk)
    assert told["counts"]["confirmed"] == 5_000
    stopped = await ask(running, "POST", f"/jobs/{tapped['id']}/stop")
    assert stopped["state"] == "stopped"


async def test_a_refused_login_is_told_and_mended_by_the_right_password(running: Running) -> None:
    listed = await ask(running, "GET", "/connections")
    embedded = listed["connections"][0]["spec"]["rabbitmq"]
    spec = {"name": "own", "kind": "rabbitmq", "rabbitmq": {"host": "127.0.0.1", "port": embedded["port"], "management": False}}
    added = await ask(running, "POST", "/connections", {"spec": spec, "secrets": {"password": "wrong"}}, status=201)
    problem = await ask(running, "POST", f"/rabbitmq/{added['id']}/publish", message(), status=502)
    assert problem["type"].endswith("login-refused")
    told = await ask(running, "GET", "/connections")
    assert told["connections"][1]["health"]["state"] == "failed"
    await ask(running, "PUT", f"/connections/{added['id']}/secrets", {"secrets": {"password": "guest"}})

    async def published() -> bool:
        answer = await running.client.post(f"/rabbitmq/{added['id']}/publish", json=message(routing_key="nobody"))
        return answer.status_code == 200 and bool(answer.json()["status"] == "returned")

    await until(published)
    assert [row[2] for row in await rows(running, "kind:message.returned connection:own")] == ["own"]
