"""What stands where nothing is yet: what will appear here, and the act that makes it appear."""

from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.views.theme import icon, theme
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label, title

SENTENCE_PX: Final = 440
ROOMY_PX: Final = 200
"""From this height on there is room for the icon."""


@dataclass(frozen=True)
class EmptyState:
    """An empty page's words (already translated) and acts."""

    icon: str
    title: str
    sentence: str = ""
    actions: tuple[QAction, ...] = field(default=())


class EmptyStateView(QWidget):
    """Shows an `EmptyState` in the middle of its room."""

    def __init__(self, state: EmptyState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = title()
        self._title.setWordWrap(True)
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence = Label(tone="dim", wrap=True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._sentence.setMaximumWidth(SENTENCE_PX)
        middle = QHBoxLayout()  # an aligned widget would not be asked for its height at its width
        middle.addStretch(1)
        middle.addWidget(self._sentence, SENTENCE_PX)
        middle.addStretch(1)
        self._buttons: list[Button] = []
        self._acts = QHBoxLayout()
        self._acts.setSpacing(8)
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(8)
        layout.addStretch(2)
        layout.addWidget(self._icon)
        layout.addWidget(self._title)
        layout.addLayout(middle)
        layout.addSpacing(4)
        layout.addLayout(self._acts)
        layout.addStretch(3)
        self.set_state(state)
        theme().changed.connect(self._follow_theme)

    def set_state(self, state: EmptyState) -> None:
        """Show another state."""
        self._state = state
        self._title.setText(state.title)
        self._sentence.setText(state.sentence)
        self._sentence.setVisible(bool(state.sentence))
        while (item := self._acts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._buttons.clear()
        self._acts.addStretch(1)
        for index, action in enumerate(state.actions):
            button = Button(action.text(), action.trigger)
            button.setToolTip(action.toolTip())
            button.setDefault(index == 0)
            self._acts.addWidget(button)
            self._buttons.append(button)
        self._acts.addStretch(1)
        self._follow_theme()

    def take_focus_after(self, before: QWidget) -> None:
        """Let Tab lead from *before* to the acts: they are made later than what stands below them."""
        for button in self._buttons:
            QWidget.setTabOrder(before, button)
            before = button

    def _follow_theme(self) -> None:
        self._icon.setPixmap(icon(self._state.icon, "dim").pixmap(32, 32))

    # -- Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little height, the words come first: nothing is cut."""
        super().resizeEvent(event)
        self._icon.setVisible(self.height() >= ROOMY_PX)
        margin = 24 if self.height() >= ROOMY_PX else 4
        self._column.setContentsMargins(24, margin, 24, margin)
