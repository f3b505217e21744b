"""What a dry run found: how many messages would go, by target, and why the others stay."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QWidget

from desktop.core.formatting import number
from desktop.core.i18n import N_, tr
from desktop.views.widgets.card import Card
from desktop.views.widgets.small_table import SmallColumn, SmallTable
from desktop.views.widgets.wrapped import Wrapped

MOST_ROWS: Final = 6
Target = tuple[str, int]


class Found(Card):
    """Hidden until a dry run has ended; dim, and saying so, once the form asks for something else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, fill="raised", margins=(12, 8, 12, 8))
        self._head = Wrapped(tone="text", bold=True, small=False)
        columns: list[SmallColumn[Target]] = [
            SmallColumn(N_("To"), 0, lambda target: target[0], mono=True, tip=lambda target: target[0]),
            SmallColumn(N_("Messages"), 96, lambda target: number(target[1]), right=True),
        ]
        self.table: SmallTable[Target] = SmallTable(columns, name=tr("Messages by target"))
        self._rest = Wrapped()
        self._short = Wrapped(tone="warn")
        self._stale = Wrapped(tone="warn")
        self._stale.setText(tr("The form has changed since: run it again to count anew."))
        for widget in (self._head, self.table, self._rest, self._short, self._stale):
            self.body.addWidget(widget)
        self.hide()

    def text(self) -> str:
        """Answer the words above the table."""
        return self._head.text()

    def short(self) -> str:
        """Answer why it did not look at every message, as shown; empty where it did."""
        return self._short.text()

    def show_found(self, head: str, targets: Sequence[Target], rest: str, short: str = "") -> None:
        """Show it; *short* says why it did not look at every message."""
        self._head.setText(head)
        self.table.set_rows(targets)
        self.table.setVisible(bool(targets))
        rows = min(len(targets), MOST_ROWS)
        self.table.setFixedHeight(
            self.table.horizontalHeader().sizeHint().height() + rows * self.table.verticalHeader().defaultSectionSize() + 2
        )
        self._rest.setText(rest)
        self._rest.setVisible(bool(rest))
        self._short.setText(short)
        self._short.setVisible(bool(short))
        self.show()

    def is_stale(self) -> bool:
        """Whether it says that it no longer counts."""
        return not self._stale.isHidden()

    def set_stale(self, stale: bool) -> None:
        """Say that the form asks for something else than what was counted."""
        self._stale.setVisible(stale)
