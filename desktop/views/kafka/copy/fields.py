"""The fields of a copy: which records, and where they go."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.connections_words import name_of
from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.kafka_copy import CopyDraft, Place
from desktop.core.problems import hint_of, title_of
from desktop.services.kafka import KafkaService
from desktop.views.kafka.names import topics_of
from desktop.views.widgets.filter_bar import FilterBar
from desktop.views.widgets.filter_help import FilterHelp
from desktop.views.widgets.form_sheet import field_group, line_field, side_by_side
from desktop.views.widgets.labels import caption
from desktop.views.widgets.name_line import NameLine
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.filters import EVENT_FIELDS
from embedded_server.contracts.kafka import From
from embedded_server.contracts.problems import ProblemDetails


class CopyFields(QWidget):
    """Each way to begin keeps what was typed for it."""

    edited = Signal()

    def __init__(self, service: KafkaService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._loading = False
        self._make_fields()
        self._lay_out()
        self._connect()

    def point_at(self, connection: Connection, targets: Sequence[Connection]) -> None:
        """Offer *targets* to copy to, *connection* itself first."""
        chosen = self.target.currentData() or connection.id
        ordered = [connection, *(one for one in targets if one.id != connection.id)]
        self.target.clear()
        for one in ordered:
            words = tr("{name} (this one)", name=name_of(one)) if one.id == connection.id else name_of(one)
            self.target.addItem(words, one.id)
        self.target.setCurrentIndex(max(0, self.target.findData(chosen)))
        self._offer_topics()

    def draft(self) -> CopyDraft:
        """Answer the fields exactly as they stand."""
        return CopyDraft(
            self.partitions.text(),
            From(self.start.current()),
            self.count.text(),
            self.offset.text(),
            self.time.text(),
            self.until_time.text(),
            self.filter_bar.text,
            self.limit.text(),
            str(self.target.currentData() or ""),
            self.topic.text(),
            self.keep_partition.isChecked(),
            self.keep_timestamp.isChecked(),
        )

    def show_draft(self, draft: CopyDraft) -> None:
        """Put *draft* into the fields."""
        self._loading = True
        for line, text in (
            (self.partitions, draft.partitions),
            (self.count, draft.count),
            (self.offset, draft.offset),
            (self.time, draft.time),
            (self.until_time, draft.until_time),
            (self.limit, draft.limit),
            (self.topic, draft.to_topic),
        ):
            if line.text() != text:
                line.setText(text)
        self.start.set_current(draft.start)
        self.filter_bar.set_text(draft.filter)
        self.target.setCurrentIndex(max(0, self.target.findData(draft.to_connection)))
        self.keep_partition.setChecked(draft.keep_partition)
        self.keep_timestamp.setChecked(draft.keep_timestamp)
        self._loading = False
        self._on_edited()

    def fault(self, place: Place) -> str:
        """Answer what stands under a field."""
        return self._faults[place].text()

    def show_faults(self, faults: dict[str, Fault]) -> None:
        """Say what is wrong, each at its own, and go to the first."""
        for place, label in self._faults.items():
            fault = faults.get(place)
            label.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}" if fault else "")
            label.setVisible(fault is not None)
        first = next((place for place in Place if place in faults), None)
        if first is not None:
            self._places()[first].setFocus()

    def show_filter_fault(self, problem: ProblemDetails) -> None:
        """Say what is wrong with the filter, with its place marked."""
        position, length = (int(problem.params.get(name, 0)) for name in ("position", "length"))
        self.filter_bar.show_error(title_of(problem), hint_of(problem), position, length)
        self.filter_bar.line.setFocus()

    def _places(self) -> dict[Place, QWidget]:
        starts = {From.NEWEST: self.count, From.OFFSET: self.offset, From.TIME: self.time}
        return {
            Place.PARTITIONS: self.partitions,
            Place.START: starts.get(From(self.start.current()), self.start),
            Place.UNTIL: self.until_time,
            Place.LIMIT: self.limit,
            Place.TARGET: self.topic,
        }

    # -- how it is made

    def _make_fields(self) -> None:
        self._faults = {place: Wrapped(tone="bad") for place in Place}
        starts = [
            (From.OLDEST, tr("Oldest")),
            (From.NEWEST, tr("Newest")),
            (From.OFFSET, tr("Offset")),
            (From.TIME, tr("Time")),
        ]
        self.start = Segmented(starts, From.OLDEST, name=tr("Begin at"))
        self.count = line_field(tr("How many of the newest"), "100", mono=True)
        self.offset = line_field(tr("First offset"), "0", mono=True)
        self.time = line_field(tr("First time"), tr("2026-11-24 14:30, or -2h"), mono=True)
        self.until_time = line_field(tr("Up to the time"), tr("all up to now"), mono=True)
        self.partitions = line_field(tr("Partitions"), tr("all"), mono=True)
        self.limit = line_field(tr("At most"), tr("all"), mono=True)
        self.filter_bar = FilterBar(EVENT_FIELDS)
        self.filter_bar.line.setPlaceholderText(tr("All, or such as body.amount:>500"))
        self.target = QComboBox()
        self.target.setAccessibleName(tr("To the connection"))
        self.topic = NameLine(tr("To the topic"), "orders.copy")
        self.keep_partition = QCheckBox(tr("Into the partition of the same number"))
        self.keep_partition.setToolTip(tr("Otherwise by the key's hash, as a producer does it"))
        self.keep_timestamp = QCheckBox(tr("Keep the timestamps"))
        self.keep_timestamp.setToolTip(tr("Otherwise each record is of the time of its copy. Retention looks at timestamps"))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        start = QHBoxLayout()
        start.setSpacing(8)
        start.addWidget(self.start)
        for line in (self.count, self.offset, self.time):
            start.addWidget(line, 1)
        start.addStretch(0)
        column.addWidget(caption(tr("Begin at")))
        column.addLayout(start)
        column.addWidget(self._faults[Place.START])
        column.addSpacing(4)
        until = field_group(tr("Up to the time"), self.until_time, self._faults[Place.UNTIL])
        partitions = field_group(tr("Partitions, such as 0-3, 7"), self.partitions, self._faults[Place.PARTITIONS])
        limit = field_group(tr("At most"), self.limit, self._faults[Place.LIMIT])
        column.addLayout(side_by_side(until, partitions, limit, shares=(3, 3, 2)))
        column.addWidget(caption(tr("Only those that match")))
        column.addWidget(self.filter_bar)
        column.addSpacing(12)
        target = field_group(tr("To the connection"), self.target)
        topic = field_group(tr("To the topic"), self.topic, self._faults[Place.TARGET])
        column.addLayout(side_by_side(target, topic, shares=(2, 3)))
        column.addWidget(self.keep_timestamp)
        column.addWidget(self.keep_partition)

    def _connect(self) -> None:
        for line in (self.count, self.offset, self.time, self.until_time, self.partitions, self.limit, self.topic, self.filter_bar.line):
            line.textChanged.connect(self._on_edited)
        self.start.chosen.connect(self._on_edited)
        self.target.activated.connect(self._on_target_chosen)
        for box in (self.keep_partition, self.keep_timestamp):
            box.toggled.connect(self._on_edited)
        self.filter_bar.help_requested.connect(self._show_help)
        self.filter_bar.leave_requested.connect(self.target.setFocus)

    # -- what happens

    def _on_target_chosen(self) -> None:
        self._offer_topics()
        self._on_edited()

    def _offer_topics(self) -> None:
        connection = str(self.target.currentData() or "")
        if connection:
            self.topic.complete_from(topics_of(self._service, connection))

    def _show_help(self) -> None:
        FilterHelp.show_under(self.filter_bar.help_button, EVENT_FIELDS, self.filter_bar.set_text)

    def _on_edited(self) -> None:
        if self._loading:
            return
        start = From(self.start.current())
        for line, way in ((self.count, From.NEWEST), (self.offset, From.OFFSET), (self.time, From.TIME)):
            line.setVisible(start is way)
        self.show_faults({})
        self.edited.emit()
