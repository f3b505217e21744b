"""The window's body: navigation, header, banner, panels, status strip, and the sheets and notices over them."""

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QMenu, QPlainTextEdit, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from desktop.core.feeds import FeedStatus, Link, LinkState
from desktop.core.host_status import HostPhase, HostStatus
from desktop.core.i18n import tr
from desktop.services import Services
from desktop.services.settings import ThemeMode
from desktop.views.frame.acts import Act, commands_of, help_groups, install_shortcuts, panel_commands
from desktop.views.frame.banner import ServerBanner
from desktop.views.frame.commands import Command
from desktop.views.frame.guide import ConnectionGuide
from desktop.views.frame.header import Header
from desktop.views.frame.help import HelpSheet
from desktop.views.frame.navigation import Navigation
from desktop.views.frame.palette import CommandPalette
from desktop.views.frame.status_strip import Reach, StatusStrip
from desktop.views.frame.toasts import Toasts
from desktop.views.panel import Panel, PanelSpec
from desktop.views.theme import theme
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView

NOTICES_TOP_PX: Final = 58
CONNECTIONS_KEY: Final = "connections"
SIGNED_OUT_KEYS: Final = ("Ctrl+Q", "Ctrl+Shift+L")
"""Shortcuts that work while the sign-in covers the panels, too."""


class Body(QWidget):
    """The frame around the panels. Sheets and notices are children of the window, so that they lie over everything."""

    retry_requested = Signal()
    quit_requested = Signal()

    def __init__(self, window: QWidget, services: Services, specs: Sequence[PanelSpec]) -> None:
        super().__init__(window)
        self._window = window
        self._services = services
        self._settings = services.settings
        self._notices = services.notices
        self._specs = {spec.key: spec for spec in specs}
        self._panels: dict[str, Panel] = {}
        self._statuses: dict[str, FeedStatus | None] = {}
        self._current = ""
        self._host = HostStatus()
        self._link = services.feeds.link
        self._build()
        self._acts = self._make_acts()
        always = [act for act in self._acts if act.shortcut in SIGNED_OUT_KEYS]
        install_shortcuts(window, always)
        install_shortcuts(self, [act for act in self._acts if act not in always])
        self.show_link(self._link)

    def _build(self) -> None:
        self.navigation = Navigation(list(self._specs.values()))
        self.navigation.chosen.connect(self.show_panel)
        self.header = Header()
        self.header.palette_requested.connect(self.open_palette)
        self.header.connection_requested.connect(self._open_connection_menu)
        self.guide = ConnectionGuide(self._services, self.header.picker, self._window, can_manage=CONNECTIONS_KEY in self._specs)
        self.guide.manage_requested.connect(partial(self.show_panel, CONNECTIONS_KEY))
        self.banner = ServerBanner()
        self.banner.retry_requested.connect(self.retry_requested)
        self._stack = QStackedWidget()
        self.strip = StatusStrip()
        main = QVBoxLayout()
        main.setContentsMargins(18, 14, 18, 8)
        main.setSpacing(12)
        main.addWidget(self.header)
        main.addWidget(self.banner)
        main.addWidget(self._stack, 1)
        main.addWidget(self.strip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.navigation)
        row.addLayout(main, 1)
        self.toasts = Toasts(self._notices, self._window, top=NOTICES_TOP_PX, free=self._header_room)
        self.banner.shown_changed.connect(self._on_banner)

    @cached_property
    def palette_sheet(self) -> CommandPalette:
        """The palette."""
        return CommandPalette(self._window)

    @cached_property
    def help_sheet(self) -> HelpSheet:
        """The sheet of shortcuts."""
        return HelpSheet(self._window)

    # -- what the window tells

    def begin(self) -> None:
        """Show the panel that was in front, or the one of last time, or the first."""
        last = self._settings.last_panel
        self.show_panel(self._current or (last if last in self._specs else next(iter(self._specs))))

    def show_host(self, status: HostStatus) -> None:
        """Follow the server's host."""
        self._host = status
        self.banner.show_status(status)
        self.strip.show_server(status.url.partition("://")[2])
        self._show_health()

    def show_link(self, link: Link) -> None:
        """Follow the feed connection."""
        self._link = link
        self.banner.show_link(link)
        self._show_health()

    def close_sheets(self) -> None:
        """Close the palette, the help and the question for a password."""
        self.guide.close_sheet()
        for name in ("palette_sheet", "help_sheet"):
            if name in self.__dict__:
                getattr(self, name).dismiss()

    def go_back(self) -> None:
        """Close what is open; where nothing is, leave the text field."""
        panel = self.panel()
        if panel is not None and not panel.go_back():
            focused = self.window().focusWidget()
            if isinstance(focused, (QLineEdit, QPlainTextEdit, QTextEdit)):
                focused.clearFocus()

    def _header_room(self) -> QRect:
        """Answer where nothing stands in the header, as the window counts."""
        room = self.header.free_room()
        return QRect(self.header.mapTo(self._window, room.topLeft()), room.size())

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
        if key not in self._specs:
            return
        self.close_sheets()
        before = self.panel()
        panel = self._panels.get(key) or self._build_panel(self._specs[key])
        if before is not None and before is not panel:
            before.deactivate()
        self._current = key
        is_new = panel.focusWidget() is None
        self._stack.setCurrentWidget(panel)
        focused = QApplication.focusWidget()
        if is_new and (focused is None or panel.isAncestorOf(focused)):
            panel.setFocus(Qt.FocusReason.OtherFocusReason)  # Qt would take its first field, where every key is text
        self.navigation.set_current(key)
        spec = self._specs[key]
        self.header.show_panel(tr(spec.title), panel.primary_action(), has_picker=bool(spec.kinds))
        self._settings.last_panel = key
        panel.activate()
        self.guide.follow(spec, panel)
        self._show_status()

    def show_trace(self, trace: str) -> None:
        """Bring the panel to the front that lists all events of one trace."""
        key = next((spec.key for spec in self._specs.values() if spec.shows_traces), "")
        self.show_panel(key)
        if (panel := self._panels.get(key)) is not None:
            panel.show_trace(trace)

    def drop_panels(self) -> None:
        """Forget all panels; they are built anew when shown."""
        self.guide.forget()
        if (panel := self.panel()) is not None:
            panel.deactivate()
            self.header.show_panel("", None)
        for panel in self._panels.values():
            self._stack.removeWidget(panel)
            panel.deleteLater()
        self._panels.clear()
        self._statuses.clear()

    def _build_panel(self, spec: PanelSpec) -> Panel:
        try:
            panel = spec.build(self._services)
        except Exception as exc:  # noqa: BLE001 - one broken panel must not take the window with it
            self._notices.from_exception(exc)
            panel = BrokenPanel(tr(spec.title))
        panel.setObjectName(f"panel-{spec.key}")
        panel.setAccessibleName(tr(spec.title))
        panel.status.connect(partial(self._on_status, spec.key))
        panel.trace_requested.connect(self.show_trace)
        panel.count_changed.connect(partial(self.navigation.set_count, spec.key))
        self._panels[spec.key] = panel
        self._stack.addWidget(panel)
        return panel

    def _on_status(self, key: str, status: FeedStatus | None) -> None:
        self._statuses[key] = status
        if key == self._current:
            self._show_status()

    def _show_status(self) -> None:
        reach = Reach.ONLINE if self._link.is_open else Reach.CONNECTING
        self.strip.show_status(self._statuses.get(self._current), Reach.OFFLINE if self.banner.is_away else reach)

    def _show_health(self) -> None:
        self._notices.server_down = self.banner.is_away
        self.header.picker.set_away(self.banner.is_away)
        name = tr("Embedded") if self._services.host.is_embedded else self._host.url.partition("://")[2]
        self.header.connection.set_health(name, *health(self._host, self._link))
        self._show_status()

    # -- acts

    def _make_acts(self) -> list[Act]:
        restart = (
            [Act(tr("Restart the server"), self.retry_requested.emit, icon="ph.arrow-clockwise")] if self._services.host.is_embedded else []
        )
        return [
            Act(tr("Find a panel or an act"), self.open_palette, "Ctrl+K", in_palette=False),
            Act(tr("Filter the panel"), self._focus_filter, "/", "ph.funnel"),
            *self._goto_acts(),
            Act(tr("Choose the panel's connection"), self.guide.open_menu, "Ctrl+Shift+K", "ph.link"),
            Act(tr("Switch between light and dark"), self._toggle_theme, "Ctrl+Shift+L", "ph.moon"),
            Act(tr("Keyboard shortcuts"), self.open_help, "?", "ph.keyboard"),
            *restart,
            Act(tr("Copy the server's address"), self._copy_address, icon="ph.copy"),
            Act(tr("Sign out"), self.start_sign_out, icon="ph.sign-out"),
            Act(tr("Quit"), self.quit_requested.emit, "Ctrl+Q", "ph.power"),
        ]

    def _goto_acts(self) -> list[Act]:
        acts = []
        for index, spec in enumerate(self._specs.values(), start=1):
            keys = f"Alt+{index}" if index < 10 else ""
            acts.append(Act(tr("Go to {panel}", panel=tr(spec.title)), partial(self.show_panel, spec.key), keys, spec.icon))
        if "settings" in self._specs:
            acts.append(Act(tr("Open the settings"), partial(self.show_panel, "settings"), "Ctrl+,", in_palette=False))
        return acts

    def commands(self) -> list[Command]:
        """Answer everything the palette offers now: the panel's acts, the window's, and those of the other panels that are built."""
        others = [command for key in self._panels if key != self._current for command in self._commands_of(key)]
        return self._commands_of(self._current) + self.guide.commands() + commands_of(self._acts, tr("Window")) + others

    def _commands_of(self, key: str) -> list[Command]:
        panel = self._panels.get(key)
        return panel_commands(panel, tr(self._specs[key].title), partial(self._bring_up, key)) if panel is not None else []

    def open_palette(self) -> None:
        """Open the palette, or close it where it is open."""
        if self.palette_sheet.isVisible():
            self.palette_sheet.dismiss()
        else:
            self.close_sheets()
            self.palette_sheet.offer(self.commands())

    def open_help(self) -> None:
        """Open the sheet of shortcuts."""
        self.close_sheets()
        title = tr(self._specs[self._current].title) if self._current else ""
        self.help_sheet.offer(help_groups(self._acts, self.panel(), title))

    def start_sign_out(self) -> None:
        """End the session."""
        from embedded_server.contracts.concurrency import spawn

        spawn(self._services.session.sign_out(), name="sign out", notify=self._notices.from_exception)

    def _bring_up(self, key: str) -> None:
        if key != self._current:
            self.show_panel(key)

    def _focus_filter(self) -> None:
        self.close_sheets()
        if (panel := self.panel()) is not None:
            panel.focus_filter()

    def _toggle_theme(self) -> None:
        self._settings.theme_mode = ThemeMode.LIGHT if theme().is_dark else ThemeMode.DARK

    def _copy_address(self) -> None:
        QGuiApplication.clipboard().setText(self._host.url)
        self._notices.info(tr("Copied {what}", what=self._host.url))

    def _open_connection_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        state = menu.addAction(f"{self._host.url or tr('No server')} · {health(self._host, self._link)[1]}")
        state.setEnabled(False)
        menu.addSeparator()
        menu.addAction(tr("Copy the server's address"), self._copy_address)
        if self._services.host.is_embedded:
            menu.addAction(tr("Restart the server"), self.retry_requested.emit)
        if "server" in self._specs:
            menu.addAction(tr("Open the Server panel"), partial(self.show_panel, "server"))
        menu.addSeparator()
        menu.addAction(tr("Sign out {name}", name=self._services.session.state.account), self.start_sign_out)
        button = self.header.connection
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))


class BrokenPanel(Panel):
    """Stands in for a panel that could not be built."""

    def __init__(self, title: str) -> None:
        super().__init__()
        words = EmptyState(
            "ph.warning-circle", tr("{panel} could not be opened", panel=title), tr("The reason is in the notice and in the log.")
        )
        layout = QVBoxLayout(self)
        layout.addWidget(EmptyStateView(words))


def health(host: HostStatus, link: Link) -> tuple[str, str]:
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
