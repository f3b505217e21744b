"""A sheet over the whole window, inside it: the palette, the help and signing in are three of them."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from desktop.views.theme import theme

SHADE_ALPHA = 150


class Overlay(QWidget):
    """Covers its parent, keeps the keyboard inside, and gives the focus back when it closes."""

    closed = Signal()

    def __init__(self, parent: QWidget, *, dismissable: bool = True, opaque: bool = False) -> None:
        super().__init__(parent)
        self._over = parent
        self._dismissable = dismissable
        self._opaque = opaque
        self._focus_before: QWidget | None = None
        self.setAutoFillBackground(False)
        parent.installEventFilter(self)
        theme().changed.connect(self.update)
        self.hide()

    def set_opaque(self, opaque: bool) -> None:
        """Hide what is underneath, or let it shine through."""
        self._opaque = opaque
        self.update()

    def open(self) -> None:
        """Show it over everything."""
        if self.isHidden():
            self._focus_before = QApplication.focusWidget()
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()

    def dismiss(self) -> None:
        """Hide it and give the focus back."""
        if self.isHidden():
            return
        self.hide()
        before, self._focus_before = self._focus_before, None
        try:
            if before is not None and before.isVisible():
                before.setFocus(Qt.FocusReason.OtherFocusReason)
        except RuntimeError:  # it was deleted meanwhile
            pass
        self.closed.emit()

    # -- Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the parent whatever its size."""
        if watched is self._over and event.type() is QEvent.Type.Resize:
            self.setGeometry(self._over.rect())
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, next_: bool) -> bool:
        """Go round inside: Tab never leads under the sheet."""
        inside = [w for w in self.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible() and w.isEnabled()]
        if not inside:
            return True
        # The focus chain is the order of building, which is the order of reading here.
        current = QApplication.focusWidget()
        index = inside.index(current) if current in inside else -1
        inside[(index + (1 if next_ else -1)) % len(inside)].setFocus(
            Qt.FocusReason.TabFocusReason if next_ else Qt.FocusReason.BacktabFocusReason
        )
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc; keep every other key from what is underneath."""
        if self._dismissable and event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close on a click beside the card."""
        if self._dismissable:
            self.dismiss()
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Shade what is underneath."""
        painter = QPainter(self)
        painter.fillRect(QRectF(self.rect()), theme().color("bg") if self._opaque else theme().tint("bg", SHADE_ALPHA))
