"""The pill over a table's lower edge that counts what came in while the user looks elsewhere."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QPushButton, QWidget

from desktop.core.i18n import tr, trn
from desktop.views.theme import CAPTION_PX, icon, theme


class NewsPill(QPushButton):
    """Says "1,204 new"; a click leads back to the tail."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._place_in = parent
        self.setObjectName("news_pill")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tr("Go to the newest (End)"))
        self.setDefault(True)
        self._count = 0
        self.hide()
        self._follow_theme()
        theme().changed.connect(self._follow_theme)
        parent.installEventFilter(self)

    def set_count(self, count: int) -> None:
        """Show how many are new; nothing is shown for none."""
        if count == self._count:
            return
        self._count = count
        self.setVisible(count > 0)
        if count > 0:
            self.setText(trn("{n} new", "{n} new", count))
            self._place()
            self.raise_()

    def _place(self) -> None:
        self.adjustSize()
        room = self._place_in
        self.move((room.width() - self.width()) // 2, room.height() - self.height() - 12)

    def _follow_theme(self) -> None:
        self.setIcon(icon("ph.arrow-down", "on_accent"))
        self.setFont(theme().font(CAPTION_PX, bold=True))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.ButtonText, theme().color("on_accent"))
        self.setPalette(palette)

    # -- Qt overrides

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Stay in place when the table changes its size."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False
