"""The app's door: who may come in, how much at once, and what it says to all that goes wrong."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from embedded_server.brokers.amqp.server import AmqpServer
from embedded_server.brokers.management import app as module
from embedded_server.brokers.management.app import ManagementApp, management_app
from embedded_server.brokers.management.call import Answer, Call
from embedded_server.brokers.management.listing import dotted, sortable
from tests.unit.brokers.amqp.peer import Bench

URL = "http://127.0.0.1:15672"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = management_app(AmqpServer(Bench().broker), 15672)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=URL, auth=("guest", "guest")) as made:
        yield made


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:15672", "LOCALHOST"])
async def test_names_of_this_machine_are_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/api/whoami", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[", ""])
async def test_foreign_names_are_not(client: httpx.AsyncClient, host: str) -> None:
    response = await client.get("/api/whoami", headers={"host": host})
    assert (response.status_code, response.json()["error"]) == (421, "misdirected_request")


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:8000"}, {"sec-fetch-site": "cross-site"}],
)
async def test_foreign_pages_may_not_call(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.delete("/api/queues/%2F/q", headers=headers)
    assert (response.status_code, response.json()["error"]) == (403, "forbidden")


async def test_page_of_its_own_may_call(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/whoami", headers={"origin": URL, "host": "127.0.0.1:15672"})).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    ["Basic", "Basic !!!", "Bearer x", f"Basic {base64.b64encode(b'guest').decode()}", f"Basic {base64.b64encode(bytes([255])).decode()}"],
)
async def test_login_that_is_none_is_refused(client: httpx.AsyncClient, authorization: str) -> None:
    client.auth = httpx.Auth()
    response = await client.get("/api/whoami", headers={"authorization": authorization})
    assert (response.status_code, response.json()) == (401, {"error": "not_authorized", "reason": "Login failed"})


async def test_body_that_is_too_large_is_refused(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BODY_BYTES", 10)
    assert (await client.post("/api/definitions", content=b"x" * 11)).status_code == 413

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"xxxxx"

    assert (await client.post("/api/definitions", content=unannounced())).status_code == 413
    assert (await client.post("/api/definitions", content=b"{}")).status_code == 204


async def test_fault_is_logged_and_answered(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(self: ManagementApp, *_: object) -> Answer:
        raise RuntimeError("boom")

    monkeypatch.setattr(ManagementApp, "_answer", broken)
    with caplog.at_level("ERROR"):
        response = await client.get("/api/overview")
    assert (response.status_code, response.json()["error"]) == (500, "internal_error")
    assert "boom" in caplog.text


async def test_head_has_the_headers_alone(client: httpx.AsyncClient) -> None:
    response = await client.head("/api/overview")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")


@pytest.mark.parametrize("body", [b"[]", b"5", b"{", b"\xff", b'"x"'])
async def test_body_that_is_no_object_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.put("/api/queues/%2F/q", content=body)
    assert (response.status_code, response.json()["reason"]) == (400, "not_json")


async def test_long_list_comes_in_pieces_and_whole(client: httpx.AsyncClient) -> None:
    for number in range(600):
        await client.put(f"/api/queues/%2F/q{number:03d}", json={"arguments": {"x-max-length": number}})
    rows = (await client.get("/api/queues")).json()
    assert [row["arguments"]["x-max-length"] for row in rows] == list(range(600))
    assert (await client.get("/api/queues/%2F", params={"columns": "name"})).json()[599] == {"name": "q599"}
    assert len((await client.get("/api/bindings")).json()) == 600


def test_values_of_all_sorts_have_an_order() -> None:
    mixed = ["b", None, 2, True, 1.5, "a", {"x": 1}, False]
    assert sorted(mixed, key=sortable) == [1.5, 2, False, True, "a", "b", {"x": 1}, None]


def test_deep_values_are_found_by_their_path() -> None:
    row = {"a": {"b": {"c": 1}}, "x": 5}
    assert [dotted(row, path) for path in ("a.b.c", "x", "a.nope", "x.y")] == [1, 5, None, None]


def test_password_is_in_no_representation() -> None:
    fields = Call.__dataclass_fields__
    assert not fields["password"].repr
