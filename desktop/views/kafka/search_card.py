"""The card under a search's range: where it starts and ends, which partitions, how transactions are read, after how many hits it stops."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_reads import FROM_WORDS
from desktop.core.kafka_search import SearchRange, prepare_range
from desktop.views.kafka.range_card import MAX_COUNT, RangeCard, mono_line
from desktop.views.widgets.popup_card import count_spin
from embedded_server.contracts.kafka import From

STARTS = tuple(one for one in FROM_WORDS if one is not From.END)
"""A search looks at what is there: what comes is a tail's."""


class SearchCard(RangeCard):
    """It chooses, and searches nothing: the line does."""

    chosen = Signal(object)
    """The `SearchRange` as typed, after its check."""

    def __init__(self, topic: str, partitions: int | None, draft: SearchRange, parent: QWidget) -> None:
        super().__init__(parent, tr("Search in {topic}", topic=topic), tr("Take"), draft.read, STARTS, partitions)
        self.setObjectName("kafka_search_card")
        self._topic, self._count = topic, partitions
        self.until = mono_line(draft.until, tr("Where to end"))
        self.until.setPlaceholderText(tr("now, or such as -2h, or 0:1200, 3:90"))
        self.limit = count_spin(draft.read.limit, 0, MAX_COUNT, tr("Stop after so many hits"), zero=tr("no limit"))
        self.place_begin()
        self.add_field(tr("Up to"), self.until)
        self.add_field(tr("Partitions"), self.partitions)
        self.add_field(tr("Transactions"), self.isolation)
        self.add_field(tr("Stop after so many hits"), self.limit)
        self.follow_begin()

    def draft(self) -> SearchRange:
        """Answer what is typed."""
        return SearchRange(self.read_draft(self.limit.value()), self.until.text())

    def submit(self) -> None:
        """Take the range, if what was chosen makes sense."""
        draft = self.draft()
        prepared = prepare_range(draft, self._topic, self._count)
        if prepared.fault is not None:
            self.show_range_fault(prepared.fault)
            return
        self.chosen.emit(draft)
        self.close()
