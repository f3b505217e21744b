"""A task's result: a tree where it is a structure, text where it is not or where the user likes text better."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.json_text import outer_span
from desktop.core.tasks_text import Readable
from desktop.views.widgets.json_tree import JsonTree
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.text_view import TextView
from embedded_server.contracts.concurrency import Notify

TREE = "tree"
TEXT = "text"
NOTHING = Readable("")


class ResultView(QWidget):
    """One value with a note above it."""

    def __init__(self, *, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._readable = NOTHING
        self._note = caption(wrap=True)
        self.choice = Segmented(((TREE, tr("Tree")), (TEXT, tr("Text"))), TREE, name=tr("How the result is shown"))
        self.tree = JsonTree(notify=notify)
        self.plain = TextView(tr("Result"))
        self._pages = QStackedWidget()
        self._pages.addWidget(self.plain)
        self._pages.addWidget(self.tree)
        top = QHBoxLayout()
        top.addWidget(self._note, 1)
        top.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self._pages, 1)
        self.choice.chosen.connect(self._show_page)
        self._show_page()

    def text(self) -> str:
        """Answer the whole result as text."""
        return self.plain.text()

    def note(self) -> str:
        """Answer the line above the value."""
        return self._note.text()

    def is_tree_shown(self) -> bool:
        """Whether the value is shown as a tree now."""
        return self._pages.currentWidget() is self.tree

    def show_result(self, result: Readable, note: str = "", tone: str = "dim") -> None:
        """Show *result*; the same one again leaves what is unfolded and scrolled alone."""
        self._note.set_tone(tone)
        self._note.setText(note)
        self._note.setVisible(bool(note) or result.is_tree)
        if result.text != self._readable.text:
            self._readable = result
            self.plain.set_text(result.text)
            self.tree.set_root(result.text if result.is_tree else "", outer_span(result.text) if result.is_tree else None)
        self._show_page()

    def _show_page(self) -> None:
        is_tree = self._readable.is_tree
        self.choice.setVisible(is_tree)
        self._pages.setCurrentWidget(self.tree if is_tree and self.choice.current() == TREE else self.plain)
