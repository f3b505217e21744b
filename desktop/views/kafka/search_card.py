"""The card under a search's range: where it starts and ends, which partitions, how transactions are read, after how many hits it stops."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_reads import COSTS, EXAMPLES, FROM_WORDS, ISOLATION_WORDS, Read, ReadDraft
from desktop.core.kafka_search import SearchRange, prepare_range
from desktop.views.theme import theme
from desktop.views.widgets.popup_card import PopupCard, count_spin
from embedded_server.contracts.kafka import From, Isolation

MAX_COUNT = 1_000_000
STARTS = tuple(one for one in FROM_WORDS if one is not From.END)
"""A search looks at what is there: what comes is a tail's."""


class SearchCard(PopupCard):
    """It chooses, and searches nothing: the line does."""

    chosen = Signal(object)
    """The `SearchRange` as typed, after its check."""

    def __init__(self, topic: str, partitions: int | None, draft: SearchRange, parent: QWidget) -> None:
        super().__init__(parent, tr("Search in {topic}", topic=topic), tr("Take"))
        self.setObjectName("kafka_search_card")
        self._topic, self._count = topic, partitions
        read = draft.read
        self.begin = QComboBox()
        self.begin.setAccessibleName(tr("Start from"))
        for start in STARTS:
            self.begin.addItem(tr(FROM_WORDS[start]), start.value)
        self.begin.setCurrentIndex(self.begin.findData(read.start.value))
        self.newest = count_spin(read.count, 1, MAX_COUNT, tr("How many of the newest"))
        self.newest.setSuffix(f" {tr('records')}")
        self.at = _line(read.place, tr("Where to start"))
        self.until = _line(draft.until, tr("Where to end"))
        self.until.setPlaceholderText(tr("now, or such as -2h, or 0:1200, 3:90"))
        self.partitions = _line(read.partitions, tr("Partitions"))
        self.partitions.setPlaceholderText(tr("all: 0-{last}", last=partitions - 1) if partitions else tr("all"))
        self.isolation = QComboBox()
        self.isolation.setAccessibleName(tr("Transactions"))
        for isolation, words in ISOLATION_WORDS.items():
            self.isolation.addItem(tr(words), isolation.value)
        self.isolation.setCurrentIndex(self.isolation.findData(read.isolation.value))
        self.limit = count_spin(read.limit, 0, MAX_COUNT, tr("Stop after so many hits"), zero=tr("no limit"))
        self._place()
        self.begin.currentIndexChanged.connect(lambda _: self._follow_begin())
        self.cost.setText(tr(COSTS[Read.READ]))
        self.cost.set_tone("ok")
        self._follow_begin()

    def _place(self) -> None:
        self.add_field(tr("Start from"), self.begin)
        self.fields.takeAt(self.fields.count() - 1)
        self.fields.addWidget(self.newest)
        self.fields.addWidget(self.at)
        self.fields.addSpacing(8)
        self.add_field(tr("Up to"), self.until)
        self.add_field(tr("Partitions"), self.partitions)
        self.add_field(tr("Transactions"), self.isolation)
        self.add_field(tr("Stop after so many hits"), self.limit)

    def draft(self) -> SearchRange:
        """Answer what is typed."""
        read = ReadDraft(
            From(self.begin.currentData()),
            self.newest.value(),
            self.at.text(),
            self.partitions.text(),
            Isolation(self.isolation.currentData()),
            self.limit.value(),
        )
        return SearchRange(read, self.until.text())

    def submit(self) -> None:
        """Take the range, if what was chosen makes sense."""
        draft = self.draft()
        prepared = prepare_range(draft, self._topic, self._count)
        if (fault := prepared.fault) is not None:
            self.fault.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}")
            self.fault.show()
            self.fit()
            return
        self.chosen.emit(draft)
        self.close()

    def first_field(self) -> QWidget:
        """Begin where one chooses where to start."""
        return self.begin

    def _follow_begin(self) -> None:
        start = From(self.begin.currentData())
        self.newest.setVisible(start is From.NEWEST)
        self.at.setVisible(start in EXAMPLES)
        self.at.setPlaceholderText(tr(EXAMPLES[start]) if start in EXAMPLES else "")
        self.fault.hide()
        self.fit()


def _line(text: str, name: str) -> QLineEdit:
    line = QLineEdit(text)
    line.setFont(theme().mono_font())
    line.setAccessibleName(name)
    return line
