"""Every failure is a problem with a title and a hint, whoever raised it."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Query
from starlette.types import Message, Receive, Scope, Send

from embedded_server.api import errors
from embedded_server.contracts.problems import UserFacingError
from embedded_server.sessions.problems import NotSignedIn, SessionEnded, TooManyAttempts


@dataclass(frozen=True, slots=True)
class Pair:
    name: str
    password: str
    number: int = 0


class KettleEmpty(UserFacingError):
    status = 418
    title = "The kettle {name} is empty"
    hint = "Fill it."


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/kettle")
    async def kettle() -> None:
        raise KettleEmpty(name="{blue}", detail="0 ml")

    @app.get("/boom")
    async def boom() -> None:
        raise KeyError("secret detail")

    @app.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(409, "custom words", headers={"X-Kept": "yes"})

    @app.get("/token")
    async def token(kind: str) -> None:
        raise {"none": NotSignedIn(), "ended": SessionEnded(), "many": TooManyAttempts(seconds=7)}[kind]

    @app.get("/limited")
    async def limited(limit: Annotated[int, Query(le=5)]) -> int:
        return limit

    @app.post("/pair")
    async def pair(pair: Pair) -> str:
        return pair.name

    errors.install(app)
    app.add_middleware(errors.UnforeseenFaults)
    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(make_app()), base_url="http://127.0.0.1") as client:
        yield client


def assert_problem(response: httpx.Response, status: int) -> dict[str, object]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["hint"]
    assert str(problem["type"]).startswith("urn:switchroom:problem:")
    return problem


async def test_user_facing_error_keeps_title_hint_and_templates(client: httpx.AsyncClient) -> None:
    problem = assert_problem(await client.get("/kettle"), 418)
    assert problem == {
        "type": "urn:switchroom:problem:kettle-empty",
        "title": "The kettle {blue} is empty",
        "status": 418,
        "detail": "0 ml",
        "hint": "Fill it.",
        "title_template": "The kettle {name} is empty",
        "hint_template": "Fill it.",
        "params": {"name": "{blue}"},
    }


async def test_unforeseen_failure_is_logged_with_traceback_and_told_without(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="embedded_server.api.errors"):
        response = await client.get("/boom")
    assert_problem(response, 500)
    assert "secret detail" not in response.text
    assert "GET /boom failed" in caplog.text
    assert "KeyError: 'secret detail'" in caplog.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/kettle", 405), ("POST", "/kettle", 405)])
async def test_frameworks_own_refusals_are_problems_too(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    response = await client.request(method, path)
    assert_problem(response, status)
    if status == 405:
        assert response.headers["allow"] == "GET"


async def test_http_exception_keeps_its_words_and_headers(client: httpx.AsyncClient) -> None:
    response = await client.get("/teapot")
    assert assert_problem(response, 409)["detail"] == "custom words"
    assert response.headers["x-kept"] == "yes"


async def test_unauthorized_carries_a_challenge(client: httpx.AsyncClient) -> None:
    none = await client.get("/token", params={"kind": "none"})
    assert_problem(none, 401)
    assert none.headers["www-authenticate"] == 'Bearer realm="switchroom"'
    ended = await client.get("/token", params={"kind": "ended"})
    assert 'error="invalid_token"' in ended.headers["www-authenticate"]


async def test_too_many_attempts_tell_when_to_come_back(client: httpx.AsyncClient) -> None:
    response = await client.get("/token", params={"kind": "many"})
    assert_problem(response, 429)
    assert response.headers["retry-after"] == "7"


async def test_wrong_parameter_is_named_with_its_value(client: httpx.AsyncClient) -> None:
    problem = assert_problem(await client.get("/limited", params={"limit": "many"}), 422)
    assert problem["title"] == "The request is not understood: limit"
    assert "“many”" in str(problem["hint"])


async def test_all_faults_are_in_the_detail(client: httpx.AsyncClient) -> None:
    problem = assert_problem(await client.post("/pair", json={"number": "x"}), 422)
    for field in ("name", "password", "number"):
        assert field in str(problem["detail"])


async def test_a_wrong_password_field_is_not_repeated(client: httpx.AsyncClient) -> None:
    response = await client.post("/pair", json={"name": "a", "password": 123456789})
    assert_problem(response, 422)
    assert "123456789" not in response.text


async def test_broken_json_is_told_with_its_place(client: httpx.AsyncClient) -> None:
    response = await client.post("/pair", content=b'{"name": ', headers={"content-type": "application/json"})
    problem = assert_problem(response, 400)
    assert "at character 9" in str(problem["title"])


async def test_body_that_is_no_json_is_told_so(client: httpx.AsyncClient) -> None:
    response = await client.post("/pair", content=b"name=a", headers={"content-type": "application/x-www-form-urlencoded"})
    problem = assert_problem(response, 415)
    assert "x-www-form-urlencoded" in str(problem["title"])


async def test_invalid_utf8_is_no_server_fault(client: httpx.AsyncClient) -> None:
    response = await client.post("/pair", content=b'{"name": "\xff\xfe"}', headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}
    assert_problem(response, response.status_code)


async def test_failure_after_the_answer_began_is_logged_and_sends_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[Message] = []

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("wrapped by Starlette") from KettleEmpty(name="late")

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    with caplog.at_level(logging.ERROR, logger="embedded_server.api.errors"):
        await errors.UnforeseenFaults(broken)({"type": "http", "method": "GET", "path": "/stream"}, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert "GET /stream was broken off: The kettle late is empty" in caplog.text
