"""Writes the picture into a file: PNG at twice its size, or SVG."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.core.i18n import tr
from desktop.views.rabbitmq.topology.canvas import Canvas
from desktop.views.rabbitmq.topology.look import Emphasis
from desktop.views.rabbitmq.topology.paint import paint_picture
from desktop.views.theme import theme
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.problems import N_, UserFacingError

MARGIN_PX: Final = 24.0
SHARP: Final = 2.0
MOST_PX: Final = 16_000
"""The longest side of an image; a larger picture is drawn smaller."""


class PictureNotSaved(UserFacingError):
    """The file could not be written."""

    title = N_("The picture could not be saved as “{path}”")
    hint = N_("Choose another folder. The system says: {reason}")


def ask_where(parent: QWidget, canvas: Canvas, notify: Notify) -> QFileDialog:
    """Ask for a file, and write the picture into it."""
    dialog = QFileDialog(parent, tr("Save the picture"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters([tr("PNG image (*.png)"), tr("SVG drawing (*.svg)")])
    dialog.setDefaultSuffix("png")
    dialog.selectFile("topology.png")
    dialog.filterSelected.connect(lambda name: dialog.setDefaultSuffix("svg" if "svg" in name else "png"))

    def save(path: str) -> None:
        try:
            save_picture(canvas, Path(path))
        except PictureNotSaved as exc:
            notify(exc)

    dialog.fileSelected.connect(save)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def save_picture(canvas: Canvas, path: Path) -> None:
    """Write the whole picture as it would be at full size. Raises `PictureNotSaved`."""
    data = _svg(canvas) if path.suffix.lower() == ".svg" else _png(canvas)
    try:
        path.write_bytes(data)
    except OSError as exc:
        raise PictureNotSaved(path=str(path), reason=exc.strerror or str(exc)) from exc


def _size(canvas: Canvas) -> QSize:
    layout = canvas.layout_now
    return QSize(round(layout.width + 2 * MARGIN_PX), round(layout.height + 2 * MARGIN_PX))


def _png(canvas: Canvas) -> bytes:
    size = _size(canvas)
    sharp = min(SHARP, MOST_PX / max(size.width(), size.height()))
    image = QImage(size * sharp, QImage.Format.Format_RGB32)
    image.fill(theme().color("panel"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(sharp, sharp)
    _paint(painter, canvas)
    painter.end()
    target = QByteArray()
    buffer = QBuffer(target)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, b"PNG")
    return bytes(target.data())


def _svg(canvas: Canvas) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    size = _size(canvas)
    target = QByteArray()
    buffer = QBuffer(target)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(tr("Topology"))
    painter = QPainter(generator)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), theme().color("panel"))
    _paint(painter, canvas)
    painter.end()
    return bytes(target.data())


def _paint(painter: QPainter, canvas: Canvas) -> None:
    painter.translate(MARGIN_PX, MARGIN_PX)
    layout = canvas.layout_now
    everything = QRectF(-MARGIN_PX, -MARGIN_PX, layout.width + 2 * MARGIN_PX, layout.height + 2 * MARGIN_PX)
    paint_picture(painter, canvas.graph, layout, canvas.strands, canvas.facts, Emphasis(), 1.0, everything)
