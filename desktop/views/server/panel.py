"""The Server panel: parts, journal and facts on top, the log below. It asks every two seconds, and only while it is looked at."""

from typing import Final

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.problems import NotSignedIn, ServerUnreachable, hint_of, problem_of, title_of
from desktop.core.server_reasons import reason_text
from desktop.core.server_words import part_title
from desktop.services import Services
from desktop.services.server import ServerService
from desktop.views.panel import Panel
from desktop.views.server.facts_cards import JournalCard, ServerCard
from desktop.views.server.log import LogView
from desktop.views.server.parts_card import PartsCard
from desktop.views.widgets.buttons import make_action
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.labels import Label
from embedded_server.contracts.server import PartState, ServerStatus

REFRESH_MS: Final = 2000
FACTS_PX: Final = 272
QWIDGETSIZE_MAX: Final = 16_777_215
LEAST_LOG_PX: Final = 260
NARROW_PX: Final = 840
"""From here on the cards stand below each other, and the panel is scrolled."""


class ServerPanel(Panel):
    """Shows how the server fares, and mends what can be mended by starting it again."""

    def __init__(self, services: Services, service: ServerService | None = None) -> None:
        super().__init__()
        self.setObjectName("server")
        self._services = services
        self._service = service or ServerService(services.api)
        self._jobs = Jobs(self)
        self._data_dir = ""
        self.problem = Label(tr("Asking the server …"), tone="dim", wrap=True)
        self.parts = PartsCard()
        self.journal = JournalCard()
        self.facts = ServerCard(is_embedded=services.host.is_embedded)
        self.log = LogView(services)
        self._make_actions()
        self._lay_out()
        self._connect()
        self._clock = QTimer(self, interval=REFRESH_MS)
        self._clock.timeout.connect(self.start_refresh)

    def _make_actions(self) -> None:
        self._restart = make_action(self, tr("Restart the server"), self.restart_server, icon_name="ph.arrow-clockwise")
        self._restart.setEnabled(self._services.host.is_embedded)
        self._actions = [
            self._restart,
            make_action(self, tr("Restart the worker"), lambda: self.start_restart("worker"), icon_name="ph.arrow-clockwise"),
            make_action(self, tr("Restart the embedded brokers"), lambda: self.start_restart("brokers"), icon_name="ph.arrow-clockwise"),
            make_action(self, tr("Copy the log's selected lines"), self.log.copy_lines, shortcut="Ctrl+Shift+C", icon_name="ph.copy"),
            make_action(self, tr("Show errors only"), lambda: self.log.choose_level("error"), icon_name="ph.funnel"),
            make_action(self, tr("Show the log of every level"), lambda: self.log.choose_level("all"), icon_name="ph.funnel"),
            make_action(self, tr("Copy the server's folder"), self.copy_folder, icon_name="ph.copy"),
        ]

    def _lay_out(self) -> None:
        self._beside = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._beside.setSpacing(12)
        for card in (self.journal, self.facts):
            self._beside.addWidget(card, 1)
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.setSpacing(12)
        self._top.addWidget(self.parts, 1)
        self._top.addLayout(self._beside)
        self.log.setMinimumHeight(LEAST_LOG_PX)
        page = QWidget()
        page.setAutoFillBackground(False)
        scroll = QScrollArea()
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        scroll.viewport().setAutoFillBackground(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self.setFocusProxy(self.log.view)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.problem)
        layout.addLayout(self._top)
        layout.addWidget(self.log, 1)

    def _connect(self) -> None:
        self.parts.restart_requested.connect(self.start_restart)
        self.facts.restart_requested.connect(self.restart_server)
        self.facts.copy_requested.connect(self.copy_folder)
        self.facts.open_requested.connect(self.open_folder)
        self.log.view.status_changed.connect(self.status)
        self.log.trace_requested.connect(self.trace_requested)

    # -- what the window asks

    def actions(self) -> list[QAction]:
        """Acts for the palette and the help."""
        return [*self._actions, *self.log.view.actions()]

    def focus_filter(self) -> bool:
        """The cursor into the log's filter."""
        return self.log.view.focus_filter()

    def go_back(self) -> bool:
        """Close the detail of a line."""
        return self.log.view.go_back()

    def activate(self) -> None:
        """Ask, and go on asking."""
        self.log.view.activate()
        self.start_refresh()
        self._clock.start()

    def deactivate(self) -> None:
        """Ask nothing while nobody looks."""
        self._clock.stop()
        self.log.view.deactivate()

    # -- acts

    def start_refresh(self) -> None:
        """Ask how the server fares, unless that is under way."""
        if not self._jobs.is_running("status"):
            self._jobs.start("status", self._refresh(), self._on_not_told)

    def start_restart(self, name: str) -> None:
        """Restart one part."""
        if not self._jobs.is_running(f"restart {name}"):
            self.parts.set_restarting(name, True)
            self._jobs.start(f"restart {name}", self._restart_part(name), self._services.notices.from_exception)

    def restart_server(self) -> None:
        """Restart the whole server; the frame tells how it goes on."""
        self._services.host.restart()

    def copy_folder(self) -> None:
        """Put the data directory's path on the clipboard."""
        if self._data_dir:
            QGuiApplication.clipboard().setText(self._data_dir)
            self._services.notices.info(tr("The path is copied"))

    def open_folder(self) -> None:
        """Show the data directory in the system's file manager."""
        if self._data_dir:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self._data_dir))

    # -- inside

    async def _refresh(self) -> None:
        self._show(await self._service.status())

    async def _restart_part(self, name: str) -> None:
        try:
            part = await self._service.restart_part(name)
        finally:
            self.parts.set_restarting(name, False)
            self.start_refresh()
        if part.state is PartState.FAILED:
            self._services.notices.error(tr("{part} could not be started", part=part_title(name)), reason_text(part.reason))

    def _show(self, status: ServerStatus) -> None:
        self._data_dir = status.data_dir
        self.problem.hide()
        self.parts.show_parts(status.parts)
        self.journal.show_journal(status.journal)
        self.facts.show_server(status)

    def _on_not_told(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if isinstance(exc, NotSignedIn):
            return  # the frame asks to sign in
        if problem is None:
            self._services.notices.from_exception(exc)
        elif isinstance(exc, ServerUnreachable) and self.parts.rows:
            self.problem.setText(tr("The server does not answer; this is how it was when it last did."))
            self.problem.set_tone("warn")
            self.problem.show()
        else:
            self.problem.setText(f"{title_of(problem)}\n{hint_of(problem)}")
            self.problem.set_tone("bad")
            self.problem.show()

    # -- Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the cards stand beside or below each other."""
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW_PX
        directions = (QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom)
        self._top.setDirection(directions[narrow])
        self._beside.setDirection(directions[not narrow])
        for card in (self.journal, self.facts):
            card.setMinimumWidth(0 if narrow else FACTS_PX)
            card.setMaximumWidth(QWIDGETSIZE_MAX if narrow else FACTS_PX)
