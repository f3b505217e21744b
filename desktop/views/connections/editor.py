"""The right side of the panel: one connection's head, its form and its test. Every letter typed is kept until it was saved."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.core.connections_draft import Draft, draft_of, entry_of, prepare, with_kind, with_url
from desktop.core.i18n import tr
from desktop.core.names import free_name
from desktop.core.problems import NotSignedIn, hint_of, problem_of, title_of
from desktop.services import Services
from desktop.services.connections import connection_service
from desktop.views.connections.embedded_page import EmbeddedPage
from desktop.views.connections.fields import ConnectionFields
from desktop.views.connections.fixes import follow_hint
from desktop.views.connections.head import ConnectionHead
from desktop.views.connections.tester import Tester
from desktop.views.connections.url_field import UrlField
from desktop.views.connections.walk_card import WalkCard
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.form_sheet import SUBMIT_KEYS, on_keys, scrolling
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.labels import caption
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import EMBEDDED_ID, Colour, Connection, ConnectionKind, SaveConnection
from embedded_server.contracts.problems import ProblemDetails

GUEST: Final = "guest"
WALK_PX: Final = 316
NARROW_PX: Final = 736
"""With less room the test stands under the form."""
LEAST_PX: Final = 400


class ConnectionEditor(QWidget):
    """Shows one connection, or the form for a new one."""

    saved = Signal(object)
    """The `Connection` as it is kept now."""
    discarded = Signal()
    """Unsaved changes were given up."""
    drafts_changed = Signal()
    add_requested = Signal()
    copy_requested = Signal(str)
    """A text that is to be copied."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._service = connection_service(services.api)
        self._jobs = Jobs(self)
        self._connection: Connection | None = None
        self._base = Draft()
        """The form without anything typed."""
        self.head = ConnectionHead()
        self.walk = WalkCard()
        self.tester = Tester(services, self.walk)
        self.url = UrlField(self._service, services.notices)
        self.fields = ConnectionFields(is_here=services.host.is_embedded)
        self.embedded = EmbeddedPage()
        self._failure = Wrapped(tone="bad")
        self._failure.hide()
        self.save_and_test = PrimaryButton(tr("Save and test"), lambda: self.start_save(then_test=True))
        self.save = Button(tr("Save"), lambda: self.start_save(then_test=False))
        self.discard_button = Button(tr("Discard changes"), self.discard)
        self._lay_out()
        self._connect()

    @property
    def id(self) -> str:
        """The id of what is shown; empty for a new connection."""
        return self._connection.id if self._connection is not None else ""

    # -- what the panel asks

    def show_connection(self, connection: Connection | None, *, kind: ConnectionKind | None = None) -> None:
        """Show a connection with what was typed for it and not saved; None shows the form for a new one, of *kind*."""
        self._connection = connection
        new = with_kind(Draft(colour=self._free_colour()), kind or ConnectionKind.RABBITMQ)
        self._base = draft_of(connection.spec) if connection is not None else new
        self._clear()
        self.url.clear()
        self.url.setVisible(connection is None)
        self.head.show_connection(connection)
        self.embedded.show_connection(connection)
        self.fields.let_kind_be_chosen(choosable=connection is None)
        is_embedded = connection is not None and connection.id == EMBEDDED_ID
        self._pages.setCurrentIndex(1 if is_embedded else 0)
        self.fields.show_draft(self._service.drafts.get(self.id, self._base))
        self._show_kind()
        self._show_rest()
        self.tester.show(self.id)

    def follow(self, connection: Connection) -> None:
        """Show how the same connection fares now; what is being typed stays."""
        before, self._connection = self._connection, connection
        self.head.show_connection(connection)
        self.embedded.show_connection(connection)
        if before is None or before.spec != connection.spec:
            self._base = draft_of(connection.spec)
            if connection.id not in self._service.drafts:
                self.fields.show_draft(self._base)
        self._show_rest()

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is known is from before."""
        self.head.set_dimmed(dimmed)

    def focus_first(self) -> None:
        """Put the cursor where one begins."""
        place: QWidget = self.embedded.add if self.id == EMBEDDED_ID else self.fields.name if self.id else self.url.line
        place.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def failure(self) -> str:
        """Answer what stands above the buttons, empty where nothing failed."""
        return self._failure.text()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self._jobs.stop()
        await self.tester.stop()
        await self.url.stop()

    # -- acts

    def start_save(self, *, then_test: bool) -> None:
        """Check everything; keep it if it holds, else go to the first fault."""
        if self.id == EMBEDDED_ID or self._jobs.is_running("save"):
            return
        if self.id and self.id not in self._service.drafts:  # nothing to save
            if then_test:
                self.start_test()
            return
        draft = self.fields.draft()
        save = self._prepared(draft)
        if save is not None:
            job = self._jobs.start("save", self._save(self.id, draft, save, then_test=then_test), self._on_save_failed)
            job.add_done_callback(lambda _: self._show_rest())
            self._show_rest()

    def start_test(self) -> None:
        """Test what stands in the form, with the kept passwords where none is typed."""
        id_, draft = self.id, self.fields.draft()
        if id_ == EMBEDDED_ID or (id_ and draft == self._base):
            self.tester.start(id_, None)
        elif (save := self._prepared(draft)) is not None:
            self.tester.start(id_, save)

    def discard(self) -> None:
        """Give up what was typed."""
        self._service.drafts.pop(self.id, None)
        self.drafts_changed.emit()
        self.show_connection(self._connection)
        self.discarded.emit()

    # -- saving

    def _prepared(self, draft: Draft) -> SaveConnection | None:
        self._clear()
        prepared = prepare(draft)
        self.fields.show_faults(prepared.faults)
        if prepared.save is None or self.id or draft.name.strip():
            return prepared.save
        spec = prepared.save.spec
        taken = {one.spec.name.casefold() for one in self._service.all}
        name = free_name(spec.name, lambda name: name.casefold() in taken)
        return replace(prepared.save, spec=replace(spec, name=name))

    async def _save(self, id_: str, draft: Draft, save: SaveConnection, *, then_test: bool) -> None:
        connection = await (self._service.change(id_, save) if id_ else self._service.add(save))
        if self._service.drafts.get(id_) == draft:  # else more was typed meanwhile
            del self._service.drafts[id_]
        self.tester.forget(id_)
        self.drafts_changed.emit()
        self.saved.emit(connection)
        if then_test:
            self.tester.start(connection.id, None)

    def _on_save_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._services.notices.from_exception(exc)
        elif isinstance(exc, NotSignedIn):
            self._fail(tr("You were signed out before this was saved"), tr("Sign in again, then save it: nothing you typed is lost."))
        elif (entry := entry_of(problem)) is not None:
            self.fields.show_fault(entry, f"{title_of(problem)}. {hint_of(problem)}")
        else:
            self._fail(title_of(problem), hint_of(problem))

    def _fail(self, title: str, hint: str) -> None:
        self._failure.setText(f"{title}\n{hint}" if hint else title)
        self._failure.show()

    def _on_test_refused(self, problem: ProblemDetails) -> None:
        if (entry := entry_of(problem)) is not None:
            self.fields.show_fault(entry, f"{title_of(problem)}. {hint_of(problem)}")

    # -- how it is shown

    def _clear(self) -> None:
        self.fields.clear_faults()
        self._failure.setText("")
        self._failure.hide()

    def _show_rest(self) -> None:
        connection = self._connection
        state = connection.secret if connection is not None else None
        rabbit = connection.spec.rabbitmq if connection is not None else None
        self.fields.show_secret(state, is_guest=rabbit is not None and rabbit.user == GUEST)
        self.fields.show_keyring(available=self._service.keyring, state=state)
        changed = self.id in self._service.drafts
        busy = self._jobs.is_running("save")
        self._unsaved.setText(tr("Not saved") if changed else "")
        self.discard_button.setVisible(changed)
        self.save.setEnabled(not busy and (changed or not self.id))
        self.save_and_test.setEnabled(not busy and (changed or not self.id))

    def _show_kind(self) -> None:
        """Let head and test follow the kind of what stands in the form."""
        kind = ConnectionKind.EMBEDDED if self.id == EMBEDDED_ID else self.fields.kind()
        self.walk.set_kind(kind)
        if not self.id:
            self.head.set_new_kind(kind)

    def _free_colour(self) -> Colour:
        used = [one.spec.colour for one in self._service.all]
        return min(Colour, key=used.count)

    def _on_edited(self) -> None:
        draft = self.fields.draft()
        if draft == self._base:
            self._service.drafts.pop(self.id, None)
        else:
            self._service.drafts[self.id] = draft
        self._show_kind()
        self._show_rest()
        self.drafts_changed.emit()

    def _on_parsed(self, parsed: SaveConnection) -> None:
        self.fields.show_draft(with_url(self.fields.draft(), parsed))
        self._clear()
        self._on_edited()
        self.fields.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_fix(self, code: str) -> None:
        follow_hint(code, self.fields)

    def _connect(self) -> None:
        self.fields.edited.connect(self._on_edited)
        self.fields.submitted.connect(lambda: self.start_save(then_test=True))
        self.url.parsed.connect(self._on_parsed)
        self.walk.test_requested.connect(self.start_test)
        self.walk.stop_requested.connect(self.tester.stop_shown)
        self.tester.refused.connect(self._on_test_refused)
        self.walk.fix_requested.connect(self._on_fix)
        self.embedded.add_requested.connect(self.add_requested)
        self.embedded.copy_requested.connect(self.head.copy_requested)
        self.embedded.copy_kafka_requested.connect(self.copy_requested)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.head)  # first of all: Tab goes the way things were put in
        form = Card(margins=(16, 12, 16, 12))
        form.body.addWidget(self.url)
        form.body.addWidget(self.fields)
        self._fold = QWidget()
        self._column = QVBoxLayout(self._fold)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self._column.addWidget(form)
        self._column.addStretch(1)
        self._unsaved = caption(tone="warn")
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for widget in (self.save_and_test, self.save, self.discard_button, caption("Ctrl+Enter"), self._unsaved):
            foot.addWidget(widget)
        foot.addStretch(1)
        page = QWidget()
        left = QVBoxLayout(page)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(8)
        left.addWidget(scrolling(self._fold), 1)
        left.addWidget(self._failure)
        left.addLayout(foot)
        self._pages = QStackedWidget()
        self._pages.addWidget(page)
        self._pages.addWidget(self.embedded)
        side = QWidget()
        self._side_column = QVBoxLayout(side)
        self._side_column.setContentsMargins(0, 0, 0, 0)
        self._side_column.addWidget(self.walk)
        self._side_column.addStretch(1)
        self._side = scrolling(side)
        self._side.setFixedWidth(WALK_PX)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self._pages, 1)
        middle.addWidget(self._side)
        column.addLayout(middle, 1)
        for keys in SUBMIT_KEYS:
            on_keys(self, keys, lambda: self.start_save(then_test=True))

    # -- Qt overrides

    def minimumSizeHint(self) -> QSize:
        """Answer what the form takes by itself: with the test beside it there would be no way back to less room."""
        return QSize(LEAST_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the test beside the form where there is room, else under it."""
        super().resizeEvent(event)
        is_narrow = self.width() < NARROW_PX
        if is_narrow == self._side.isVisibleTo(self):
            self._side.setVisible(not is_narrow)
            (self._column if is_narrow else self._side_column).insertWidget(1 if is_narrow else 0, self.walk)
