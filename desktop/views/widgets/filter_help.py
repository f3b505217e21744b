"""The filter language on one card: fields and examples, each of which can be tried by a click."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QVBoxLayout, QWidget

from desktop.core.i18n import N_, tr
from desktop.views.theme import theme
from desktop.views.widgets.labels import Label, caption, mono, title
from embedded_server.contracts.filters import TASK_FIELDS, Field

EVENT_EXAMPLES: Final = (
    ("kind:task.failed", N_("One kind of event; kind:task takes the whole group")),
    ("subject:orders.*", N_("A star stands for anything")),
    ("-status:200", N_("A minus, or NOT, turns it round")),
    ("size:>10kB time:>-5m", N_("Parts side by side must all match")),
    ("status:404 OR status:500", N_("Either; parentheses group")),
    ('"connection lost"', N_("Words anywhere; quotes keep them together")),
    ("body.order.id:42", N_("A place in a JSON body")),
    (r"subject:/orders\.(paid|sent)/i", N_("A regular expression")),
)
TASK_EXAMPLES: Final = (
    ("state:FAILURE", N_("One state")),
    ("name:demo.*", N_("A star stands for anything")),
    ("runtime:>1s", N_("Slower than a second")),
    ("-worker:web-1", N_("A minus, or NOT, turns it round")),
    ("retries:>0 time:>-1h", N_("Parts side by side must all match")),
    ("state:RETRY OR state:FAILURE", N_("Either; parentheses group")),
    ("args:*42*", N_("A part of a value needs stars")),
    (r"name:/thumb(nail)?/i", N_("A regular expression")),
)


class FilterHelp(QFrame):
    """A card under the help button. It closes with Escape or a click elsewhere."""

    def __init__(self, fields: Sequence[Field], use: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("filter_help")
        self._use = use
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(title(tr("How to write a filter")))
        examples = TASK_EXAMPLES if fields is TASK_FIELDS else EVENT_EXAMPLES
        layout.addLayout(self._examples(examples))
        layout.addWidget(Label(tr("Fields"), bold=True))
        layout.addLayout(self._fields(fields))
        layout.addWidget(caption(tr("Comparisons: field:>value, <, >=, <=. Ctrl+Space offers what fits; Up brings back earlier filters.")))

    @classmethod
    def show_under(cls, button: QWidget, fields: Sequence[Field], use: Callable[[str], None]) -> "FilterHelp":
        """Open the card with its right edge under *button*'s."""
        card = cls(fields, use, button)
        card.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width() - card.width(), button.height() + 4))
        card.move(corner)
        card.show()
        return card

    def _examples(self, examples: Sequence[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        for row, (text, meaning) in enumerate(examples):
            button = QPushButton(text)
            button.setFlat(True)
            button.setFixedHeight(24)
            button.setFont(theme().mono_font())
            button.setToolTip(tr("Use this filter"))
            button.clicked.connect(lambda _checked=False, text=text: self._take(text))
            grid.addWidget(button, row, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(caption(tr(meaning)), row, 1)
        return grid

    def _fields(self, fields: Sequence[Field]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        for row, field in enumerate(fields):
            grid.addWidget(mono(field.name, tone="text"), row, 0)
            grid.addWidget(caption(tr(field.help)), row, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _take(self, text: str) -> None:
        self.close()
        self._use(text)

    # -- Qt overrides

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint a raised surface with a line around it."""
        painter = QPainter(self)
        painter.setPen(theme().color("line"))
        painter.setBrush(theme().color("panel"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
