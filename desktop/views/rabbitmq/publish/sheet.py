"""The publish form: address with its route, body, properties, typed headers; one message or many. It keeps every letter typed."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QWidget

from desktop.core.i18n import tr, trn
from desktop.core.rabbitmq_draft import BodyKind, Draft, Place, check_short, draft_of, fields_in, prepare, whole_number, with_kind
from desktop.core.rabbitmq_route import Said, outcome_words
from desktop.core.rabbitmq_typed import Fault, faults_of, headers_of
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.jobs.card import JobCard
from desktop.views.rabbitmq.jobs.follow import JobFollower
from desktop.views.rabbitmq.jobs.strip import resend_request
from desktop.views.rabbitmq.name_line import NameLine, exchanges_of, keys_of
from desktop.views.rabbitmq.publish.body_field import BodyField
from desktop.views.rabbitmq.publish.properties_field import PropertiesField
from desktop.views.rabbitmq.publish.repeat_field import RepeatField
from desktop.views.rabbitmq.publish.route_line import RouteLine
from desktop.views.rabbitmq.publish.sample import FieldMenu, Sample
from desktop.views.rabbitmq.publish.send import BodyTooLong, FileUnreadable, Sending
from desktop.views.rabbitmq.publish.templates import Templates
from desktop.views.rabbitmq.rabbit_sheet import RabbitSheet
from desktop.views.rabbitmq.typed_editor import TypedEditor
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.form_sheet import field_group, side_by_side
from desktop.views.widgets.labels import caption
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.rabbitmq import Message, PublishOutcome, PublishTemplate, RouteQuery

WIDTH_PX: Final = 560
DRAFT_KEY: Final = "publish"


class PublishSheet(RabbitSheet):
    """``Ctrl+Enter`` publishes from any field, and the form stays open: what the broker answered stands above the button."""

    job_started = Signal(object)
    """A `Job` that publishes many."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Publish"), width=WIDTH_PX)
        self._loading = False
        self._last_text: QWidget | None = None
        self._before: Draft | None = None
        """What stood here before it was replaced as a whole; until the next letter it can be brought back."""
        self.follower = JobFollower(service, notices.from_exception, self)
        self._make_fields()
        self._lay_out()
        self._connect()
        self.show_draft(service.draft(DRAFT_KEY, Draft()))

    # -- what the panel asks

    def open_to(
        self, connection: Connection, vhost: str, exchange: str = "", routing_key: str = "", message: Message | None = None
    ) -> None:
        """Open the form there; with *message* in place of what stands in it, or with another address."""
        moved = (connection.id, vhost) != (self.connection_id(), self.vhost)
        if moved:
            self._say(None)
            if not self.follower.is_running:
                self._forget_job()
        self.point_at(connection, vhost)
        draft = self.draft()
        if exchange or routing_key:
            draft = replace(draft, exchange=exchange, routing_key=routing_key)
        if message is not None:
            self._replace(draft_of(message, draft))
        else:
            self.show_draft(draft)
        self.exchange.complete_from(exchanges_of(self._service, connection.id, vhost))
        self.templates.start_loading()
        self._jobs.start("fields", self._load_fields(), self._on_help_failed)
        self._look_at_address(again=True)
        self.open_sheet(self.body_field if self.exchange.text() or self.routing_key.text() else self.exchange)

    def draft(self) -> Draft:
        """Answer the form exactly as it stands."""
        return Draft(
            exchange=self.exchange.text(),
            routing_key=self.routing_key.text(),
            kind=self.body_field.kind(),
            text=self.body_field.text(),
            file=self.body_field.file(),
            properties=self.properties.values(),
            headers=self.headers.entries(),
            mandatory=self.mandatory.isChecked(),
            fill=self.sample.fill.isChecked(),
            repeat=self.repeat.is_on(),
            count=self.repeat.count.text(),
            rate=self.repeat.rate.text(),
            seed=self.repeat.seed.text(),
        )

    def show_draft(self, draft: Draft) -> None:
        """Put *draft* into the fields."""
        self._loading = True
        self.exchange.setText(draft.exchange)
        self.routing_key.setText(draft.routing_key)
        self.sample.fill.setChecked(draft.fill)
        self.body_field.show_body(draft)
        self.properties.set_values(draft.properties)
        self.headers.set_entries(draft.headers)
        self.mandatory.setChecked(draft.mandatory)
        self.repeat.show_draft(draft)
        self._loading = False
        self._show_address_faults({})
        self._on_edited()

    def start_publishing(self) -> None:
        """Check everything; send it if it holds, else go to the first fault."""
        if self.is_busy() or self.is_read_only() or self.connection is None:
            return
        message = self._checked(self.draft())
        if message is not None:
            self._say(None)
            self.begin(self._send(self.draft(), message))

    def outcome(self) -> str:
        """Answer what the broker said of the last message, as shown."""
        return "" if self._outcome.isHidden() else self._outcome.text()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self.follower.stop()
        await super().stop()

    # -- how it is made

    def _make_fields(self) -> None:
        self.exchange = NameLine(tr("Exchange"), tr("(default)"))
        self.routing_key = NameLine(tr("Routing key"), "order.paid")
        self._address_faults = {Place.EXCHANGE: Wrapped(tone="bad"), Place.ROUTING_KEY: Wrapped(tone="bad")}
        self.route = RouteLine(self._service, self._notices.from_exception)
        self.mandatory = QCheckBox(tr("Mandatory"))
        self.mandatory.setToolTip(tr("A mandatory message comes back when no queue takes it; any other is lost in silence"))
        self.body_field = BodyField(self._notices.from_exception)
        self.field_menu = FieldMenu()
        self.body_field.add_tool(self.field_menu)
        self.sample = Sample(self._service, self._notices.from_exception)
        self.properties = PropertiesField()
        self.headers = TypedEditor(name=tr("Headers"), add=tr("Add header"))
        self.repeat = RepeatField()
        self.templates = Templates(self._service, self._notices.from_exception, self._message_to_keep)
        self._outcome = Wrapped()
        self._outcome.hide()
        self.card = JobCard(names_itself=False)
        self.card.hide()
        self.publish = PrimaryButton(tr("Publish"), self.start_publishing)
        self.clear = Button(tr("Clear"), self._on_clear_clicked)

    def _lay_out(self) -> None:
        self.form.addWidget(self.templates)
        address = side_by_side(
            field_group(tr("Exchange"), self.exchange, self._address_faults[Place.EXCHANGE]),
            field_group(tr("Routing key"), self.routing_key, self._address_faults[Place.ROUTING_KEY]),
            shares=(2, 3),
        )
        self.form.addLayout(address)
        reach = QHBoxLayout()
        reach.setSpacing(12)
        reach.addWidget(self.route, 1)
        reach.addWidget(self.mandatory)
        self.form.addLayout(reach)
        self.form.addSpacing(8)
        self.form.addWidget(self.body_field)
        self.form.addWidget(self.sample)
        self.form.addSpacing(12)
        self.form.addWidget(self.properties)
        self.form.addSpacing(4)
        self.form.addWidget(caption(tr("Headers")))
        self.form.addWidget(self.headers)
        self.form.addSpacing(12)
        self.form.addWidget(self.repeat)
        self.form.addStretch(1)
        self.body.insertWidget(self.body.count() - 1, self._outcome)
        card = QHBoxLayout()
        card.setContentsMargins(0, 0, 8, 0)
        card.addWidget(self.card)
        self.body.insertLayout(self.body.count() - 1, card)
        self.foot.addWidget(self.publish)
        self.foot.addWidget(caption("Ctrl+Enter"))
        self.foot.addStretch(1)
        self.foot.addWidget(self.clear)
        self.foot.addWidget(self.templates.button)

    def _connect(self) -> None:
        for line in (self.exchange, self.routing_key):
            line.textChanged.connect(self._on_address_edited)
        self.exchange.editingFinished.connect(self._offer_keys)
        self.mandatory.toggled.connect(self._on_mandatory_toggled)
        self.body_field.edited.connect(self._on_edited)
        self.body_field.kind_chosen.connect(self._on_kind_chosen)
        self.sample.toggled.connect(self._on_fill_toggled)
        self.properties.edited.connect(self._on_edited)
        self.headers.edited.connect(self._on_headers_edited)
        self.repeat.edited.connect(self._on_edited)
        self.templates.chosen.connect(self._on_template_chosen)
        self.field_menu.chosen.connect(self._on_field_chosen)
        self.follower.changed.connect(self._on_job_changed)
        self.follower.lost.connect(self._on_job_lost)
        self.card.stop_requested.connect(lambda _: self.follower.start_stopping())
        self.card.forget_requested.connect(lambda _: self._forget_job())
        self.card.resend_requested.connect(self._on_resend_requested)
        self.submit_requested.connect(self.start_publishing)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus_changed)

    # -- what is typed

    def _on_edited(self) -> None:
        if self._loading:
            return
        self._before = None
        draft = self.draft()
        self._service.keep_draft(DRAFT_KEY, draft)
        self.body_field.set_fills(draft.fill)
        names = fields_in(draft)
        self.sample.preview(names, self._to_fill(draft) if names else None)
        self._show_buttons()

    def _to_fill(self, draft: Draft) -> Message | None:
        """What a sample is made of: the parts that hold already, so that a half-typed header hides nothing."""
        if self.body_field.is_long() or self.connection is None:
            return None
        part = Draft(draft.exchange, draft.routing_key, draft.kind, draft.text, fill=draft.fill)
        return prepare(part, self.vhost, check_body=False).message

    def _on_address_edited(self) -> None:
        self._show_address_faults({})
        self._on_edited()
        self._look_at_address()

    def _on_headers_edited(self) -> None:
        self._on_edited()
        self._look_at_address()

    def _on_mandatory_toggled(self, on: bool) -> None:
        self.route.set_mandatory(on)
        self._on_edited()

    def _on_fill_toggled(self) -> None:
        self._on_edited()

    def _on_kind_chosen(self, kind: str) -> None:
        before = self._service.draft(DRAFT_KEY, Draft())
        self.properties.set_values(with_kind(before, BodyKind(kind)).properties)
        self._on_edited()

    def _on_template_chosen(self, template: PublishTemplate) -> None:
        self._replace(draft_of(template.message, self.draft()))

    def _on_clear_clicked(self) -> None:
        if self._before is not None:
            self.show_draft(self._before)
            self._look_at_address()
        else:
            self._replace(replace(Draft(), exchange=self.exchange.text(), routing_key=self.routing_key.text()))
        self.body_field.setFocus()

    def _replace(self, draft: Draft) -> None:
        """Show another message as a whole, and offer to bring back what stood there."""
        before = self.draft()
        self.show_draft(draft)
        self._before = before if before != draft and (before.text or before.file or before.headers) else None
        self._say(None)
        self._look_at_address()
        self._show_buttons()

    def _on_focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        if isinstance(now, QLineEdit | QPlainTextEdit) and self.isAncestorOf(now) and not now.isReadOnly():
            self._last_text = now

    def _on_field_chosen(self, text: str) -> None:
        """Into the text the cursor was in last; a cell of the headers may be gone by now."""
        known = {self.exchange, self.routing_key, *(self.properties.line(name) for name in ("correlation_id", "message_id"))}
        target = self._last_text if self._last_text in known else None
        if isinstance(target, QLineEdit):
            target.insert(text)
        else:
            self.body_field.editor.edit.insertPlainText(text)

    def _offer_keys(self) -> None:
        if self.connection is not None:
            self.routing_key.complete_from(keys_of(self._service, self.connection_id(), self.vhost, self.exchange.text()))

    def _look_at_address(self, *, again: bool = False) -> None:
        if self.connection is None:
            return
        if again:
            self._offer_keys()
        entries = self.headers.entries()
        holds = not faults_of(entries) and not check_short(self.exchange.text()) and not check_short(self.routing_key.text())
        query = RouteQuery(self.vhost, self.exchange.text(), self.routing_key.text(), headers_of(entries)) if holds else None
        self.route.preview(self.connection_id(), query, again=again)

    # -- the check

    def _checked(self, draft: Draft) -> Message | None:
        """Answer the message, or None with what is wrong shown and the cursor in it."""
        prepared = prepare(draft, self.vhost, check_body=not self.body_field.is_long())
        self._show_address_faults(prepared.faults)
        self.properties.show_faults(prepared.faults)
        self.repeat.show_faults(prepared.faults)
        if prepared.message is not None:
            return prepared.message
        if Place.EXCHANGE in prepared.faults or Place.ROUTING_KEY in prepared.faults:
            (self.exchange if Place.EXCHANGE in prepared.faults else self.routing_key).setFocus()
        elif prepared.body_fault is not None:
            self.body_field.set_body_fault(prepared.body_fault)
        elif Place.BODY in prepared.faults:
            self.body_field.set_file_fault(tr(prepared.faults[Place.BODY].title), tr(prepared.faults[Place.BODY].hint))
        elif not self.properties.go_to_fault(prepared.faults):
            if prepared.header_faults:
                self.headers.go_to_fault()
            else:
                self.repeat.go_to_fault(prepared.faults)
        return None

    def _show_address_faults(self, faults: dict[str, Fault]) -> None:
        for place, label in self._address_faults.items():
            fault = faults.get(place)
            label.setText(f"{tr(fault.title)}. {tr(fault.hint)}" if fault else "")
            label.setVisible(fault is not None)

    def _message_to_keep(self) -> Message | None:
        draft = self.draft()
        if draft.kind is BodyKind.FILE:
            self.show_failure(tr("A file cannot be kept in a template"), tr("Keep the message with a body of text or JSON."))
            return None
        self.show_failure()
        return self._checked(replace(draft, repeat=False))

    # -- sending

    async def _send(self, draft: Draft, message: Message) -> None:
        sending = Sending(self._service, self.connection_id(), self.body_field.show_progress)
        fills = draft.fill and bool(fields_in(draft))
        try:
            answer = await sending.send(draft, message, fills=fills)
        except FileUnreadable as exc:
            self.body_field.set_file_fault(tr("This file cannot be read"), str(exc))
            return
        except BodyTooLong as exc:
            self.show_failure(tr("This is too large to publish"), str(exc))
            return
        finally:
            self.body_field.show_progress(0, 0)
        if isinstance(answer, PublishOutcome):
            self._say(outcome_words(answer))
        elif isinstance(answer, Job):
            self.follower.follow(answer)
            self.job_started.emit(answer)
        else:
            self.body_field.set_body_fault(answer)
            return
        self.done.emit(answer)

    async def _load_fields(self) -> None:
        self.field_menu.set_fields(await self._service.generated_fields())

    def _on_resend_requested(self, job: Job) -> None:
        async def act() -> None:
            again = await self._service.bulk(job.connection, resend_request(job))
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
            tr("The server has started anew and no longer knows how far this was"), tr("Look into the table for what was published.")
        )
        self._show_buttons()

    def _forget_job(self) -> None:
        self.follower.forget()
        self.card.hide()

    def _say(self, said: Said | None) -> None:
        self.show_failure()
        self._outcome.setVisible(said is not None)
        if said is not None:
            self._outcome.set_tone(said.tone)
            self._outcome.setText(said.text)

    def _show_buttons(self) -> None:
        count = whole_number(self.repeat.count.text()) if self.repeat.is_on() else None
        text = trn("Publish 1 message", "Publish {n} messages", count) if count else tr("Publish")
        self.clear.setText(tr("Bring back") if self._before is not None else tr("Clear"))
        self.clear.setToolTip(tr("Show what stood here before") if self._before is not None else tr("Begin with an empty message"))
        running = self.follower.is_running
        busy = tr("Publishing …") if self.is_busy() else text
        self.offer(self.publish, busy, enabled=not (running and self.repeat.is_on()), why_not=tr("The last ones are still being published"))
