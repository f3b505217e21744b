"""Phosphor icons drawn straight from the font that qtawesome ships: importing qtawesome costs 0.3 s, more than the first paint has."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

if TYPE_CHECKING:
    from desktop.views.theme import Theme


class _Phosphor:
    """The font's family and the code point of each icon."""

    def __init__(self) -> None:
        spec = find_spec("qtawesome")
        if spec is None or spec.origin is None:
            raise FileNotFoundError("qtawesome")
        folder = Path(spec.origin).parent / "fonts"
        charmap = next(folder.glob("phosphor-charmap-*.json"))
        self._glyphs: dict[str, str] = json.loads(charmap.read_text(encoding="utf-8"))
        number = QFontDatabase.addApplicationFont(str(next(folder.glob("phosphor-*.ttf"))))
        self.family = QFontDatabase.applicationFontFamilies(number)[0]

    def glyph(self, name: str) -> str:
        """Answer the character that draws the icon *name* (``gear-six``)."""
        return chr(int(self._glyphs[name], 16))


@cache
def _phosphor() -> _Phosphor:
    return _Phosphor()


class GlyphEngine(QIconEngine):
    """Draws one glyph in a colour that is looked up at each painting, so that icons follow the theme by themselves."""

    def __init__(self, name: str, color: str, theme: "Theme") -> None:
        super().__init__()
        self._name = name
        self._color = color
        self._theme = theme
        self._glyph = _phosphor().glyph(name)

    # -- Qt overrides

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        """Draw the glyph into *rect*."""
        painter.save()
        font = QFont(_phosphor().family)
        font.setPixelSize(rect.height())
        painter.setFont(font)
        color = self._theme.color(self._color)
        if mode is QIcon.Mode.Disabled:
            color = self._theme.tint("dim", 128)
        painter.setPen(color)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._glyph)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Draw the glyph onto nothing."""
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        """Answer a copy, as Qt asks for when an icon is detached."""
        return GlyphEngine(self._name, self._color, self._theme)
