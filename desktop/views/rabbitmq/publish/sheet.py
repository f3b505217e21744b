"""The publish form: one message or many, with the broker's answer in place. It keeps every letter typed."""

from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr, trn
from desktop.core.rabbitmq_draft import BodyKind, Draft, draft_of, fields_in
from desktop.core.rabbitmq_route import outcome_words
from desktop.core.repeat import whole_number
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.publish.fields import PublishFields
from desktop.views.rabbitmq.publish.send import BodyTooLong, FileUnreadable, Sending
from desktop.views.rabbitmq.rabbit_sheet import where_words
from desktop.views.rabbitmq.resend import resender
from desktop.views.widgets.buttons import PrimaryButton
from desktop.views.widgets.send_sheet import SendSheet
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.rabbitmq import Message, PublishOutcome, PublishTemplate

DRAFT_KEY: Final = "publish"


class PublishSheet(SendSheet[Draft, PublishTemplate]):
    """``Ctrl+Enter`` publishes from any field, and the form stays open: what the broker answered stands above the button."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Publish"), resender(service), small_outcome=True)
        self._service = service
        self.vhost = ""
        self.fields = PublishFields(service, notices.from_exception)
        self.publish = PrimaryButton(tr("Publish"), self.start_publishing)
        self.lay_out(self.fields, self.fields.body_field, self.publish)
        self.fields.edited.connect(self._on_edited)
        self.templates.chosen.connect(self._on_template_chosen)
        self.submit_requested.connect(self.start_publishing)
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
        self.vhost = vhost
        self.act_on(connection, where_words(connection, vhost))
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

    # -- what is typed

    def _on_edited(self) -> None:
        self._before = None
        self._service.keep_draft(DRAFT_KEY, self.draft())
        self._show_buttons()

    def _on_template_chosen(self, template: PublishTemplate) -> None:
        self._replace(draft_of(template.message, self.draft()))

    def _emptied(self) -> Draft:
        now = self.draft()
        return replace(Draft(), exchange=now.exchange, routing_key=now.routing_key)

    def _is_worth_keeping(self, draft: Draft) -> bool:
        return bool(draft.text or draft.file or draft.headers)

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
            self._follow_job(answer)
        else:
            self.fields.body_field.set_body_fault(answer)
            return
        self.done.emit(answer)

    async def _load_fields(self) -> None:
        self.fields.field_menu.set_fields(await self._service.generated_fields())

    def _lost_hint(self) -> str:
        return tr("Look into the table for what was published.")

    def _show_buttons(self) -> None:
        count = whole_number(self.fields.repeat.count.text()) if self.fields.repeat.is_on() else None
        text = trn("Publish 1 message", "Publish {n} messages", count) if count else tr("Publish")
        self._show_clear(tr("Begin with an empty message"))
        words = tr("Publishing …") if self.is_busy() else text
        still = self.follower.is_running and self.fields.repeat.is_on()
        self.offer(self.publish, words, enabled=not still, why_not=tr("The last ones are still being published"))
