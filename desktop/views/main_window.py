"""The window: navigation, header, banner, panels, status strip, and the sheets and notices over them."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QIcon, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPlainTextEdit, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from desktop.core.feeds import FeedStatus, Link, LinkState
from desktop.core.i18n import tr
from desktop.services import Services
from desktop.services.notices import Notices
from desktop.services.server_host import HostPhase, HostStatus
from desktop.services.session import SessionPhase, SessionState
from desktop.services.settings import Settings, ThemeMode
from desktop.views.frame.acts import Act, commands_of, help_groups, install_shortcuts, panel_commands
from desktop.views.frame.banner import ServerBanner
from desktop.views.frame.header import Header
from desktop.views.frame.help import HelpSheet
from desktop.views.frame.navigation import Navigation
from desktop.views.frame.palette import Command, CommandPalette
from desktop.views.frame.status_strip import StatusStrip
from desktop.views.frame.toasts import Toasts
from desktop.views.panel import Panel, PanelSpec
from desktop.views.sign_in import SignIn
from desktop.views.theme import theme
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView

SIZE: Final = (1280, 800)
MIN_SIZE: Final = (900, 560)
NOTICES_TOP_PX: Final = 58
SIGNED_OUT_KEYS: Final = ("Ctrl+Q", "Ctrl+Shift+L")
"""Shortcuts that work while the sign-in covers the panels, too."""


class MainWindow(QWidget):
    """The frame around the panels. It is painted before anything heavy is imported; `attach` gives it what it works with."""

    close_requested = Signal()
    """The user closes the window; whoever owns it stops everything in order."""

    def __init__(self, settings: Settings, notices: Notices, specs: Sequence[PanelSpec]) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("Switchroom")
        self._settings = settings
        self._notices = notices
        self._specs = {spec.key: spec for spec in specs}
        self._panels: dict[str, Panel] = {}
        self._current = ""
        self._account = ""
        self._services: Services | None = None
        self._host = HostStatus()
        self._link = Link()
        self._statuses: dict[str, FeedStatus | None] = {}
        self._build()
        self._acts = self._make_acts()
        always = [act for act in self._acts if act.shortcut in SIGNED_OUT_KEYS]
        install_shortcuts(self, always)
        install_shortcuts(self._body, [act for act in self._acts if act not in always])
        self._restore()
        self.show_host(self._host)
        theme().changed.connect(self.update)

    def _build(self) -> None:
        self._body = QWidget(self)
        self.navigation = Navigation(list(self._specs.values()))
        self.navigation.chosen.connect(self.show_panel)
        self.header = Header()
        self.header.palette_requested.connect(self.open_palette)
        self.header.connection_requested.connect(self._open_connection_menu)
        self.banner = ServerBanner()
        self.banner.retry_requested.connect(self._on_retry)
        self._stack = QStackedWidget()
        self.strip = StatusStrip()
        main = QVBoxLayout()
        main.setContentsMargins(18, 14, 18, 8)
        main.setSpacing(12)
        main.addWidget(self.header)
        main.addWidget(self.banner)
        main.addWidget(self._stack, 1)
        main.addWidget(self.strip)
        row = QHBoxLayout(self._body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.navigation)
        row.addLayout(main, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._body)
        self.sign_in = SignIn(self, self._notices.from_exception)
        self.sign_in.retry_requested.connect(self._on_retry)
        self.palette_sheet = CommandPalette(self)
        self.help_sheet = HelpSheet(self)
        self.toasts = Toasts(self._notices, self, top=NOTICES_TOP_PX)
        self.banner.shown_changed.connect(self._on_banner)
        self.sign_in.closed.connect(self._on_signed_in_again)
        self._cover()

    # -- what the application tells

    def attach(self, services: Services) -> None:
        """Begin to work: from now on panels can be built."""
        self._services = services
        self.sign_in.attach(services.session)
        services.session.changed.connect(self.show_session)
        services.feeds.state_changed.connect(self.show_link)
        self.show_link(services.feeds.link)
        self.show_host(services.host.status)
        self.show_session(services.session.state)

    def show_host(self, status: HostStatus) -> None:
        """Follow the server's host."""
        self._host = status
        self.banner.show_status(status)
        self.sign_in.show_host(status)
        self.strip.show_server(status.url.partition("://")[2])
        self._show_health()

    def show_link(self, link: Link) -> None:
        """Follow the feed connection."""
        self._link = link
        self.banner.show_link(link)
        self._show_health()

    def show_session(self, state: SessionState) -> None:
        """Follow the session: cover the panels, or uncover them for whom they were built."""
        if state.phase is SessionPhase.SIGNED_IN:
            if self._account not in {"", state.account}:
                self.drop_panels()
            self._account = state.account
            self.sign_in.show_state(state)
            self._body.setEnabled(True)
            self.show_panel(self._current or self._first_panel())
        else:
            self._cover()
            if state.phase is not SessionPhase.EXPIRED and (panel := self.panel()) is not None:
                panel.deactivate()
            self.sign_in.show_state(state)

    def _cover(self) -> None:
        self.palette_sheet.dismiss()
        self.help_sheet.dismiss()
        self.sign_in.open()  # before the body is disabled, so that it knows where the focus was
        self._body.setEnabled(False)
        self.toasts.raise_()

    def _on_signed_in_again(self) -> None:
        self._body.setEnabled(True)

    def _on_banner(self, shown: bool) -> None:
        self.toasts.set_top(NOTICES_TOP_PX + (self.banner.sizeHint().height() + 12 if shown else 0))

    # -- panels

    def panel(self, key: str = "") -> Panel | None:
        """Answer a panel that is built already; without *key* the one in front."""
        return self._panels.get(key or self._current)

    def current_key(self) -> str:
        """Answer the key of the panel in front; empty while there is none."""
        return self._current

    def show_panel(self, key: str) -> None:
        """Bring a panel to the front, building it at its first showing."""
        if self._services is None or key not in self._specs:
            return
        before = self.panel()
        panel = self._panels.get(key) or self._build_panel(key, self._services)
        if before is not None and before is not panel:
            before.deactivate()
        self._current = key
        self._stack.setCurrentWidget(panel)
        self.navigation.set_current(key)
        self.header.show_panel(tr(self._specs[key].title), panel.primary_action())
        self._settings.last_panel = key
        panel.activate()
        self._show_status()

    def drop_panels(self) -> None:
        """Forget all panels; they are built anew when shown."""
        if (panel := self.panel()) is not None:
            panel.deactivate()
        for panel in self._panels.values():
            self._stack.removeWidget(panel)
            panel.deleteLater()
        self._panels.clear()
        self._statuses.clear()

    def _build_panel(self, key: str, services: Services) -> Panel:
        spec = self._specs[key]
        try:
            panel = spec.build(services)
        except Exception as exc:  # noqa: BLE001 - one broken panel must not take the window with it
            self._notices.from_exception(exc)
            panel = _BrokenPanel(tr(spec.title))
        panel.setObjectName(f"panel-{key}")
        panel.setAccessibleName(tr(spec.title))
        self._panels[key] = panel
        self._stack.addWidget(panel)
        panel.status.connect(lambda status: self._on_status(key, status))
        panel.count_changed.connect(lambda count: self.navigation.set_count(key, count))
        return panel

    def _first_panel(self) -> str:
        last = self._settings.last_panel
        return last if last in self._specs else next(iter(self._specs))

    def _on_status(self, key: str, status: FeedStatus | None) -> None:
        self._statuses[key] = status
        if status is not None:
            self.navigation.set_count(key, status.total)
        if key == self._current:
            self._show_status()

    def _show_status(self) -> None:
        self.strip.show_status(self._statuses.get(self._current), online=self._is_online())

    def _is_online(self) -> bool:
        return self._host.is_ready and self._link.is_open

    def _show_health(self) -> None:
        self._notices.server_down = self.banner.is_away
        name = tr("Embedded") if self._services is None or self._services.host.is_embedded else self._host.url.partition("://")[2]
        self.header.connection.set_health(name, *_health(self._host, self._link))
        self._show_status()

    # -- acts

    def _make_acts(self) -> list[Act]:
        goto = [
            Act(
                tr("Go to {panel}", panel=tr(spec.title)),
                partial(self.show_panel, spec.key),
                f"Alt+{index}" if index < 10 else "",
                spec.icon,
            )
            for index, spec in enumerate(self._specs.values(), start=1)
        ]
        settings = [Act(tr("Open the settings"), lambda: self.show_panel("settings"), "Ctrl+,", "ph.gear-six", in_palette=False)]
        return [
            Act(tr("Find a panel or an act"), self.open_palette, "Ctrl+K", in_palette=False),
            Act(tr("Filter the panel"), self._focus_filter, "/", "ph.funnel"),
            *goto,
            *(settings if "settings" in self._specs else []),
            Act(tr("Switch between light and dark"), self._toggle_theme, "Ctrl+Shift+L", "ph.moon"),
            Act(tr("Keyboard shortcuts"), self.open_help, "?", "ph.keyboard"),
            Act(tr("Restart the server"), self._on_retry, icon="ph.arrow-clockwise"),
            Act(tr("Copy the server's address"), self._copy_address, icon="ph.copy"),
            Act(tr("Sign out"), self.start_sign_out, icon="ph.sign-out"),
            Act(tr("Quit"), self.close, "Ctrl+Q", "ph.power"),
        ]

    def commands(self) -> list[Command]:
        """Answer everything the palette offers now: the panel's acts, the window's, and those of the other panels that are built."""
        keys = [self._current, *(key for key in self._panels if key != self._current)]
        panels = [
            command
            for key in keys
            if (panel := self._panels.get(key)) is not None
            for command in panel_commands(panel, tr(self._specs[key].title), partial(self._bring_up, key))
        ]
        return panels + commands_of(self._acts, tr("Window"))

    def _bring_up(self, key: str) -> None:
        if key != self._current:
            self.show_panel(key)

    def open_palette(self) -> None:
        """Open the palette, or close it where it is open."""
        if self.palette_sheet.isVisible():
            self.palette_sheet.dismiss()
        else:
            self.help_sheet.dismiss()
            self.palette_sheet.offer(self.commands())

    def open_help(self) -> None:
        """Open the sheet of shortcuts."""
        self.palette_sheet.dismiss()
        title = tr(self._specs[self._current].title) if self._current else ""
        self.help_sheet.offer(help_groups(self._acts, self.panel(), title))

    def start_sign_out(self) -> None:
        """End the session."""
        from embedded_server.contracts.concurrency import spawn

        if self._services is not None:
            spawn(self._services.session.sign_out(), name="sign out", notify=self._notices.from_exception)

    def _focus_filter(self) -> None:
        if (panel := self.panel()) is not None:
            panel.focus_filter()

    def _toggle_theme(self) -> None:
        self._settings.theme_mode = ThemeMode.LIGHT if theme().is_dark else ThemeMode.DARK

    def _copy_address(self) -> None:
        QGuiApplication.clipboard().setText(self._host.url)
        self._notices.info(tr("Copied {address}", address=self._host.url))

    def _on_retry(self) -> None:
        if self._services is not None:
            self._services.host.restart()
            self._services.feeds.reconnect()

    def _open_connection_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        state = menu.addAction(f"{self._host.url or tr('No server')} · {_health(self._host, self._link)[1]}")
        state.setEnabled(False)
        menu.addSeparator()
        menu.addAction(tr("Copy the server's address"), self._copy_address)
        if self._services is not None and self._services.host.is_embedded:
            menu.addAction(tr("Restart the server"), self._on_retry)
        if "server" in self._specs:
            menu.addAction(tr("Open the Server panel"), lambda: self.show_panel("server"))
        menu.addSeparator()
        menu.addAction(tr("Sign out {name}", name=self._account), self.start_sign_out)
        button = self.header.connection
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    # -- window state

    def _restore(self) -> None:
        self.setMinimumSize(*MIN_SIZE)
        self.resize(*SIZE)
        geometry = self._settings.blob("window/geometry")
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)

    def save_state(self) -> None:
        """Keep size and place for the next time."""
        self._settings.set_blob("window/geometry", self.saveGeometry())
        self._settings.sync()

    def bring_to_front(self) -> None:
        """Come up: somebody launched Switchroom again."""
        self.setWindowState((self.windowState() & ~Qt.WindowState.WindowMinimized) | Qt.WindowState.WindowActive)
        self.show()
        self.raise_()
        self.activateWindow()

    def set_app_icon(self, symbol: QIcon) -> None:
        """Show *symbol* in the task bar."""
        self.setWindowIcon(symbol)

    # -- Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back on an Esc that nobody inside wanted: close what is open, then leave the text field."""
        if event.key() != Qt.Key.Key_Escape or not self._body.isEnabled():
            super().keyPressEvent(event)
            return
        for sheet in (self.palette_sheet, self.help_sheet):
            if sheet.isVisible():
                sheet.dismiss()
                return
        panel = self.panel()
        if panel is None or panel.go_back():
            return
        focused = self.focusWidget()
        if isinstance(focused, (QLineEdit, QPlainTextEdit, QTextEdit)):
            focused.clearFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave the closing to whoever can stop everything in order."""
        self.save_state()
        event.ignore()
        self.close_requested.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), theme().color("bg"))


class _BrokenPanel(Panel):
    """Stands in for a panel that could not be built."""

    def __init__(self, title: str) -> None:
        super().__init__()
        words = EmptyState(
            "ph.warning-circle", tr("{panel} could not be opened", panel=title), tr("The reason is in the notice and in the log.")
        )
        layout = QVBoxLayout(self)
        layout.addWidget(EmptyStateView(words))


def _health(host: HostStatus, link: Link) -> tuple[str, str]:
    """Answer the state colour and the word for the connection's dot."""
    match host.phase:
        case HostPhase.FAILED:
            return "bad", tr("does not start")
        case HostPhase.WAITING:
            return "warn", tr("restarting")
        case HostPhase.STARTING | HostPhase.STOPPED:
            return "wait", tr("starting")
    match link.state:
        case LinkState.OPEN:
            return "ok", tr("connected")
        case LinkState.WAITING:
            return "warn", tr("reconnecting")
        case LinkState.REFUSED | LinkState.IDLE:
            return "wait", tr("signed out")
    return "run", tr("connecting")
