"""Purge a queue, delete a queue or an exchange: the form names what goes and how much of it, and on production asks for the name."""

from typing import Final

from PySide6.QtWidgets import QCheckBox, QWidget

from desktop.core.formatting import number
from desktop.core.i18n import tr, trn
from desktop.core.rabbitmq_destroy import act_words, consequence_words, question_words
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.rabbit_sheet import RabbitSheet
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.typed_name import TypedName
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.rabbitmq import Destroy, Destroyed, Target

WIDTH_PX: Final = 440


class DestroySheet(RabbitSheet):
    """One act, red, and disabled until all that it needs is there."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Delete"), width=WIDTH_PX)
        self._target = Target.MESSAGES
        self._name = ""
        self._count: int | None = None
        self._question = Wrapped(tone="text", small=False, bold=True)
        self._consequence = Wrapped(small=False)
        self.if_empty = QCheckBox(tr("Only if it is empty"))
        self.if_empty.setToolTip(tr("The broker refuses to delete a queue that still holds messages"))
        self.if_unused = QCheckBox(tr("Only if nobody uses it"))
        self.if_unused.setToolTip(tr("The broker refuses while a queue has consumers, or an exchange has bindings"))
        self.typed_name = TypedName()
        self.act = Button("", self.start_destroying, icon_name="ph.trash", tone="bad")
        self.keep = Button(tr("Keep it"), self.close_sheet)
        for widget in (self._question, self._consequence, self.if_empty, self.if_unused, self.typed_name):
            self.form.addWidget(widget)
            self.form.addSpacing(4)
        self.let_buttons_follow()
        self.foot.addWidget(self.keep)
        self.foot.addWidget(self.act)
        self.foot.addStretch(1)
        self.typed_name.changed.connect(self._show_buttons)
        self.typed_name.line.returnPressed.connect(self.start_destroying)
        self.submit_requested.connect(self.start_destroying)

    def open_to(self, connection: Connection, vhost: str, target: Target, name: str, count: int | None) -> None:
        """Ask about *name*; *count* is how many ready messages are in it, None where nobody knows."""
        self._target, self._name, self._count = target, name, count
        self.show_failure()
        self.heading.setText(tr("Purge") if target is Target.MESSAGES else tr("Delete"))
        self.setAccessibleName(self.heading.text())
        for box in (self.if_empty, self.if_unused):
            box.setChecked(False)
        self.if_empty.setVisible(target is Target.QUEUE)
        self.if_unused.setVisible(target is not Target.MESSAGES)
        self.point_at(connection, vhost)
        self.typed_name.line.clear()
        self.typed_name.ask_for(name, wanted=self.is_production())
        self._show_count()
        self.open_sheet(self.typed_name.line if self.is_production() else self.keep)
        if target is not Target.EXCHANGE:
            self._jobs.start("count", self._recount(), self._on_help_failed)  # what was known may be seconds old

    def question(self) -> str:
        """Answer what is asked."""
        return self._question.text()

    def start_destroying(self) -> None:
        """Do it: the user has been asked."""
        if self.connection is None or not self.act.isEnabled():
            return
        request = Destroy(
            self.vhost,
            self._target,
            self._name,
            typed_name=self.typed_name.text(),
            if_empty=self.if_empty.isChecked() and self._target is Target.QUEUE,
            if_unused=self.if_unused.isChecked() and self._target is not Target.MESSAGES,
        )
        self.begin(self._destroy(request))

    async def _recount(self) -> None:
        queue = await self._service.queue(self.connection_id(), self.vhost, self._name)
        self._count = queue.ready
        self._show_count()

    async def _destroy(self, request: Destroy) -> None:
        gone = await self._service.destroy(self.connection_id(), request)
        self.close_sheet()
        self._tell(request, gone)
        self.done.emit(gone)

    def _tell(self, request: Destroy, gone: Destroyed) -> None:
        """Say what went: the broker's own number, not the one that was asked about."""
        if request.target is Target.MESSAGES:
            said = trn("Purged 1 message from {name}", "Purged {n} messages from {name}", gone.messages, name=request.name)
        elif gone.messages:
            said = tr("Deleted {name} with {n} messages", name=request.name, n=number(gone.messages))
        else:
            said = tr("Deleted {name}", name=request.name)
        self._notices.info(said)

    def _show_count(self) -> None:
        self._question.setText(question_words(self._target, self._name, self._count))
        self._consequence.setText(consequence_words(self._target, self._count))
        self._show_buttons()

    def _show_buttons(self) -> None:
        why_not = self.typed_name.why_not()
        self.offer(self.act, act_words(self._target, self._count), enabled=not why_not, why_not=why_not)
