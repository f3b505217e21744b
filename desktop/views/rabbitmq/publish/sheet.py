"""The publish form: one message or many, with the broker's answer in place. It keeps every letter typed."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.core.i18n import tr, trn
from desktop.core.rabbitmq_draft import BodyKind, Draft, draft_of, fields_in
from desktop.core.rabbitmq_route import Said, outcome_words
from desktop.core.repeat import whole_number
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.publish.fields import PublishFields
from desktop.views.rabbitmq.publish.send import BodyTooLong, FileUnreadable, Sending
from desktop.views.rabbitmq.rabbit_sheet import RabbitSheet
from desktop.views.rabbitmq.resend import resend_request
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.job_card import JobCard
from desktop.views.widgets.job_follow import JobFollower
from desktop.views.widgets.labels import caption
from desktop.views.widgets.templates import Templates, TemplateStore
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.rabbitmq import Message, PublishOutcome, PublishTemplate

WIDTH_PX: Final = 560
DRAFT_KEY: Final = "publish"


class PublishSheet(RabbitSheet):
    """``Ctrl+Enter`` publishes from any field, and the form stays open: what the broker answered stands above the button."""

    job_started = Signal(object)
    """A `Job` that publishes many."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Publish"), width=WIDTH_PX)
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
        if not self.is_open() and not self.is_busy():
            self._say(None)  # what was said of an earlier message
        if moved:
            self._say(None)
            if not self.follower.is_running:
                self._forget_job()
        self.point_at(connection, vhost)
        self.fields.point_at(connection.id, vhost)
        draft = self.draft()
        if exchange or routing_key:
            kept = draft.routing_key if exchange and exchange == draft.exchange else ""
            draft = replace(draft, exchange=exchange, routing_key=routing_key or kept)
        if message is not None:
            self._replace(draft_of(message, draft))
        else:
            self.show_draft(draft)
        self.fields.look()
        self.templates.start_loading()
        self._jobs.start("fields", self._load_fields(), self._on_help_failed)
        self.open_sheet(self.fields.first())

    def draft(self) -> Draft:
        """Answer the form exactly as it stands."""
        return self.fields.draft()

    def show_draft(self, draft: Draft) -> None:
        """Put *draft* into the fields."""
        self.fields.show_draft(draft)

    def start_publishing(self) -> None:
        """Check everything; send it if it holds, else go to the first fault."""
        if self.is_busy() or self.is_read_only() or self.connection is None:
            return
        message = self.fields.checked(self.draft())
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
        self.fields = PublishFields(self._service, self._notices.from_exception)
        service = self._service
        store = TemplateStore(service.templates, service.save_template, service.remove_template)
        self.templates = Templates(store, self._notices.from_exception, self._template_to_keep)
        self._outcome = Wrapped()
        self._outcome.hide()
        self.card = JobCard(names_itself=False)
        self.card.hide()
        self.publish = PrimaryButton(tr("Publish"), self.start_publishing)
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
        self.foot.addWidget(self.publish)
        self.foot.addWidget(caption("Ctrl+Enter"))
        self.foot.addStretch(1)
        self.foot.addWidget(self.clear)
        self.foot.addWidget(self.templates.button)

    def _connect(self) -> None:
        self.fields.edited.connect(self._on_edited)
        self.templates.chosen.connect(self._on_template_chosen)
        self.follower.changed.connect(self._on_job_changed)
        self.follower.lost.connect(self._on_job_lost)
        self.card.stop_requested.connect(lambda _: self.follower.start_stopping())
        self.card.forget_requested.connect(lambda _: self._forget_job())
        self.card.resend_requested.connect(self._on_resend_requested)
        self.submit_requested.connect(self.start_publishing)

    # -- what is typed

    def _on_edited(self) -> None:
        self._before = None
        self._service.keep_draft(DRAFT_KEY, self.draft())
        self._show_buttons()

    def _on_template_chosen(self, template: PublishTemplate) -> None:
        self._replace(draft_of(template.message, self.draft()))

    def _on_clear_clicked(self) -> None:
        if self._before is not None:
            self.show_draft(self._before)
        else:
            now = self.draft()
            self._replace(replace(Draft(), exchange=now.exchange, routing_key=now.routing_key))
        self.fields.body_field.setFocus()

    def _replace(self, draft: Draft) -> None:
        """Show another message as a whole, and offer to bring back what stood there."""
        before = self.draft()
        self.show_draft(draft)
        self._before = before if before != draft and (before.text or before.file or before.headers) else None
        self._say(None)
        self._show_buttons()

    def _template_to_keep(self, name: str) -> PublishTemplate | None:
        draft = self.draft()
        if draft.kind is BodyKind.FILE:
            self.show_failure(tr("A file cannot be kept in a template"), tr("Keep the message with a body of text or JSON."))
            return None
        self.show_failure()
        message = self.fields.checked(replace(draft, repeat=False))
        return PublishTemplate(name, message) if message is not None else None

    # -- sending

    async def _send(self, draft: Draft, message: Message) -> None:
        sending = Sending(self._service, self.connection_id(), self.fields.body_field.show_progress)
        fills = draft.fill and bool(fields_in(draft))
        try:
            answer = await sending.send(draft, message, fills=fills)
        except FileUnreadable as exc:
            self.fields.body_field.set_file_fault(tr("This file cannot be read"), str(exc))
            return
        except BodyTooLong as exc:
            self.show_failure(tr("This is too large to publish"), str(exc))
            return
        finally:
            self.fields.body_field.show_progress(0, 0)
        if isinstance(answer, PublishOutcome):
            self._say(outcome_words(answer))
        elif isinstance(answer, Job):
            self.follower.follow(answer)
            self.job_started.emit(answer)
        else:
            self.fields.body_field.set_body_fault(answer)
            return
        self.done.emit(answer)

    async def _load_fields(self) -> None:
        self.fields.field_menu.set_fields(await self._service.generated_fields())

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
        count = whole_number(self.fields.repeat.count.text()) if self.fields.repeat.is_on() else None
        text = trn("Publish 1 message", "Publish {n} messages", count) if count else tr("Publish")
        self.clear.setText(tr("Bring back") if self._before is not None else tr("Clear"))
        self.clear.setToolTip(tr("Show what stood here before") if self._before is not None else tr("Begin with an empty message"))
        words = tr("Publishing …") if self.is_busy() else text
        still = self.follower.is_running and self.fields.repeat.is_on()
        self.offer(self.publish, words, enabled=not still, why_not=tr("The last ones are still being published"))
