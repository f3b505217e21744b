"""The real app over a real socket: its parts, its routes, its refusals, and how it ends."""

import asyncio
import json
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from embedded_server.core.binding import PortInUse
from embedded_server.core.data_dir import DataDirInUse
from embedded_server.settings import SessionLimits, Settings
from tests.helpers.server import CREDENTIALS, Running, running_server, until

PUBLIC = {("GET", "/health"), ("POST", "/accounts"), ("POST", "/sessions")}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", brokers=False, worker=False)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Running]:
    async with running_server(settings) as running:
        yield running


@pytest.fixture
async def signed_in(server: Running) -> Running:
    await server.sign_in()
    return server


# -- first steps


async def test_health_asks_for_the_first_account_until_it_exists(server: Running) -> None:
    assert (await server.client.get("/health")).json()["needs_account"] is True
    await server.sign_in()
    health = (await server.client.get("/health")).json()
    assert (health["status"], health["needs_account"]) == ("ok", False)


async def test_later_accounts_need_a_session(server: Running) -> None:
    assert (await server.client.post("/accounts", json=CREDENTIALS)).status_code == 201
    second = {"name": "grace", "password": "another horse"}
    assert (await server.client.post("/accounts", json=second)).status_code == 401
    assert (await server.client.post("/accounts", content=b"not even JSON")).status_code == 401
    await server.sign_in()
    assert (await server.client.post("/accounts", json=second)).status_code == 201
    assert (await server.client.post("/accounts", json=second)).status_code == 409


async def test_wrong_password_is_told_and_guessing_has_to_wait(server: Running) -> None:
    await server.client.post("/accounts", json=CREDENTIALS)
    wrong = {**CREDENTIALS, "password": "wrong password"}
    answers = [await server.client.post("/sessions", json=wrong) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[0].json()["title"] == "Name or password is wrong"
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_signing_in_again_ends_the_session_that_comes_along(signed_in: Running) -> None:
    before = dict(signed_in.client.headers)
    await signed_in.client.post("/sessions", json=CREDENTIALS)
    assert (await signed_in.client.get("/sessions/current", headers=before)).status_code == 401


async def test_signed_out_token_is_worth_nothing(signed_in: Running) -> None:
    assert (await signed_in.client.get("/sessions/current")).json()["account"] == "ada"
    assert (await signed_in.client.delete("/sessions/current")).status_code == 204
    assert (await signed_in.client.get("/sessions/current")).status_code == 401


async def test_own_sessions_are_listed_and_ended_by_id(signed_in: Running) -> None:
    async with httpx.AsyncClient(base_url=signed_in.url) as other:
        token = (await other.post("/sessions", json=CREDENTIALS)).json()["token"]
        other.headers["Authorization"] = f"Bearer {token}"
        mine = (await signed_in.client.get("/sessions/current")).json()["id"]
        (theirs,) = [one["id"] for one in (await signed_in.client.get("/sessions")).json() if one["id"] != mine]
        assert (await signed_in.client.delete(f"/sessions/{theirs}")).status_code == 204
        assert (await other.get("/sessions/current")).status_code == 401
    assert (await signed_in.client.delete(f"/sessions/{theirs}")).status_code == 404


# -- every route


async def test_every_other_route_answers_401_without_a_token(signed_in: Running) -> None:
    paths = (await signed_in.client.get("/openapi.json")).json()["paths"]
    async with httpx.AsyncClient(base_url=signed_in.url) as stranger:
        asked = [(method.upper(), path) for path, methods in paths.items() for method in methods]
        assert len(asked) > 20
        for method, path in asked:
            if (method, path) in PUBLIC:
                continue
            for headers in ({}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic YWRhOmFkYQ=="}):
                answer = await stranger.request(method, path.replace("{seq}", "1"), headers=headers)
                assert answer.status_code == 401, (method, path, headers)
                assert answer.headers["content-type"] == "application/problem+json", (method, path)
                assert answer.headers["www-authenticate"].startswith("Bearer"), (method, path)


@pytest.mark.parametrize("path", ["/feeds", "/hub/ws?topic=tasks"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made-up"}])
async def test_websockets_answer_401_without_a_token(server: Running, path: str, headers: dict[str, str]) -> None:
    with pytest.raises(websockets.InvalidStatus) as caught:
        await connect(server.websocket_url + path, additional_headers=headers, proxy=None)
    assert caught.value.response.status_code == 401
    assert caught.value.response.headers["content-type"] == "application/problem+json"
    assert json.loads(caught.value.response.body or b"{}")["title"]


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
async def test_websockets_of_foreign_pages_are_refused(server: Running, headers: dict[str, str]) -> None:
    token = await server.sign_in()
    async with httpx.AsyncClient(base_url=server.url) as page:
        handshake = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Authorization": f"Bearer {token}",
        }
        assert (await page.get("/feeds", headers={**handshake, **headers})).status_code in {403, 421}


async def test_api_describes_itself_completely(signed_in: Running) -> None:
    description = (await signed_in.client.get("/openapi.json")).json()
    operations = [(path, method, one) for path, methods in description["paths"].items() for method, one in methods.items()]
    ids = [operation["operationId"] for _, _, operation in operations]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations:
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["description"], where
        assert operation["tags"], where
        assert "application/problem+json" in operation["responses"]["401"]["content"], where
        assert bool(operation.get("security")) is ((method.upper(), path) not in PUBLIC), where
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert good, where
        for answer in good:
            for content in answer.get("content", {}).values():
                assert content.get("schema") != {}, f"{where} answers something untyped"
    schemas = description["components"]["schemas"]
    for reference in _references(description):
        assert reference.removeprefix("#/components/schemas/") in schemas, reference


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [reference for value in node.values() for reference in _references(value)]
    if isinstance(node, list):
        return [reference for value in node for reference in _references(value)]
    return []


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PATCH", "/server", 405), ("GET", "/events?limit=0", 422)]
)
async def test_refusals_are_problems(signed_in: Running, method: str, path: str, status: int) -> None:
    answer = await signed_in.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["hint"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
async def test_http2_is_spoken_on_the_same_port(server: Running) -> None:
    curl = await asyncio.create_subprocess_exec(
        *("curl", "-s", "--http2-prior-knowledge", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", f"{server.url}/health"),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await curl.communicate()
    assert out == b"2 200"


# -- the server about itself


async def test_server_tells_of_its_parts_journal_and_memory(signed_in: Running, settings: Settings) -> None:
    status = (await signed_in.client.get("/server")).json()
    parts = {part["name"]: part["state"] for part in status["parts"]}
    assert parts["journal"] == parts["sessions"] == parts["hub"] == parts["streams"] == "running"
    assert status["url"] == signed_in.url
    assert status["data_dir"] == str(settings.data_dir)
    assert status["memory_bytes"] > 10_000_000
    assert status["journal"]["last_seq"] > 0


async def test_start_is_journalled_in_order_with_durations(signed_in: Running) -> None:
    page = (await signed_in.client.get("/events", params={"filter": "kind:server.lifecycle"})).json()
    started = [(row[4], row[8]) for row in page["rows"]]
    assert started[:8] == [
        (part, "started") for part in ("journal", "sessions", "connections", "hub", "streams", "rabbitmq", "kafka", "server")
    ]
    assert all(float(row[5]) >= 0 for row in page["rows"])
    assert page["scanned"] == page["of"]


async def test_stop_is_journalled_too(settings: Settings) -> None:
    async with running_server(settings):
        pass
    async with running_server(settings) as again:
        await again.sign_in()
        page = (await again.client.get("/events", params={"filter": "kind:server.lifecycle status:stopped"})).json()
        assert [row[4] for row in page["rows"]] == ["hub", "kafka", "rabbitmq", "streams", "connections", "sessions", "server"]


async def test_part_is_restarted_on_request(signed_in: Running) -> None:
    answer = await signed_in.client.post("/server/parts/streams/restart")
    assert (answer.status_code, answer.json()["state"]) == (200, "running")
    assert (await signed_in.client.post("/server/parts/journal/restart")).status_code == 409
    assert (await signed_in.client.post("/server/parts/nobody/restart")).status_code == 404


async def test_log_is_in_the_journal_and_has_no_token(signed_in: Running, settings: Settings) -> None:
    token = signed_in.client.headers["Authorization"].removeprefix("Bearer ")
    logging.getLogger("switchroom.test").info("Authorization: Bearer %s", token)

    async def logged() -> list[list[object]]:
        page = await signed_in.client.get("/events", params={"filter": "kind:server.log key:switchroom.test"})
        rows: list[list[object]] = page.json()["rows"]
        return rows

    assert (await until(logged))[0][8] == "INFO"
    kept = b"".join(path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file())
    assert token.encode() not in kept


# -- events


async def test_one_event_is_answered_whole_and_its_body_as_it_is(signed_in: Running) -> None:
    published = await signed_in.client.post("/hub/topics/orders", json={"data": {"id": 42}})
    seq = int(published.json()["id"].rpartition(":")[2])
    event = (await signed_in.client.get(f"/events/{seq}")).json()
    assert (event["row"][0], event["row"][3], event["truncated"]) == (seq, "custom", False)
    assert (await signed_in.client.get(f"/events/{seq}", params={"body": False})).json()["body"] == ""
    body = await signed_in.client.get(f"/events/{seq}/body")
    assert (body.content, body.headers["x-truncated"]) == (b'{"id":42}', "false")
    assert body.headers["content-type"] == "application/octet-stream"


async def test_body_of_20_mb_comes_back_whole(signed_in: Running) -> None:
    text = "x" * 20_000_000
    published = await signed_in.client.post("/hub/topics/large", json={"data": text})
    seq = published.json()["id"].rpartition(":")[2]
    body = await signed_in.client.get(f"/events/{seq}/body")
    assert (len(body.content), body.headers["x-truncated"]) == (20_000_002, "false")
    (row,) = (await signed_in.client.get("/events", params={"filter": "subject:large"})).json()["rows"]
    assert len(row[11]) <= 256
    refused = await signed_in.client.post("/hub/topics/large", json={"data": "x" * 34_000_000})
    assert refused.status_code == 413


@pytest.mark.parametrize("seq", ["0", "999999", "-1", str(2**70)])
async def test_event_that_is_not_there_is_a_404(signed_in: Running, seq: str) -> None:
    assert (await signed_in.client.get(f"/events/{seq}")).status_code == 404


@pytest.mark.parametrize("route", ["/events", "/events/export"])
async def test_wrong_filter_is_answered_with_its_position(signed_in: Running, route: str) -> None:
    answer = await signed_in.client.get(route, params={"filter": "colour:red"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "position" in answer.json()["params"]


async def test_export_streams_what_matches(signed_in: Running) -> None:
    for number in range(3):
        await signed_in.client.post("/hub/topics/orders", json={"data": number})
    exported = await signed_in.client.get("/events/export", params={"filter": "kind:custom"})
    assert exported.headers["content-type"] == "application/x-ndjson"
    assert len([json.loads(line) for line in exported.text.splitlines()]) == 3
    table = await signed_in.client.get("/events/export", params={"filter": "kind:custom", "format": "csv"})
    assert len(table.text.splitlines()) == 4
    assert (await signed_in.client.get("/events/export", params={"format": "xml"})).status_code == 422


async def test_values_complete_a_field(signed_in: Running) -> None:
    assert "hub" in (await signed_in.client.get("/events/values", params={"field": "subject", "prefix": "h"})).json()


# -- feeds


async def test_feed_ticks_and_answers_windows(signed_in: Running) -> None:
    async with connect(signed_in.websocket_url + "/feeds", additional_headers=dict(signed_in.client.headers), proxy=None) as socket:
        await socket.send(json.dumps({"op": "open", "feed": 1, "filter": "kind:custom"}))
        await signed_in.client.post("/hub/topics/orders", json={"data": "hello"})
        async with asyncio.timeout(5):
            while not (tick := json.loads(await socket.recv())).get("rows"):
                assert tick["op"] == "tick"
        assert tick["op"] == "tick"
        assert tick["rows"][-1][3] == "custom"


async def test_signing_out_closes_the_sessions_feeds(signed_in: Running) -> None:
    async with connect(signed_in.websocket_url + "/feeds", additional_headers=dict(signed_in.client.headers), proxy=None) as socket:
        await socket.send(json.dumps({"op": "open", "feed": 1}))
        await signed_in.client.delete("/sessions/current")
        await asyncio.wait_for(_drained(socket), 5)
        assert socket.close_code == 4401


async def test_expiry_closes_feeds_and_streams(tmp_path: Path) -> None:
    limits = SessionLimits(idle_s=100, absolute_s=1)
    async with running_server(Settings(data_dir=tmp_path, brokers=False, worker=False, sessions=limits)) as server:
        await server.sign_in()
        headers = dict(server.client.headers)
        async with connect(server.websocket_url + "/feeds", additional_headers=headers, proxy=None) as socket:
            async with server.client.stream("GET", "/hub/sse", params={"topic": "server"}) as stream, asyncio.timeout(8):
                async for _ in stream.aiter_raw():
                    pass
            await asyncio.wait_for(_drained(socket), 8)
            assert socket.close_code == 4401


# -- one at a time, and the end


async def test_second_server_on_the_same_data_is_refused_by_name(server: Running, settings: Settings) -> None:
    with pytest.raises(DataDirInUse, match=server.url):
        async with running_server(settings):
            pass


async def test_port_in_use_is_told_and_leaves_the_data_free(server: Running, tmp_path: Path) -> None:
    taken = Settings(data_dir=tmp_path / "other", port=server.server.settings.port, brokers=False, worker=False)
    for _ in range(2):
        with pytest.raises(PortInUse):
            async with running_server(taken):
                pass


async def test_open_streams_do_not_hold_the_end_up(settings: Settings) -> None:
    async with running_server(settings) as server:
        await server.sign_in()
        headers = dict(server.client.headers)
        async with (
            connect(server.websocket_url + "/feeds", additional_headers=headers, proxy=None),
            connect(server.websocket_url + "/hub/ws?topic=tasks", additional_headers=headers, proxy=None),
            server.client.stream("GET", "/hub/sse", params={"topic": "tasks"}),
        ):
            server.server.stop()
            await until(lambda: _is_gone(server.url), 5)


async def _is_gone(url: str) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            await client.get(f"{url}/health")
    except httpx.TransportError:
        return True
    return False


async def _drained(socket: ClientConnection) -> None:
    with suppress(websockets.ConnectionClosed):
        async for _ in socket:
            pass
