"""When a task is to run: at once, after a while, or at a time; one of them, never two."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.tasks_draft import When
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented


class WhenField(QWidget):
    """Three choices and the text that belongs to the chosen one; each keeps what was typed into it."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = ((When.NOW, tr("Now")), (When.AFTER, tr("After")), (When.AT, tr("At")))
        self.choice = Segmented([(when.value, text) for when, text in words], When.NOW, name=tr("When"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.choice)
        self.countdown = _line(tr("Wait before it runs"), tr("Such as 90, 1m30s or 2h"))
        self.eta = _line(tr("Time at which it runs"), tr("Such as 14:30 or 2026-11-24 14:30"))
        row.addWidget(self.countdown, 1)
        row.addWidget(self.eta, 1)
        row.addStretch(0)
        row.setAlignment(self.choice, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._problem = caption(tone="bad", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._problem)
        self._show_line()
        self.choice.chosen.connect(self._on_chosen)
        for line in (self.countdown, self.eta):
            line.textEdited.connect(self._on_edited)

    def when(self) -> When:
        """Answer the chosen way."""
        return When(self.choice.current())

    def set_when(self, when: When) -> None:
        """Choose a way."""
        self.choice.set_current(when)
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

    def _on_chosen(self) -> None:
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
