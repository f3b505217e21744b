"""The card under the Read button: where to start, which partitions, how far, and the cost in a sentence."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_reads import COSTS, EXAMPLES, FROM_WORDS, ISOLATION_WORDS, Read, ReadDraft, prepare_read
from desktop.views.theme import theme
from desktop.views.widgets.popup_card import PopupCard, count_spin
from embedded_server.contracts.kafka import From, Isolation

MAX_COUNT = 1_000_000


class ReadCard(PopupCard):
    """Reads nothing unless told."""

    asked = Signal(object)
    """A `ReadRequest`."""
    edited = Signal(object)
    """The `ReadDraft` as it was when it was read with: it stands there again the next time."""

    def __init__(self, topic: str, partitions: int | None, draft: ReadDraft, parent: QWidget) -> None:
        super().__init__(parent, tr("Read {topic}", topic=topic), tr("Read"))
        self.setObjectName("kafka_read_card")
        self._topic, self._count = topic, partitions
        self.begin = QComboBox()
        self.begin.setAccessibleName(tr("Start from"))
        for start, words in FROM_WORDS.items():
            self.begin.addItem(tr(words), start.value)
        self.newest = count_spin(draft.count, 1, MAX_COUNT, tr("How many of the newest"))
        self.newest.setSuffix(f" {tr('records')}")
        self.at = QLineEdit(draft.place)
        self.at.setFont(theme().mono_font())
        self.at.setAccessibleName(tr("Where to start"))
        self.partitions = QLineEdit(draft.partitions)
        self.partitions.setFont(theme().mono_font())
        self.partitions.setAccessibleName(tr("Partitions"))
        self.partitions.setPlaceholderText(tr("all: 0-{last}", last=partitions - 1) if partitions else tr("all"))
        self.isolation = QComboBox()
        self.isolation.setAccessibleName(tr("Transactions"))
        for isolation, words in ISOLATION_WORDS.items():
            self.isolation.addItem(tr(words), isolation.value)
        self.limit = count_spin(draft.limit, 0, MAX_COUNT, tr("Stop after"), zero=tr("no limit"))
        self.follow = QCheckBox(tr("Then go on with what comes, until stopped"))
        self.follow.setChecked(draft.follow)
        self._place()
        self.begin.setCurrentIndex(self.begin.findData(draft.start.value))
        self.isolation.setCurrentIndex(self.isolation.findData(draft.isolation.value))
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
        self.add_field(tr("Partitions"), self.partitions)
        self.add_field(tr("Transactions"), self.isolation)
        self.add_field(tr("Stop after so many records"), self.limit)
        self.fields.addWidget(self.follow)

    def draft(self) -> ReadDraft:
        """Answer what is typed."""
        return ReadDraft(
            From(self.begin.currentData()),
            self.newest.value(),
            self.at.text(),
            self.partitions.text(),
            Isolation(self.isolation.currentData()),
            self.limit.value(),
            self.follow.isChecked(),
        )

    def submit(self) -> None:
        """Read, if what was chosen makes sense."""
        draft = self.draft()
        prepared = prepare_read(draft, self._topic, self._count)
        if prepared.request is None:
            fault = prepared.fault
            self.fault.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault is not None else "")
            self.fault.show()
            self.fit()
            return
        self.edited.emit(draft)
        self.asked.emit(prepared.request)
        self.close()

    def first_field(self) -> QWidget:
        """Begin where one chooses where to start."""
        return self.begin

    def _follow_begin(self) -> None:
        start = From(self.begin.currentData())
        self.newest.setVisible(start is From.NEWEST)
        self.at.setVisible(start in EXAMPLES)
        self.at.setPlaceholderText(tr(EXAMPLES[start]) if start in EXAMPLES else "")
        self.follow.setEnabled(start is not From.END)
        self.fault.hide()
        self.fit()
