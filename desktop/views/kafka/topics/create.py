"""The form that creates a topic: its name checked as it is typed, partitions, replicas, and its settings."""

from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_configs import POLICIES, refused_config
from desktop.core.kafka_names import check_topic, is_ambiguous
from desktop.core.kafka_topic import CreateDraft, Place, prepare_topic
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.kafka_sheet import KafkaSheet
from desktop.views.kafka.topics.common_fields import CommonFields
from desktop.views.kafka.topics.config_rows import ConfigRows
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.form_sheet import field_group, line_field, side_by_side
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.kafka import CreateTopic

WIDTH_PX: Final = 520
DRAFT_KEY: Final = "create-topic"


class CreateTopicSheet(KafkaSheet):
    """``Check`` asks the broker whether it would take the topic; ``Create`` makes it."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Create a topic"), width=WIDTH_PX)
        self._loading = False
        self._make_fields()
        self._lay_out()
        self._connect()
        self.show_draft(service.draft(DRAFT_KEY, CreateDraft()))

    # -- what the panel asks

    def open_to(self, connection: Connection) -> None:
        """Open the form there."""
        if not self.is_busy():
            self.show_failure()
            self._said.hide()
        self.point_at(connection)
        self._jobs.start("configs", self._load_configs(connection.id), self._on_help_failed)
        self.open_sheet(self.name)

    def draft(self) -> CreateDraft:
        """Answer the form exactly as it stands."""
        return CreateDraft(
            self.name.text(),
            self.partitions.text(),
            self.replication.text(),
            self.policy.current(),
            self.common.values(),
            self.others.drafts(),
        )

    def show_draft(self, draft: CreateDraft) -> None:
        """Put *draft* into the fields."""
        self._loading = True
        for line, text in ((self.name, draft.name), (self.partitions, draft.partitions), (self.replication, draft.replication)):
            line.setText(text)
        self.policy.set_current(draft.policy)
        self.common.show_values(dict(draft.common))
        self.others.show_drafts(draft.others)
        self._loading = False
        self._on_edited()

    def start_checking(self) -> None:
        """Ask the broker whether it would take the topic as it stands."""
        request = self._checked()
        if request is not None:
            self.begin(self._check(replace(request, validate_only=True)))

    def start_creating(self) -> None:
        """Check everything; create the topic if it holds, else go to the first fault."""
        request = self._checked()
        if request is not None:
            self.begin(self._create(request))

    def said(self) -> str:
        """Answer what the check has found, as shown."""
        return "" if self._said.isHidden() else self._said.text()

    # -- how it is made

    def _make_fields(self) -> None:
        self.name = line_field(tr("Name"), "orders", mono=True)
        self._hint = Wrapped(tone="warn")
        self._hint.hide()
        self.partitions = line_field(tr("Partitions"), tr("default"), mono=True)
        self.partitions.setToolTip(tr("How many consumers of a group can read at once; more can be added later, but then keys move"))
        self.replication = line_field(tr("Replicas"), tr("default"), mono=True)
        self.replication.setToolTip(tr("On how many brokers each record is kept"))
        self.policy = Segmented([(key, tr(word)) for key, word in POLICIES], "", name=tr("What happens to old records"))
        self.policy.setToolTip(tr("Delete drops what is old or too much; compact keeps the newest record of each key"))
        self.common = CommonFields()
        self.others = ConfigRows()
        self._said = Wrapped(tone="ok", small=False)
        self._said.hide()
        self.create_button = PrimaryButton(tr("Create the topic"), self.start_creating)
        self.check = Button(tr("Check"), self.start_checking)

    def _lay_out(self) -> None:
        self.form.addWidget(self.place(Place.NAME, tr("Name"), self.name, self._hint))
        counts = side_by_side(
            self.place(Place.PARTITIONS, tr("Partitions"), self.partitions), self.place(Place.REPLICATION, tr("Replicas"), self.replication)
        )
        self.form.addLayout(counts)
        self.form.addWidget(field_group(tr("Old records (cleanup.policy)"), self.policy))
        self.form.addWidget(self.common)
        self.form.addSpacing(8)
        self.form.addWidget(caption(tr("Other settings")))
        self.form.addWidget(self.others)
        self.form.addStretch(1)
        self.body.insertWidget(self.body.count() - 1, self._said)
        self.foot.addWidget(self.create_button)
        self.foot.addWidget(self.check)
        self.foot.addWidget(caption("Ctrl+Enter"))
        self.foot.addStretch(1)

    def _connect(self) -> None:
        for line in (self.name, self.partitions, self.replication):
            line.textEdited.connect(self._on_edited)
        self.policy.chosen.connect(self._on_edited)
        self.common.edited.connect(self._on_edited)
        self.others.edited.connect(self._on_edited)
        self.submit_requested.connect(self.start_creating)

    # -- what happens

    def _on_edited(self) -> None:
        if self._loading:
            return
        self._service.keep_draft(DRAFT_KEY, self.draft())
        name = self.name.text().strip()
        fault = check_topic(name) if name else None
        self.show_field_faults({Place.NAME: fault} if fault else {}, go=False)
        self.common.show_faults({})
        self._said.hide()
        mixed = is_ambiguous(name) and fault is None
        self._hint.setText(tr("Dots and underscores in one name: Kafka's metrics take one for the other.") if mixed else "")
        self._hint.setVisible(mixed)
        self._show_buttons()

    def _checked(self) -> CreateTopic | None:
        if self.connection is None or self.is_busy() or self.is_read_only():
            return None
        prepared = prepare_topic(self.draft(), self.others.known())
        self.common.show_faults(prepared.faults)
        found = self.show_field_faults(prepared.faults) or self.common.go_to_fault(prepared.faults)
        if not found:
            self.others.show_faults(prepared.row_faults)
        return prepared.request

    async def _load_configs(self, connection: str) -> None:
        entries = await self._service.config_names(connection)
        self.others.know(entries)
        self.common.know(self.others.known())

    async def _check(self, request: CreateTopic) -> None:
        self._said.hide()
        topic = await self._service.create_topic(self.connection_id(), request)
        self._said.setText(
            tr(
                "The broker would take it. Partitions: {partitions}, replicas: {replicas}.",
                partitions=max(topic.partitions, request.partitions, 1),
                replicas=max(topic.replication, request.replication, 1),
            )
        )
        self._said.show()

    async def _create(self, request: CreateTopic) -> None:
        topic = await self._service.create_topic(self.connection_id(), request)
        self._service.keep_draft(DRAFT_KEY, None)
        self.show_draft(CreateDraft())
        self._service.keep_draft(DRAFT_KEY, None)
        self.close_sheet()
        self._notices.info(tr("Created {name}", name=topic.name))
        self.done.emit(topic)

    def _on_act_failed(self, exc: BaseException) -> None:
        """What the broker has against the name or a setting is told there."""
        problem = problem_of(exc)
        if problem is None:
            super()._on_act_failed(exc)
            return
        words = f"{title_of(problem)}. {hint_of(problem)}"
        name = refused_config(problem)
        row = self.others.row_named(name) if name else None
        if row is not None:
            row.fault.setText(words)
            row.fault.show()
            row.value.setFocus()
        elif not (name and self.common.show_refusal(name, words)):
            super()._on_act_failed(exc)

    def _show_buttons(self) -> None:
        named = bool(self.name.text().strip())
        why_not = "" if named else tr("Name it first")
        self.offer(self.create_button, tr("Creating …") if self.is_busy() else tr("Create the topic"), enabled=named, why_not=why_not)
        self.offer(self.check, tr("Check"), enabled=named, why_not=why_not)
        self.check.setToolTip(self.check.toolTip() or tr("Ask the broker whether it would take it; nothing is created"))
