"""The ground of a row in a painted list: chosen, under the pointer, with the keyboard in it."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from desktop.views.theme import theme


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, area: QRect) -> None:
    """Draw it into *area*, under the row's words."""
    chosen = bool(option.state & QStyle.StateFlag.State_Selected)
    if chosen or option.state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().selection() if chosen else theme().color("raised"))
        painter.drawRoundedRect(QRectF(area), 6, 6)
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(theme().color("accent"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
