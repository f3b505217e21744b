"""The arguments RabbitMQ knows, each with a field that fits it, and beside them any others with a type."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr, trn
from desktop.core.rabbitmq_arguments import Argument, QueueType, Unit, check_argument
from desktop.core.rabbitmq_declare import Faults
from desktop.core.rabbitmq_typed import Entry
from desktop.views.rabbitmq.typed_editor import TypedEditor
from desktop.views.widgets.fold import Fold
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.labels import caption
from desktop.views.widgets.wrapped import Wrapped


class ArgumentsField(QWidget):
    """Fields in two columns; those a kind of queue does not know are put away with what was typed into them."""

    edited = Signal()

    def __init__(self, arguments: Sequence[Argument], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._arguments = tuple(arguments)
        self._cells: dict[str, QWidget] = {}
        self._inputs: dict[str, QLineEdit | QComboBox | QCheckBox] = {}
        self._faults: dict[str, Wrapped] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        for argument in self._arguments:
            self._cells[argument.key] = self._cell(argument)
        self.others = TypedEditor(name=tr("Other arguments"), add=tr("Add argument"))
        self.more = Fold(tr("Other arguments"))
        self.more.body.addWidget(self.others)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._grid)
        column.addWidget(self.more)
        self.others.edited.connect(self._on_edited)
        self.show_for(None)

    def show_for(self, type_: QueueType | None) -> None:
        """Show those a kind of queue knows; None shows all."""
        shown = [argument.key for argument in self._arguments if type_ is None or type_ in argument.types]
        for key, cell in self._cells.items():
            self._grid.removeWidget(cell)
            cell.setVisible(key in shown)
        for number, key in enumerate(shown):
            self._grid.addWidget(self._cells[key], number // 2, number % 2, Qt.AlignmentFlag.AlignTop)

    def known(self) -> dict[str, str]:
        """Answer what was typed, by the arguments' names on the wire."""
        typed = {key: _text_of(field) for key, field in self._inputs.items()}
        return {key: text for key, text in typed.items() if text}

    def show_values(self, known: dict[str, str], others: Sequence[Entry]) -> None:
        """Show these instead."""
        for key, field in self._inputs.items():
            _show_text(field, known.get(key, ""))
        self.others.set_entries(others)
        self._show_others()

    def field(self, key: str) -> QLineEdit | QComboBox | QCheckBox:
        """Answer the field of an argument."""
        return self._inputs[key]

    def fault(self, key: str) -> str:
        """Answer what stands under an argument."""
        return self._faults[key].text()

    def show_faults(self, faults: dict[str, Fault]) -> None:
        """Say what is wrong, each at its own."""
        for key in self._faults:
            self._show_fault(key, faults.get(key))

    def show_differs(self, key: str, words: str) -> bool:
        """Say of an argument that what exists has it otherwise; whether there is a field for it."""
        if key not in self._faults or self._cells[key].isHidden():
            return False
        self._faults[key].setText(words)
        self._faults[key].show()
        self._inputs[key].setFocus()
        return True

    def go_to_fault(self, faults: Faults) -> bool:
        """Put the cursor into the first argument that is wrong; whether one is."""
        key = next((argument.key for argument in self._arguments if argument.key in faults.fields), "")
        if key:
            self._inputs[key].setFocus()
        elif faults.others:
            self.more.set_open(True)
            self.others.show_faults(faults.others)
        return bool(key or faults.others)

    def _cell(self, argument: Argument) -> QWidget:
        cell = QWidget(self)
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        label = caption(tr(argument.label))
        field = self._field(argument)
        for widget in (label, field):
            widget.setToolTip(f"{argument.key}\n{tr(argument.help)}")
        fault = Wrapped(tone="bad")
        fault.hide()
        column.addWidget(label)
        column.addWidget(field)
        column.addWidget(fault)
        self._inputs[argument.key] = field
        self._faults[argument.key] = fault
        return cell

    def _field(self, argument: Argument) -> QLineEdit | QComboBox | QCheckBox:
        name = tr(argument.label)
        if argument.unit is Unit.SWITCH:
            switch = QCheckBox(tr("On"))
            switch.setAccessibleName(name)
            switch.toggled.connect(self._on_edited)
            return switch
        if argument.unit is Unit.CHOICE:
            choice = QComboBox()
            choice.setAccessibleName(name)
            choice.addItem(tr("Not set"), "")
            for word in argument.choices:
                choice.addItem(word, word)
            choice.activated.connect(self._on_edited)
            return choice
        line = line_field(name, argument.example, mono=True)
        line.textEdited.connect(lambda text: self._show_fault(argument.key, check_argument(argument, text)))
        line.textEdited.connect(self._on_edited)
        return line

    def _show_fault(self, key: str, fault: Fault | None) -> None:
        label = self._faults[key]
        label.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault else "")
        label.setVisible(fault is not None)

    def _on_edited(self) -> None:
        self._show_others()
        self.edited.emit()

    def _show_others(self) -> None:
        count = sum(not entry.is_blank for entry in self.others.entries())
        self.more.set_note(trn("1 set", "{n} set", count) if count else "")


def _text_of(field: QLineEdit | QComboBox | QCheckBox) -> str:
    if isinstance(field, QCheckBox):
        return "true" if field.isChecked() else ""
    return str(field.currentData() or "") if isinstance(field, QComboBox) else field.text()


def _show_text(field: QLineEdit | QComboBox | QCheckBox, text: str) -> None:
    if isinstance(field, QCheckBox):
        field.setChecked(text == "true")
    elif isinstance(field, QComboBox):
        field.setCurrentIndex(max(0, field.findData(text)))
    else:
        field.setText(text)
