"""What the forms of queues and exchanges have in common: a name, switches in a row, arguments, and how they are declared."""

from abc import abstractmethod
from collections.abc import Coroutine
from typing import Any

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_declare import Faults
from desktop.views.rabbitmq.declare.arguments_field import ArgumentsField
from desktop.views.rabbitmq.declare.base import DeclareSheet
from embedded_server.contracts.connections import Connection


class NamedSheet(DeclareSheet):
    """A subclass makes `name` and `arguments` before anything is shown."""

    name: QLineEdit
    arguments: ArgumentsField

    def open_to(self, connection: Connection, vhost: str) -> None:
        """Open the form there, with what was typed before."""
        self.show_failure()
        self.point_at(connection, vhost)
        self.open_sheet(self.name)

    def start(self) -> None:
        """Check everything; declare it if it holds, else go to the first fault."""
        if self.connection is None or self.is_read_only():
            return
        act, faults = self.checked()
        self.arguments.show_faults(faults.fields)
        self.show_faults(faults, self.arguments.go_to_fault)
        if act is not None:
            self.begin(act)

    def show_differs(self, argument: str, words: str) -> bool:
        """Say it at the argument."""
        return self.arguments.show_differs(argument, words)

    @abstractmethod
    def checked(self) -> tuple[Coroutine[Any, Any, None] | None, Faults]:
        """Answer what declares it, where nothing is wrong, and else the faults."""

    def follow(self, *switches: QCheckBox) -> None:
        """Take notice of every change of the name, the *switches* and the arguments; Enter in the name declares."""
        self.name.textEdited.connect(self._on_edited)
        self.name.returnPressed.connect(self.start)
        for switch in switches:
            switch.toggled.connect(self._on_edited)
        self.arguments.edited.connect(self._on_edited)

    def add_switches(self, label: str, *switches: QCheckBox) -> QWidget:
        """Put *switches* beside each other, the arguments below them, and end the form."""
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for switch in switches:
            row.addWidget(switch)
        row.addStretch(1)
        group = self.add_field("durable", label, box)
        self.form.addWidget(self.arguments)
        self.end_form()
        return group

    def offer_declaring(self, otherwise: str) -> None:
        """Name what would be declared on the button, where it has room for that."""
        name = self.name.text()
        text = tr("Declare {name}", name=name) if 0 < len(name) <= 32 else otherwise
        self.offer(self.button, tr("Declaring …") if self.is_busy() else text)

    @abstractmethod
    def _on_edited(self) -> None:
        """Something in the form has changed."""
