"""Keeps the list and the chosen topic current: asks for what is in sight alone, slower while nothing moves, not at all while hidden."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.core.kafka_spots import Place, Spot
from desktop.core.pages import PAGE_SIZE, pages_of
from desktop.core.problems import ApiError, ServerUnreachable, problem_of
from desktop.models.kafka_list import PagedListModel
from desktop.services.kafka import KafkaService
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.kafka import GroupInfo, TopicDetail, TopicInfo

BUSY_MS: Final = 2_000
QUIET_MS: Final = 5_000
"""When nothing has changed for some answers."""
QUIET_AFTER: Final = 4
RETRY_MS: Final = 3_000
CLUSTER_S: Final = 8.0
"""Brokers and totals change seldom; counting them costs the cluster several requests."""


class Segment(StrEnum):
    """Which of the two lists is in sight."""

    TOPICS = "topics"
    GROUPS = "groups"


@dataclass(frozen=True, slots=True)
class Order:
    """Which topics and groups are listed, and in which order."""

    search: str = ""
    sort: str = "name"
    descending: bool = False
    internal: bool = False
    """Kafka's own topics too."""


class ListSource(QObject):
    """Fills the two models. *in_sight* answers which list is looked at, and its first and last row on screen."""

    arrived = Signal(object)
    """The newest `ClusterInfo`."""
    failed = Signal(object)
    """A `ProblemDetails`: nothing could be had."""
    topic_arrived = Signal(object)
    """The watched topic's `TopicDetail`, or None where it is no longer there."""
    listed = Signal()
    """The rows in sight are current."""

    def __init__(
        self,
        service: KafkaService,
        topics: PagedListModel[TopicInfo],
        groups: PagedListModel[GroupInfo],
        in_sight: Callable[[], tuple[Segment, int, int]],
        notify: Notify,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.topics, self.groups = topics, groups
        self.order = Order()
        self._service = service
        self._in_sight = in_sight
        self._notify = notify
        self._jobs = Jobs(self)
        self._clock = QTimer(self, singleShot=True)
        self._clock.timeout.connect(self.refresh)
        self._connection = ""
        self._watched: Spot | None = None
        self._runs = False
        self._listed: dict[Segment, Order] = {}
        self._cluster_at = 0.0
        self._same = 0
        self._before: object = None

    # -- what is looked at

    def set_connection(self, connection_id: str) -> None:
        """Look at another cluster."""
        for name in ("list", "look", "seek", "topic"):
            self._jobs.cancel(name)
        self._connection = connection_id
        self._watched = None
        self._listed.clear()
        self._cluster_at = 0.0
        self._same = 0
        self.topics.clear()
        self.groups.clear()
        self.refresh()

    def set_order(self, order: Order) -> None:
        """List others, or otherwise."""
        self.order = order
        self._start_looking()

    def look(self) -> None:
        """Another list or other rows came into sight: ask for those that are not known."""
        segment, first, last = self._in_sight()
        if self._listed.get(segment) != self.order or self._model(segment).is_missing(first, last):
            self._start_looking()

    def seek(self, spot: Spot) -> None:
        """Ask for the rows around a topic or a group that stands somewhere in its list."""
        if self._runs and self._connection:
            self._jobs.start("seek", self._load_around(self._connection, spot), self._on_failed)

    def watch(self, spot: Spot | None) -> None:
        """Ask for this topic whole too; for any other place nothing more is asked."""
        self._watched = spot if spot is not None and spot.place is Place.TOPIC else None
        self._jobs.cancel("topic")
        self.refresh_topic()

    def refresh_topic(self) -> None:
        """Ask for the watched topic now."""
        if self._watched is not None and self._runs and self._connection:
            self._jobs.start("topic", self._load_watched(self._connection), self._on_topic_failed)

    def resume(self) -> None:
        """The panel is in sight."""
        self._runs = True
        self._same = 0
        self.refresh()

    def pause(self) -> None:
        """Nobody looks."""
        self._runs = False
        self._clock.stop()
        for name in ("list", "look", "seek", "topic"):
            self._jobs.cancel(name)

    def refresh(self, *, whole: bool = False) -> None:
        """Ask now; *whole* also for what changes seldom."""
        if whole:
            self._cluster_at = 0.0
            self._same = 0
            self._jobs.cancel("list")
        if self._runs and self._connection and not self._jobs.is_running("list"):
            self._clock.stop()
            self._jobs.start("list", self._load(self._connection), self._on_failed)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._runs = False
        self._clock.stop()
        await self._jobs.stop()

    # -- asking

    def _model(self, segment: Segment) -> PagedListModel[TopicInfo] | PagedListModel[GroupInfo]:
        return self.topics if segment is Segment.TOPICS else self.groups

    def _start_looking(self) -> None:
        """Ask for the rows in sight alone, whatever else is under way: somebody waits for them."""
        if self._runs and self._connection:
            self._jobs.start("look", self._load_rows(self._connection), self._on_failed)

    async def _load(self, connection: str) -> None:
        """Ask for the cluster, the rows and the topic side by side: a large cluster's totals take longer than its first rows."""
        await asyncio.gather(self._load_cluster(connection), self._load_rows(connection))
        await self._load_watched(connection)
        self._wait()

    async def _load_cluster(self, connection: str) -> None:
        if self._cluster_at and time.monotonic() - self._cluster_at < CLUSTER_S:
            return
        cluster = await self._service.cluster(connection)
        if connection == self._connection:
            self._cluster_at = time.monotonic()
            self.arrived.emit(cluster)

    async def _load_rows(self, connection: str) -> None:
        segment, first, last = self._in_sight()
        order = self.order
        fresh = self._listed.get(segment) != order
        wanted = [1] if fresh or not self._model(segment).pages.is_known else pages_of(first, last)
        for number in wanted:
            if segment is Segment.TOPICS:
                await self._load_topics(connection, order, number, fresh=fresh)
            else:
                await self._load_groups(connection, order, number, fresh=fresh)
            if order != self.order:
                return  # it is listed otherwise by now
            self._listed[segment] = order
            fresh = False
        self.listed.emit()

    async def _load_around(self, connection: str, spot: Spot) -> None:
        segment, order = Segment.TOPICS if spot.place is Place.TOPIC else Segment.GROUPS, self.order
        load = self._load_topics if segment is Segment.TOPICS else self._load_groups
        await load(connection, order, 1, fresh=self._listed.get(segment) != order, around=spot.name)
        if order == self.order:
            self._listed[segment] = order

    async def _load_topics(self, connection: str, order: Order, number: int, *, fresh: bool, around: str = "") -> None:
        page = await self._service.topics(
            connection,
            search=order.search,
            sort=order.sort,
            descending=order.descending,
            internal=order.internal,
            page=number,
            page_size=PAGE_SIZE,
            around=around,
        )
        if order == self.order:
            self.topics.put(page.page, page.topics, matching=page.matching, total=page.total, fresh=fresh)

    async def _load_groups(self, connection: str, order: Order, number: int, *, fresh: bool, around: str = "") -> None:
        page = await self._service.groups(connection, search=order.search, page=number, page_size=PAGE_SIZE, around=around)
        if order == self.order:
            self.groups.put(page.page, page.groups, matching=page.matching, total=page.total, fresh=fresh)

    async def _load_watched(self, connection: str) -> None:
        spot = self._watched
        if spot is None:
            return
        detail: TopicDetail | None = None
        try:
            detail = await self._service.topic(connection, spot.name)
        except ApiError as exc:
            if exc.problem.status != 404:
                raise
        if spot == self._watched and connection == self._connection:
            if detail is not None:
                self.topics.change(detail.topic)
            self.topic_arrived.emit(detail)

    def _wait(self) -> None:
        """Ask again: soon while figures move, later while they do not."""
        segment, _, _ = self._in_sight()
        now = (segment, list(self._model(segment).pages.known()))
        self._same = self._same + 1 if now == self._before else 0
        self._before = now
        if self._runs:
            self._clock.start(QUIET_MS if self._same >= QUIET_AFTER else BUSY_MS)

    def _on_topic_failed(self, exc: BaseException) -> None:
        if problem_of(exc) is None:
            self._notify(exc)  # of the others the next answer for the whole list tells

    def _on_failed(self, exc: BaseException) -> None:
        if self._runs:
            self._clock.start(RETRY_MS)
        self._cluster_at = 0.0
        problem = problem_of(exc)
        if problem is None:
            self._notify(exc)
        elif not isinstance(exc, ServerUnreachable) or not self.topics.pages.is_known:  # of that one the window's banner tells
            self.failed.emit(problem)
