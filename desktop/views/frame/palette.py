"""Ctrl+K: find a panel or an act by a few letters."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from desktop.core.fuzzy import NO_MATCH, fuzzy_score
from desktop.core.i18n import tr
from desktop.views.frame.commands import Command
from desktop.views.frame.overlay import Overlay
from desktop.views.theme import CAPTION_PX, TEXT_PX, icon, theme
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import Label

WIDTH_PX: Final = 560
ROW_PX: Final = 34
ROWS_SHOWN: Final = 10

Index = QModelIndex | QPersistentModelIndex


def rank(typed: str, commands: Sequence[Command]) -> list[Command]:
    """Answer the commands that match what was typed, best first; all in their order where nothing was."""
    if not typed.strip():
        return [command for command in commands if command.enabled]
    scored = []
    for position, command in enumerate(commands):
        score = max(fuzzy_score(typed, command.text), 0.9 * fuzzy_score(typed, f"{command.group} {command.text}"))
        if command.enabled and score > NO_MATCH:
            scored.append((-score, position, command))
    return [command for *_, command in sorted(scored, key=lambda entry: entry[:2])]


class _Commands(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Command] = []

    def show(self, commands: list[Command]) -> None:
        self.beginResetModel()
        self.shown = commands
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        command = self.shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return command.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{command.group}: {command.text} {command.shortcut}".strip()
        if role == Qt.ItemDataRole.UserRole:
            return command
        return None


class _CommandDelegate(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(200, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        command: Command = index.data(Qt.ItemDataRole.UserRole)
        area: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().selection())
            painter.drawRoundedRect(area.adjusted(4, 1, -4, -1), 6, 6)
        icon(command.icon or "ph.caret-right", "dim").paint(painter, QRect(area.left() + 14, area.center().y() - 7, 16, 16))
        painter.setFont(theme().font(TEXT_PX))
        painter.setPen(theme().color("text"))
        room = area.adjusted(42, 0, -16, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, command.text)
        used = painter.fontMetrics().horizontalAdvance(command.text) + 10
        painter.setFont(theme().font(CAPTION_PX))
        painter.setPen(theme().color("dim"))
        painter.drawText(room.adjusted(used, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, command.group)
        painter.setFont(theme().mono_font(CAPTION_PX))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, command.shortcut)
        painter.restore()


class CommandPalette(Overlay):
    """The sheet with the search line and what matches."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self._commands: list[Command] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a panel or an act"))
        self.search.setAccessibleName(tr("Find a panel or an act"))
        self.search.setMinimumHeight(34)
        self.search.textChanged.connect(self._on_typed)
        self.search.installEventFilter(self)
        self._model = _Commands()
        self._list = QListView()
        self._list.setModel(self._model)
        self._list.setItemDelegate(_CommandDelegate(self._list))
        self._list.setFrameShape(QListView.Shape.NoFrame)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setAccessibleName(tr("Matching acts"))
        self._list.clicked.connect(self._on_clicked)
        self._nothing = Label(tr("Nothing matches. Try fewer letters."), tone="dim")
        self._nothing.setContentsMargins(14, 8, 14, 12)
        self._card = Card(self, margins=(8, 8, 8, 8))
        self._card.body.addWidget(self.search)
        self._card.body.addWidget(self._list)
        self._card.body.addWidget(self._nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 96, 0, 0)
        layout.addWidget(self._card, 0, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._card.setFixedWidth(WIDTH_PX)

    def offer(self, commands: Sequence[Command]) -> None:
        """Open with these commands."""
        self._commands = list(commands)
        self.search.clear()
        self._on_typed("")
        self.open()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def shown(self) -> list[Command]:
        """Answer what matches now, best first."""
        return self._model.shown

    def run_chosen(self) -> None:
        """Close, then do what is chosen."""
        index = self._list.currentIndex()
        if index.isValid():
            command = self._model.shown[index.row()]
            self.dismiss()
            command.run()

    def _on_typed(self, typed: str) -> None:
        matching = rank(typed, self._commands)
        self._model.show(matching)
        self._list.setVisible(bool(matching))
        self._nothing.setVisible(not matching)
        self._list.setFixedHeight(min(max(len(matching), 1), ROWS_SHOWN) * ROW_PX + 4)
        self._list.setCurrentIndex(self._model.index(0))
        self._card.adjustSize()

    def _on_clicked(self, index: QModelIndex) -> None:
        self._list.setCurrentIndex(index)
        self.run_chosen()

    def _step(self, rows: int) -> None:
        count = self._model.rowCount()
        if count:
            self._list.setCurrentIndex(self._model.index((self._list.currentIndex().row() + rows) % count))

    # -- Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Walk and choose with the keyboard while the cursor stays in the search line."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS_SHOWN, Qt.Key.Key_PageUp: -ROWS_SHOWN}
            key = Qt.Key(event.key())
            if key in steps:
                self._step(steps[key])
                return True
            if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self.run_chosen()
                return True
        return super().eventFilter(watched, event)
