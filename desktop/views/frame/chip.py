"""The ground of a button in the line above the panel: a rounded chip that shows focus and pointer."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton

from desktop.views.theme import theme


def paint_chip(painter: QPainter, button: QAbstractButton) -> QRectF:
    """Draw it as large as *button*; its area."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme().color("accent" if button.hasFocus() else "line"))
    painter.setBrush(theme().color("raised" if button.underMouse() or button.isDown() else "panel"))
    area = QRectF(button.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(area, 6, 6)
    return area
