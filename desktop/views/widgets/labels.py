"""Text in the roles of the type scale, following the theme while shown."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QLabel, QWidget

from desktop.views.theme import CAPTION_PX, PANEL_TITLE_PX, TEXT_PX, TITLE_PX, theme


class Label(QLabel):
    """Text in a colour of the theme. Plain text always: what came over a wire must not be read as markup."""

    def __init__(
        self,
        text: str = "",
        *,
        tone: str = "text",
        pixels: int = TEXT_PX,
        bold: bool = False,
        mono: bool = False,
        wrap: bool = False,
        selectable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tone = tone
        self._pixels = pixels
        self._bold = bold
        self._mono = mono
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if selectable:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.setText(text)
        self._follow_theme()
        theme().changed.connect(self._follow_theme)

    def set_tone(self, tone: str) -> None:
        """Show the text in another colour of the theme."""
        if tone != self._tone:
            self._tone = tone
            self._follow_theme()

    def _follow_theme(self) -> None:
        self.setFont(self._font())
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, theme().color(self._tone))
        palette.setColor(QPalette.ColorRole.Text, theme().color(self._tone))
        self.setPalette(palette)

    def _font(self) -> QFont:
        if not self._mono:
            return theme().font(self._pixels, bold=self._bold)
        font = theme().mono_font(self._pixels)
        font.setBold(self._bold)
        return font


def caption(text: str = "", *, tone: str = "dim", wrap: bool = False) -> Label:
    """Small dim text: what a field or figure is."""
    return Label(text, tone=tone, pixels=CAPTION_PX, wrap=wrap)


def title(text: str = "") -> Label:
    """A detail's, card's or form's title."""
    return Label(text, pixels=TITLE_PX, bold=True)


def panel_title(text: str = "") -> Label:
    """The panel's title."""
    return Label(text, pixels=PANEL_TITLE_PX, bold=True)


def mono(text: str = "", *, tone: str = "dim", pixels: int = TEXT_PX, selectable: bool = True) -> Label:
    """A name on the wire, a key or an id; the user may select and copy it."""
    return Label(text, tone=tone, pixels=pixels, mono=True, selectable=selectable)
