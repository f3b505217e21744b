"""Writes the picture into a file: PNG at twice its size, or SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRectF
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_graph import Facts, Graph
from desktop.core.rabbitmq_shapes import Layout
from desktop.views.rabbitmq.topology.lines import Strand
from desktop.views.rabbitmq.topology.look import Emphasis
from desktop.views.rabbitmq.topology.paint import paint_picture
from desktop.views.theme import theme
from embedded_server.contracts.problems import N_, UserFacingError

MARGIN_PX: Final = 24.0
SHARP: Final = 2.0
MOST_PX: Final = 8_000
"""The longest side of an image; a larger picture is drawn smaller."""


class PictureNotSaved(UserFacingError):
    """The file could not be written."""

    title = N_("The picture could not be saved as “{path}”")
    hint = N_("Choose another folder. The system says: {reason}")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn now; it can be painted in a thread."""

    graph: Graph
    layout: Layout
    strands: Sequence[Strand]
    facts: Facts

    @property
    def area(self) -> QRectF:
        """All of it, with its margin."""
        return QRectF(-MARGIN_PX, -MARGIN_PX, self.layout.width + 2 * MARGIN_PX, self.layout.height + 2 * MARGIN_PX)


def ask_where(parent: QWidget, save: Callable[[Path], object]) -> QFileDialog:
    """Ask for a file, and have *save* write into it."""
    dialog = QFileDialog(parent, tr("Save the picture"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters([tr("PNG image (*.png)"), tr("SVG drawing (*.svg)")])
    dialog.setDefaultSuffix("png")
    dialog.selectFile("topology.png")
    dialog.filterSelected.connect(lambda name: dialog.setDefaultSuffix("svg" if "svg" in name else "png"))
    dialog.fileSelected.connect(lambda path: save(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def save_drawing(drawing: Drawing, path: Path) -> None:
    """Write the whole picture as it is at full size. Call it in a thread. Raises `PictureNotSaved`."""
    data = _svg(drawing) if path.suffix.lower() == ".svg" else _png(drawing)
    try:
        path.write_bytes(data)
    except OSError as exc:
        raise PictureNotSaved(path=str(path), reason=exc.strerror or str(exc)) from exc


def _png(drawing: Drawing) -> bytes:
    size = drawing.area.size().toSize()
    sharp = min(SHARP, MOST_PX / max(size.width(), size.height()))
    image = QImage(size * sharp, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(sharp, sharp)
    _paint(painter, drawing)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"png").write(image)
    return bytes(buffer.data().data())


def _svg(drawing: Drawing) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(drawing.area.size().toSize())
    generator.setViewBox(QRectF(QPointF(0, 0), drawing.area.size()))
    generator.setTitle(tr("Topology"))
    painter = QPainter(generator)
    _paint(painter, drawing)
    painter.end()
    return bytes(buffer.data().data())


def _paint(painter: QPainter, drawing: Drawing) -> None:
    painter.translate(MARGIN_PX, MARGIN_PX)
    painter.fillRect(drawing.area, theme().color("panel"))
    paint_picture(painter, drawing.graph, drawing.layout, drawing.strands, drawing.facts, Emphasis(), 1.0, drawing.area)
