"""The produce form: one record or many, with the broker's answer in place. It keeps every letter typed."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.core.i18n import tr, trn
from desktop.core.kafka_content import Kind
from desktop.core.kafka_draft import Draft, draft_of, fields_in
from desktop.core.kafka_outcome import Said, outcome_words
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.core.repeat import whole_number
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.kafka_sheet import KafkaSheet
from desktop.views.kafka.produce.fields import RecordFields
from desktop.views.kafka.produce.resend import resender
from desktop.views.kafka.produce.send import FileUnreadable, Sending, TextFault, TooLong
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.job_card import JobCard
from desktop.views.widgets.job_follow import JobFollower
from desktop.views.widgets.labels import caption
from desktop.views.widgets.templates import Templates, TemplateStore
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import ProduceOutcome, Record, RecordTemplate, Side

WIDTH_PX: Final = 560
DRAFT_KEY: Final = "produce"


class ProduceSheet(KafkaSheet):
    """``Ctrl+Enter`` produces from any field, and the form stays open: where the record is stands above the button."""

    job_started = Signal(object)
    """A `Job` that produces many."""
    schemas_requested = Signal()
    """The user wants to see or add schemas."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Produce"), width=WIDTH_PX)
        self._before: Draft | None = None
        """What stood here before it was replaced as a whole; until the next letter it can be brought back."""
        self.follower = JobFollower(service, notices.from_exception, self)
        self._make_fields()
        self._lay_out()
        self._connect()
        self.show_draft(service.draft(DRAFT_KEY, Draft()))

    # -- what the panel asks

    def open_to(self, connection: Connection, topic: str = "", record: Record | None = None) -> None:
        """Open the form there; with *record* in place of what stands in it, or with another topic."""
        moved = connection.id != self.connection_id()
        if not self.is_open() and not self.is_busy():
            self._say(None)  # what was said of an earlier record
        if moved and not self.follower.is_running:
            self._forget_job()
        self.point_at(connection)
        self.fields.point_at(connection.id)
        draft = self.draft()
        if topic and topic != draft.topic:
            draft = replace(draft, topic=topic, partition="")
        if record is not None:
            self._replace(draft_of(record, draft))
        else:
            self.show_draft(draft)
        self.fields.look()
        self.templates.start_loading()
        self._jobs.start("fields", self._load_fields(), self._on_help_failed)
        self._jobs.start("schemas", self._load_schemas(connection.id), self._on_help_failed)
        self.open_sheet(self.fields.first())

    def look_at_schemas(self) -> None:
        """Offer what is there now: schemas of one's own were added or taken away."""
        if self.connection is not None:
            self._jobs.start("schemas", self._load_schemas(self.connection.id), self._on_help_failed)

    def draft(self) -> Draft:
        """Answer the form exactly as it stands."""
        return self.fields.draft()

    def show_draft(self, draft: Draft) -> None:
        """Put *draft* into the fields."""
        self.fields.show_draft(draft)

    def start_producing(self) -> None:
        """Check everything; send it if it holds, else go to the first fault."""
        if self.is_busy() or self.is_read_only() or self.connection is None:
            return
        if self.follower.is_running and self.fields.repeat.is_on():
            return
        draft = self.draft()
        record = self.fields.checked(draft)
        if record is not None:
            self._say(None)
            self.begin(self._send(draft, record))

    def outcome(self) -> str:
        """Answer what became of the last record, as shown."""
        return "" if self._outcome.isHidden() else self._outcome.text()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self.follower.stop()
        await super().stop()

    # -- how it is made

    def _make_fields(self) -> None:
        service = self._service
        self.fields = RecordFields(service, self._notices.from_exception)
        store = TemplateStore(service.templates, service.save_template, service.remove_template)
        self.templates = Templates(store, self._notices.from_exception, self._template_to_keep)
        self._outcome = Wrapped(small=False)
        self._outcome.hide()
        self.card = JobCard(names_itself=False)
        self.card.hide()
        self.produce = PrimaryButton(tr("Produce"), self.start_producing)
        self.clear = Button(tr("Clear"), self._on_clear_clicked)

    def _lay_out(self) -> None:
        self.form.addWidget(self.templates)
        self.form.addWidget(self.fields)
        self.form.addStretch(1)
        self.body.insertWidget(self.body.count() - 1, self._outcome)
        card = QHBoxLayout()
        card.setContentsMargins(0, 0, 8, 0)
        card.addWidget(self.card)
        self.body.insertLayout(self.body.count() - 1, card)
        self.foot.addWidget(self.produce)
        self.foot.addWidget(caption("Ctrl+Enter"))
        self.foot.addStretch(1)
        for button in (self.clear, self.templates.button):
            self.foot.addWidget(button)

    def _connect(self) -> None:
        self.fields.edited.connect(self._on_edited)
        self.fields.schemas_requested.connect(self.schemas_requested)
        self.templates.chosen.connect(self._on_template_chosen)
        self.follower.changed.connect(self._on_job_changed)
        self.follower.lost.connect(self._on_job_lost)
        self.card.stop_requested.connect(lambda _: self.follower.start_stopping())
        self.card.forget_requested.connect(lambda _: self._forget_job())
        self.card.resend_requested.connect(self._on_resend_requested)
        self.submit_requested.connect(self.start_producing)

    # -- what is typed

    def _on_edited(self) -> None:
        self._before = None
        self._service.keep_draft(DRAFT_KEY, self.draft())
        self._show_buttons()

    def _on_template_chosen(self, template: RecordTemplate) -> None:
        self._replace(draft_of(template.record, self.draft()))

    def _on_clear_clicked(self) -> None:
        if self._before is not None:
            self.show_draft(self._before)
        else:
            self._replace(replace(Draft(), topic=self.draft().topic))
        self.fields.value.setFocus()

    def _replace(self, draft: Draft) -> None:
        """Show another record as a whole, and offer to bring back what stood there."""
        before = self.draft()
        self.show_draft(draft)
        worth_it = before.value.text or before.key.text or before.value.file or before.headers
        self._before = before if before != draft and worth_it else None
        self._say(None)
        self._show_buttons()

    def _template_to_keep(self, name: str) -> RecordTemplate | None:
        draft = self.draft()
        if any(draft.side(side).kind in {Kind.FILE, Kind.KEPT} for side in Side):
            self.show_failure(tr("A file cannot be kept in a template"), tr("Keep the record with a key and a value of text or JSON."))
            return None
        self.show_failure()
        record = self.fields.checked(replace(draft, repeat=replace(draft.repeat, on=False)))
        return RecordTemplate(name, record) if record is not None else None

    # -- sending

    async def _send(self, draft: Draft, record: Record) -> None:
        sending = Sending(self._service, self.connection_id(), self._show_progress)
        fills = draft.fill and bool(fields_in(draft))
        try:
            answer = await sending.send(draft, record, fills=fills)
        except FileUnreadable as exc:
            self.fields.side(exc.side).file_row.set_fault(tr("This file cannot be read"), str(exc))
            return
        except TooLong as exc:
            self.show_failure(tr("This is too large to produce"), str(exc))
            return
        finally:
            for side in Side:
                self._show_progress(side, 0, 0)
        if isinstance(answer, ProduceOutcome):
            self._say(outcome_words(answer))
        elif isinstance(answer, Job):
            self.follower.follow(answer)
            self.job_started.emit(answer)
        elif isinstance(answer, TextFault):
            self.fields.side(answer.side).show_text_fault(answer.fault)
            return
        self.done.emit(answer)

    def _show_progress(self, side: Side, sent: int, whole: int) -> None:
        self.fields.side(side).file_row.show_progress(sent, whole)

    def _on_act_failed(self, exc: BaseException) -> None:
        """What a schema does not take is told at its side, with the path that the server names."""
        problem = problem_of(exc)
        side = str(problem.params.get("side", "")) if problem is not None else ""
        if problem is not None and side in set(Side):
            self.fields.side(Side(side)).show_refusal(f"{title_of(problem)}. {hint_of(problem)}")
        else:
            super()._on_act_failed(exc)

    async def _load_fields(self) -> None:
        self.fields.field_menu.set_fields(await self._service.generated_fields())

    async def _load_schemas(self, connection: str) -> None:
        own = await self._service.local_schemas()
        for side in Side:
            self.fields.side(side).set_schemas(connection, own)

    def _on_resend_requested(self, job: Job) -> None:
        async def act() -> None:
            again = await resender(self._service)(job)
            self.follower.follow(again)
            self.job_started.emit(again)

        self.begin(act())

    def _on_job_changed(self, job: Job) -> None:
        self.card.show_job(job)
        self.card.show()
        self._show_buttons()

    def _on_job_lost(self) -> None:
        self.card.hide()
        self.show_failure(
            tr("The server has started anew and no longer knows how far this was"), tr("Look into the table for what was produced.")
        )
        self._show_buttons()

    def _forget_job(self) -> None:
        self.follower.forget()
        self.card.hide()
        self._show_buttons()

    def _say(self, said: Said | None) -> None:
        self.show_failure()
        self._outcome.setVisible(said is not None)
        if said is not None:
            self._outcome.set_tone(said.tone)
            self._outcome.setText(said.text)

    def _show_buttons(self) -> None:
        count = whole_number(self.fields.repeat.count.text()) if self.fields.repeat.is_on() else None
        text = trn("Produce 1 record", "Produce {n} records", count) if count else tr("Produce")
        self.clear.setText(tr("Bring back") if self._before is not None else tr("Clear"))
        self.clear.setToolTip(tr("Show what stood here before") if self._before is not None else tr("Begin with an empty record"))
        words = tr("Producing …") if self.is_busy() else text
        still = self.follower.is_running and self.fields.repeat.is_on()
        self.offer(self.produce, words, enabled=not still, why_not=tr("The last ones are still being produced"))
