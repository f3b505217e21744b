"""Sending many: how often, how fast, and from which seed."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.repeat import Repeat, RepeatPlace, first_fault
from desktop.views.widgets.form_sheet import field_group, line_field, side_by_side
from desktop.views.widgets.wrapped import Wrapped


class RepeatField(QWidget):
    """A switch, and while it is on the three lines it needs."""

    edited = Signal()

    def __init__(self, switch: str, a_second: str, as_fast: str, parent: QWidget | None = None) -> None:
        """*switch* is what turning it on means, *a_second* what the rate counts, *as_fast* what no rate means."""
        super().__init__(parent)
        self.switch = QCheckBox(switch)
        self.count = line_field(tr("How many"), "1,000", mono=True)
        self.rate = line_field(a_second, as_fast, mono=True)
        self.seed = line_field(tr("Seed"), tr("by chance"), mono=True)
        self.seed.setToolTip(tr("The same seed fills {{fields}} with the same values again"))
        self._faults = {place: Wrapped(tone="bad") for place in RepeatPlace}
        self._box = QWidget()
        lines = QVBoxLayout(self._box)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addLayout(
            side_by_side(
                field_group(tr("How many"), self.count, self._faults[RepeatPlace.COUNT]),
                field_group(a_second, self.rate, self._faults[RepeatPlace.RATE]),
                field_group(tr("Seed"), self.seed, self._faults[RepeatPlace.SEED]),
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.switch)
        column.addWidget(self._box)
        self.show_faults({})
        self._box.hide()
        self.switch.toggled.connect(self._on_toggled)
        for line in (self.count, self.rate, self.seed):
            line.textEdited.connect(self._on_edited)

    def is_on(self) -> bool:
        """Whether more than one is published."""
        return self.switch.isChecked()

    def repeat(self) -> Repeat:
        """Answer the lines exactly as they stand."""
        return Repeat(self.is_on(), self.count.text(), self.rate.text(), self.seed.text())

    def show_repeat(self, repeat: Repeat) -> None:
        """Show a draft's repetition."""
        self.switch.setChecked(repeat.on)
        for line, text in ((self.count, repeat.count), (self.rate, repeat.rate), (self.seed, repeat.seed)):
            line.setText(text)
        self._box.setVisible(repeat.on)

    def fault(self, place: RepeatPlace) -> str:
        """Answer what stands under a line."""
        return self._faults[place].text()

    def show_faults(self, faults: dict[str, Fault]) -> None:
        """Say what is wrong, each at its own."""
        for place, label in self._faults.items():
            fault = faults.get(place)
            label.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault else "")
            label.setVisible(fault is not None)

    def go_to_fault(self, faults: dict[str, Fault]) -> bool:
        """Put the cursor into the first line that is wrong; whether one is."""
        place = first_fault(faults)
        if place is None:
            return False
        line = {RepeatPlace.COUNT: self.count, RepeatPlace.RATE: self.rate, RepeatPlace.SEED: self.seed}[place]
        line.setFocus()
        line.selectAll()
        return True

    def _on_toggled(self, on: bool) -> None:
        self._box.setVisible(on)
        self.edited.emit()

    def _on_edited(self) -> None:
        self.show_faults({})
        self.edited.emit()
