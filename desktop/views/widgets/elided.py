"""Text of any length on one line."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from desktop.views.theme import TEXT_PX
from desktop.views.widgets.labels import Label


class ElidedLabel(Label):
    """One line that ends with an ellipsis where there is no room, and says the whole in its tool tip."""

    def __init__(
        self, text: str = "", *, tone: str = "dim", is_mono: bool = True, middle: bool = False, pixels: int = TEXT_PX, bold: bool = False
    ) -> None:
        super().__init__(mono=is_mono, tone=tone, pixels=pixels, bold=bold, selectable=True)
        self._whole = ""
        self._mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if text:
            self.show_text(text, tone)

    def whole(self) -> str:
        """Answer the whole text."""
        return self._whole

    def show_text(self, text: str, tone: str) -> None:
        """Show *text* in a colour of the theme."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.set_tone(tone)
        self._elide()

    def set_mono(self, is_mono: bool) -> None:
        """Write what goes over the wire in the mono font, and words in the other."""
        if is_mono != self._mono:
            self._mono = is_mono
            self._follow_theme()
            self._elide()

    def natural_width(self) -> int:
        """Answer the room the whole text takes."""
        return self.fontMetrics().horizontalAdvance(self._whole) + 4

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, self._mode, max(0, self.width() - 2))
        if shown != self.text():
            self.setText(shown)

    # -- Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self._elide()
