"""Whatever is sent, the answer is one that the API describes: never a fault of the server's, and every refusal a problem."""

import asyncio
import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedded_server.api import hub
from embedded_server.settings import Settings
from embedded_server.streams import write_events
from tests.helpers.server import CREDENTIALS, Running, ServerProcess, running_server, server_process, until

PROBLEM = "application/problem+json"
LEFT_OUT = {
    ("post", "/accounts"),  # hashing passwords takes its time; their faults are tested by themselves
    ("post", "/sessions"),
    ("delete", "/sessions/current"),  # would end the sweep
    ("get", "/hub/sse"),  # does not end
    ("post", "/server/parts/{name}/restart"),
}
AWAY = {502, 503, 504}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
parameter_values = (
    st.sampled_from(
        ["0", "-1", "1", "1000", str(2**63), str(2**64), "1e9", "true", "null", "a", "*", "..", "%", "\x00", "kind:task", "(", "'"]
    )
    | st.integers(-(2**65), 2**65).map(str)
    | st.text(max_size=30)
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with server_process(tmp_path_factory.mktemp("http"), "--no-worker") as running:
        yield running


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        client.post("/accounts", json=CREDENTIALS)
        client.headers["Authorization"] = f"Bearer {client.post('/sessions', json=CREDENTIALS).json()['token']}"
        yield client


@pytest.fixture(scope="module")
def description(client: httpx.Client) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/openapi.json").json()
    return described


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    found = [(method, path, one) for path, methods in description["paths"].items() for method, one in methods.items()]
    return [(method, path, one) for method, path, one in found if (method, path) not in LEFT_OUT]


def properties(description: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    """The names that the operation's JSON body may have."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    return sorted(description["components"]["schemas"].get(name, schema).get("properties", {}))


def draw_body(data: st.DataObject, names: list[str]) -> bytes:
    if data.draw(st.integers(0, 9)) == 0:
        return data.draw(st.binary(max_size=40))
    known = st.dictionaries(st.sampled_from(names), json_values, max_size=len(names)) if names else st.just({})
    return json.dumps(data.draw(known | json_values)).encode("utf-8", "surrogatepass")


@settings(
    max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_no_request_makes_the_server_fail(client: httpx.Client, description: dict[str, Any], data: st.DataObject) -> None:
    method, path, operation = data.draw(st.sampled_from(operations(description)))
    query: list[str] = []
    for parameter in operation.get("parameters", []):
        value = data.draw(parameter_values)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(value, safe="", errors="replace") or "x")
        elif parameter["in"] == "query" and data.draw(st.booleans()):
            query.append(f"{parameter['name']}={quote(value, safe='', errors='replace')}")
    request: dict[str, Any] = {}
    if "requestBody" in operation or data.draw(st.integers(0, 9)) == 0:
        request["content"] = draw_body(data, properties(description, operation))
        request["headers"] = {"Content-Type": data.draw(st.sampled_from(["application/json"] * 4 + ["text/plain", "", "x"]))}
    answer = client.request(method, f"{path}?{'&'.join(query)}", **request)
    assert answer.status_code < 500 or answer.status_code in AWAY, (answer.status_code, answer.text)
    if answer.status_code >= 400:
        assert_problem(answer)


def assert_problem(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["title"]
    assert problem["hint"]
    assert problem["status"] == answer.status_code


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_unknown_method_is_a_problem_that_names_the_known_ones(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/tasks")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    if method != "HEAD":
        assert_problem(answer)


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b'{"name": ', "application/json", 400),
        (b'{"name": "\xff", "password": "x"}', "application/json", 400),
        (b"name=ada", "application/x-www-form-urlencoded", 415),
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"[" * 100_000, "application/json", 400),
    ],
)
def test_body_that_cannot_be_used_is_told_apart(client: httpx.Client, content: bytes, content_type: str, status: int) -> None:
    answer = client.post("/sessions", content=content, headers={"Content-Type": content_type})
    assert answer.status_code == status
    assert_problem(answer)


def raw(server: ServerProcess, request: bytes) -> bytes:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as stranger:
        stranger.sendall(request)
        answer = b""
        while chunk := stranger.recv(65536):
            answer += chunk
        return answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GARBAGE\r\n\r\n",
        b"GET /health HTTP/1.1\r\nno header at all\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Large: " + b"a" * 66_000 + b"\r\n\r\n",
        b"POST /sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: minus\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_as_a_problem(server: ServerProcess, request_: bytes) -> None:
    head, _, body = raw(server, request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"content-type: application/problem+json" in head.lower()
    assert json.loads(body)["hint"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
async def test_hub_is_followed_over_http2(tmp_path: Any) -> None:
    async with running_server(Settings(data_dir=tmp_path, brokers=False, worker=False)) as server:
        token = await server.sign_in()
        url = f"{server.url}/hub/sse?topic=orders"
        curl = await asyncio.create_subprocess_exec(
            *("curl", "-sN", "--http2-prior-knowledge", "-D", "-", "--max-time", "20", "-H", f"Authorization: Bearer {token}", url),
            stdout=asyncio.subprocess.PIPE,
        )
        assert curl.stdout is not None
        assert await curl.stdout.readline() == b"HTTP/2 200 \r\n"
        while await curl.stdout.readline() != b": listening\n":
            pass
        await server.client.post("/hub/topics/orders", json={"data": {"id": 42}})
        while (line := await curl.stdout.readline()) != b'data: {"id":42}\n':
            assert line
        server.server.stop()
        assert await curl.wait() == 0  # the answer was ended, not cut


async def test_client_of_the_hub_that_takes_nothing_is_cut_off(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def write_impatiently(*arguments: Any, **options: Any) -> None:
        await write_events(*arguments, **options, send_limit_s=0.2)

    monkeypatch.setattr(hub, "write_events", write_impatiently)
    async with running_server(Settings(data_dir=tmp_path, brokers=False, worker=False)) as server:
        token = await server.sign_in()
        frozen = await follow_without_reading(server, token)
        with caplog.at_level("WARNING", logger="embedded_server.api.hub"):

            async def is_let_go() -> bool:
                await server.client.post("/hub/topics/orders", json={"data": "x" * 1_000_000})
                return "took nothing and is let go" in caplog.text

            await until(is_let_go, 30)
            async with asyncio.timeout(10):  # while the server runs on
                await read_to_the_end(frozen)
        assert [record.name for record in caplog.records if record.levelname == "ERROR"] == []


async def follow_without_reading(server: Running, token: str) -> socket.socket:
    address = urlsplit(server.url)
    frozen = socket.socket()
    frozen.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    frozen.setblocking(False)
    await asyncio.get_running_loop().sock_connect(frozen, (address.hostname, address.port))
    request = f"GET /hub/sse?topic=orders HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
    await asyncio.get_running_loop().sock_sendall(frozen, request.encode())
    return frozen


async def read_to_the_end(frozen: socket.socket) -> None:
    with frozen, suppress(ConnectionResetError):
        while await asyncio.get_running_loop().sock_recv(frozen, 1_000_000):
            pass
