"""What a card that chooses a range of a topic has in common: where to start, which partitions, how transactions are read, how far."""

from collections.abc import Iterable
from typing import Final

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.kafka_reads import COSTS, EXAMPLES, FROM_WORDS, ISOLATION_WORDS, Read, ReadDraft
from desktop.views.theme import theme
from desktop.views.widgets.popup_card import PopupCard, count_spin
from embedded_server.contracts.kafka import From, Isolation

MAX_COUNT: Final = 1_000_000


class RangeCard(PopupCard):
    """A subclass lays the fields out, and asks for the range in `submit`; then it calls `follow_begin`."""

    def __init__(self, parent: QWidget, heading: str, act: str, draft: ReadDraft, starts: Iterable[From], partitions: int | None) -> None:
        super().__init__(parent, heading, act)
        self.begin = QComboBox()
        self.begin.setAccessibleName(tr("Start from"))
        for start in starts:
            self.begin.addItem(tr(FROM_WORDS[start]), start.value)
        self.begin.setCurrentIndex(self.begin.findData(draft.start.value))
        self.newest = count_spin(draft.count, 1, MAX_COUNT, tr("How many of the newest"))
        self.newest.setSuffix(f" {tr('records')}")
        self.at = mono_line(draft.place, tr("Where to start"))
        self.partitions = mono_line(draft.partitions, tr("Partitions"))
        self.partitions.setPlaceholderText(tr("all: 0-{last}", last=partitions - 1) if partitions else tr("all"))
        self.isolation = QComboBox()
        self.isolation.setAccessibleName(tr("Transactions"))
        for isolation, words in ISOLATION_WORDS.items():
            self.isolation.addItem(tr(words), isolation.value)
        self.isolation.setCurrentIndex(self.isolation.findData(draft.isolation.value))
        self.cost.setText(tr(COSTS[Read.READ]))
        self.cost.set_tone("ok")
        self.begin.currentIndexChanged.connect(lambda _: self.follow_begin())

    def place_begin(self) -> None:
        """Lay out where to start, with what that asks for right under it."""
        self.add_field(tr("Start from"), self.begin)
        self.fields.takeAt(self.fields.count() - 1)
        self.fields.addWidget(self.newest)
        self.fields.addWidget(self.at)
        self.fields.addSpacing(8)

    def start_from(self) -> From:
        """Answer from where on is read."""
        return From(self.begin.currentData())

    def read_draft(self, limit: int, *, follow: bool = False) -> ReadDraft:
        """Answer what is typed, with what the subclass knows of the end."""
        isolation = Isolation(self.isolation.currentData())
        return ReadDraft(self.start_from(), self.newest.value(), self.at.text(), self.partitions.text(), isolation, limit, follow)

    def show_range_fault(self, fault: Fault) -> None:
        """Say what makes no sense."""
        self.fault.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}")
        self.fault.show()
        self.fit()

    def first_field(self) -> QWidget:
        """Begin where one chooses where to start."""
        return self.begin

    def follow_begin(self) -> None:
        """Ask for what the chosen start needs."""
        start = self.start_from()
        self.newest.setVisible(start is From.NEWEST)
        self.at.setVisible(start in EXAMPLES)
        self.at.setPlaceholderText(tr(EXAMPLES[start]) if start in EXAMPLES else "")
        self.fault.hide()
        self.fit()


def mono_line(text: str, name: str) -> QLineEdit:
    """Make a line for offsets and the like."""
    line = QLineEdit(text)
    line.setFont(theme().mono_font())
    line.setAccessibleName(name)
    return line
