"""The line above the panel: its title, the connection and its health, the palette's button, the panel's one primary act."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from desktop.core.i18n import tr
from desktop.views.frame.chip import paint_chip
from desktop.views.frame.picker import ConnectionPicker
from desktop.views.theme import TEXT_PX, theme
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.labels import panel_title

HEIGHT_PX = 32
GAP_PX = 12


class ConnectionButton(QAbstractButton):
    """Which connection is looked at, with a dot for its health. A click opens its menu."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = "wait"
        self.setObjectName("connection")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme().changed.connect(self.update)

    def set_health(self, name: str, tone: str, word: str) -> None:
        """Show the connection *name* in state *word*, its dot in the state colour *tone*."""
        self._tone = tone
        self.setText(name)
        self.setToolTip(f"{name}: {word}")
        self.setAccessibleName(tr("Connection {name}: {state}", name=name, state=word))
        self.updateGeometry()
        self.update()

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room for dot, name and arrow."""
        return QSize(QFontMetrics(theme().font(TEXT_PX, bold=True)).horizontalAdvance(self.text()) + 52, HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the chip."""
        painter = QPainter(self)
        area = paint_chip(painter, self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(self._tone))
        painter.drawEllipse(QRectF(12, self.height() / 2 - 4, 8, 8))
        painter.setPen(theme().color("text"))
        painter.setFont(theme().font(TEXT_PX, bold=True))
        painter.drawText(area.adjusted(28, 0, -20, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.setPen(theme().color("dim"))
        painter.drawText(area.adjusted(0, 0, -10, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "▾")


class Header(QWidget):
    """The frame's header; the window tells it which panel is shown."""

    palette_requested = Signal()
    connection_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action: QAction | None = None
        self._title = panel_title()
        self.connection = ConnectionButton()
        self.connection.clicked.connect(self.connection_requested)
        self.picker = ConnectionPicker()
        self.picker.hide()
        keys = QKeySequence("Ctrl+K").toString(QKeySequence.SequenceFormat.NativeText)
        self._palette = Button(keys.replace("+", " "), self.palette_requested.emit)
        self._palette.setToolTip(tr("Find a panel or an act ({keys})", keys=keys))
        self._palette.setAccessibleName(tr("Find a panel or an act"))
        self._palette.setFixedHeight(HEIGHT_PX)
        self._primary = PrimaryButton("", self._on_primary)
        self._primary.setObjectName("primary")
        self._primary.setFixedHeight(HEIGHT_PX)
        self._primary.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addSpacing(4)
        layout.addWidget(self.connection)
        layout.addWidget(self.picker)
        layout.addStretch(1)
        layout.addWidget(self._palette)
        layout.addWidget(self._primary)
        self.setFixedHeight(HEIGHT_PX)

    def show_panel(self, title: str, action: QAction | None, *, has_picker: bool = False) -> None:
        """Show a panel's title and its primary act; and where it looks at a connection of the user's, that one."""
        self.connection.setVisible(not has_picker)
        self.picker.setVisible(has_picker)
        self._title.setText(title)
        if self._action is not None:
            self._action.changed.disconnect(self._follow_action)
        self._action = action
        if action is not None:
            action.changed.connect(self._follow_action)
        self._follow_action()

    def free_room(self) -> QRect:
        """Answer the room between what stands at the left and the buttons at the right."""
        left = self.picker if self.picker.isVisible() else self.connection
        start = left.geometry().right() + 1 + GAP_PX
        return QRect(start, 0, max(self._palette.x() - GAP_PX - start, 0), self.height())

    def _follow_action(self) -> None:
        action = self._action
        self._primary.setVisible(action is not None)
        if action is not None:
            shortcut = action.shortcut().toString()
            self._primary.setText(action.text())
            self._primary.setEnabled(action.isEnabled())
            self._primary.setToolTip(f"{action.toolTip()}  ({shortcut})" if shortcut else action.toolTip())

    def _on_primary(self) -> None:
        if self._action is not None:
            self._action.trigger()
