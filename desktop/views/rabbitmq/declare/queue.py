"""The form that declares a queue."""

from collections.abc import Coroutine
from typing import Any, Final

from PySide6.QtWidgets import QCheckBox, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_arguments import QUEUE_ARGUMENTS, QueueType
from desktop.core.rabbitmq_declare import Faults, QueueDraft, queue_request
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.declare.arguments_field import ArgumentsField
from desktop.views.rabbitmq.declare.named import NamedSheet
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.rabbitmq import DeclareQueue

KEY: Final = "declare-queue"


class DeclareQueueSheet(NamedSheet):
    """Name, kind, durability and arguments. Declaring again with the same settings changes nothing."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Declare queue"))
        self.name = line_field(tr("Name"), tr("chosen by the broker"), mono=True)
        kinds = [(QueueType.CLASSIC, "Classic"), (QueueType.QUORUM, "Quorum"), (QueueType.STREAM, "Stream")]
        self.kind = Segmented(kinds, QueueType.CLASSIC, name=tr("Kind"))
        self._about = Wrapped()
        self.durable = QCheckBox(tr("Durable"))
        self.durable.setToolTip(tr("Survives a restart of the broker; its persistent messages do as well"))
        self.auto_delete = QCheckBox(tr("Auto-delete"))
        self.auto_delete.setToolTip(tr("Deleted once its last consumer has gone"))
        self.arguments = ArgumentsField(QUEUE_ARGUMENTS)
        self._lay_out()
        self.kind.chosen.connect(self._on_edited)
        self.follow(self.durable, self.auto_delete)
        self.show_draft(service.draft(KEY, QueueDraft()))

    def draft(self) -> QueueDraft:
        """Answer the form exactly as it stands."""
        return QueueDraft(
            self.name.text(),
            QueueType(self.kind.current()),
            self.durable.isChecked(),
            self.auto_delete.isChecked(),
            self.arguments.known(),
            self.arguments.others.entries(),
        )

    def show_draft(self, draft: QueueDraft) -> None:
        """Put *draft* into the fields."""
        self._loading = True
        self.name.setText(draft.name)
        self.kind.set_current(draft.type)
        self.durable.setChecked(draft.durable)
        self.auto_delete.setChecked(draft.auto_delete)
        self.arguments.show_values(draft.known, draft.others)
        self._loading = False
        self._on_edited()

    def checked(self) -> tuple[Coroutine[Any, Any, None] | None, Faults]:
        """Answer what declares it, where nothing is wrong, and else the faults."""
        request, faults = queue_request(self.draft(), self.vhost)
        return (None if request is None else self._declare(request)), faults

    def _lay_out(self) -> None:
        self.add_field("name", tr("Name"), self.name)
        self.add_field("x-queue-type", tr("Kind"), self.kind, self._about)
        self._flags = self.add_switches(tr("Lifetime"), self.durable, self.auto_delete)

    async def _declare(self, request: DeclareQueue) -> None:
        declared = await self._service.declare_queue(self.connection_id(), request)
        self._notices.info(tr("Declared the queue {name}", name=declared.name))
        self.show_draft(QueueDraft(type=QueueType(self.kind.current())))
        self.close_sheet()
        self.done.emit(declared)

    def _on_edited(self) -> None:
        kind = QueueType(self.kind.current())
        self.arguments.show_for(kind)
        self._flags.setVisible(kind is QueueType.CLASSIC)
        about = {
            QueueType.CLASSIC: tr("On one node. Priorities, and lifetimes of every kind."),
            QueueType.QUORUM: tr("Replicated and always durable. Counts deliveries, so that a poisoned message can be stopped."),
            QueueType.STREAM: tr("A log that is read without removing, by offset or time. Always durable."),
        }
        self._about.setText(about[kind])
        self.keep(KEY, self.draft())

    def _show_buttons(self) -> None:
        self.offer_declaring(tr("Declare queue"))
