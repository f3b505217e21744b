"""The look: colours from one file per theme, fonts and the style, installed in one place. Views ask `theme` and follow `Theme.changed`."""

import json
import logging
from functools import cache
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QJsonDocument, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication

import resources
from desktop.services.settings import ThemeMode
from desktop.views.icons import GlyphEngine

log = logging.getLogger(__name__)

TEXT_PX: Final = 12
CAPTION_PX: Final = 11
TITLE_PX: Final = 15
PANEL_TITLE_PX: Final = 18
ROW_PX: Final = 26
SELECTED_SHARE: Final = 0.12
"""Of the accent in the ground of what is chosen; with more of it dim text on it cannot be read."""
APP_ICON: Final = "ph.swap"


def blend(under: QColor, over: QColor, share: float) -> QColor:
    """*over* laid upon *under*, of which it covers *share*; opaque, so that what the style painted does not show through."""
    return QColor.fromRgbF(
        under.redF() + (over.redF() - under.redF()) * share,
        under.greenF() + (over.greenF() - under.greenF()) * share,
        under.blueF() + (over.blueF() - under.blueF()) * share,
    )


class Theme(QObject):
    """The colours and fonts in use. Colour names: bg panel raised line text dim accent on_accent, and for states ok run wait warn bad."""

    changed = Signal()
    """Colours are others now: repaint."""

    def __init__(self) -> None:
        super().__init__()
        self._mode = ThemeMode.LIGHT
        self._chosen = ThemeMode.SYSTEM
        self._colors = _load(ThemeMode.LIGHT)
        self._style: Any = None
        self._following = False
        self._mono_family = ""

    @property
    def is_dark(self) -> bool:
        """Whether the dark theme is shown."""
        return self._mode is ThemeMode.DARK

    def color(self, name: str) -> QColor:
        """Answer the colour of that name; the object is the caller's."""
        return QColor(self._colors[name])

    def tint(self, name: str, alpha: int) -> QColor:
        """Answer the colour of that name, see-through: *alpha* of 255."""
        color = self.color(name)
        color.setAlpha(alpha)
        return color

    def selection(self) -> QColor:
        """Answer the ground of what is chosen: opaque, and pale enough for every text colour to stand out on it."""
        return blend(self.color("panel"), self.color("accent"), SELECTED_SHARE)

    def font(self, pixels: int = TEXT_PX, *, bold: bool = False) -> QFont:
        """Answer the text font in a size of the type scale."""
        font = QFont(QGuiApplication.font())
        font.setPixelSize(pixels)
        font.setBold(bold)
        return font

    def mono_font(self, pixels: int = TEXT_PX) -> QFont:
        """Answer the font of times, names on the wire, keys, ids and payloads."""
        if not self._mono_family:
            wanted = QFont("Roboto Mono")
            system = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
            self._mono_family = "Roboto Mono" if QFontInfo(wanted).family().startswith("Roboto Mono") else system
        font = QFont(self._mono_family)
        font.setPixelSize(pixels)
        font.setStyleHint(QFont.StyleHint.Monospace)
        return font

    def install(self, app: QApplication, mode: ThemeMode) -> None:
        """Give *app* the style and the theme of *mode*; again at any time, to switch while everything is shown."""
        self._chosen = mode
        if self._style is None:
            self._style = _make_style(app)
        if not self._following:
            self._following = True
            app.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self._show(self._resolved(mode))

    def _resolved(self, mode: ThemeMode) -> ThemeMode:
        if mode is not ThemeMode.SYSTEM:
            return mode
        dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return ThemeMode.DARK if dark else ThemeMode.LIGHT

    def _on_system_changed(self) -> None:
        if self._chosen is ThemeMode.SYSTEM:
            self._show(self._resolved(self._chosen))

    def _show(self, mode: ThemeMode) -> None:
        self._mode = mode
        self._colors = _load(mode)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        if hasattr(self._style, "setTheme"):
            self._style.setTheme(_qlementine_theme(self._colors))
        app.setPalette(_palette(self._colors))
        self.changed.emit()


@cache
def theme() -> Theme:
    """Answer the one theme of this process."""
    return Theme()


@cache
def _load(mode: ThemeMode) -> dict[str, str]:
    # importlib.resources would cost 4 ms of the first paint.
    text = (Path(resources.__path__[0]) / "themes" / f"{mode.value}.json").read_text(encoding="utf-8")
    colors: dict[str, str] = json.loads(text)
    return colors


def _make_style(app: QApplication) -> Any:
    """Install Qlementine, which brings Inter and Roboto Mono; where it cannot be loaded, Fusion with the same palette."""
    style: Any = None
    try:
        from PySide6Qlementine import QlementineStyle
    except ImportError as exc:
        log.info("Qlementine is not available (%s): Fusion it is", exc)
        app.setStyle("Fusion")
    else:
        style = QlementineStyle(app)
        app.setStyle(style)
    font = QFont("Inter") if QFontInfo(QFont("Inter")).family() == "Inter" else app.font()
    font.setPixelSize(TEXT_PX)
    app.setFont(font)
    return style if style is not None else app.style()


def _palette(colors: dict[str, str]) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, name in (
        (roles.Window, "bg"),
        (roles.Base, "panel"),
        (roles.AlternateBase, "raised"),
        (roles.Button, "raised"),
        (roles.ToolTipBase, "raised"),
        (roles.Mid, "line"),
        (roles.WindowText, "text"),
        (roles.Text, "text"),
        (roles.ButtonText, "text"),
        (roles.ToolTipText, "text"),
        (roles.PlaceholderText, "dim"),
        (roles.Highlight, "accent"),
        (roles.HighlightedText, "on_accent"),
        (roles.Link, "accent"),
    ):
        palette.setColor(role, QColor(colors[name]))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors["dim"]))
    return palette


def _qlementine_theme(colors: dict[str, str]) -> Any:
    from PySide6Qlementine import Theme as QlementineTheme

    c = colors
    values: dict[str, Any] = {
        "meta": {"name": "Switchroom", "author": "Switchroom", "version": "1"},
        "backgroundColorMain1": c["panel"],
        "backgroundColorMain2": c["bg"],
        "backgroundColorMain3": c["raised"],
        "backgroundColorMain4": c["line"],
        "backgroundColorWorkspace": c["bg"],
        "backgroundColorTabBar": c["bg"],
        "borderColor": c["line"],
        "borderColorHovered": c["dim"],
        "neutralColor": c["raised"],
        "neutralColorHovered": c["line"],
        "neutralColorPressed": c["line"],
        "focusColor": c["accent"],
        "primaryColor": c["accent"],
        "primaryColorHovered": c["accent"],
        "primaryColorPressed": c["accent"],
        "primaryColorForeground": c["on_accent"],
        "primaryColorForegroundHovered": c["on_accent"],
        "primaryColorForegroundPressed": c["on_accent"],
        "secondaryColor": c["text"],
        "secondaryColorHovered": c["text"],
        "secondaryColorPressed": c["text"],
        "secondaryColorDisabled": c["dim"],
        "secondaryAlternativeColor": c["dim"],
        "neutralColorDisabled": c["raised"],
        "borderColorDisabled": c["line"],
        "borderColorPressed": c["dim"],
        "primaryColorDisabled": c["line"],
        "primaryColorForegroundDisabled": c["dim"],
        "primaryAlternativeColor": c["accent"],
        "primaryAlternativeColorHovered": c["accent"],
        "primaryAlternativeColorPressed": c["accent"],
        "primaryAlternativeColorDisabled": c["line"],
        "secondaryColorForeground": c["panel"],
        "secondaryColorForegroundHovered": c["panel"],
        "secondaryColorForegroundPressed": c["panel"],
        "secondaryColorForegroundDisabled": c["raised"],
        "secondaryAlternativeColorHovered": c["dim"],
        "secondaryAlternativeColorPressed": c["dim"],
        "secondaryAlternativeColorDisabled": c["line"],
        "statusColorSuccess": c["ok"],
        "statusColorError": c["bad"],
        "statusColorWarning": c["warn"],
        "statusColorInfo": c["run"],
        "controlHeightMedium": 28,
        "controlHeightLarge": 32,
        "fontSize": TEXT_PX,
        "fontSizeMonospace": TEXT_PX,
    }
    return QlementineTheme.fromJsonDoc(QJsonDocument.fromVariant(values))


@cache
def icon(name: str, color: str = "text") -> QIcon:
    """Answer a Phosphor icon (``ph.gear-six``) in a colour of the theme; wherever it is painted anew it follows the theme."""
    return QIcon(GlyphEngine(name.removeprefix("ph."), color, theme()))
