"""The real server with a synthetic source beside it: told to, it appends RATE events a second for SECONDS, and tells how many it made."""

import argparse
import asyncio
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedded_server.app import BoundServer
from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.server import Ready
from embedded_server.core.background import step_behind_window
from embedded_server.core.collector import spare_the_collector
from embedded_server.core.sqlite_threads import count_no_memory
from embedded_server.journal import Journal
from embedded_server.settings import Settings

SLICE_S: Final = 0.02
BODY: Final = b'{"order_id": 12345, "amount": 99.5, "items": [1, 2, 3], "note": "lorem ipsum dolor"}'


@dataclass(slots=True)
class Source:
    """A producer that keeps its own count, so that loss can be told."""

    journal: Journal
    rate: int
    seconds: float
    made: int = 0
    took_s: float = 0.0

    def run_blocking(self) -> None:
        """Make every event that is due, a slice at a time; a journal that has no room slows it, and ``took_s`` tells."""
        began = time.perf_counter()
        total = int(self.rate * self.seconds)
        while self.made < total:
            self.journal.wait_for_room_blocking()
            due = min(total, int((time.perf_counter() - began) * self.rate))
            self.journal.append_many([self._event(number) for number in range(self.made + 1, due + 1)])
            self.made = due
            time.sleep(max(0.0, SLICE_S - (time.perf_counter() - began - due / self.rate)))
        self.took_s = time.perf_counter() - began

    def _event(self, number: int) -> Event:
        return Event(
            at=time.time_ns(),
            connection="flood",
            kind=Kind.CUSTOM,
            subject="orders[0]",
            key=f"k{number % 1000}",
            status="ok",
            size=len(BODY),
            preview=BODY.decode(),
            body=BODY,
        )


async def serve(options: argparse.Namespace) -> None:
    """Serve until standard input ends; its first line starts the flood, and the answer is one line of what was made and what is kept."""
    server = BoundServer(
        Settings(data_dir=options.data_dir, worker=False, brokers=False),
        on_ready=lambda ready: _say(f'{{"url": "{Ready(ready.url, ready.pid).url}"}}'),
    )

    def follow_input() -> None:
        for _ in sys.stdin:
            spare_the_collector()  # as `switchroom serve` does
            journal: Journal = server.app.state.services.journal
            source = Source(journal, options.rate, options.seconds)
            source.run_blocking()
            future = asyncio.run_coroutine_threadsafe(journal.flush(), loop)
            future.result(60)
            _say(f'{{"made": {source.made}, "took_s": {source.took_s:.2f}, "dropped": {journal.dropped}}}')
        server.stop()

    loop = asyncio.get_running_loop()
    threading.Thread(target=follow_input, daemon=True).start()
    await server.serve()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--rate", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    step_behind_window()  # as the server that a window starts does
    count_no_memory()
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
