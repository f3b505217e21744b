"""A line of figures with the shape of their last minutes: ready, unacked, consumers and how fast it goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.views.theme import TITLE_PX
from desktop.views.widgets.labels import Label, caption
from desktop.views.widgets.sparkline import Sparkline

CURVE_PX = 16
MAX_CELL_PX = 200


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as it is shown."""

    title: str
    text: str
    tone: str = "accent"
    values: tuple[float, ...] = ()
    tip: str = ""


class FigureCell(QWidget):
    """What it is, the figure, and its curve under both."""

    def __init__(self) -> None:
        super().__init__()
        self.title = caption()
        self.figure = Label(pixels=TITLE_PX, bold=True)
        self.curve = Sparkline()
        self.curve.setFixedHeight(CURVE_PX)
        self.curve.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.title)
        column.addWidget(self.figure)
        column.addWidget(self.curve)
        for label in (self.title, self.figure):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(MAX_CELL_PX)

    def show_figure(self, figure: Figure) -> None:
        """Show another figure."""
        self.title.setText(figure.title)
        self.figure.setText(figure.text)
        self.curve.set_tone(figure.tone)
        self.curve.set_values(figure.values)
        self.setToolTip(figure.tip)
        self.setAccessibleName(f"{figure.title}: {figure.text}")


class Figures(QWidget):
    """Cells side by side, all of one width; as many as there are figures."""

    def __init__(self) -> None:
        super().__init__()
        self._cells: list[FigureCell] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(12)
        self._row.addStretch()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def texts(self) -> dict[str, str]:
        """Answer the figures shown, by their titles."""
        return {cell.title.text(): cell.figure.text() for cell in self._cells if not cell.isHidden()}

    def set_figures(self, figures: Sequence[Figure]) -> None:
        """Show *figures*."""
        while len(self._cells) < len(figures):
            cell = FigureCell()
            self._cells.append(cell)
            self._row.insertWidget(len(self._cells) - 1, cell, 1)
        for cell, figure in zip(self._cells, figures, strict=False):
            cell.show_figure(figure)
        for number, cell in enumerate(self._cells):
            cell.setVisible(number < len(figures))
        self.setVisible(bool(figures))
