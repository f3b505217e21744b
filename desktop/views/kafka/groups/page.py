"""One consumer group whole: its state, its lag now and over time, its offsets and its members. It asks only while it is looked at."""

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.core.i18n import tr, trn
from desktop.core.kafka_group import lets_members_be_removed, total_lag
from desktop.core.problems import ServerUnreachable, hint_of, problem_of, title_of
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.groups.head import GroupHead
from desktop.views.kafka.groups.lag_card import LagCard
from desktop.views.kafka.groups.tables import MembersTable, OffsetsTable, rows_of
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.card import Card
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.labels import caption, title
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.kafka import GroupDetail, GroupMember

ASK_EVERY_MS: Final = 2_000


class GroupPage(QWidget):
    """`set_group` chooses; what is to be done is asked for by signals, as the forms are the panel's."""

    reset_requested = Signal(object)
    """A `GroupDetail` whose offsets are to be set."""
    delete_requested = Signal(object)
    """A `GroupDetail` to delete."""
    remove_requested = Signal(object, object)
    """A `GroupDetail` and the `GroupMember` to take out of it."""
    read_requested = Signal(object)
    """A `GroupOffset` from which on the records are to be seen."""
    loaded = Signal(object)
    """A `GroupDetail` that is shown."""

    def __init__(self, service: KafkaService, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._notices = notices
        self._jobs = Jobs(self)
        self._connection: Connection | None = None
        self._group = ""
        self._detail: GroupDetail | None = None
        self._clock = QTimer(self, interval=ASK_EVERY_MS)
        self._clock.timeout.connect(self.refresh)
        self._retry = QAction(tr("Ask again"), self)
        self._retry.triggered.connect(lambda *_: self.refresh())
        self._make_parts()
        self._lay_out()
        self._connect()

    # -- what the panel asks

    @property
    def detail(self) -> GroupDetail | None:
        """The group as it is shown; None while nothing is known of it."""
        return self._detail

    def set_group(self, connection: Connection | None, group_id: str | None) -> None:
        """Look at another group, or at none; the same one of a connection that fares otherwise goes on."""
        wanted = (connection.id if connection is not None else "", group_id or "")
        known = (self._connection.id if self._connection is not None else "", self._group)
        self._connection, self._group = connection, group_id or ""
        if wanted == known:
            if self._detail is not None:
                self._show_detail(self._detail)
            return
        self._jobs.cancel_all()
        self._detail = None
        self.lag.show_points([], None)
        self._stale.hide()
        self._say(EmptyState("ph.users-three", tr("Asking about {group} …", group=self._group)) if self._group else _nothing())
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Ask now how the group is, and how its lag went."""
        if self._connection is None or not self._group:
            return
        if not self._jobs.is_running("group"):
            self._jobs.start("group", self._load(self._connection.id, self._group), self._on_failed)
        if not self._jobs.is_running("lag"):
            self._jobs.start("lag", self._load_lag(self._connection.id, self._group), self._on_lag_failed)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._clock.stop()
        await self._jobs.stop()

    # -- how it is made

    def _make_parts(self) -> None:
        self._message = EmptyStateView(_nothing())
        self.head = GroupHead()
        self._stale = Wrapped(tone="warn")
        self._stale.hide()
        self.lag = LagCard()
        self.offsets = OffsetsTable()
        self.read = Button(tr("Read what comes next"), self._on_read, icon_name="ph.book-open")
        self.read.setToolTip(tr("The records behind the offset of the chosen partition; the group is not touched"))
        self.members = MembersTable()
        self.remove = Button(tr("Remove member…"), self._on_remove, icon_name="ph.user-minus")
        self._no_members = Wrapped()
        self._no_members.setText(tr("Nobody reads with this group at present. Its offsets stay until they expire."))
        self._offsets_note = caption()
        self._members_note = caption()

    def _lay_out(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.head)
        column.addWidget(self._stale)
        column.addWidget(self.lag)
        offsets = _card(tr("Offsets"), self._offsets_note, self.read)
        offsets.body.addWidget(self.offsets, 1)
        members = _card(tr("Members"), self._members_note, self.remove)
        members.body.addWidget(self._no_members)
        members.body.addWidget(self.members, 1)
        self._members_card = members
        column.addWidget(offsets, 3)
        column.addWidget(members, 2)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._message)
        self._pages.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)

    def _connect(self) -> None:
        self.head.reset_requested.connect(self._on_reset)
        self.head.delete_requested.connect(self._on_delete)
        self.members.selectionModel().currentChanged.connect(lambda *_: self._show_remove())
        self.offsets.selectionModel().currentChanged.connect(lambda *_: self._show_read())
        self.offsets.activated.connect(lambda _: self._on_read())

    # -- what is asked

    async def _load(self, connection: str, group: str) -> None:
        detail = await self._service.group(connection, group)
        if self._connection is not None and (connection, group) == (self._connection.id, self._group):
            self._show_detail(detail)
            self.loaded.emit(detail)

    async def _load_lag(self, connection: str, group: str) -> None:
        history = await self._service.lag(connection, group)
        if self._connection is not None and (connection, group) == (self._connection.id, self._group):
            lag = total_lag(self._detail) if self._detail is not None else None
            newest = history.points[-1].total if history.points else None
            self.lag.show_points(history.points, newest if lag is None else lag)

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._clock.stop()
            self._notices.from_exception(exc)
        elif self._detail is None:
            self._say(EmptyState("ph.warning", title_of(problem), hint_of(problem), (self._retry,)))
        elif not isinstance(exc, ServerUnreachable):  # that is told by the frame
            self._stale.setText(tr("As it was before: {reason}. {hint}", reason=title_of(problem), hint=hint_of(problem)))
            self._stale.show()

    def _on_lag_failed(self, exc: BaseException) -> None:
        """Without its lag over time the group is shown all the same."""
        if problem_of(exc) is None:
            self._notices.from_exception(exc)

    # -- how it is shown

    def _show_detail(self, detail: GroupDetail) -> None:
        self._detail = detail
        self._pages.setCurrentIndex(1)
        self._stale.hide()
        self.head.show_group(detail, read_only=self._is_read_only())
        rows = rows_of(detail.offsets, detail.members)
        self.offsets.set_rows(rows)
        self._offsets_note.setText(trn("1 partition", "{n} partitions", len(rows)) if rows else tr("Nothing has been committed yet"))
        self.members.set_rows(detail.members)
        self.members.setVisible(bool(detail.members))
        self._no_members.setVisible(not detail.members)
        self._members_note.setText(trn("1 member", "{n} members", len(detail.members)) if detail.members else "")
        self._members_card.setMaximumHeight(16_777_215 if detail.members else 72)
        self._show_remove()
        self._show_read()

    def _show_read(self) -> None:
        chosen = self.offsets.chosen()
        self.read.setVisible(bool(self.offsets.small_model.rows()))
        self.read.setEnabled(chosen is not None and chosen.committed is not None)

    def _is_read_only(self) -> bool:
        return self._connection is not None and self._connection.spec.read_only

    def _show_remove(self) -> None:
        self.remove.setVisible(bool(self._detail is not None and self._detail.members))
        why_not = self._why_not_removed()
        self.remove.setEnabled(not why_not)
        self.remove.setToolTip(why_not or tr("Its client joins again if it lives"))

    def _why_not_removed(self) -> str:
        if self._is_read_only():
            return tr("This connection is read-only")
        if self._detail is not None and not lets_members_be_removed(self._detail.group):
            return tr("In groups of this kind Kafka lets only the client itself end its membership")
        return "" if self.members.chosen() is not None else tr("Choose a member first")

    def _say(self, state: EmptyState) -> None:
        self._message.set_state(state)
        self._pages.setCurrentIndex(0)

    def _on_reset(self) -> None:
        if self._detail is not None:
            self.reset_requested.emit(self._detail)

    def _on_read(self) -> None:
        offset = self.offsets.chosen()
        if offset is not None and offset.committed is not None:
            self.read_requested.emit(offset)

    def _on_delete(self) -> None:
        if self._detail is not None:
            self.delete_requested.emit(self._detail)

    def _on_remove(self) -> None:
        member: GroupMember | None = self.members.chosen()
        if self._detail is not None and member is not None:
            self.remove_requested.emit(self._detail, member)

    # -- Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        """Ask from now on."""
        super().showEvent(event)
        self._clock.start()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask nothing while nobody looks."""
        super().hideEvent(event)
        self._clock.stop()


def _nothing() -> EmptyState:
    return EmptyState("ph.users-three", tr("No group is chosen"), tr("Choose one at the left to see its members, its offsets and its lag."))


def _card(heading: str, *beside: QWidget) -> Card:
    card = Card(margins=(16, 12, 8, 8))
    head = QHBoxLayout()
    head.setSpacing(12)
    head.setContentsMargins(0, 0, 8, 0)
    head.addWidget(title(heading))
    for number_, widget in enumerate(beside):
        if number_:
            head.addStretch(1)
        head.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
    if len(beside) < 2:
        head.addStretch(1)
    card.body.addLayout(head)
    return card
