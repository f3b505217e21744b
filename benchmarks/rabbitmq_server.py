"""The real server with a connection to a RabbitMQ: told to, it publishes and consumes MESSAGES messages at once, and tells how it went."""

import argparse
import asyncio
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.rabbitmq_peers import BODY, profile
from embedded_server.api.dependencies import Services
from embedded_server.app import BoundServer
from embedded_server.contracts.connections import SaveConnection
from embedded_server.contracts.rabbitmq import BulkPublish, ConsumeRequest, Message
from embedded_server.core.background import step_behind_window
from embedded_server.core.collector import spare_the_collector
from embedded_server.core.sqlite_threads import count_no_memory
from embedded_server.settings import Settings

MESSAGES: Final = 150_000
QUEUE: Final = "bench.window"


async def flood(services: Services, port: int) -> dict[str, Any]:
    """Publish confirmed and consume into the journal, both as fast as they go."""
    one = profile(port)
    connection = (await services.connections.add(SaveConnection(one.spec, dict(one.secrets)))).id
    rabbitmq = services.rabbitmq
    async with await rabbitmq.links.channel(connection, "/") as channel:
        await channel.declare_queue(QUEUE, durable=False)
        before = services.journal.dropped
        began = time.perf_counter()
        consuming = await rabbitmq.messages.consume(connection, ConsumeRequest("/", QUEUE, limit=MESSAGES))
        publishing = await rabbitmq.messages.bulk(connection, BulkPublish(Message("/", "", QUEUE, BODY), MESSAGES, generate=False))
        for started in (publishing, consuming):
            await services.jobs.job(started.id).ended()
        took_s = time.perf_counter() - began
        await channel.delete_queue(QUEUE)
    published = services.jobs.job(publishing.id).counts["confirmed"]
    consumed = services.jobs.job(consuming.id).done
    return {"published": published, "consumed": consumed, "took_s": round(took_s, 2), "dropped": services.journal.dropped - before}


async def serve(options: argparse.Namespace) -> None:
    """Serve until standard input ends; each line of it starts a flood, and the answer is one line of what was done."""
    server = BoundServer(
        Settings(data_dir=options.data_dir, worker=False, brokers=False), on_ready=lambda ready: _say({"url": ready.url, "pid": ready.pid})
    )

    def follow_input() -> None:
        for _ in sys.stdin:
            spare_the_collector()  # as `switchroom serve` does
            done = asyncio.run_coroutine_threadsafe(flood(server.app.state.services, options.port), loop)
            _say(done.result(120))
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
    parser.add_argument("--port", type=int, required=True)
    step_behind_window()  # as the server that a window starts does
    count_no_memory()
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
