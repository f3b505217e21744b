"""The real server with a connection to a Kafka: told to, it tails a topic while it produces to it, and tells how it went.

A line of standard input is a command, and each is answered by one line: ``prepare`` makes a connection and a topic, ``flood`` floods it.
"""

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.kafka_peers import VALUE, create_topic, profile
from embedded_server.api.dependencies import Services
from embedded_server.app import BoundServer
from embedded_server.contracts.connections import SaveConnection
from embedded_server.contracts.kafka import BulkProduce, Content, From, ReadRequest, Record, Start
from embedded_server.core.background import step_behind_window
from embedded_server.core.collector import spare_the_collector
from embedded_server.core.sqlite_threads import count_no_memory
from embedded_server.settings import Settings

MESSAGES: Final = 200_000


class Flood:
    """A topic of its own, so that a broker may be flooded twice."""

    def __init__(self, services: Services, bootstrap: str) -> None:
        self._services = services
        self._bootstrap = bootstrap
        self._topic = f"bench.window.{os.getpid()}"
        self._connection = ""

    async def do_prepare(self) -> dict[str, Any]:
        """Make the connection and the topic."""
        self._connection = (await self._services.connections.add(SaveConnection(profile(self._bootstrap).spec))).id
        await asyncio.to_thread(create_topic, self._bootstrap, self._topic)
        return {"connection": self._connection, "topic": self._topic}

    async def do_flood(self) -> dict[str, Any]:
        """Produce and tail into the journal, both as fast as they go."""
        services, connection, topic = self._services, self._connection, self._topic
        records = services.kafka.records
        before = services.journal.dropped
        began = time.perf_counter()
        tail = await records.read(connection, ReadRequest(topic, start=Start(From.END), follow=True, limit=MESSAGES))
        bulk = await records.bulk(connection, BulkProduce(Record(topic, value=Content(VALUE)), MESSAGES, generate=False))
        for started in (bulk, tail):
            await services.jobs.job(started.id).ended()
        took_s = time.perf_counter() - began
        produced = services.jobs.job(bulk.id).counts["acknowledged"]
        read = services.jobs.job(tail.id).done
        return {"produced": produced, "read": read, "took_s": round(took_s, 2), "dropped": services.journal.dropped - before}


async def serve(options: argparse.Namespace) -> None:
    """Serve until standard input ends, and obey it; also a command that fails ends it."""
    server = BoundServer(
        Settings(data_dir=options.data_dir, worker=False, brokers=False), on_ready=lambda ready: _say({"url": ready.url, "pid": ready.pid})
    )

    def follow_input() -> None:
        flood: Flood | None = None
        try:
            for line in sys.stdin:
                spare_the_collector()  # as `switchroom serve` does
                flood = flood or Flood(server.app.state.services, options.bootstrap)
                done = asyncio.run_coroutine_threadsafe(getattr(flood, f"do_{line.strip()}")(), loop)
                _say(done.result(120))
        finally:
            server.stop()

    loop = asyncio.get_running_loop()
    threading.Thread(target=follow_input, daemon=True).start()
    await server.serve()


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--bootstrap", required=True)
    step_behind_window()  # as the server that a window starts does
    count_no_memory()
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
