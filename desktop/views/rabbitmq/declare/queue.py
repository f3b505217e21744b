"""The form that declares a queue."""

from typing import Final

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_arguments import QUEUE_ARGUMENTS, QueueType
from desktop.core.rabbitmq_declare import QueueDraft, queue_request
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.declare.arguments_field import ArgumentsField
from desktop.views.rabbitmq.declare.base import DeclareSheet
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.rabbitmq import DeclareQueue

KEY: Final = "declare-queue"


class DeclareQueueSheet(DeclareSheet):
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
        self.name.textEdited.connect(self._on_edited)
        self.name.returnPressed.connect(self.start)
        self.kind.chosen.connect(self._on_edited)
        for box in (self.durable, self.auto_delete):
            box.toggled.connect(self._on_edited)
        self.arguments.edited.connect(self._on_edited)
        self.show_draft(service.draft(KEY, QueueDraft()))

    def open_to(self, connection: Connection, vhost: str) -> None:
        """Open the form there, with what was typed before."""
        self.show_failure()
        self.point_at(connection, vhost)
        self.open_sheet(self.name)

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

    def start(self) -> None:
        """Check everything; declare it if it holds, else go to the first fault."""
        if self.connection is None or self.is_read_only():
            return
        request, faults = queue_request(self.draft(), self.vhost)
        self.arguments.show_faults(faults.fields)
        self.show_faults(faults, self.arguments.go_to_fault)
        if request is not None:
            self.begin(self._declare(request))

    def show_differs(self, argument: str, words: str) -> bool:
        """Say it at the argument."""
        return self.arguments.show_differs(argument, words)

    def _lay_out(self) -> None:
        self.add_field("name", tr("Name"), self.name)
        self.add_field("x-queue-type", tr("Kind"), self.kind, self._about)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.durable)
        row.addWidget(self.auto_delete)
        row.addStretch(1)
        self._flags = self.add_field("durable", tr("Lifetime"), box)
        self.form.addWidget(self.arguments)
        self.end_form()

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
        name = self.name.text()
        fits = 0 < len(name) <= 32
        text = tr("Declare {name}", name=name) if fits else tr("Declare queue")
        self.offer(self.button, tr("Declaring …") if self.is_busy() else text)
