"""The question before a topic is purged or deleted: which records, how many, and on production its name has to be typed."""

import asyncio
from typing import Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.core.formatting import number
from desktop.core.i18n import tr, trn
from desktop.core.kafka_topic import PurgePlan, PurgeWay, delete_words, plan_purge, purge_words
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.kafka_sheet import KafkaSheet
from desktop.views.kafka.topics.offset_rows import OffsetRows
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.form_sheet import field_group, line_field
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.typed_name import TypedName
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.kafka import Deleted, DeleteTopic, PartitionInfo, PurgeTopic

WIDTH_PX: Final = 480
COUNT_AFTER_S: Final = 0.25
"""What is typed rests so long before its records are counted."""


class DestroyTopicSheet(KafkaSheet):
    """The button names the act and the amount; Enter in the name is enough once it is right."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Delete"), width=WIDTH_PX)
        self._topic = ""
        self._records: int | None = None
        self._purge = False
        self._partitions: list[PartitionInfo] = []
        self._timed: tuple[int, int] | None = None
        """A time, and how many records are before it."""
        self._make_fields()
        for widget in (self._question, self._ways, self._consequence, self.typed_name):
            self.form.addWidget(widget)
            self.form.addSpacing(4)
        self.let_buttons_follow()
        self.foot.addWidget(self.keep)
        self.foot.addWidget(self.act)
        self.foot.addStretch(1)
        self._connect()

    def open_to(self, connection: Connection, topic: str, records: int | None, *, purge: bool) -> None:
        """Ask about *topic*; *records* is how many are in it, None where nobody knows."""
        self._topic, self._records, self._purge = topic, records, purge
        self._partitions = []
        self._timed = None
        self.show_failure()
        self.heading.setText(tr("Purge") if purge else tr("Delete"))
        self.setAccessibleName(self.heading.text())
        self._ways.setVisible(purge)
        self.way.set_current(PurgeWay.ALL)
        self.newest.setText("")
        self.time.setText("")
        self.rows.show_partitions([])
        self.point_at(connection, topic)
        self.typed_name.line.clear()
        self.typed_name.ask_for(topic, wanted=self.is_production())
        self._show_way()
        self.open_sheet(self.typed_name.line if self.is_production() else self.keep)
        self._jobs.start("count", self._recount(), self._on_help_failed)  # what was known may be seconds old

    def question(self) -> str:
        """Answer what is asked."""
        return self._question.text()

    def start_destroying(self) -> None:
        """Do it: the user has been asked."""
        if self.connection is not None and self.act.isEnabled():
            self.begin(self._purge_it() if self._purge else self._delete_it())

    # -- how it is made

    def _make_fields(self) -> None:
        self._question = Wrapped(tone="text", bold=True, small=False)
        self._consequence = Wrapped(tone="text", small=False)
        ways = [
            (PurgeWay.ALL, tr("All records")),
            (PurgeWay.KEEP, tr("All but the newest")),
            (PurgeWay.OFFSETS, tr("Before offsets")),
            (PurgeWay.TIME, tr("Before a time")),
        ]
        self.way = Segmented(ways, PurgeWay.ALL, name=tr("Which records go"))
        self.newest = line_field(tr("How many of each partition stay"), "1,000", mono=True)
        self._newest_group = field_group(tr("How many of each partition stay"), self.newest)
        self.time = line_field(tr("The first moment that stays"), "2026-11-24 14:30, -2h", mono=True)
        self._time_group = field_group(tr("The first moment that stays"), self.time)
        self.rows = OffsetRows()
        self._wrong = Wrapped(tone="bad")
        self._ways = QWidget()
        column = QVBoxLayout(self._ways)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.way, self._newest_group, self._time_group, self.rows, self._wrong):
            column.addWidget(widget)
        self.typed_name = TypedName()
        self.act = Button("", self.start_destroying, icon_name="ph.trash", tone="bad")
        self.keep = Button(tr("Keep it"), self.close_sheet)

    def _connect(self) -> None:
        self.way.chosen.connect(self._on_way_chosen)
        self.newest.textEdited.connect(self._show_plan)
        self.time.textEdited.connect(self._on_time_edited)
        self.rows.edited.connect(self._show_plan)
        self.typed_name.changed.connect(self._show_buttons)
        self.typed_name.line.returnPressed.connect(self.start_destroying)
        self.submit_requested.connect(self.start_destroying)

    # -- what happens

    def _plan(self) -> PurgePlan:
        way = PurgeWay(self.way.current())
        typed = self.time.text() if way is PurgeWay.TIME else self.newest.text()
        return plan_purge(way, self._partitions, typed, self.rows.offsets())

    async def _recount(self) -> None:
        topic = self._topic
        detail = await self._service.topic(self.connection_id(), topic)
        if topic != self._topic:
            return
        self._partitions, self._records = detail.partitions, detail.topic.messages
        self.rows.show_partitions(detail.partitions)
        self._show_plan()

    async def _purge_it(self) -> None:
        plan = self._plan()
        before_time = self._timed[0] if plan.before_time and self._timed is not None else plan.before_time  # -2h has moved on since
        request = PurgeTopic(self._topic, plan.before, self.typed_name.text(), before_time)
        gone = await self._service.purge_topic(self.connection_id(), request)
        self.close_sheet()
        count = gone.records if gone.records is not None else self._count(plan) or 0
        self._notices.info(trn("Purged 1 record from {name}", "Purged {n} records from {name}", count, name=self._topic))
        self.done.emit(gone)

    async def _delete_it(self) -> None:
        gone: Deleted = await self._service.delete_topic(self.connection_id(), DeleteTopic(self._topic, self.typed_name.text()))
        self.close_sheet()
        if gone.records:
            self._notices.info(tr("Deleted {name} with {n} records", name=self._topic, n=number(gone.records)))
        else:
            self._notices.info(tr("Deleted {name}", name=self._topic))
        self.done.emit(gone)

    def _on_time_edited(self) -> None:
        """Have the records before it counted: only the cluster knows which offset a time is."""
        self._timed = None
        self._show_plan()
        if time := self._plan().before_time:
            self._jobs.start("timed", self._count_before(time), self._on_count_failed)
        else:
            self._jobs.cancel("timed")

    async def _count_before(self, time: int) -> None:
        topic = self._topic
        await asyncio.sleep(COUNT_AFTER_S)
        found = await self._service.purge_topic(self.connection_id(), PurgeTopic(topic, before_time=time, dry_run=True))
        if topic == self._topic:
            self._timed = (time, found.records or 0)
            self._show_plan()

    def _on_count_failed(self, exc: BaseException) -> None:
        self.show_problem(exc, signed_out=tr("You were signed out before this was counted"))

    def _on_way_chosen(self) -> None:
        self._show_way()
        lines = {PurgeWay.KEEP: self.newest, PurgeWay.TIME: self.time}
        lines.get(PurgeWay(self.way.current()), self.way).setFocus()

    def _show_way(self) -> None:
        self._newest_group.setVisible(self.way.current() == PurgeWay.KEEP)
        self._time_group.setVisible(self.way.current() == PurgeWay.TIME)
        self.rows.setVisible(self.way.current() == PurgeWay.OFFSETS)
        self._show_plan()

    def _count(self, plan: PurgePlan) -> int | None:
        """How many records go; None where nobody knows."""
        if self._purge and plan.before_time:
            return self._timed[1] if self._timed is not None else None
        if self._purge and PurgeWay(self.way.current()) is not PurgeWay.ALL:
            return plan.total
        return self._records

    def _show_plan(self) -> None:
        plan = self._plan()
        line = self.time if self.way.current() == PurgeWay.TIME else self.newest
        typed = bool(line.text().strip()) or self.way.current() == PurgeWay.OFFSETS
        fault = plan.fault if typed else None
        self._wrong.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault else "")
        self._wrong.setVisible(fault is not None)
        self.rows.show_counts(plan.counts)
        if not self._purge:
            self._question.setText(delete_words(self._topic, self._records))
            lost = tr("Its records, its settings and the offsets of every group in it are lost for good. Consumers fail until they stop.")
            self._consequence.setText(lost)
        else:
            self._question.setText(tr("Purge records from {name}?", name=self._topic))
            self._consequence.setText(
                tr("Records before these offsets are lost for good. Groups that have not read them go on at what is left.")
            )
        self._show_buttons()

    def _show_buttons(self) -> None:
        why_not = self.typed_name.why_not()
        if not self._purge:
            count = self._records
            words = trn("Delete with 1 record", "Delete with {n} records", count) if count else tr("Delete the topic")
            self.offer(self.act, words, enabled=not why_not, why_not=why_not)
            return
        plan = self._plan()
        way = PurgeWay(self.way.current())
        if way is PurgeWay.TIME and plan.before_time and self._timed is None:
            why_not = tr("Counting the records …")
        elif way is PurgeWay.TIME:
            why_not = why_not if self._timed is not None and self._timed[1] else tr("Nothing would go")
        elif way is not PurgeWay.ALL and not plan.before:
            why_not = tr("Nothing would go")
        count = self._count(plan)
        self.offer(
            self.act, tr("Purge") if count is None and plan.before_time else purge_words(count), enabled=not why_not, why_not=why_not
        )
