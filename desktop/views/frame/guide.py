"""Leads a panel to the connection it looks at: fills the header's picker and its menu, tells the panel, asks for a needed password."""

from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from desktop.core.connections_words import environment_of, mark_of, name_of, state_of
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.services import Services
from desktop.services.connections import connection_service
from desktop.views.frame.commands import Command
from desktop.views.frame.password_sheet import PasswordSheet
from desktop.views.frame.picker import ConnectionPicker
from desktop.views.panel import Panel, PanelSpec
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.swatch import swatch_icon
from embedded_server.contracts.connections import EMBEDDED_ID, Connection, ConnectionKind, LinkState, Secret, SecretState
from embedded_server.contracts.problems import ProblemDetails

WATCHER = "frame"


class ConnectionGuide(QObject):
    """Between the picker, the connections and the panel in front."""

    manage_requested = Signal()
    """The Connections panel is wanted; what for is in the service's wish."""

    def __init__(self, services: Services, picker: ConnectionPicker, window: QWidget, *, can_manage: bool) -> None:
        super().__init__(window)
        self._services = services
        self._service = connection_service(services.api)
        self._service.keep_choices_in(services.settings)
        self._picker = picker
        self._can_manage = can_manage
        self._jobs = Jobs(self)
        self._key = ""
        self._spec: PanelSpec | None = None
        self._panel: Panel | None = None
        self._told: dict[str, Connection | None] = {}
        self._problem: ProblemDetails | None = None
        self._asked: set[str] = set()
        """Ids whose password was asked for and not given: not asked for again by itself."""
        self._sheet = PasswordSheet(window)
        self._sheet.given.connect(self._on_given)
        picker.clicked.connect(self.open_menu)
        self._service.changed.connect(self._follow)
        self._service.chosen.connect(self._on_chosen)

    def follow(self, spec: PanelSpec, panel: Panel) -> None:
        """Serve the panel that is in front now."""
        self._spec, self._panel = spec, panel
        self._picker.setVisible(bool(spec.kinds))
        if spec.kinds:
            self._service.watch(WATCHER)
            self._follow()
        else:
            self.rest()

    def rest(self) -> None:
        """Ask nothing while no panel in front looks at a connection."""
        self._service.unwatch(WATCHER)

    def close_sheet(self) -> None:
        """Put the question for a password away."""
        self._sheet.dismiss()

    def forget(self) -> None:
        """The panels are gone."""
        self.rest()
        self._jobs.cancel_all()
        self._sheet.dismiss()
        self._spec = self._panel = None
        self._told.clear()

    def current(self) -> Connection | None:
        """Answer what the panel in front looks at."""
        spec = self._spec
        return self._service.current(spec.key, spec.kinds) if spec is not None and spec.kinds else None

    # -- following

    def _follow(self) -> None:
        spec, panel = self._spec, self._panel
        if spec is None or panel is None or not spec.kinds:
            return
        if not self._service.is_known:
            self._tell_problem()
            return
        connection = self.current()
        self._picker.show_connection(connection)
        if spec.key not in self._told or self._told[spec.key] != connection:
            self._told[spec.key] = connection
            panel.set_connection(connection)
        if connection is not None and connection.secret is SecretState.NEEDED and connection.id not in self._asked:
            self._asked.add(connection.id)
            self._sheet.ask(connection)

    def _tell_problem(self) -> None:
        """Say once why there is nothing to look at; of a server that is away the frame's banner tells."""
        problem = self._service.problem
        if problem is not None and problem != self._problem and not problem.type.endswith(":server-unreachable"):
            self._services.notices.error(title_of(problem), hint_of(problem))
        self._problem = problem

    def _on_chosen(self, panel_key: str) -> None:
        if self._spec is not None and panel_key == self._spec.key:
            connection = self.current()
            if connection is not None:
                self._asked.discard(connection.id)  # whoever takes it again wants to be asked again
            self._follow()

    # -- the menu

    def open_menu(self) -> None:
        """Offer the connections, and what can be done with the one that is chosen."""
        menu = self.make_menu()
        if menu is not None:
            menu.popup(self._picker.mapToGlobal(self._picker.rect().bottomLeft()))

    def commands(self) -> list[Command]:
        """Answer the palette's lines for taking another connection."""
        spec = self._spec
        if spec is None or not spec.kinds:
            return []
        return [
            Command(
                tr("Look at {name}", name=name_of(one)),
                partial(self._service.choose, spec.key, one.id),
                tr("Connections"),
                icon="ph.link",
                enabled=one != self.current(),
            )
            for one in self._service.offered(spec.kinds)
        ]

    def make_menu(self) -> QMenu | None:
        """Make the menu; none while no panel in front has connections."""
        spec = self._spec
        if spec is None or not spec.kinds:
            return None
        menu = QMenu(self._picker)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(tr("Connections"))
        current = self.current()
        for connection in self._service.offered(spec.kinds):
            self._add_connection(menu, spec.key, connection, connection == current)
        menu.addSeparator()
        if current is not None:
            self._add_acts(menu, current)
        if self._can_manage:
            menu.addAction(tr("Add connection…"), partial(self._manage, ""))
        return menu

    def _add_connection(self, menu: QMenu, panel_key: str, connection: Connection, is_current: bool) -> None:
        environment = environment_of(connection)[0]
        lock = tr("read-only") if connection.spec.read_only else ""
        state = "  ·  ".join(part for part in (state_of(connection)[0], environment, lock) if part)
        name = name_of(connection).replace("&", "&&").replace("\t", " ")
        action = menu.addAction(swatch_icon(mark_of(connection.spec.colour)), f"{name}\t{state}")
        action.setData(connection.id)
        action.setToolTip(connection.url)
        action.triggered.connect(lambda *_: self._service.choose(panel_key, connection.id))
        if is_current:
            font = action.font()
            font.setBold(True)
            action.setFont(font)
            menu.setActiveAction(action)

    def _add_acts(self, menu: QMenu, current: Connection) -> None:
        if current.secret is SecretState.NEEDED:
            menu.addAction(tr("Give the password…"), partial(self._sheet.ask, current))
        state = current.health.state
        if state in {LinkState.IDLE, LinkState.WAITING, LinkState.FAILED}:
            menu.addAction(tr("Connect now"), partial(self._act, "reconnect", current.id))
        if state in {LinkState.OPEN, LinkState.CONNECTING, LinkState.WAITING}:
            menu.addAction(tr("Disconnect"), partial(self._act, "disconnect", current.id))
        if self._can_manage:
            menu.addAction(tr("Test"), partial(self._manage, current.id, test=True))
            if current.id != EMBEDDED_ID:
                menu.addAction(tr("Edit…"), partial(self._manage, current.id))

    def _manage(self, connection_id: str, *, test: bool = False) -> None:
        kinds = self._spec.kinds if self._spec is not None else ()
        kind = next((kind for kind in kinds if kind is not ConnectionKind.EMBEDDED), None)
        self._service.wish_for(connection_id, test=test, kind=kind)
        self.manage_requested.emit()

    def _act(self, what: str, connection_id: str) -> None:
        async def act() -> None:
            await (self._service.reconnect if what == "reconnect" else self._service.close_links)(connection_id)

        self._jobs.start("act", act(), self._services.notices.from_exception)

    # -- the password

    def _on_given(self, connection_id: str, password: str) -> None:
        self._jobs.start("give", self._give(connection_id, password), self._on_not_taken)

    async def _give(self, connection_id: str, password: str) -> None:
        await self._service.set_secrets(connection_id, {Secret.PASSWORD: password})
        self._sheet.password.clear()
        self._sheet.dismiss()
        self._asked.discard(connection_id)
        self._act("reconnect", connection_id)

    def _on_not_taken(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._sheet.set_busy(False)
            self._services.notices.from_exception(exc)
        else:
            self._sheet.failed(" ".join(part for part in (title_of(problem), hint_of(problem)) if part))
