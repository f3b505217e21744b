"""The tour's steps in the Streams panel."""

from typing import Final

from desktop.services.tasks import task_service
from desktop.tour.driver import Driver
from desktop.views.streams.panel import StreamsPanel
from embedded_server.contracts.streams import StreamKind, StreamState
from embedded_server.contracts.tasks import EnqueueRequest

SUBSCRIBE: Final = '{"op": "subscribe", "topics": ["server"]}'


async def follow(driver: Driver, panel: StreamsPanel, kind: StreamKind) -> None:
    """Open the demo stream of *kind* and see a task's life arrive in it."""
    panel.start_demo(kind)
    await driver.until(lambda: _shows(panel, kind, StreamState.OPEN), f"the {kind} stream is open")
    before = panel.feed.model.rowCount()
    await task_service(driver.services.api).enqueue(EnqueueRequest(name="demo.add", args=[40, 2]))
    await driver.until(lambda: panel.feed.model.rowCount() >= before + 4, "the task's life arrives: sent, received, started, succeeded")


def _shows(panel: StreamsPanel, kind: StreamKind, state: StreamState) -> bool:
    stream = panel.current
    return stream is not None and stream.spec.kind is kind and stream.state is state


async def follow_sse(driver: Driver) -> None:
    """An event stream live; its connection cut, it resumes where it was."""
    panel = await driver.open("streams", StreamsPanel)
    await driver.picture("streams-empty")
    await follow(driver, panel, StreamKind.SSE)
    panel.start_drop()
    await driver.until(lambda: panel.current is not None and panel.current.resumed > 0, "it resumes with its last event id")
    await driver.until(lambda: _shows(panel, StreamKind.SSE, StreamState.OPEN), "it is open again")
    panel.feed.table.setCurrentIndex(panel.feed.model.index(1, 0))
    panel.feed.open_detail()
    await driver.picture("stream-sse")


async def follow_websocket(driver: Driver) -> None:
    """The same over WebSocket, and a message sent back."""
    panel = await driver.open("streams", StreamsPanel)
    await follow(driver, panel, StreamKind.WEBSOCKET)
    driver.enter(panel.send_box.edit, SUBSCRIBE)
    panel.send_box.start_send()
    await driver.until(lambda: panel.current is not None and panel.current.sent > 0, "the message is sent")
    await driver.until(lambda: any(_kind(panel, row) == "ws.sent" for row in range(panel.feed.model.rowCount())), "it is among the frames")
    await driver.picture("stream-websocket")


def _kind(panel: StreamsPanel, number: int) -> str:
    row = panel.feed.model.row_at(number)
    return str(row.kind) if row is not None else ""
