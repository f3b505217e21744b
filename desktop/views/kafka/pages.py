"""The parts of a place beside its records: partitions, configs and groups of a topic, and the brokers of the cluster."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_spots import Place, Spot
from desktop.core.kafka_words import is_changed
from desktop.core.problems import ApiError
from desktop.services.kafka import KafkaService
from desktop.views.kafka.head import Tab
from desktop.views.kafka.tables import BROKERS, CONFIGS, GROUPS, PARTITIONS, TopicGroup
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.empty_state import EmptyState
from desktop.views.widgets.page_table import TablePage
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.kafka import BrokerInfo, ClusterInfo, ConfigEntry, GroupDetail, PartitionInfo, TopicDetail

MOST_GROUPS: Final = 60
"""Whose lag in the topic is asked for: each costs the cluster a few requests."""
AT_ONCE: Final = 6


@dataclass(frozen=True, slots=True)
class _Known:
    topic: TopicDetail | None = None
    cluster: ClusterInfo | None = None


class KafkaPages(QObject):
    """Makes the pages, and lets each follow the chosen place."""

    counted = Signal(object, int)
    """A `Tab` and how many rows are behind it."""
    group_opened = Signal(str)
    """Enter or a double click on a group."""
    alter_requested = Signal()

    def __init__(self, service: KafkaService, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._notify = notify
        self._connection = ""
        self._spot: Spot | None = None
        self._known = _Known()
        self._make()

    def _make(self) -> None:
        self.partitions = TablePage[PartitionInfo](
            PARTITIONS,
            EmptyState("ph.rows", tr("No partition"), tr("The cluster does not tell any of this topic.")),
            name=tr("Partitions"),
            key=lambda one: one.partition,
            notify=self._notify,
        )
        self.configs = TablePage[ConfigEntry](
            CONFIGS,
            EmptyState("ph.list-dashes", tr("No settings"), tr("The cluster does not tell how this topic is set up.")),
            name=tr("Configs"),
            key=lambda one: one.name,
            notify=self._notify,
        )
        self.groups = TablePage[TopicGroup](
            GROUPS,
            EmptyState("ph.users-three", tr("No consumer group"), tr("Groups that have committed offsets in this topic stand here.")),
            name=tr("Groups"),
            key=lambda one: one.id,
            notify=self._notify,
        )
        self.brokers = TablePage[BrokerInfo](
            BROKERS,
            EmptyState("ph.hard-drives", tr("No broker"), tr("The brokers of the cluster stand here.")),
            name=tr("Brokers"),
            key=lambda one: one.id,
            notify=self._notify,
        )
        self.groups.table.activated.connect(lambda _: self._open_group())
        self.groups.counted.connect(partial(self.counted.emit, Tab.GROUPS))
        self.alter = Button(tr("Change partitions or configs…"), self.alter_requested.emit, icon_name="ph.pencil-simple")
        self.open_group = Button(tr("Open the group"), self._open_group, icon_name="ph.users-three")
        for page, button in ((self.configs, self.alter), (self.groups, self.open_group)):
            row = QHBoxLayout()
            row.addWidget(button)
            row.addStretch(1)
            page.tools.addLayout(row)
        self.groups.picked.connect(lambda row: self.open_group.setEnabled(row is not None))
        self.open_group.setEnabled(False)

    def widgets(self) -> dict[Tab, QWidget]:
        """Answer a page per tab."""
        return {Tab.PARTITIONS: self.partitions, Tab.CONFIGS: self.configs, Tab.GROUPS: self.groups, Tab.BROKERS: self.brokers}

    def show_spot(self, connection: str, spot: Spot | None) -> None:
        """Follow another place."""
        if (connection, spot) == (self._connection, self._spot):
            return
        self._connection, self._spot = connection, spot
        self._known = _Known(cluster=self._known.cluster)
        is_topic = spot is not None and spot.place is Place.TOPIC
        for page in (self.partitions, self.configs, self.groups):
            page.follow(None)
        self.brokers.follow(self._brokers if spot is not None and self._known.cluster is not None else None)
        if is_topic:
            self.groups.follow(self._groups)

    def show_topic(self, detail: TopicDetail | None) -> None:
        """Take what the cluster says of the topic."""
        first = self._known.topic is None
        self._known = _Known(detail, self._known.cluster)
        for page, load in ((self.partitions, self._partitions), (self.configs, self._configs)):
            if first or detail is None:
                page.follow(load if detail is not None else None)  # type: ignore[arg-type] # each load is of its page's rows
            else:
                page.refresh()
        if detail is not None:
            self.counted.emit(Tab.GROUPS, len(detail.groups or ()))

    def show_cluster(self, cluster: ClusterInfo | None) -> None:
        """Take what the cluster says of itself."""
        first = self._known.cluster is None
        self._known = _Known(self._known.topic, cluster)
        if first:
            self.brokers.follow(self._brokers)
        else:
            self.brokers.refresh()

    def set_why_not(self, why_not: str) -> None:
        """Say why nothing may be changed here; nothing allows it."""
        self.alter.setEnabled(not why_not)
        self.alter.setToolTip(why_not)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        for page in (self.partitions, self.configs, self.groups, self.brokers):
            await page.stop()

    # -- rows

    async def _partitions(self) -> Sequence[PartitionInfo]:
        return self._known.topic.partitions if self._known.topic is not None else []

    async def _configs(self) -> Sequence[ConfigEntry]:
        configs = self._known.topic.configs if self._known.topic is not None else []
        return sorted(configs, key=lambda one: (not is_changed(one), one.name))

    async def _brokers(self) -> Sequence[BrokerInfo]:
        return self._known.cluster.brokers if self._known.cluster is not None else []

    async def _groups(self) -> Sequence[TopicGroup]:
        assert self._spot is not None
        topic, connection = self._spot.name, self._connection
        detail = self._known.topic or await self._service.topic(connection, topic)
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(group: str) -> GroupDetail | None:
            async with gate:
                try:
                    return await self._service.group(connection, group)
                except ApiError as exc:
                    if exc.problem.status == 404:
                        return None  # it has gone since
                    raise

        found = await asyncio.gather(*(ask(group) for group in (detail.groups or [])[:MOST_GROUPS]))
        return [TopicGroup.of(one, topic) for one in found if one is not None]

    def _open_group(self) -> None:
        if (row := self.groups.current()) is not None:
            self.group_opened.emit(row.id)
