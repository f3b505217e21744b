"""The panels by name at the window's left: what one watches on top, what one manages at the bottom."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.core.formatting import number, short_number
from desktop.core.i18n import tr
from desktop.views.panel import PanelSpec, Section
from desktop.views.theme import CAPTION_PX, TEXT_PX, icon, theme
from desktop.views.widgets.labels import title

WIDTH_PX: Final = 184
ITEM_PX: Final = 32


class NavigationItem(QAbstractButton):
    """One panel's entry: icon, name, count."""

    def __init__(self, spec: PanelSpec, shortcut: str) -> None:
        super().__init__()
        self.spec = spec
        self._count = -1
        self.setObjectName(f"nav-{spec.key}")
        self.setText(tr(spec.title))
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setToolTip(f"{tr(spec.title)}  ({shortcut})" if shortcut else tr(spec.title))
        self.setAccessibleName(tr(spec.title))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme().changed.connect(self.update)

    def set_count(self, count: int) -> None:
        """Show a number beside the name; below 0 shows none."""
        if count != self._count:
            self._count = count
            self.setAccessibleDescription(number(count) if count >= 0 else "")
            self.update()

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the entry's fixed height."""
        return QSize(WIDTH_PX, ITEM_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw background, icon, name and count."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen, hovered = self.isChecked(), self.underMouse()
        surface = QRectF(self.rect()).adjusted(6, 1, -6, -1)
        if chosen or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("raised") if chosen else theme().tint("raised", 140))
            painter.drawRoundedRect(surface, 6, 6)
        if self.hasFocus():
            painter.setPen(theme().color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(surface.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        middle = self.height() / 2
        icon(self.spec.icon, "accent" if chosen else "dim").paint(painter, QRect(14, int(middle) - 8, 16, 16))
        painter.setPen(theme().color("text" if chosen or hovered else "dim"))
        painter.setFont(theme().font(TEXT_PX, bold=chosen))
        painter.drawText(QRectF(38, 0, self.width() - 38 - 56, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
        if self._count >= 0:
            painter.setPen(theme().color("dim"))
            painter.setFont(theme().font(CAPTION_PX))
            room = QRectF(QPointF(0, 0), QPointF(self.width() - 14, self.height()))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, short_number(self._count))


class Navigation(QWidget):
    """All entries. ``chosen`` names the panel the user asks for."""

    chosen = Signal(str)

    def __init__(self, specs: Sequence[PanelSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH_PX)
        self.setObjectName("navigation")
        self.setAccessibleName(tr("Panels"))
        self._items: dict[str, NavigationItem] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 10)
        layout.setSpacing(0)
        brand = title("Switchroom")
        brand.setContentsMargins(14, 14, 14, 12)
        layout.addWidget(brand)
        for section in Section:
            if section is Section.MANAGE:
                layout.addStretch(1)
            for index, spec in enumerate(specs):
                if spec.section is section:
                    layout.addWidget(self._make_item(spec, index))

    def _make_item(self, spec: PanelSpec, index: int) -> NavigationItem:
        item = NavigationItem(spec, f"Alt+{index + 1}" if index < 9 else "")
        item.clicked.connect(lambda *_: self.chosen.emit(spec.key))
        self._items[spec.key] = item
        return item

    def set_current(self, key: str) -> None:
        """Mark the panel that is shown."""
        self._items[key].setChecked(True)

    def set_count(self, key: str, count: int) -> None:
        """Show a number beside a panel's name."""
        self._items[key].set_count(count)

    # -- Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk the entries with the arrow keys."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        items = list(self._items.values())
        focused = next((i for i, item in enumerate(items) if item.hasFocus()), None)
        if step is None or focused is None:
            super().keyPressEvent(event)
            return
        items[(focused + step) % len(items)].setFocus(Qt.FocusReason.TabFocusReason)
