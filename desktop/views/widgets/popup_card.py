"""A card under a button with a few things to choose and one act. It closes with Escape or a click elsewhere, and does nothing by itself."""

from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.views.theme import theme
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.labels import caption, title
from desktop.views.widgets.wrapped import Wrapped

WIDTH_PX: Final = 328
EDGE_PX: Final = 8


class PopupCard(QFrame):
    """A subclass fills ``fields`` and says in `submit` what its act does."""

    def __init__(self, parent: QWidget, heading: str, act: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.cost = Wrapped()
        """What the act costs, in a sentence."""
        self.fault = Wrapped(tone="bad")
        self.start = PrimaryButton(act, self.submit)
        self.fields = QVBoxLayout()
        self.fields.setSpacing(4)
        self._lay_out(heading)
        for keys in ("Return", "Enter", "Ctrl+Return"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.submit)

    def submit(self) -> None:
        """Do what the card is there for, if what was chosen makes sense."""

    def show_under(self, button: QWidget) -> None:
        """Open the card under *button*, within the window."""
        self.setFixedWidth(WIDTH_PX)
        self.fit()
        window = button.window()
        under = button.mapTo(window, QPoint(0, button.height() + 4))
        is_low = under.y() + self.height() > window.height() - EDGE_PX
        top = button.mapTo(window, QPoint(0, -4)).y() - self.height() if is_low else under.y()
        left = min(under.x(), max(window.width() - WIDTH_PX - EDGE_PX, 0))
        self.move(window.mapToGlobal(QPoint(left, max(top, EDGE_PX))))
        self.show()
        self.fit()
        self.first_field().setFocus(Qt.FocusReason.PopupFocusReason)

    def first_field(self) -> QWidget:
        """Answer where the cursor goes."""
        return self.findChild(QLineEdit) or self.findChild(QSpinBox) or self.start

    def add_field(self, label: str, widget: QWidget) -> None:
        """Put a field under its caption."""
        self.fields.addWidget(caption(label))
        self.fields.addWidget(widget)
        self.fields.addSpacing(8)

    def fit(self) -> None:
        """Be as high as the words need at this width."""
        layout = self.layout()
        assert layout is not None
        layout.setGeometry(QRect(0, 0, WIDTH_PX, self.sizeHint().height()))  # wrapped words know their height once they have a width
        layout.invalidate()
        self.resize(WIDTH_PX, self.sizeHint().height())

    def _lay_out(self, heading: str) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        head = title(heading)
        head.setText(head.fontMetrics().elidedText(head.text(), Qt.TextElideMode.ElideMiddle, WIDTH_PX - 32))
        layout.addWidget(head)
        layout.addWidget(self.cost)
        layout.addLayout(self.fields)
        layout.addWidget(self.fault)
        self.fault.hide()
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.start)
        foot.addWidget(Button(tr("Cancel"), self.close))
        foot.addStretch(1)
        layout.addLayout(foot)

    # -- Qt overrides

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint a raised surface with a line around it."""
        painter = QPainter(self)
        painter.setPen(theme().color("line"))
        painter.setBrush(theme().color("panel"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))  # a window of its own has square corners


def count_spin(value: int, least: int, most: int, name: str, *, zero: str = "") -> QSpinBox:
    """Make a field for a number; *zero* says in words what the least one means."""
    spin = QSpinBox()
    spin.setRange(least, most)
    spin.setValue(value)
    spin.setGroupSeparatorShown(True)
    spin.setAccessibleName(name)
    if zero:
        spin.setSpecialValueText(zero)
    return spin
