"""The real server for tests: in this process on a free port, or as a process of its own."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx

from embedded_server.app import BoundServer
from embedded_server.contracts.concurrency import spawn
from embedded_server.contracts.server import Ready
from embedded_server.settings import Settings

NAME = "ada"
PASSWORD = "correct horse"
CREDENTIALS = {"name": NAME, "password": PASSWORD}


T = TypeVar("T")


async def until(ask: Callable[[], Awaitable[T]], limit_s: float = 10) -> T:
    """Ask again and again until the answer is true, for what tells nobody of its changes; answer it."""
    async with asyncio.timeout(limit_s):
        while not (answer := await ask()):  # noqa: ASYNC110 - what is asked has no event to wait for
            await asyncio.sleep(0.02)
        return answer


@dataclass(frozen=True)
class Running:
    """A server that answers, and a client of it (signed in after `sign_in`)."""

    url: str
    client: httpx.AsyncClient
    server: BoundServer

    async def sign_in(self) -> str:
        """Create the first account where there is none, sign in, and answer the token; the client uses it from now on."""
        await self.client.post("/accounts", json=CREDENTIALS)
        answer = await self.client.post("/sessions", json=CREDENTIALS)
        token: str = answer.json()["token"]
        self.client.headers["Authorization"] = f"Bearer {token}"
        return token

    @property
    def websocket_url(self) -> str:
        """Where WebSockets connect."""
        return self.url.replace("http", "ws", 1)


@contextlib.asynccontextmanager
async def running_server(settings: Settings) -> AsyncIterator[Running]:
    """Serve on the test's own loop until the block ends."""
    failures: list[BaseException] = []
    ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    server = BoundServer(settings, on_ready=ready.set_result)
    task = spawn(server.serve(), name="server under test", notify=failures.append)
    try:
        waited: list[asyncio.Future[object]] = [ready, task]  # type: ignore[list-item]  # futures are invariant
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if failures:
            raise failures[0]
        async with httpx.AsyncClient(base_url=server.settings.url, timeout=10) as client:
            yield Running(server.settings.url, client, server)
    finally:
        server.stop()
        await asyncio.wait([task])


@dataclass
class ServerProcess:
    """``switchroom serve`` as a process of its own."""

    process: "subprocess.Popen[bytes]"
    url: str

    def wait_blocking(self, timeout_s: float) -> int:
        """Answer the exit status."""
        return self.process.wait(timeout_s)


def serve_command(data_dir: Path, *arguments: str) -> list[str]:
    """Answer the command that runs the server alone."""
    return [sys.executable, "-m", "embedded_server", "serve", "--data-dir", str(data_dir), *arguments]


@contextlib.contextmanager
def server_process(data_dir: Path, *arguments: str, stdin: int | None = None) -> Iterator[ServerProcess]:
    """Run ``switchroom serve`` until the block ends; ready when given."""
    process = subprocess.Popen(serve_command(data_dir, *arguments), stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the server ended with status {process.wait(10)} before it was ready"
        yield ServerProcess(process, json.loads(line)["url"])
    finally:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait(5)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
