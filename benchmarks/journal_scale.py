"""Ten million events in the real server: windows anywhere, a filter's first page, a full scan, and what it takes in memory."""

import asyncio
import json
import random
import sqlite3
import statistics
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import psutil
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.journal_data import EVENTS, RARE, ten_million
from benchmarks.processes import Talker, create_account
from benchmarks.result import Result
from benchmarks.window_probe import ACCOUNT
from embedded_server.journal.schema import ROW_SQL

NAMES: Final = ("window.p95_ms", "filter.first_page_ms", "filter.full_scan_s", "memory.server_mb")
WINDOW_ROWS: Final = 100
WINDOWS: Final = 300
TRIALS: Final = 5
HALF: Final = "status:SUCCESS kind:task"
SCANS: Final = {"free text": "nowhere-to-be-found", "field": "subject:orders.lost", "JSON path": "body.order_id:-1"}
TEXT_COLUMNS: Final = ("subject", "key", "preview", "status", "worker", "trace", "connection")
_WINDOW_SQL: Final = f"select {ROW_SQL} from event where seq >= ? and seq < ?"  # noqa: S608 - constants
_COUNT_SQL: Final = f"select count(*) from event where {' or '.join(f'{column} like :text' for column in TEXT_COLUMNS)}"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Served:
    """What was measured over the WebSocket."""

    window_ms: list[float]
    half_window_ms: list[float]
    first_page_ms: float
    ticks_before_page: int
    scans_s: dict[str, float]
    memory_mb: float


def run() -> Iterator[Result]:
    """Measure the server as its window would see it, then bare SQLite over the same file."""
    folder = ten_million()
    served = asyncio.run(_served(folder))
    bare = _Bare(folder / "journal.db")
    p95 = _p95(served.window_ms + served.half_window_ms)
    yield Result(
        "window.p95_ms",
        round(p95, 2),
        "ms",
        f"{WINDOW_ROWS} rows over the WebSocket at {2 * WINDOWS} places, half of them of a filter with 4.9 million matches; "
        f"bare sqlite3 reads the same windows in {_p95(bare.windows_ms()):.2f} ms at p95",
    )
    yield Result(
        "filter.first_page_ms",
        round(served.first_page_ms, 1),
        "ms",
        f"from opening to the page, for 1 match in 1,000,000 and {served.ticks_before_page} ticks of progress before it; "
        f"bare sqlite3 finds the newest match in {statistics.median(bare.newest_ms() for _ in range(TRIALS)):.0f} ms",
    )
    scans = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in served.scans_s.items())
    yield Result(
        "filter.full_scan_s",
        round(max(served.scans_s.values()), 2),
        "s",
        f"the slowest of {scans} over {EVENTS:,} events; bare sqlite3 counts the free text in {bare.free_text_s():.1f} s on one thread",
    )
    yield Result(
        "memory.server_mb",
        round(served.memory_mb, 1),
        "MB",
        f"resident, all of the server's processes, {EVENTS:,} events, a filtered feed open",
    )


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


# -- through the server


async def _served(folder: Path) -> Served:
    with Talker("embedded_server", "serve", "--port", "0", "--data-dir", str(folder), "--no-worker", "--child") as server:
        url = str((await asyncio.to_thread(server.hear))["url"])
        await asyncio.to_thread(create_account, url)
        token = await asyncio.to_thread(_sign_in, url)
        async with _client(url, token) as client:
            pages = [await client.first_page(f"subject:{RARE}") for _ in range(TRIALS)]
            first_page, ticks = statistics.median(page for page, _ in pages), max(ticks for _, ticks in pages)
            scans = {name: await client.scan(text) for name, text in SCANS.items()}
            whole = await client.windows("")
            half = await client.windows(HALF)
            return Served(whole, half, first_page, ticks, scans, _resident_mb(server.pid))


def _sign_in(url: str) -> str:
    name, password = ACCOUNT
    body = json.dumps({"name": name, "password": password}).encode()
    request = urllib.request.Request(f"{url}/sessions", body, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own server
        return str(json.load(answer)["token"])


def _resident_mb(pid: int) -> float:
    process = psutil.Process(pid)
    return float(sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 1024**2)


@asynccontextmanager
async def _client(url: str, token: str) -> AsyncIterator["_Client"]:
    address = f"{url.replace('http', 'ws', 1)}/feeds"
    async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}, compression=None, max_size=None) as socket:
        yield _Client(socket)


class _Client:
    """A feed client that does nothing but measure, one feed at a time."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._feed = 0

    async def _say(self, op: str, **rest: Any) -> None:
        await self._socket.send(orjson.dumps({"op": op, "feed": self._feed, **rest}))

    async def _open(self, text: str) -> None:
        await self._say("close")
        self._feed += 1  # a number of its own, so that nothing late is taken for an answer
        await self._say("open", filter=text)

    async def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> tuple[dict[str, Any], int]:
        """Take messages of this feed until one is *wanted*; it, and how many came before it."""
        before = 0
        while True:
            async with asyncio.timeout(60):
                message = orjson.loads(await self._socket.recv())
            if message["feed"] != self._feed:
                continue
            if wanted(message):
                return message, before
            before += 1

    async def first_page(self, text: str) -> tuple[float, int]:
        began = time.perf_counter()
        await self._open(text)
        _, before = await self._until(lambda message: bool(message["rows"]))
        return (time.perf_counter() - began) * 1_000, before

    async def scan(self, text: str) -> float:
        began = time.perf_counter()
        await self._open(text)
        await self._until(_is_whole)
        return time.perf_counter() - began

    async def windows(self, text: str) -> list[float]:
        await self._open(text)
        tick, _ = await self._until(_is_whole)
        times = []
        places = random.Random(1)
        for number in range(WINDOWS):
            first = places.randrange(tick["start"], tick["end"] - WINDOW_ROWS)
            began = time.perf_counter()
            await self._say("window", id=number, first=first, count=WINDOW_ROWS)
            answer, _ = await self._until(lambda message, number=number: message["op"] == "window" and message["id"] == number)  # type: ignore[misc]  # a default binds the loop's value, which the parameter's type does not know
            times.append((time.perf_counter() - began) * 1_000)
            assert len(answer["rows"]) == WINDOW_ROWS
        return times


def _is_whole(message: dict[str, Any]) -> bool:
    return bool(message["op"] == "tick" and message["scanned"] == message["of"] >= EVENTS)


# -- the baseline


class _Bare:
    """The same questions to the same file, with nothing between."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)

    def windows_ms(self) -> list[float]:
        places = random.Random(1)
        times = []
        for _ in range(WINDOWS):
            first = places.randrange(1, EVENTS - WINDOW_ROWS)
            began = time.perf_counter()
            self._db.execute(_WINDOW_SQL, (first, first + WINDOW_ROWS)).fetchall()
            times.append((time.perf_counter() - began) * 1_000)
        return times

    def newest_ms(self) -> float:
        began = time.perf_counter()
        self._db.execute("select seq from event where subject = ? collate nocase order by seq desc limit 1", (RARE,)).fetchone()
        return (time.perf_counter() - began) * 1_000

    def free_text_s(self) -> float:
        began = time.perf_counter()
        self._db.execute(_COUNT_SQL, {"text": f"%{SCANS['free text']}%"}).fetchone()
        return time.perf_counter() - began
