"""Asks once more, in place, before what cannot be undone."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.views.widgets.buttons import Button
from desktop.views.widgets.card import Card
from desktop.views.widgets.wrapped import Wrapped

LEAST_BUTTON_PX: Final = 72
"""Names are long, and a bar that is cut at its edge is worse than a word that is: the question above names it in full."""


class ConfirmBar(Card):
    """Asks once more where it matters, in place, naming the act; nothing waits for it."""

    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, fill="raised", margins=(12, 8, 12, 8))
        self._question = Wrapped(tone="text", bold=True, small=False)
        self._consequence = Wrapped()
        self.act = Button("", self._on_act, icon_name="ph.x-circle", tone="bad")
        self.keep = Button("", self.hide)
        for button in (self.act, self.keep):
            button.setMinimumWidth(LEAST_BUTTON_PX)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.keep)
        row.addWidget(self.act)
        row.addStretch(1)
        self.body.addWidget(self._question)
        self.body.addWidget(self._consequence)
        self.body.addLayout(row)
        self.hide()

    def question(self) -> str:
        """Answer what is asked."""
        return self._question.text()

    def ask(self, question: str, consequence: str, *, act: str, keep: str) -> None:
        """Ask; the harmless answer has the focus."""
        self._question.setText(question)
        self._consequence.setText(consequence)
        self.act.setText(act)
        self.keep.setText(keep)
        self.act.setToolTip(act)
        self.show()
        self.keep.setFocus()

    def _on_act(self) -> None:
        self.hide()
        self.confirmed.emit()
