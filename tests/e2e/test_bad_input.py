"""What others send wrongly to the broker and to the API: told clearly, kept as it came, never executed, and everything runs on."""

import base64
import os
import pickle
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pika
import pytest

from tests.helpers.server import CREDENTIALS, server_process, until

JSON = "application/json"
PICKLE = "application/x-python-serialize"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server_process(tmp_path_factory.mktemp("bad")) as running:
        yield running.url


@pytest.fixture(scope="module")
def token(url: str) -> str:
    httpx.post(f"{url}/accounts", json=CREDENTIALS)
    token: str = httpx.post(f"{url}/sessions", json=CREDENTIALS).json()["token"]
    return token


@pytest.fixture
async def client(url: str, token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=20, headers={"Authorization": f"Bearer {token}"}) as client:
        await until(lambda: part(client, "worker"), 30)
        yield client


async def part(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = (await client.get("/server")).json()["parts"]
    return next((one for one in parts if one["name"] == name and one["state"] == "running"), {})


@pytest.fixture
async def channel(client: httpx.AsyncClient) -> AsyncIterator[Any]:
    brokers = await until(lambda: part(client, "brokers"), 30)
    connection = pika.BlockingConnection(pika.URLParameters(f"{brokers['address'].rstrip('/')}/%2F"))
    yield connection.channel()
    connection.close()


class Bomb:
    """Leaves a file where somebody unpickles it."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.mark),))


def task_message(channel: Any, body: bytes, content_type: str, *, name: str = "demo.add") -> str:
    task_id = str(uuid4())
    headers = {"task": name, "id": task_id, "root_id": task_id, "lang": "py", "argsrepr": "()", "kwargsrepr": "{}"}
    encoding = "utf-8" if content_type == JSON else "binary"
    properties = pika.BasicProperties(content_type=content_type, content_encoding=encoding, headers=headers, delivery_mode=2)
    channel.basic_publish("", "switchroom", body, properties)
    return task_id


async def logged(client: httpx.AsyncClient, words: str) -> bool:
    return bool((await client.get("/events", params={"filter": f'kind:server.log subject:worker "{words}"'})).json()["rows"])


async def ran(client: httpx.AsyncClient) -> bool:
    """Whether a task sent now runs to its end."""
    task_id = (await client.post("/tasks", json={"name": "demo.add", "args": [2, 40]})).json()["id"]
    return await until(lambda: in_state(client, task_id, "SUCCESS"), 20)


async def in_state(client: httpx.AsyncClient, task_id: str, state: str) -> bool:
    answer = await client.get(f"/tasks/{task_id}")
    return bool(answer.status_code == 200 and answer.json()["state"] == state)


@pytest.mark.parametrize("content_type", [PICKLE, JSON])
async def test_pickled_task_is_refused_and_nothing_in_it_runs(
    client: httpx.AsyncClient, channel: Any, tmp_path: Path, content_type: str
) -> None:
    task_message(channel, pickle.dumps(((Bomb(tmp_path / "ran"),), {}, {})), content_type)
    words = "Refusing to deserialize untrusted content" if content_type == PICKLE else "Can't decode message body"
    await until(lambda: logged(client, words), 20)
    assert await ran(client)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("body", [b'[["\xff\xfe"], {}, {}]', b"hello", b"", b"[[1, 2]", b"5", b"null", b"[]", b'"x"', b"[[1], {}, 5]"])
async def test_task_that_cannot_be_read_harms_no_other(client: httpx.AsyncClient, channel: Any, body: bytes) -> None:
    pid = (await part(client, "worker"))["pid"]
    task_message(channel, body, JSON)
    assert await ran(client)
    assert (await part(client, "worker"))["pid"] == pid


async def test_task_that_nobody_knows_is_shown_as_failed(client: httpx.AsyncClient, channel: Any) -> None:
    task_id = task_message(channel, b"[[1, 2], {}, {}]", JSON, name="no.such.task")
    await until(lambda: in_state(client, task_id, "FAILURE"), 20)
    assert "no.such.task" in (await client.get(f"/tasks/{task_id}")).json()["exception"]


@pytest.mark.parametrize("content_type", [PICKLE, JSON, ""])
async def test_pickled_event_is_kept_as_it_came_and_never_unpickled(
    client: httpx.AsyncClient, channel: Any, tmp_path: Path, content_type: str
) -> None:
    body = pickle.dumps(Bomb(tmp_path / "ran"))
    channel.basic_publish("celeryev", "task.sent", body, pika.BasicProperties(content_type=content_type or None))

    async def newest() -> dict[str, Any]:
        page = await client.get("/events", params={"filter": "subject:undecodable", "newest": True, "limit": 1})
        for row in page.json()["rows"]:
            event: dict[str, Any] = (await client.get(f"/events/{row[0]}")).json()
            if base64.b64decode(event["body"]) == body:
                return event
        return {}

    event = await until(newest, 20)
    assert content_type in event["row"][11]
    assert "Not decoded" in event["row"][11]
    assert not (tmp_path / "ran").exists()
    assert await part(client, "task monitor")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"name": "demo.add", "args": [1,]}', "line 1, column 33"),
        (b'{"name": "demo.add", "args": ["\xff"]}', "UTF-8"),
        (b'{"name": "demo.add", "args": {"x": 1}}', "args"),
        (b'{"name": "demo.add", "args": [NaN]}', "NaN"),
        (b'{"args": []}', "name"),
    ],
)
async def test_arguments_that_cannot_be_sent_are_told_with_the_place(client: httpx.AsyncClient, body: bytes, words: str) -> None:
    answer = await client.post("/tasks", content=body, headers={"Content-Type": JSON})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    problem = answer.json()
    assert problem["hint"]
    assert words in f"{problem['title']} {problem['detail']} {problem['hint']}"


async def test_unknown_task_is_refused_and_a_near_name_told(client: httpx.AsyncClient) -> None:
    answer = await client.post("/tasks", json={"name": "demo.ad"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "demo.add" in answer.json()["hint"]


async def test_task_of_twenty_megabytes_goes_there_and_back(client: httpx.AsyncClient) -> None:
    text = "x" * 20_000_000
    task_id = (await client.post("/tasks", json={"name": "demo.add", "args": [text, "y"]})).json()["id"]
    await until(lambda: in_state(client, task_id, "SUCCESS"), 30)
    assert len((await client.get(f"/tasks/{task_id}")).json()["result"]) == 20_000_003
