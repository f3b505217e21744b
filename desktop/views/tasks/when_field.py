"""When a task is to run: at once, after a while, or at a time; one of them, never two."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.tasks_draft import When
from desktop.views.widgets.labels import caption


class WhenField(QWidget):
    """Three choices and the text that belongs to the chosen one; each keeps what was typed into it."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._choices: dict[When, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(4)
        for when, text in ((When.NOW, tr("Now")), (When.AFTER, tr("After")), (When.AT, tr("At"))):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setAutoDefault(False)
            self._group.addButton(button)
            self._choices[when] = button
            row.addWidget(button)
        self.countdown = _line(tr("Wait before it runs"), tr("Such as 90, 1m30s or 2h"))
        self.eta = _line(tr("Time at which it runs"), tr("Such as 14:30 or 2026-11-24 14:30"))
        row.addWidget(self.countdown, 1)
        row.addWidget(self.eta, 1)
        row.addStretch(0)
        self._problem = caption(tone="bad", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._problem)
        self.set_when(When.NOW)
        self._group.buttonToggled.connect(self._on_toggled)
        for line in (self.countdown, self.eta):
            line.textEdited.connect(self._on_edited)

    def when(self) -> When:
        """Answer the chosen way."""
        return next(when for when, button in self._choices.items() if button.isChecked())

    def set_when(self, when: When) -> None:
        """Choose a way."""
        self._choices[when].setChecked(True)
        self._show_line()

    def problem(self) -> str:
        """Answer what is wrong with the time, empty where nothing is."""
        return self._problem.text()

    def set_problem(self, title: str = "", hint: str = "") -> None:
        """Say under the field what is wrong with it; nothing clears it."""
        self._problem.setText(f"{title}\n{hint}" if title else "")
        self._problem.setVisible(bool(title))

    def go_to_fault(self) -> None:
        """Put the cursor into the line that is asked for."""
        line = self.countdown if self.when() is When.AFTER else self.eta
        line.setFocus()
        line.selectAll()

    def _on_toggled(self, _button: QPushButton, checked: bool) -> None:
        if checked:
            self._show_line()
            self.edited.emit()

    def _on_edited(self) -> None:
        self.set_problem()
        self.edited.emit()

    def _show_line(self) -> None:
        self.countdown.setVisible(self.when() is When.AFTER)
        self.eta.setVisible(self.when() is When.AT)
        self.set_problem()


def _line(name: str, placeholder: str) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(name)
    line.setPlaceholderText(placeholder)
    line.setToolTip(name)
    return line
