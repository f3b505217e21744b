"""The card under the Read button: where to start, which partitions, how far, and the cost in a sentence."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_reads import FROM_WORDS, ReadDraft, prepare_read
from desktop.views.kafka.range_card import MAX_COUNT, RangeCard
from desktop.views.widgets.popup_card import count_spin
from embedded_server.contracts.kafka import From


class ReadCard(RangeCard):
    """Reads nothing unless told."""

    asked = Signal(object)
    """A `ReadRequest`."""
    edited = Signal(object)
    """The `ReadDraft` as it was when it was read with: it stands there again the next time."""

    def __init__(self, topic: str, partitions: int | None, draft: ReadDraft, parent: QWidget) -> None:
        super().__init__(parent, tr("Read {topic}", topic=topic), tr("Read"), draft, FROM_WORDS, partitions)
        self.setObjectName("kafka_read_card")
        self._topic, self._count = topic, partitions
        self.limit = count_spin(draft.limit, 0, MAX_COUNT, tr("Stop after"), zero=tr("no limit"))
        self.follow = QCheckBox(tr("Then go on with what comes, until stopped"))
        self.follow.setChecked(draft.follow)
        self.place_begin()
        self.add_field(tr("Partitions"), self.partitions)
        self.add_field(tr("Transactions"), self.isolation)
        self.add_field(tr("Stop after so many records"), self.limit)
        self.fields.addWidget(self.follow)
        self.follow_begin()

    def draft(self) -> ReadDraft:
        """Answer what is typed."""
        return self.read_draft(self.limit.value(), follow=self.follow.isChecked())

    def submit(self) -> None:
        """Read, if what was chosen makes sense."""
        draft = self.draft()
        prepared = prepare_read(draft, self._topic, self._count)
        if prepared.fault is not None:
            self.show_range_fault(prepared.fault)
            return
        self.edited.emit(draft)
        self.asked.emit(prepared.request)
        self.close()

    def follow_begin(self) -> None:
        """A read from the end on follows what comes, whatever is ticked."""
        self.follow.setEnabled(self.start_from() is not From.END)
        super().follow_begin()
