"""Who may call: the server's own names and origins, and bodies that are not too large."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request

from embedded_server.api import errors
from embedded_server.api.security import AnswerHeaders, BodyLimit, Gate, bearer_token
from embedded_server.settings import Settings


def make_client(settings: Settings) -> httpx.AsyncClient:
    app = FastAPI()

    @app.post("/size")
    async def size(request: Request) -> int:
        return len(await request.body())

    @app.post("/json")
    async def json(value: list[int]) -> int:
        return len(value)

    @app.get("/")
    async def root() -> str:
        return "in"

    errors.install(app)
    app.add_middleware(BodyLimit, max_bytes=1024**2)
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(AnswerHeaders)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:4000")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, allowed_hosts=("lab.example",), allowed_origins=("http://localhost:3000",))


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with make_client(settings) as client:
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1:4000", "localhost:4000", "LOCALHOST", "[::1]:4000", "lab.example", "lab.example:80"])
async def test_own_names_are_let_in(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.1", "localhost@evil.example", "", "[::1", "127.0.0.1:x]"]
)
async def test_foreign_names_are_refused(client: httpx.AsyncClient, host: str) -> None:
    response = await client.get("/", headers={"host": host})
    assert response.status_code == 421
    assert response.json()["type"].endswith(":foreign-host")


async def test_server_on_every_address_takes_addresses_but_no_foreign_names(tmp_path: Path) -> None:
    async with make_client(Settings(data_dir=tmp_path, host="0.0.0.0")) as client:
        assert (await client.get("/", headers={"host": "192.168.0.1:80"})).status_code == 200
        assert (await client.get("/", headers={"host": "evil.example"})).status_code == 421


@pytest.mark.parametrize("origin", ["http://127.0.0.1:4000", "http://localhost:3000", "http://LOCALHOST:3000"])
async def test_own_and_allowed_origins_are_let_in(client: httpx.AsyncClient, origin: str) -> None:
    assert (await client.get("/", headers={"origin": origin})).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:4001", "http://127.0.0.1:4000.evil.example", "file://"]
)
async def test_foreign_origins_are_refused(client: httpx.AsyncClient, origin: str) -> None:
    response = await client.get("/", headers={"origin": origin})
    assert response.status_code == 403
    assert response.json()["type"].endswith(":foreign-origin")


async def test_cross_site_requests_without_origin_are_refused_but_links_are_not(client: httpx.AsyncClient) -> None:
    crossing = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert (await client.get("/", headers=crossing)).status_code == 403
    assert (await client.get("/", headers={**crossing, "sec-fetch-mode": "navigate"})).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nowhere"])
async def test_every_answer_carries_the_protecting_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_body_up_to_the_limit_is_taken(client: httpx.AsyncClient) -> None:
    assert (await client.post("/size", content=b"x" * 1024**2)).json() == 1024**2


async def test_announced_large_body_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    response = await client.post("/size", content=b"x" * (1024**2 + 1))
    assert response.status_code == 413
    assert "1 MiB" in response.json()["hint"]


@pytest.mark.parametrize("path", ["/size", "/json"])
async def test_large_body_without_a_length_is_refused_too(client: httpx.AsyncClient, path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    response = await client.post(path, content=chunks(), headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("header", "token"), [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", ""), ("", ""), ("Bearer", ""), ("abc", "")]
)
def test_token_is_taken_from_a_bearer_header_only(header: str, token: str) -> None:
    assert bearer_token(header) == token
