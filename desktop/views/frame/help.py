"""The ``?`` key: every shortcut that works now, on one sheet."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.views.frame.commands import ShortcutGroup
from desktop.views.frame.overlay import Overlay
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import Label, mono, title

WIDTH_PX: Final = 720
MAX_HEIGHT_PX: Final = 560
HEAD_PX: Final = 76
COLUMNS: Final = 2


class HelpSheet(Overlay):
    """The sheet of shortcuts."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("help")
        self._card = Card(self, margins=(20, 16, 12, 16))
        self._card.setFixedWidth(WIDTH_PX)
        self._card.setMaximumHeight(MAX_HEIGHT_PX)
        head = QHBoxLayout()
        head.addWidget(title(tr("Keyboard shortcuts")))
        head.addStretch(1)
        self._close = IconButton("ph.x", tr("Close"), self.dismiss)
        head.addWidget(self._close)
        self._card.body.addLayout(head)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.viewport().setAutoFillBackground(False)
        self._card.body.addWidget(self._scroll)
        layout = QVBoxLayout(self)
        layout.addWidget(self._card, 0, Qt.AlignmentFlag.AlignCenter)

    def offer(self, groups: Sequence[ShortcutGroup]) -> None:
        """Open with these groups."""
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 0, 8, 0)
        columns.setSpacing(28)
        stacks = [QVBoxLayout() for _ in range(COLUMNS)]
        heights = [0] * COLUMNS
        for group in groups:
            column = heights.index(min(heights))
            heights[column] += len(group.entries) + 2
            stacks[column].addWidget(_group(group))
        for stack in stacks:
            stack.addStretch(1)
            columns.addLayout(stack, 1)
        self._scroll.setWidget(page)
        page.setAutoFillBackground(False)  # setWidget turns it on
        self._scroll.setMinimumHeight(min(page.sizeHint().height() + 8, MAX_HEIGHT_PX - HEAD_PX))
        self.open()
        self._close.setFocus(Qt.FocusReason.PopupFocusReason)


def _group(group: ShortcutGroup) -> QWidget:
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 12)
    grid.setVerticalSpacing(6)
    grid.setHorizontalSpacing(12)
    grid.addWidget(Label(group.title, bold=True), 0, 0, 1, 2)
    for row, (keys, words) in enumerate(group.entries, start=1):
        grid.addWidget(Label(words, tone="dim"), row, 0)
        grid.addWidget(mono(keys, tone="text", selectable=False), row, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    return box
