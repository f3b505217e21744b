"""The real window, offscreen, against a running server: measures how late a 10 ms timer is while something is asked of it.

Reads one command a line (``idle SECONDS``, ``until TOTAL``, ``measure``, ``memory``, ``scroll TIMES``, ``tree PORT MANAGEMENT_URL``,
``topics BOOTSTRAP``, ``kafka CONNECTION TOPIC``), answers each with one line of JSON.
"""

import argparse
import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

TIMER_MS: Final = 10
ACCOUNT: Final = ("bench", "benchmark-password")


def main() -> None:
    """Open the window, sign in, show the Timeline at its tail, and obey."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    options = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

    import qasync
    from PySide6.QtWidgets import QApplication

    from desktop.app import Application, Options

    options.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    qapp = QApplication([])
    application = Application(Options(options.data_dir, connect=options.url))
    application.paint()
    loop = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(loop)
    with loop:
        loop.run_until_complete(Probe(application).run())


class Probe:
    """Obeys commands from standard input on the window's own loop."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._late: list[float] = []
        self._last = 0.0
        self._front: Any = None
        self._commands: asyncio.Queue[list[str]] = asyncio.Queue()

    async def run(self) -> None:
        """Start everything, then answer command by command until standard input ends."""
        await self._application.start()
        await self._sign_in()
        self._application.window.show_panel("timeline")
        self._start_timer()
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), daemon=True).start()
        say({"ready": True})
        while command := await self._commands.get():
            say(await getattr(self, f"do_{command[0]}")(*command[1:]))
        await self._application.stop()

    async def do_idle(self, seconds: str) -> dict[str, Any]:
        """Measure while nothing happens."""
        self._begin()
        await asyncio.sleep(float(seconds))
        return self._figures()

    async def do_begin(self) -> dict[str, Any]:
        """Begin to measure."""
        self._begin()
        return {}

    async def do_until(self, total: str) -> dict[str, Any]:
        """Wait until the table has *total* rows more than nothing, then tell how late the timer was."""
        deadline = time.monotonic() + 30
        while self._rows() < int(total) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        return {**self._figures(), "rows": self._rows()}

    async def do_measure(self) -> dict[str, Any]:
        """Tell how late the timer was since ``begin``."""
        return {**self._figures(), "rows": self._rows()}

    async def do_memory(self) -> dict[str, Any]:
        """Tell the resident memory now, in bytes."""
        import psutil

        return {"rss": psutil.Process().memory_info().rss, "rows": self._rows()}

    async def do_scroll(self, times: str) -> dict[str, Any]:
        """Scroll to places all over the table, painting and loading each, then back to the tail."""
        bar = self._view().table.verticalScrollBar()
        for step in range(int(times)):
            bar.setValue(int(bar.maximum() * ((step * 0.618) % 1.0)))
            await asyncio.sleep(0.1)
        self._view().go_to_tail()
        await asyncio.sleep(0.5)
        return {}

    async def do_tree(self, port: str, management_url: str) -> dict[str, Any]:
        """Look at a RabbitMQ that was never looked at; tell the seconds until its tree is painted, and until its picture is."""
        from desktop.services.connections import connection_service
        from desktop.views.rabbitmq.topology import TopologyPicture
        from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, RabbitSettings, SaveConnection, Secret

        connections = connection_service(self._application.services.api)
        settings = RabbitSettings("127.0.0.1", int(port), management_url=management_url)
        spec = ConnectionSpec(f"bench {time.monotonic_ns()}", ConnectionKind.RABBITMQ, rabbitmq=settings)
        added = await connections.add(SaveConnection(spec, {Secret.PASSWORD: "guest"}))
        self._application.window.show_panel("rabbitmq")
        panel = self._application.window.panel("rabbitmq")
        self._begin()
        began = time.perf_counter()
        connections.choose("rabbitmq", added.id)
        await _until(lambda: (pages := panel.model.pages("/")) is not None and bool(pages.known()))
        panel.tree.view.viewport().repaint()
        tree_s = time.perf_counter() - began
        shown = panel.tree.view.model().rowCount(panel.tree.view.rootIndex())
        canvas = panel.findChild(TopologyPicture).canvas
        await _until(lambda: bool(canvas.layout_now.boxes))
        canvas.repaint()
        picture_s = time.perf_counter() - began
        figures = {"tree_s": tree_s, "picture_s": picture_s, "rows": shown, "queues": panel.model.pages("/").total}
        return {**figures, "boxes": len(canvas.layout_now.boxes), "late_ms": self._figures()["max"]}

    async def do_topics(self, bootstrap: str) -> dict[str, Any]:
        """Look at a Kafka that was never looked at; tell the seconds until its topics are painted."""
        from desktop.services.connections import connection_service
        from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings, SaveConnection

        connections = connection_service(self._application.services.api)
        spec = ConnectionSpec(f"bench {time.monotonic_ns()}", ConnectionKind.KAFKA, kafka=KafkaSettings(bootstrap))
        added = await connections.add(SaveConnection(spec))
        self._application.window.show_panel("kafka")
        panel = self._application.window.panel("kafka")
        await _until(lambda: panel.topics.rowCount() == 0)
        self._begin()
        began = time.perf_counter()
        connections.choose("kafka", added.id)
        await _until(lambda: panel.topics.rowCount() > 0)
        panel.list.view.viewport().repaint()
        list_s = time.perf_counter() - began
        topics, late_ms = panel.topics.rowCount(), self._figures()["max"]
        await connections.remove(added.id)
        return {"list_s": list_s, "topics": topics, "late_ms": late_ms}

    async def do_kafka(self, connection: str, topic: str) -> dict[str, Any]:
        """Put the Kafka panel in front with a topic's records; it is their table that is measured from now on."""
        from desktop.core.kafka_spots import Place, Spot
        from desktop.services.connections import connection_service

        spot = Spot(Place.TOPIC, topic)
        self._application.window.show_panel("kafka")
        panel = self._application.window.panel("kafka")
        connection_service(self._application.services.api).choose("kafka", connection)
        await _until(lambda: panel.topics.rowCount() > 0)
        panel.list.choose(spot)
        await _until(lambda: panel.head.spot == spot and panel.feed.isVisible())
        self._front = panel.feed
        return {}

    async def _sign_in(self) -> None:
        services = self._application.services
        while not services.host.status.is_ready:
            await asyncio.sleep(0.05)
        await services.session.sign_in(*ACCOUNT)
        while not services.feeds.link.is_open:
            await asyncio.sleep(0.05)

    def _view(self) -> Any:
        return self._front or self._application.window.panel("timeline").view

    def _rows(self) -> int:
        return int(self._view().model.rowCount())

    def _start_timer(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TIMER_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start()

    def _on_timeout(self) -> None:
        now = time.perf_counter()
        if self._last:
            self._late.append((now - self._last) * 1e3 - TIMER_MS)
        self._last = now

    def _begin(self) -> None:
        self._late.clear()
        self._last = 0.0

    def _figures(self) -> dict[str, Any]:
        late = sorted(self._late) or [0.0]
        return {"p50": late[len(late) // 2], "p99": late[int(len(late) * 0.99)], "max": late[-1], "n": len(late)}

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(self._commands.put_nowait, line.split())
        loop.call_soon_threadsafe(self._commands.put_nowait, [])


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.002)


def say(answer: dict[str, Any]) -> None:
    """Answer one command."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
