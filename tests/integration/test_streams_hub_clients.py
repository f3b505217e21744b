"""The hub as others follow it: this server's own streams, curl, and a browser."""

import asyncio
import json
import shutil
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from embedded_server.contracts.streams import StreamState
from tests.helpers.raw_server import EVENT_STREAM, Exchange, raw_server
from tests.helpers.server import Running, until
from tests.integration.hub_bench import post, server, settings, token_of

__all__ = ["server", "settings"]


# -- this server's own streams


@pytest.mark.parametrize("kind", ["sse", "websocket"])
async def test_a_stream_of_the_hub_uses_its_openers_session_and_ends_with_it(server: Running, kind: str) -> None:
    manager = server.server.app.state.services.streams
    spec = {"name": "own", "kind": kind, "url": "hub:orders"}
    stream = (await server.client.post("/streams", json=spec)).json()
    await server.client.post(f"/streams/{stream['id']}/open")

    async def is_in(*states: StreamState) -> bool:
        return manager.get(stream["id"]).state in states

    await until(lambda: is_in(StreamState.OPEN))
    await post(server, {"n": 1})

    async def has_received() -> bool:
        return bool(manager.get(stream["id"]).received)

    await until(has_received)
    page = (
        await server.client.get("/events", params={"filter": "connection:own (kind:sse.event OR kind:ws.received) -status:comment"})
    ).json()
    assert any(row[4] == "hub:orders" for row in page["rows"]), page
    await server.client.delete("/sessions/current")
    await until(lambda: is_in(StreamState.CLOSED))
    assert "401" in manager.get(stream["id"]).reason or manager.get(stream["id"]).close_code == 4401


@pytest.mark.parametrize("kind", ["sse", "websocket"])
async def test_a_stream_of_the_hub_that_is_cut_resumes_without_gap_or_duplicate(server: Running, kind: str) -> None:
    manager = server.server.app.state.services.streams
    stream = (await server.client.post("/streams", json={"name": "own", "kind": kind, "url": "hub:orders"})).json()
    await server.client.post(f"/streams/{stream['id']}/open")

    async def has(received: int) -> bool:
        return bool(
            manager.get(stream["id"]).state is StreamState.OPEN and manager.get(stream["id"]).last_event_id.endswith(f":{received}")
        )

    async def is_open() -> bool:
        return bool(manager.get(stream["id"]).state is StreamState.OPEN)

    await until(is_open)
    ids = await post(server, 1, 2)
    await until(lambda: has(int(ids[-1].rpartition(":")[2])))
    await server.client.post(f"/streams/{stream['id']}/drop")
    ids += await post(server, 3, 4)  # while it is away
    await until(is_open)
    ids += await post(server, 5)
    await until(lambda: has(int(ids[-1].rpartition(":")[2])))
    services = server.server.app.state.services
    await services.journal.flush()
    kinds = "(kind:sse.event OR kind:ws.received) key:*"
    page = (await server.client.get("/events", params={"filter": f"connection:own {kinds}", "limit": 100})).json()
    assert [row[5] for row in page["rows"]] == ids
    fared = manager.get(stream["id"])
    assert (fared.resumed, fared.duplicates) == (1, 0)


async def test_streams_are_managed_over_http(server: Running) -> None:
    spec = {"name": "far", "kind": "sse", "url": "https://h/p?token=abc", "headers": {"Authorization": "Bearer s"}}
    added = await server.client.post("/streams", json=spec)
    assert added.status_code == 201
    stream = added.json()
    assert "abc" not in added.text
    path = f"/streams/{stream['id']}"
    changed = await server.client.put(path, json={**stream["spec"], "name": "near"})
    assert changed.json()["spec"]["name"] == "near"
    assert [one["id"] for one in (await server.client.get("/streams")).json()] == [stream["id"]]
    sent = await server.client.post(f"{path}/send", json={"type": "text", "data": "x"})
    assert (sent.status_code, sent.json()["type"]) == (409, "urn:switchroom:problem:stream-cannot-send")
    moved = await server.client.put(path, json={**stream["spec"], "url": "https://evil/p"})
    assert (moved.status_code, moved.json()["type"]) == (422, "urn:switchroom:problem:secrets-needed")
    assert (await server.client.delete(path)).status_code == 204
    assert (await server.client.get(path)).status_code == 404


# -- programs that others wrote


async def test_curl_follows_and_then_resumes(server: Running) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")

    async def follow(count: int, *more: str) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            curl,
            "-sN",
            "-H",
            f"Authorization: {token_of(server)}",
            *more,
            f"{server.url}/hub/sse?topic=orders",
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        ids: list[str] = []
        async with asyncio.timeout(10):
            greeting = await process.stdout.readuntil(b"\n\n")
            if not more:
                await post(server, "a", "b", "c")
            del greeting
            while len(ids) < count:
                lines = (await process.stdout.readuntil(b"\n\n")).decode().splitlines()
                ids += [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
        process.kill()
        await process.wait()
        return ids

    first = await follow(2)
    rest = await follow(1, "-H", f"Last-Event-ID: {first[-1]}")
    assert [int(id_.rpartition(":")[2]) for id_ in first + rest] == sorted({int(id_.rpartition(":")[2]) for id_ in first + rest})
    whole = await server.client.get("/events", params={"filter": "kind:custom", "limit": 10})
    assert [row[0] for row in whole.json()["rows"]] == [int(id_.rpartition(":")[2]) for id_ in first + rest]


PAGE = """<!doctype html><script>
const got = [];
const source = new EventSource("/hub/sse?topic=orders");
source.addEventListener("paid", event => {
  got.push(event.lastEventId + "=" + event.data);
  if (got.length == 3) fetch("/cut");
  if (got.length == 6) { source.close(); fetch("/done?" + encodeURIComponent(JSON.stringify(got))); }
});
</script>"""


class BrowserPage:
    """Serves `PAGE` and relays its event stream to the hub: an EventSource sends no Authorization header, a page's own server adds it."""

    def __init__(self, server: Running) -> None:
        self._client = server.client
        self._posted = 0
        self.streams: list[Exchange] = []
        self.done: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()

    async def serve(self, exchange: Exchange) -> None:
        path, _, query = exchange.request_line.split()[1].partition("?")
        match path:
            case "/hub/sse":
                with suppress(httpx.TransportError):  # the server stops before the page does
                    await self._relay(exchange)
            case "/cut":
                self.streams[0].cut()
                await self._post(3)  # while nobody listens
                await exchange.say(b"HTTP/1.1 204 No Content\r\n\r\n")
            case "/done":
                self.done.set_result(json.loads(unquote(query)))
            case _:
                await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + PAGE.encode())

    async def _relay(self, exchange: Exchange) -> None:
        self.streams.append(exchange)
        headers = {"Last-Event-ID": exchange.headers.get("last-event-id", "")}
        async with self._client.stream("GET", "/hub/sse?topic=orders", headers=headers, timeout=httpx.Timeout(10, read=None)) as response:
            await exchange.say(EVENT_STREAM)
            if len(self.streams) == 1:
                await self._post(3)
            async for chunk in response.aiter_bytes():
                await exchange.say(chunk)

    async def _post(self, count: int) -> None:
        for _ in range(count):
            await self._client.post("/hub/topics/orders", json={"event": "paid", "data": self._posted})
            self._posted += 1


async def test_a_browsers_event_source_resumes_by_itself(server: Running, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed: its EventSource is not tried")
    page = BrowserPage(server)
    async with raw_server(page.serve) as front:
        process = await asyncio.create_subprocess_exec(
            chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}",
            "--remote-debugging-port=0", front.url, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(60):
                got = await page.done
        finally:
            process.terminate()
            await process.wait()
    assert [entry.partition("=")[2] for entry in got] == ["0", "1", "2", "3", "4", "5"]
    assert page.streams[1].headers["last-event-id"] == got[2].partition("=")[0]
