"""The form that declares an exchange."""

from collections.abc import Coroutine
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_arguments import EXCHANGE_ARGUMENTS
from desktop.core.rabbitmq_declare import EXCHANGE_TYPES, ExchangeDraft, Faults, exchange_request
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.declare.arguments_field import ArgumentsField
from desktop.views.rabbitmq.declare.named import NamedSheet
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.rabbitmq import DeclareExchange

KEY: Final = "declare-exchange"


class DeclareExchangeSheet(NamedSheet):
    """Name, type, durability and arguments. Declaring again with the same settings changes nothing."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Declare exchange"))
        self.name = line_field(tr("Name"), "orders", mono=True)
        self.type = QComboBox()
        self.type.setAccessibleName(tr("Type"))
        self.type.setEditable(True)
        line = self.type.lineEdit()
        assert line is not None
        line.setAccessibleName(tr("Type"))
        self.type.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        for number, (word, help_) in enumerate(EXCHANGE_TYPES):
            self.type.addItem(word)
            self.type.setItemData(number, tr(help_), Qt.ItemDataRole.ToolTipRole)
        self._about = Wrapped()
        self.durable = QCheckBox(tr("Durable"))
        self.durable.setToolTip(tr("Survives a restart of the broker"))
        self.auto_delete = QCheckBox(tr("Auto-delete"))
        self.auto_delete.setToolTip(tr("Deleted once the last binding from it has gone"))
        self.internal = QCheckBox(tr("Internal"))
        self.internal.setToolTip(tr("Clients cannot publish to it: only other exchanges can"))
        self.arguments = ArgumentsField(EXCHANGE_ARGUMENTS)
        self._lay_out()
        self.type.currentTextChanged.connect(self._on_edited)
        self.follow(self.durable, self.auto_delete, self.internal)
        self.show_draft(service.draft(KEY, ExchangeDraft()))

    def draft(self) -> ExchangeDraft:
        """Answer the form exactly as it stands."""
        return ExchangeDraft(
            self.name.text(),
            self.type.currentText(),
            self.durable.isChecked(),
            self.auto_delete.isChecked(),
            self.internal.isChecked(),
            self.arguments.known(),
            self.arguments.others.entries(),
        )

    def show_draft(self, draft: ExchangeDraft) -> None:
        """Put *draft* into the fields."""
        self._loading = True
        self.name.setText(draft.name)
        self.type.setCurrentText(draft.type)
        for box, on in ((self.durable, draft.durable), (self.auto_delete, draft.auto_delete), (self.internal, draft.internal)):
            box.setChecked(on)
        self.arguments.show_values(draft.known, draft.others)
        self._loading = False
        self._on_edited()

    def checked(self) -> tuple[Coroutine[Any, Any, None] | None, Faults]:
        """Answer what declares it, where nothing is wrong, and else the faults."""
        request, faults = exchange_request(self.draft(), self.vhost)
        return (None if request is None else self._declare(request)), faults

    def _lay_out(self) -> None:
        self.add_field("name", tr("Name"), self.name)
        self.add_field("type", tr("Type"), self.type, self._about)
        self.add_switches(tr("Lifetime and use"), self.durable, self.auto_delete, self.internal)

    async def _declare(self, request: DeclareExchange) -> None:
        declared = await self._service.declare_exchange(self.connection_id(), request)
        self._notices.info(tr("Declared the exchange {name}", name=declared.name))
        self.show_draft(ExchangeDraft(type=self.type.currentText()))
        self.close_sheet()
        self.done.emit(declared)

    def _on_edited(self) -> None:
        about = dict(EXCHANGE_TYPES).get(self.type.currentText().strip(), "")
        self._about.setText(tr(about) or tr("A plug-in's own type: what it does with a message is not known here."))
        self.keep(KEY, self.draft())

    def _show_buttons(self) -> None:
        self.offer_declaring(tr("Declare exchange"))
