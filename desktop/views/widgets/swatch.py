"""A connection's colour, as a small square: round dots are for states."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

from desktop.views.theme import theme

SWATCH_PX = 10
RADIUS_PX = 3


def paint_swatch(painter: QPainter, left: float, middle: float, mark: str, pixels: float = SWATCH_PX) -> None:
    """Draw the theme's colour *mark* with its left edge and its middle there."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().color(mark))
    painter.drawRoundedRect(QRectF(QPointF(left, middle - pixels / 2), QPointF(left + pixels, middle + pixels / 2)), RADIUS_PX, RADIUS_PX)
    painter.restore()


def swatch_icon(mark: str, pixels: int = 16) -> QIcon:
    """Answer the swatch as an icon, as the theme is now."""
    pixmap = QPixmap(pixels * 2, pixels * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_swatch(painter, (pixels - SWATCH_PX) / 2, pixels / 2, mark)
    painter.end()
    return QIcon(pixmap)
