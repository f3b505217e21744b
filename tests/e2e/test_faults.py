"""A process is killed while a thousand tasks flow: what was journalled is still there, what was confirmed still runs, soon."""

import asyncio
import os
import signal
import sqlite3
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.helpers.server import CREDENTIALS, ServerProcess, server_process, until

pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals"), pytest.mark.timeout(240)]

TASKS = 1000
KILLED_EVERY = 200
RECOVERED_WITHIN_S = 5.0
ALL_RUN_WITHIN_S = 90.0
ALL_KNOWN_WITHIN_S = 60.0
"""The result back end is asked seldom how tasks ended whose last event was lost."""
OVER = {"SUCCESS", "FAILURE", "REVOKED", "REJECTED"}
AT_ONCE = 4


@dataclass
class Load:
    """A thousand tasks, sent a few at a time by somebody who tries again when the server or its broker is away."""

    client: httpx.AsyncClient
    confirmed: set[str] = field(default_factory=set)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    left: int = TASKS

    async def send_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._send())

    async def _send(self) -> None:
        while self.left > 0:
            self.left -= 1
            await until(self._send_one, 60)
            async with self.changed:
                self.changed.notify_all()

    async def reached(self, count: int) -> None:
        """Return once so many are confirmed."""
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.confirmed) >= count)

    async def _send_one(self) -> bool:
        try:
            answer = await self.client.post("/tasks", json={"name": "demo.add", "args": [1, 2]})
        except httpx.TransportError:
            return False
        if answer.status_code == 202:
            self.confirmed.add(answer.json()["id"])
        else:
            assert answer.status_code in {502, 503, 504}, answer.text
        return answer.status_code == 202


async def parts(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    try:
        answer = await client.get("/server")
    except httpx.TransportError:
        return {}
    return {part["name"]: part for part in answer.json()["parts"]}


async def is_whole(client: httpx.AsyncClient) -> bool:
    told = await parts(client)
    return bool(told) and all(told[name]["state"] == "running" for name in ("brokers", "worker"))


async def journalled(client: httpx.AsyncClient) -> list[list[Any]]:
    rows: list[list[Any]] = []
    while True:
        params = {"after": rows[-1][0] if rows else 0, "limit": 1000}
        page = (await client.get("/events", params=params)).json()["rows"]
        rows += page
        if len(page) < 1000:
            return rows


def run(data_dir: Path) -> set[str]:
    db = sqlite3.connect(f"file:{data_dir / 'results.db'}?mode=ro", uri=True, timeout=10)
    try:
        return {row[0] for row in db.execute("select task_id from celery_taskmeta where status = 'SUCCESS'")}
    finally:
        db.close()


@dataclass
class Scene:
    """A server under load, and what was seen of it before anything was killed."""

    data_dir: Path
    server: ServerProcess
    client: httpx.AsyncClient
    load: Load
    recovery_limit_s: float
    journalled: dict[int, list[Any]] = field(default_factory=dict)

    async def kill(self, victim: str, servers: ExitStack) -> None:
        """Kill one process with SIGKILL and see everything run again in time, the reason shown."""
        self.journalled |= {row[0]: row for row in await journalled(self.client)}
        told = await parts(self.client)
        killed_at = time.monotonic()
        if victim == "server":
            self.server.process.kill()
            self.server.process.wait()
            self.server = servers.enter_context(server_process(self.data_dir, "--port", self.server.url.rpartition(":")[2]))
        else:
            os.kill(told[victim]["pid"], signal.SIGKILL)
            await until(lambda: _is_restarted(self.client, victim, told[victim]["restarts"]), 30)
        await until(lambda: is_whole(self.client), 30)
        assert time.monotonic() - killed_at <= self.recovery_limit_s, victim
        if victim != "server":
            assert "Killed by SIGKILL" in (await parts(self.client))[victim]["reason"]


async def test_worker_brokers_and_server_are_killed_while_a_thousand_tasks_flow(tmp_path: Path) -> None:
    with ExitStack() as servers:
        started_at = time.monotonic()
        server = servers.enter_context(server_process(tmp_path))
        async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
            await sign_in(client)
            await until(lambda: is_whole(client), 60)
            # On a machine so busy that the first start took long, the next may take as long again.
            limit_s = max(RECOVERED_WITHIN_S, 2 * (time.monotonic() - started_at))
            scene = Scene(tmp_path, server, client, Load(client), limit_s)
            async with asyncio.TaskGroup() as group:
                group.create_task(scene.load.send_all())
                for number, victim in enumerate(("worker", "brokers", "server"), 1):
                    await scene.load.reached(number * KILLED_EVERY)
                    await scene.kill(victim, servers)

            assert len(scene.load.confirmed) >= TASKS
            await until(lambda: _all_run(scene.load.confirmed, tmp_path), ALL_RUN_WITHIN_S)
            await until(lambda: _none_unfinished(client), ALL_KNOWN_WITHIN_S)
            after = {row[0]: row for row in await journalled(client)}
            assert [row for seq, row in scene.journalled.items() if after.get(seq) != row] == []
            assert (await client.get("/server")).json()["journal"]["dropped"] == 0


async def sign_in(client: httpx.AsyncClient) -> None:
    await client.post("/accounts", json=CREDENTIALS)
    token = (await client.post("/sessions", json=CREDENTIALS)).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"


async def _is_restarted(client: httpx.AsyncClient, name: str, restarts: int) -> bool:
    return bool((await parts(client))[name]["restarts"] > restarts)


async def _all_run(confirmed: set[str], data_dir: Path) -> bool:
    return confirmed <= await asyncio.to_thread(run, data_dir)


async def _none_unfinished(client: httpx.AsyncClient) -> bool:
    counts = (await client.get("/tasks/stats")).json()["counts"]
    return bool(sum(counts.values()) >= TASKS and counts.keys() <= OVER)
