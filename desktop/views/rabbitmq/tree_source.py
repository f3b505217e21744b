"""Keeps the tree current: asks for what is in sight and nothing else, slower while nothing moves, and not at all while hidden."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.core.pages import PAGE_SIZE, pages_of
from desktop.core.problems import ApiError, ServerUnreachable, problem_of
from desktop.core.rabbitmq_dead import dead_letter_exchanges, takers_of_dead_letters
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.models.rabbitmq_tree import RabbitTreeModel
from desktop.services.rabbitmq import RabbitService
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.rabbitmq import BindingInfo, Overview, QueueInfo

BUSY_MS: Final = 1_500
QUIET_MS: Final = 4_000
"""When nothing has changed for some answers."""
QUIET_AFTER: Final = 4
RETRY_MS: Final = 3_000
SLOW_S: Final = 6.0
"""What changes seldom, such as exchanges, is asked for this often."""
WHOLE_UP_TO: Final = 500
"""Queues of a virtual host that are asked for at once."""
WHOLE_S: Final = 60.0
MAX_DEAD_EXCHANGES: Final = 12
"""Whose bindings are looked at: each costs a request."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which queues are listed, and in which order."""

    search: str = ""
    sort: str = "name"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class InSight:
    """The rows of a virtual host's queues that can be seen; none where they are folded."""

    vhost: str
    first: int = 0
    last: int = -1


class TreeSource(QObject):
    """Fills a `RabbitTreeModel`. *in_sight* answers which virtual hosts are open and which of their queues are on screen."""

    arrived = Signal(object)
    """The newest `Overview`."""
    failed = Signal(object)
    """A `ProblemDetails`: nothing could be had."""
    loaded = Signal()
    """All that is in sight is current."""
    queue_arrived = Signal(object)
    """The watched queue's `QueueInfo`, with its counts as they are now, or None where it is no longer there."""

    def __init__(
        self, service: RabbitService, model: RabbitTreeModel, in_sight: Callable[[], list[InSight]], notify: Notify, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._service = service
        self._model = model
        self._in_sight = in_sight
        self._notify = notify
        self._jobs = Jobs(self)
        self._connection = ""
        self._runs = False
        self._watched: Spot | None = None
        self._order = Order()
        self._listed: dict[str, Order] = {}
        """The order in which each virtual host's queues are listed now."""
        self._slow_at: dict[str, float] = {}
        self._all: dict[str, tuple[int, float, list[QueueInfo]]] = {}
        """How many queues each virtual host had, when, and which: their arguments change with them alone."""
        self._same = 0
        self._before: object = None
        self._clock = QTimer(self, singleShot=True)
        self._clock.timeout.connect(self.refresh)

    @property
    def order(self) -> Order:
        """Which queues are listed, and in which order."""
        return self._order

    def set_order(self, order: Order) -> None:
        """List others, or in another order, from the next answer on."""
        if order != self._order:
            self._order = order
            self._model.set_search(order.search)
            self._start_looking()

    def set_connection(self, connection_id: str) -> None:
        """Look at another broker."""
        self._jobs.cancel("tree")
        self._jobs.cancel("look")
        self._connection = connection_id
        self._listed.clear()
        self._slow_at.clear()
        self._all.clear()
        self._same = 0
        self._model.clear()
        self.refresh()

    def watch(self, spot: Spot | None) -> None:
        """Ask for this queue's figures too, wherever it stands; for any other place nothing more is asked."""
        self._watched = spot if spot is not None and spot.place is Place.QUEUE else None
        self._jobs.cancel("queue")
        if self._watched is not None and self._runs:
            self._jobs.start("queue", self._load_watched(self._connection), self._on_queue_failed)

    def resume(self) -> None:
        """The tree is in sight."""
        self._runs = True
        self._same = 0
        self.refresh()

    def pause(self) -> None:
        """Nobody looks."""
        self._runs = False
        self._clock.stop()
        self._jobs.cancel("tree")
        self._jobs.cancel("look")

    def refresh(self, *, whole: bool = False) -> None:
        """Ask now; *whole* also for what changes seldom."""
        if whole:
            self._slow_at.clear()
            self._same = 0
            self._jobs.cancel("tree")
        if self._runs and self._connection and not self._jobs.is_running("tree"):
            self._clock.stop()
            self._jobs.start("tree", self._load(self._connection), self._on_failed)

    def look(self) -> None:
        """Rows came into sight: ask for those that are not known."""
        if any(self._missing(sight) for sight in self._in_sight()):
            self._start_looking()

    def _start_looking(self) -> None:
        """Ask for the queues in sight alone, whatever else is under way: somebody waits for them."""
        if self._runs and self._connection:
            self._jobs.start("look", self._look(self._connection), self._on_failed)

    async def _look(self, connection: str) -> None:
        await asyncio.gather(*(self._load_queues(connection, sight) for sight in self._in_sight()))

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._runs = False
        self._clock.stop()
        await self._jobs.stop()

    # -- asking

    async def _load(self, connection: str) -> None:
        overview = await self._service.overview(connection)
        self._model.set_overview(overview)
        self.arrived.emit(overview)
        sights = self._in_sight()
        await asyncio.gather(*(self._load_vhost(connection, sight) for sight in sights))
        await self._load_watched(connection)
        self.loaded.emit()
        self._wait(overview)

    async def _load_watched(self, connection: str) -> None:
        spot = self._watched
        if spot is None:
            return
        try:
            queue = await self._service.queue(connection, spot.vhost, spot.name)
        except ApiError as exc:
            if exc.problem.status != 404:
                raise
            queue = None
        if spot == self._watched:
            if queue is not None:
                self._model.set_queue(queue)
            self.queue_arrived.emit(queue)

    def _on_queue_failed(self, exc: BaseException) -> None:
        if problem_of(exc) is None:
            self._notify(exc)  # of the others the next answer for the whole tree tells

    async def _load_vhost(self, connection: str, sight: InSight) -> None:
        vhost = sight.vhost
        slow = time.monotonic() - self._slow_at.get(vhost, -SLOW_S) >= SLOW_S
        if slow:
            self._slow_at[vhost] = time.monotonic()
            self._model.set_exchanges(vhost, await self._service.exchanges(connection, vhost))
        await self._load_queues(connection, sight)
        if slow:
            await self._load_dead(connection, vhost)

    async def _load_queues(self, connection: str, sight: InSight) -> None:
        order, vhost = self._order, sight.vhost
        fresh = self._listed.get(vhost) != order
        pages = self._model.pages(vhost)
        wanted = pages_of(sight.first, sight.last)
        if fresh or pages is None or not pages.is_known:
            wanted = [1]
        for number in wanted:
            page = await self._service.queues(
                connection,
                vhost=vhost,
                search=order.search,
                sort=order.sort,
                descending=order.descending,
                page=number,
                page_size=PAGE_SIZE,
            )
            if order != self._order:
                return  # it is listed otherwise by now
            self._model.set_queues(vhost, page, fresh=fresh)
            self._listed[vhost] = order
            fresh = False

    async def _load_dead(self, connection: str, vhost: str) -> None:
        queues = await self._queues_to_judge(connection, vhost)
        bindings: list[BindingInfo] = []
        for exchange in sorted(dead_letter_exchanges(queues) - {""})[:MAX_DEAD_EXCHANGES]:
            bindings += await self._service.bindings(connection, vhost, exchange=exchange)
        self._model.set_dead(vhost, takers_of_dead_letters(queues, bindings))

    async def _queues_to_judge(self, connection: str, vhost: str) -> list[QueueInfo]:
        """Answer all queues where they are few, and else those that were looked at: one out of sight may be where letters died."""
        pages = self._model.pages(vhost)
        if pages is None:
            return []
        known = pages.known()
        if len(known) >= pages.total or pages.total > WHOLE_UP_TO:
            return known
        total, at, queues = self._all.get(vhost, (-1, 0.0, known))
        if pages.total != total or time.monotonic() - at >= WHOLE_S:
            queues = (await self._service.queues(connection, vhost=vhost, page_size=WHOLE_UP_TO)).queues
            self._all[vhost] = (pages.total, time.monotonic(), queues)
        return queues

    def _missing(self, sight: InSight) -> bool:
        pages = self._model.pages(sight.vhost)
        if pages is None or not pages.is_known:
            return True
        return any(pages.at(row) is None for row in range(sight.first, min(sight.last + 1, pages.matching)))

    def _wait(self, overview: Overview) -> None:
        """Ask again: soon while figures move, later while they do not."""
        listed = [pages.known() for vhost in self._listed if (pages := self._model.pages(vhost)) is not None]
        now = (overview, listed)
        self._same = self._same + 1 if now == self._before else 0
        self._before = now
        if self._runs:
            self._clock.start(QUIET_MS if self._same >= QUIET_AFTER else BUSY_MS)

    def _on_failed(self, exc: BaseException) -> None:
        if self._runs:
            self._clock.start(RETRY_MS)
        problem = problem_of(exc)
        if problem is None:
            self._notify(exc)
        elif not isinstance(exc, ServerUnreachable) or not self._model.vhosts():  # of that one the window's banner tells
            self.failed.emit(problem)
