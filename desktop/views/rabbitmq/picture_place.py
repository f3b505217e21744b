"""Keeps the picture of the topology current while it is in sight, and leads from what is clicked in it to its place in the tree."""

from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer, SignalInstance

from desktop.core.problems import problem_of
from desktop.core.rabbitmq_graph import exchange_key, queue_key
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.services.rabbitmq import RabbitService
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import Topology

REFRESH_MS: Final = 3_000
LIMIT: Final = 200
"""Queues in one picture; with more nobody reads it."""


class Picture(Protocol):
    """What is asked of the picture, which is a widget. Its signals carry the name of what was opened."""

    exchange_opened: SignalInstance
    queue_opened: SignalInstance
    consumer_opened: SignalInstance

    def set_topology(self, topology: Topology) -> None:
        """Draw it."""

    def look_at(self, key: str) -> None:
        """Let a node stand out."""

    def set_search(self, text: str) -> None:
        """Let what has *text* in its name stand out."""

    def clear(self) -> None:
        """Forget what was drawn."""

    def show_problem(self, problem: ProblemDetails) -> None:
        """Say why there is nothing to draw."""

    async def stop(self) -> None:
        """End what is under way."""

    def isVisible(self) -> bool:
        """Whether anybody can see it."""


class PicturePlace(QObject):
    """Asks for the topology of the virtual host that is looked at; what a search narrows the tree to, it narrows too."""

    def __init__(self, service: RabbitService, picture: Picture, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._picture = picture
        self._notify = notify
        self._jobs = Jobs(self)
        self._where: tuple[str, str, str] = ("", "", "")
        self._runs = False
        self._clock = QTimer(self, interval=REFRESH_MS)
        self._clock.timeout.connect(self.refresh)

    def look_at(self, connection: str, vhost: str, search: str, spot: Spot | None = None) -> None:
        """Draw another part of a broker, and let *spot* stand out."""
        before, self._where = self._where, (connection, vhost, search)
        if before[:2] != self._where[:2]:
            self._picture.clear()
        self._picture.set_search(search)
        self._picture.look_at(_key_of(spot))
        if before != self._where:
            self._jobs.cancel("topology")
            self.refresh()

    def resume(self) -> None:
        """The panel is in front."""
        self._runs = True
        self._clock.start()
        self.refresh()

    def pause(self) -> None:
        """Nobody looks."""
        self._runs = False
        self._clock.stop()

    def refresh(self) -> None:
        """Ask now, where the picture is in sight."""
        if self._runs and all(self._where[:2]) and self._picture.isVisible() and not self._jobs.is_running("topology"):
            self._jobs.start("topology", self._load(*self._where), self._on_failed)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self.pause()
        await self._jobs.stop()
        await self._picture.stop()

    async def _load(self, connection: str, vhost: str, search: str) -> None:
        topology = await self._service.topology(connection, vhost, search=search, limit=LIMIT)
        self._picture.set_topology(topology)

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notify(exc)
        else:
            self._picture.show_problem(problem)


def _key_of(spot: Spot | None) -> str:
    if spot is None or spot.place not in {Place.QUEUE, Place.EXCHANGE}:
        return ""
    return queue_key(spot.name) if spot.place is Place.QUEUE else exchange_key(spot.name)
