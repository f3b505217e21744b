"""The Connections panel: the list at the left, the chosen connection's form and test at the right."""

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from desktop.core.feeds import Link
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from desktop.models.connections_model import ConnectionsModel
from desktop.services import Services
from desktop.services.connections import connection_service
from desktop.views.connections.connection_list import WIDTH_PX, ConnectionList
from desktop.views.connections.editor import ConnectionEditor
from desktop.views.connections.transfer import ask_for_export, ask_for_import, export_to, import_from
from desktop.views.panel import Panel
from desktop.views.widgets.buttons import make_action
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.feed_splitter import QuietSplitter
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.connections import EMBEDDED_ID, Connection, ConnectionKind, LinkState

SETTINGS_KEY: Final = "connections"


class ConnectionsPanel(Panel):
    """Composes the parts and carries messages between them."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("connections")
        self._services = services
        self._service = connection_service(services.api)
        self._service.keep_drafts_of(services.session.state.account)
        self._jobs = Jobs(self)
        self._wanted_id = services.settings.value(f"{SETTINGS_KEY}/chosen", EMBEDDED_ID)
        self._is_adding = False
        self._is_quiet = False
        self.model = ConnectionsModel(self)
        self._make_actions()
        self.list = ConnectionList(self.model)
        self.editor = ConnectionEditor(services)
        self._lay_out()
        self._connect()
        self._follow()

    def _make_actions(self) -> None:
        self._add = make_action(self, tr("Add connection"), self.open_new, shortcut="Ctrl+N", icon_name="ph.plus")
        self._add.setToolTip(tr("Add a RabbitMQ or a Kafka by its URL or field by field"))
        self._test = make_action(
            self, tr("Test the chosen connection"), self.start_test, shortcut="Ctrl+Shift+T", icon_name="ph.check-square"
        )
        self._duplicate = make_action(self, tr("Duplicate the chosen connection"), self.start_duplicate, icon_name="ph.copy-simple")
        self._remove = make_action(self, tr("Remove the chosen connection…"), self.ask_to_remove, icon_name="ph.trash")
        self._up = make_action(self, tr("Move the connection up"), lambda: self.start_move(-1), shortcut="Ctrl+Shift+Up")
        self._down = make_action(self, tr("Move the connection down"), lambda: self.start_move(1), shortcut="Ctrl+Shift+Down")
        self._import = make_action(self, tr("Import connections…"), self.ask_for_import, icon_name="ph.download-simple")
        self._export = make_action(self, tr("Export connections…"), self.ask_for_export, icon_name="ph.export")
        self._retry = make_action(self, tr("Ask again"), self._service.refresh, icon_name="ph.arrow-clockwise")

    def _lay_out(self) -> None:
        self._message = EmptyStateView(EmptyState("ph.share-network", tr("Asking for the connections …")))
        self._splitter = QuietSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.list)
        self._splitter.addWidget(self.editor)
        self._splitter.setStretchFactor(0, 0)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([self._services.settings.value(f"{SETTINGS_KEY}/list_px", WIDTH_PX), 800])
        self._pages = QStackedWidget()
        self._pages.addWidget(self._message)
        self._pages.addWidget(self._splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        self.setFocusProxy(self.list.view)

    def _connect(self) -> None:
        self._service.changed.connect(self._follow)
        self._service.wished.connect(self._grant_wish)
        self._services.feeds.state_changed.connect(self._on_link_changed)
        self.list.chosen.connect(self._on_chosen)
        self.list.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.list.view.addActions([self._test, self._duplicate, self._up, self._down, self._remove])
        self.list.import_button.clicked.connect(lambda *_: self.ask_for_import())
        self.list.export_button.clicked.connect(lambda *_: self.ask_for_export())
        head = self.editor.head
        head.connect_requested.connect(self.start_reconnect)
        head.disconnect_requested.connect(self.start_disconnect)
        head.duplicate_requested.connect(self.start_duplicate)
        head.remove_requested.connect(self.start_remove)
        head.copy_requested.connect(self.copy_address)
        self.editor.add_requested.connect(self.open_new)
        self.editor.copy_requested.connect(self._copy)
        self.editor.saved.connect(self._on_saved)
        self.editor.discarded.connect(self._on_discarded)
        self.editor.drafts_changed.connect(self._show_drafts)
        self.editor.fields.forget_requested.connect(self.start_forget)
        self._splitter.splitterMoved.connect(
            lambda *_: self._services.settings.set_value(f"{SETTINGS_KEY}/list_px", self._splitter.sizes()[0])
        )

    # -- what the window asks

    def primary_action(self) -> QAction | None:
        """Adding a connection."""
        return self._add

    def actions(self) -> list[QAction]:
        """Acts for the palette and the help."""
        return [self._add, self._test, self._duplicate, self._remove, self._up, self._down, self._import, self._export]

    def go_back(self) -> bool:
        """Close a question, or leave the form of a new connection; what was typed stays."""
        if self.editor.head.confirm.isVisible():
            self.editor.head.confirm.hide()
            return True
        if self._is_adding:
            self._leave_new()
            return True
        return False

    def activate(self) -> None:
        """Ask for the connections every second, and do what the panel was opened for."""
        self._service.watch(SETTINGS_KEY)
        self._grant_wish()

    def deactivate(self) -> None:
        """Ask nothing while nobody looks."""
        self._service.unwatch(SETTINGS_KEY)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self.deactivate()
        await self._jobs.stop()
        await self.editor.stop()

    # -- acts

    @property
    def current(self) -> Connection | None:
        """The chosen connection; None while a new one is typed."""
        return None if self._is_adding else self.list.current()

    def open_new(self, *, kind: ConnectionKind | None = None) -> None:
        """Show the form for a new connection, with what was typed before, else of *kind*."""
        self._is_adding = True
        self.list.choose("")
        self.editor.show_connection(None, kind=kind)
        self._follow_choice()
        self.editor.focus_first()

    def start_test(self) -> None:
        """Test what is shown."""
        self.editor.start_test()

    def start_duplicate(self) -> None:
        """Add a copy and choose it."""
        if (connection := self._own()) is not None:
            self._begin(self._choose_later(self._service.duplicate(connection.id)))

    def ask_to_remove(self) -> None:
        """Ask, in place, naming what is lost."""
        self.editor.head.ask_to_remove()

    def start_remove(self) -> None:
        """Forget the chosen connection: the user has been asked."""
        if (connection := self._own()) is not None:
            self._begin(self._service.remove(connection.id))

    def start_forget(self) -> None:
        """Forget the chosen connection's passwords."""
        if (connection := self._own()) is not None:
            self._begin(self._choose_later(self._service.forget_secrets(connection.id)))

    def start_reconnect(self) -> None:
        """Try at once."""
        if (connection := self.current) is not None:
            self._begin(self._choose_later(self._service.reconnect(connection.id)))

    def start_disconnect(self) -> None:
        """Close every link of it."""
        if (connection := self.current) is not None:
            self._begin(self._choose_later(self._service.close_links(connection.id)))

    def start_move(self, rows: int) -> None:
        """Move the chosen connection up or down; the embedded one stays first."""
        connection = self._own()
        ids = [one.id for one in self.model.connections if one.id != EMBEDDED_ID]
        if connection is None or not 0 <= ids.index(connection.id) + rows < len(ids):
            return
        at = ids.index(connection.id)
        ids[at], ids[at + rows] = ids[at + rows], ids[at]
        self._wanted_id = connection.id
        self._begin(self._service.order(ids))

    def ask_for_import(self) -> None:
        """Ask for a file, then add what is in it."""
        dialog = ask_for_import(self._services, self)
        dialog.fileSelected.connect(lambda name: self._begin(import_from(self._services, Path(name))))

    def ask_for_export(self) -> None:
        """Ask for a file, then write it."""
        dialog = ask_for_export(self._services, self)
        dialog.fileSelected.connect(lambda name: self._begin(export_to(self._services, Path(name))))

    def copy_address(self) -> None:
        """Copy the chosen connection's address."""
        if (connection := self.current) is not None:
            self._copy(connection.url)

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._services.notices.info(tr("Copied {what}", what=text))

    def _own(self) -> Connection | None:
        connection = self.current
        return connection if connection is not None and connection.id != EMBEDDED_ID else None

    def _begin(self, act: Coroutine[Any, Any, None]) -> None:
        self._jobs.start("act", act, self._services.notices.from_exception)

    async def _choose_later(self, act: Coroutine[Any, Any, Connection]) -> None:
        self._choose((await act).id)

    # -- how it stays current

    def _follow(self) -> None:
        service = self._service
        if not service.is_known:
            problem = service.problem
            if problem is not None:
                self._message.set_state(EmptyState("ph.warning", title_of(problem), hint_of(problem), (self._retry,)))
            return
        self._pages.setCurrentIndex(1)
        shown = self.editor.id
        wanted = self._wanted_id or (shown if not self._is_adding else "")
        self._is_quiet = True  # a reset of the model is nobody's choice
        self.model.set_connections(service.all)
        self._is_quiet = False
        self._show_drafts()
        if not self._is_adding:
            self._choose(wanted if service.by_id(wanted) is not None else EMBEDDED_ID)
        self.count_changed.emit(sum(one.health.state is LinkState.OPEN for one in service.all) or -1)

    def _choose(self, connection_id: str) -> None:
        """Show a connection, or how the one shown fares now."""
        self._wanted_id = ""
        connection = self._service.by_id(connection_id)
        if connection is None:
            return
        is_other = self._is_adding or self.editor.head.connection is None or self.editor.id != connection_id
        self._is_adding = False
        if self.list.current() != connection or not self.list.view.currentIndex().isValid():
            self._is_quiet = True
            self.list.choose(connection_id)
            self._is_quiet = False
        if is_other:
            self.editor.show_connection(connection)
            self._services.settings.set_value(f"{SETTINGS_KEY}/chosen", connection_id)
        else:
            self.editor.follow(connection)
        self._follow_choice()

    def _follow_choice(self) -> None:
        own = self._own()
        for action in (self._duplicate, self._remove, self._up, self._down):
            action.setEnabled(own is not None)

    def _on_chosen(self, connection: Connection | None) -> None:
        if connection is not None and not self._is_quiet:
            self._choose(connection.id)

    def _on_saved(self, connection: Connection) -> None:
        self._is_adding = False
        self.editor.show_connection(connection)
        self._choose(connection.id)

    def _on_discarded(self) -> None:
        if self._is_adding:
            self._leave_new()

    def _leave_new(self) -> None:
        kept = self._services.settings.value(f"{SETTINGS_KEY}/chosen", EMBEDDED_ID)
        self._choose(kept if self._service.by_id(kept) is not None else EMBEDDED_ID)
        self.list.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_drafts(self) -> None:
        self.model.set_edited([id_ for id_ in self._service.drafts if id_])

    def _grant_wish(self) -> None:
        wish = self._service.take_wish() if self.isVisible() else None
        if wish is None:
            return
        if not wish.connection_id:
            self.open_new(kind=wish.kind)
            return
        self._choose(wish.connection_id)
        if wish.test:
            self.editor.start_test()

    def _on_link_changed(self, link: Link) -> None:
        self.list.set_dimmed(not link.is_open)
        self.editor.set_dimmed(not link.is_open)


def build(services: Services) -> ConnectionsPanel:
    """Make the panel."""
    return ConnectionsPanel(services)
