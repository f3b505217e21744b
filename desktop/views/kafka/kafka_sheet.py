"""What every Kafka form has in common: it acts on one cluster, mostly on one topic or group of it."""

from PySide6.QtWidgets import QWidget

from desktop.core.connections_words import name_of
from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.widgets.connection_sheet import ConnectionSheet
from desktop.views.widgets.form_sheet import WIDTH_PX, field_group
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection


class KafkaSheet(ConnectionSheet):
    """A form over one cluster. A subclass says in `_show_buttons` what its buttons say and offer."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices, heading: str, *, width: int = WIDTH_PX) -> None:
        self._service = service
        self._faults: dict[str, Wrapped] = {}
        self._places: dict[str, QWidget] = {}
        super().__init__(host, notices, heading, width=width)

    def point_at(self, connection: Connection, what: str = "") -> None:
        """Act on *connection* from now on, on its *what* where that is one thing."""
        self.act_on(connection, where_words(connection, what))

    # -- fields with a place for what is wrong with them

    def place(self, name: str, label: str, widget: QWidget, about: QWidget | None = None) -> QWidget:
        """Answer a field with its caption and a place for what is wrong with it, to be laid out."""
        fault = Wrapped(tone="bad")
        fault.hide()
        self._faults[name], self._places[name] = fault, widget
        return field_group(label, widget, about, fault)

    def fault(self, name: str) -> str:
        """Answer what stands under a field."""
        return self._faults[name].text()

    def show_field_faults(self, faults: dict[str, Fault], *, go: bool = True) -> bool:
        """Say what is wrong with each field, and go to the first; whether one is wrong."""
        for name, label in self._faults.items():
            fault = faults.get(name)
            label.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault else "")
            label.setVisible(fault is not None)
        first = next((name for name in self._places if name in faults), "")
        if first and go:
            self._places[first].setFocus()
        return bool(first)


def where_words(connection: Connection, what: str = "") -> str:
    """Say where a form acts, on its *what* where that is one thing."""
    name = name_of(connection)
    return tr("{connection} · {what}", connection=name, what=what) if what else name
