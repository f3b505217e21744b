"""The fields of setting offsets: where to, with its value, and which topics and partitions."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.kafka_group import Place, ResetDraft, topics_in
from desktop.views.widgets.form_sheet import field_group, line_field
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.tab_order import put_before
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.kafka import GroupDetail, ResetTo

LINE_PX: Final = 280


class ResetFields(QWidget):
    """Each way keeps what was typed for it."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        ways = [
            (ResetTo.EARLIEST, tr("Earliest")),
            (ResetTo.LATEST, tr("Latest")),
            (ResetTo.OFFSET, tr("Offset")),
            (ResetTo.TIME, tr("Time")),
            (ResetTo.SHIFT, tr("Shift by")),
        ]
        self.to = Segmented(ways, ResetTo.EARLIEST, name=tr("Set offsets to"))
        self.offset = line_field(tr("Offset"), "0", mono=True)
        self.time = line_field(tr("Time"), tr("2026-11-24 14:30, -2h, or milliseconds"), mono=True)
        self.shift = line_field(tr("Records"), tr("-500 reads them again, +20 skips them"), mono=True)
        self._lines = {ResetTo.OFFSET: self.offset, ResetTo.TIME: self.time, ResetTo.SHIFT: self.shift}
        self._about = Wrapped()
        self._faults = {place: Wrapped(tone="bad") for place in Place}
        self._topics: dict[str, QCheckBox] = {}
        self._topic_box = QWidget()
        self._topic_column = QVBoxLayout(self._topic_box)
        self._topic_column.setContentsMargins(0, 0, 0, 0)
        self._topic_column.setSpacing(2)
        self.partitions = line_field(tr("Partitions"), tr("all"), mono=True)
        self.partitions.setFixedWidth(LINE_PX)
        self._lay_out()
        self.to.chosen.connect(self._on_way_chosen)
        for line in (*self._lines.values(), self.partitions):
            line.textEdited.connect(self.edited)
        self._show_way()
        self.show_faults({})

    def first(self) -> QWidget:
        """Answer where one begins."""
        return self.to

    def topic(self, name: str) -> QCheckBox:
        """Answer the box of a topic."""
        return self._topics[name]

    def draft(self) -> ResetDraft:
        """Answer the fields exactly as they stand."""
        left_out = frozenset(topic for topic, box in self._topics.items() if not box.isChecked())
        return ResetDraft(
            ResetTo(self.to.current()), self.offset.text(), self.time.text(), self.shift.text(), left_out, self.partitions.text()
        )

    def begin(self, detail: GroupDetail) -> None:
        """Begin with another group: every topic, every partition."""
        for box in self._topics.values():
            self._topic_column.removeWidget(box)
            box.hide()
            box.deleteLater()
        self._topics = {}
        self.partitions.clear()
        self.know(detail)

    def know(self, detail: GroupDetail) -> None:
        """Offer the topics the group has offsets in; what was ticked stays."""
        for topic in topics_in(detail):
            if topic not in self._topics:
                box = QCheckBox(topic)
                box.setChecked(True)
                box.toggled.connect(self._on_topics_changed)
                self._topics[topic] = box
                self._topic_column.addWidget(box)
                put_before(self.partitions, (box,))
        self._show_topics()

    def fault(self, place: Place) -> str:
        """Answer what stands under a field."""
        return self._faults[place].text()

    def show_faults(self, faults: dict[str, Fault]) -> None:
        """Say what is wrong, each at its own, and go to the first."""
        for place, label in self._faults.items():
            fault = faults.get(place)
            label.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault else "")
            label.setVisible(fault is not None)
        if Place.VALUE in faults:
            self._lines[ResetTo(self.to.current())].setFocus()
        elif Place.PARTITIONS in faults:
            self.partitions.setFocus()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(caption(tr("Set offsets to")))
        column.addWidget(self.to)
        column.addSpacing(4)
        for line in self._lines.values():
            line.setFixedWidth(LINE_PX)
            column.addWidget(line)
        for words in (self._about, self._faults[Place.VALUE]):
            column.addWidget(words)
        column.addSpacing(8)
        self._topics_group = field_group(tr("In these topics"), self._topic_box)
        self._partitions_group = field_group(tr("Partitions, such as 0-3, 7"), self.partitions)
        column.addWidget(self._topics_group)
        column.addWidget(self._partitions_group)
        column.addWidget(self._faults[Place.PARTITIONS])

    def _on_way_chosen(self) -> None:
        self._show_way()
        line = self._lines.get(ResetTo(self.to.current()))
        if line is not None:
            line.setFocus()
        self.edited.emit()

    def _on_topics_changed(self) -> None:
        self._show_topics()
        self.edited.emit()

    def _show_way(self) -> None:
        way = ResetTo(self.to.current())
        for key, line in self._lines.items():
            line.setVisible(key is way)
        self._about.setText(
            {
                ResetTo.EARLIEST: tr("Everything that is there is read again."),
                ResetTo.LATEST: tr("What is there now is skipped."),
                ResetTo.OFFSET: tr("The same offset in every partition; one that is not there becomes the nearest that is."),
                ResetTo.TIME: tr("The first record at or after it; where there is none, the end."),
                ResetTo.SHIFT: tr("So many records back, with a minus, or forward, in every partition."),
            }[way]
        )

    def _show_topics(self) -> None:
        self._topics_group.setVisible(len(self._topics) > 1)
        chosen = sum(box.isChecked() for box in self._topics.values())
        self._partitions_group.setVisible(chosen == 1)
