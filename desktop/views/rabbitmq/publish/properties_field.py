"""A message's properties: the common ones in sight, the others folded; each explains itself and says what is wrong with it."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCompleter, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import N_, tr, trn
from desktop.core.rabbitmq_draft import read_properties
from desktop.views.widgets.fold import Fold
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped

CONTENT_TYPES: Final = ["application/json", "text/plain", "application/octet-stream", "application/x-protobuf", "application/x-msgpack"]
CONTENT_ENCODINGS: Final = ["utf-8", "gzip", "zstd", "deflate", "base64"]
PERSISTENT, TRANSIENT, NOT_SET = "2", "1", ""


@dataclass(frozen=True, slots=True)
class PropertyField:
    """One property: what it is called, an example, and what it does."""

    name: str
    label: str
    example: str
    help: str
    common: bool = False


FIELDS: Final = (
    PropertyField("content_type", "content-type", "application/json", N_("What the body is, as a MIME type"), common=True),
    PropertyField(
        "delivery_mode",
        "delivery-mode",
        "",
        N_("A persistent message is written to disk by durable queues and survives a restart of the broker; a transient one is not"),
        common=True,
    ),
    PropertyField("correlation_id", "correlation-id", "{{uuid}}", N_("Joins a reply to its request, and events to a trace"), common=True),
    PropertyField("message_id", "message-id", "{{uuid}}", N_("The application's own id of the message"), common=True),
    PropertyField("priority", "priority", "0", N_("0 to 255; counts only in queues with x-max-priority"), common=True),
    PropertyField(
        "expiration",
        "expiration",
        N_("30s, or 30000"),
        N_("How long it may wait in a queue: milliseconds, or with a unit. Then it is dropped, or dead-lettered"),
        common=True,
    ),
    PropertyField("reply_to", "reply-to", "amq.rabbitmq.reply-to", N_("The queue an answer is expected in")),
    PropertyField("type", "type", "order.paid", N_("The application's name for this kind of message")),
    PropertyField("timestamp", "timestamp", N_("now"), N_("When it was made: now, seconds since 1970, or a date and time")),
    PropertyField("content_encoding", "content-encoding", "gzip", N_("How the body is packed; nothing is packed here")),
    PropertyField("app_id", "app-id", "shop", N_("The application that made it")),
    PropertyField("user_id", "user-id", "guest", N_("Checked by the broker: it has to be the connection's own user")),
    PropertyField("cluster_id", "cluster-id", "", N_("No longer used by AMQP 0-9-1; RabbitMQ hands it through")),
)
OWN_WORDS: Final = frozenset({"expiration", "timestamp"})
"""Their examples are words, so they are translated."""


class PropertiesField(QWidget):
    """Two columns of lines. Nothing typed is a property that is not there; two double quotes are an empty one."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[str, QLineEdit] = {}
        self._faults: dict[str, Wrapped] = {}
        modes = [(PERSISTENT, tr("Persistent")), (TRANSIENT, tr("Transient")), (NOT_SET, tr("Not set"))]
        self.delivery_mode = Segmented(modes, PERSISTENT, name=tr("Delivery mode"))
        self._other_mode = ""
        """A delivery mode that is neither: kept as it came until another is chosen."""
        self.more = Fold(tr("More properties"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._grid([field for field in FIELDS if field.common]))
        self.more.body.addLayout(self._grid([field for field in FIELDS if not field.common]))
        column.addWidget(self.more)
        self.delivery_mode.chosen.connect(self._on_mode_chosen)

    def values(self) -> dict[str, str]:
        """Answer what was typed, by the properties' names."""
        typed = {name: line.text() for name, line in self._lines.items() if line.text()}
        mode = self._other_mode or self.delivery_mode.current()
        return typed | ({"delivery_mode": mode} if mode else {})

    def set_values(self, values: dict[str, str]) -> None:
        """Show these instead."""
        for name, line in self._lines.items():
            if line.text() != values.get(name, ""):
                line.setText(values.get(name, ""))
        mode = values.get("delivery_mode", NOT_SET)
        self._other_mode = "" if mode in {PERSISTENT, TRANSIENT, NOT_SET} else mode
        self.delivery_mode.set_current(mode if not self._other_mode else "other")
        self.show_faults(read_properties(values)[1])

    def line(self, name: str) -> QLineEdit:
        """Answer the line of a property."""
        return self._lines[name]

    def fault(self, name: str) -> str:
        """Answer what stands under a property."""
        return self._faults[name].text()

    def show_faults(self, faults: dict[str, Fault]) -> None:
        """Say what is wrong, each at its own."""
        for name, label in self._faults.items():
            fault = faults.get(name)
            label.setVisible(fault is not None)
            label.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault else "")
        hidden = [field.name for field in FIELDS if not field.common]
        count = sum(bool(self._lines[name].text()) for name in hidden)
        self.more.set_note(trn("1 set", "{n} set", count) if count else "")
        if any(name in hidden for name in faults):
            self.more.set_open(True)

    def go_to_fault(self, faults: dict[str, Fault]) -> bool:
        """Put the cursor into the first property that is wrong; whether one is."""
        name = next((field.name for field in FIELDS if field.name in faults), "")
        if name in self._lines:
            self._lines[name].setFocus()
            self._lines[name].selectAll()
        return bool(name)

    def _grid(self, fields: list[PropertyField]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for number, field in enumerate(fields):
            grid.addLayout(self._cell(field), number // 2, number % 2, Qt.AlignmentFlag.AlignTop)
        return grid

    def _cell(self, field: PropertyField) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        column.setContentsMargins(0, 0, 0, 4)
        label = caption(field.label)
        label.setToolTip(tr(field.help))
        column.addWidget(label)
        if field.name == "delivery_mode":
            self.delivery_mode.setToolTip(tr(field.help))
            column.addWidget(self.delivery_mode)
        else:
            column.addWidget(self._line(field))
        fault = Wrapped(tone="bad")
        fault.hide()
        self._faults[field.name] = fault
        column.addWidget(fault)
        return column

    def _line(self, field: PropertyField) -> QLineEdit:
        line = line_field(field.label, tr(field.example) if field.name in OWN_WORDS else field.example, mono=True)
        line.setToolTip(tr(field.help))
        offers = {"content_type": CONTENT_TYPES, "content_encoding": CONTENT_ENCODINGS}.get(field.name)
        if offers:
            completer = QCompleter(offers, self)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            line.setCompleter(completer)
        line.textChanged.connect(self._on_edited)
        self._lines[field.name] = line
        return line

    def _on_mode_chosen(self) -> None:
        self._other_mode = ""
        self._on_edited()

    def _on_edited(self) -> None:
        self.show_faults(read_properties(self.values())[1])
        self.edited.emit()
