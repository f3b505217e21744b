"""The produce form: one record or many, with the broker's answer in place. It keeps every letter typed."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr, trn
from desktop.core.kafka_content import Kind
from desktop.core.kafka_draft import Draft, draft_of, fields_in
from desktop.core.kafka_outcome import outcome_words
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.core.repeat import whole_number
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.kafka_sheet import where_words
from desktop.views.kafka.produce.fields import RecordFields
from desktop.views.kafka.produce.resend import resender
from desktop.views.kafka.produce.send import FileUnreadable, Sending, TextFault, TooLong
from desktop.views.widgets.buttons import PrimaryButton
from desktop.views.widgets.send_sheet import SendSheet
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import ProduceOutcome, Record, RecordTemplate, Side

DRAFT_KEY: Final = "produce"


class ProduceSheet(SendSheet[Draft, RecordTemplate]):
    """``Ctrl+Enter`` produces from any field, and the form stays open: where the record is stands above the button."""

    schemas_requested = Signal()
    """The user wants to see or add schemas."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Produce"), resender(service), small_outcome=False)
        self._service = service
        self.fields = RecordFields(service, notices.from_exception)
        self.produce = PrimaryButton(tr("Produce"), self.start_producing)
        self.lay_out(self.fields, self.fields.value, self.produce)
        self.fields.edited.connect(self._on_edited)
        self.fields.schemas_requested.connect(self.schemas_requested)
        self.templates.chosen.connect(self._on_template_chosen)
        self.submit_requested.connect(self.start_producing)
        self.show_draft(service.draft(DRAFT_KEY, Draft()))

    # -- what the panel asks

    def open_to(self, connection: Connection, topic: str = "", record: Record | None = None) -> None:
        """Open the form there; with *record* in place of what stands in it, or with another topic."""
        moved = connection.id != self.connection_id()
        if not self.is_open() and not self.is_busy():
            self._say(None)  # what was said of an earlier record
        if moved and not self.follower.is_running:
            self._forget_job()
        self.act_on(connection, where_words(connection))
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

    # -- what is typed

    def _on_edited(self) -> None:
        self._before = None
        self._service.keep_draft(DRAFT_KEY, self.draft())
        self._show_buttons()

    def _on_template_chosen(self, template: RecordTemplate) -> None:
        self._replace(draft_of(template.record, self.draft()))

    def _emptied(self) -> Draft:
        return replace(Draft(), topic=self.draft().topic)

    def _is_worth_keeping(self, draft: Draft) -> bool:
        return bool(draft.value.text or draft.key.text or draft.value.file or draft.headers)

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
            self._follow_job(answer)
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
            self.fields.side(side).schema.set_schemas(connection, own)

    def _lost_hint(self) -> str:
        return tr("Look into the table for what was produced.")

    def _show_buttons(self) -> None:
        count = whole_number(self.fields.repeat.count.text()) if self.fields.repeat.is_on() else None
        text = trn("Produce 1 record", "Produce {n} records", count) if count else tr("Produce")
        self._show_clear(tr("Begin with an empty record"))
        words = tr("Producing …") if self.is_busy() else text
        still = self.follower.is_running and self.fields.repeat.is_on()
        self.offer(self.produce, words, enabled=not still, why_not=tr("The last ones are still being produced"))
