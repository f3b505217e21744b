"""The form that changes a topic: more partitions, and settings with what they were and what they become."""

from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr, trn
from desktop.core.kafka_configs import changes_of, own_rows, refused_config
from desktop.core.kafka_topic import Place, grown_to, keys_move_words
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.kafka_sheet import KafkaSheet
from desktop.views.kafka.topics.config_rows import ConfigRows
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.labels import caption
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.kafka import AddPartitions, AlterConfigs, TopicDetail

WIDTH_PX: Final = 560


class AlterTopicSheet(KafkaSheet):
    """Only what differs is sent; the button says how many changes that are."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Change a topic"), width=WIDTH_PX)
        self._detail: TopicDetail | None = None
        self.partitions = line_field(tr("Partitions"), mono=True)
        self._keys = Wrapped(tone="warn")
        self._keys.hide()
        self._settings = caption(tr("Settings that are the topic's own"))
        self.rows = ConfigRows()
        self.apply = PrimaryButton("", self.start_applying)
        self.discard = Button(tr("Discard changes"), self._show_detail)
        self.form.addWidget(self.place(Place.PARTITIONS, tr("Partitions"), self.partitions, self._keys))
        self.form.addSpacing(8)
        self.form.addWidget(self._settings)
        self.form.addWidget(self.rows)
        self.form.addStretch(1)
        self.foot.addWidget(self.apply)
        self.foot.addWidget(caption("Ctrl+Enter"))
        self.foot.addStretch(1)
        self.foot.addWidget(self.discard)
        self.partitions.textEdited.connect(self._on_edited)
        self.rows.edited.connect(self._on_edited)
        self.submit_requested.connect(self.start_applying)

    def open_to(self, connection: Connection, detail: TopicDetail) -> None:
        """Open the form for a topic; what was typed for the same one and not applied stays."""
        before = self._detail
        same = before is not None and connection.id == self.connection_id() and before.topic.name == detail.topic.name
        changed = same and bool(self._count())
        self.point_at(connection, detail.topic.name)
        self._detail = detail
        if not changed:
            self._show_detail()
        self.open_sheet(self.partitions)
        self._jobs.start("defaults", self._load_defaults(detail), self._on_help_failed)

    def start_applying(self) -> None:
        """Check everything; apply it if it holds, else go to the first fault."""
        detail = self._detail
        if self.connection is None or detail is None or self.is_busy() or self.is_read_only() or not self._count():
            return
        total, fault = grown_to(self.partitions.text(), detail.topic.partitions)
        faults = self.rows.faults()
        if not self.show_field_faults({Place.PARTITIONS: fault} if fault else {}) and not self.rows.show_faults(faults):
            self.begin(self._apply(detail, total, self._changes(detail)))

    def warning(self) -> str:
        """Answer what is said of keys, as shown."""
        return "" if self._keys.isHidden() else self._keys.text()

    # -- what happens

    def _show_detail(self) -> None:
        detail = self._detail
        if detail is None:
            return
        self.show_failure()
        self.rows.know(detail.configs)
        self.partitions.setText(str(detail.topic.partitions))
        self.rows.show_drafts(own_rows(detail.configs))
        self._on_edited()

    async def _load_defaults(self, detail: TopicDetail) -> None:
        """A broker does not tell the default of what the topic has set itself: a new topic's settings do."""
        defaults = {entry.name: entry.default for entry in await self._service.config_names(self.connection_id())}
        if self._detail is detail:
            configs = [replace(one, default=one.default if one.default is not None else defaults.get(one.name)) for one in detail.configs]
            self._detail = replace(detail, configs=configs)
            self.rows.know(configs)

    def _changes(self, detail: TopicDetail) -> AlterConfigs:
        return changes_of(detail.topic.name, self.rows.drafts(), detail.configs)

    def _count(self) -> int:
        """How many changes stand in the form, held or not."""
        if self._detail is None:
            return 0
        changes = self._changes(self._detail)
        return len(changes.set) + len(changes.reset) + (grown_to(self.partitions.text(), self._detail.topic.partitions) != (None, None))

    async def _apply(self, detail: TopicDetail, total: int | None, changes: AlterConfigs) -> None:
        connection, topic = self.connection_id(), detail.topic.name
        if changes.set or changes.reset:
            await self._service.alter_configs(connection, changes)
        if total is not None:
            await self._service.add_partitions(connection, AddPartitions(topic, total))
        self._detail = None
        self.close_sheet()
        self._notices.info(tr("Changed {name}", name=topic))
        self.done.emit(topic)

    def _on_act_failed(self, exc: BaseException) -> None:
        """What the broker has against a setting is told at its row."""
        problem = problem_of(exc)
        name = refused_config(problem) if problem is not None else ""
        row = self.rows.row_named(name) if name else None
        if problem is None or row is None:
            super()._on_act_failed(exc)
            return
        row.fault.setText(f"{title_of(problem)}. {hint_of(problem)}")
        row.fault.show()
        row.value.setFocus()

    def _on_edited(self) -> None:
        if self._detail is None:
            return
        now = self._detail.topic.partitions
        total, fault = grown_to(self.partitions.text(), now)
        self.show_field_faults({Place.PARTITIONS: fault} if fault else {}, go=False)
        self._keys.setText(keys_move_words(now, total) if total is not None else "")
        self._keys.setVisible(total is not None)
        self._show_buttons()

    def _show_buttons(self) -> None:
        count = self._count()
        words = trn("Apply 1 change", "Apply {n} changes", count) if count else tr("Apply")
        self.offer(self.apply, tr("Applying …") if self.is_busy() else words, enabled=bool(count), why_not=tr("Nothing is changed"))
        self.discard.setVisible(bool(count))
