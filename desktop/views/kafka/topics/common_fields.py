"""The settings most topics are given, each with a field that fits it: how long, how much, how large."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.kafka_configs import COMMON, Common, Unit, value_words
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.labels import caption
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.kafka import ConfigEntry


class CommonFields(QWidget):
    """Two columns. Nothing typed is the broker's default, which stands there dim once it is known."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inputs: dict[str, QLineEdit | QComboBox] = {}
        self._faults: dict[str, Wrapped] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for number, common in enumerate(COMMON):
            grid.addWidget(self._cell(common), number // 2, number % 2, Qt.AlignmentFlag.AlignTop)

    def field(self, name: str) -> QLineEdit | QComboBox:
        """Answer the field of a setting."""
        return self._inputs[name]

    def values(self) -> dict[str, str]:
        """Answer what was typed, by the settings' names."""
        typed = {name: field.currentData() if isinstance(field, QComboBox) else field.text() for name, field in self._inputs.items()}
        return {name: str(text) for name, text in typed.items() if text}

    def show_values(self, values: dict[str, str]) -> None:
        """Show these instead."""
        for name, field in self._inputs.items():
            if isinstance(field, QComboBox):
                field.setCurrentIndex(max(0, field.findData(values.get(name, ""))))
            elif field.text() != values.get(name, ""):
                field.setText(values.get(name, ""))

    def know(self, entries: dict[str, ConfigEntry]) -> None:
        """Show the defaults dim, and the broker's own words as tool tips."""
        for common in COMMON:
            entry, field = entries.get(common.name), self._inputs[common.name]
            if entry is not None and isinstance(field, QLineEdit):
                field.setPlaceholderText(value_words(common.name, entry.default) if entry.default is not None else common.example)
            if entry is not None and isinstance(field, QComboBox):
                field.setItemText(0, tr("default: {value}", value=entry.default) if entry.default else tr("default"))

    def show_faults(self, faults: dict[str, Fault]) -> None:
        """Say what is wrong, each at its own."""
        for name, label in self._faults.items():
            fault = faults.get(name)
            label.setText(f"{tr(fault.title)}. {tr(fault.hint)}" if fault else "")
            label.setVisible(fault is not None)

    def show_refusal(self, name: str, words: str) -> bool:
        """Say what the broker has against a setting; whether there is a field for it."""
        if name not in self._faults:
            return False
        self._faults[name].setText(words)
        self._faults[name].show()
        self._inputs[name].setFocus()
        return True

    def go_to_fault(self, faults: dict[str, Fault]) -> bool:
        """Put the cursor into the first that is wrong; whether one is."""
        name = next((common.name for common in COMMON if common.name in faults), "")
        if name:
            self._inputs[name].setFocus()
        return bool(name)

    def _cell(self, common: Common) -> QWidget:
        cell = QWidget(self)
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        label, field = caption(tr(common.label)), self._field(common)
        for widget in (label, field):
            widget.setToolTip(f"{common.name}\n{tr(common.help)}")
        fault = Wrapped(tone="bad")
        fault.hide()
        for widget in (label, field, fault):
            column.addWidget(widget)
        self._inputs[common.name], self._faults[common.name] = field, fault
        return cell

    def _field(self, common: Common) -> QLineEdit | QComboBox:
        if common.unit is not Unit.CHOICE:
            line = line_field(tr(common.label), common.example, mono=True)
            line.textEdited.connect(self.edited)
            return line
        choice = QComboBox()
        choice.setAccessibleName(tr(common.label))
        choice.addItem(tr("default"), "")
        for word in common.choices:
            choice.addItem(word, word)
        choice.activated.connect(self.edited)
        return choice
