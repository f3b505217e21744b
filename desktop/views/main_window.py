"""The window itself: at first the sign-in alone, then the body with its panels under it, covered and uncovered as the session goes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.core.host_status import HostStatus
from desktop.core.session_state import SessionPhase, SessionState
from desktop.services.settings import Settings
from desktop.views.sign_in import SignIn
from desktop.views.theme import theme

if TYPE_CHECKING:  # all this is imported once the window is painted
    from desktop.services import Services
    from desktop.views.frame.body import Body
    from desktop.views.frame.help import HelpSheet
    from desktop.views.frame.navigation import Navigation
    from desktop.views.frame.palette import CommandPalette
    from desktop.views.panel import Panel, PanelSpec

SIZE: Final = (1280, 800)
MIN_SIZE: Final = (900, 560)


class MainWindow(QWidget):
    """What the user's desktop shows as Switchroom. `attach` gives it what it works with."""

    close_requested = Signal()
    """The user closes the window; whoever owns it stops everything in order."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("Switchroom")
        self._settings = settings
        self._body: Body | None = None
        self._account = ""
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.sign_in = SignIn(self)
        self.sign_in.open()
        self._restore()
        theme().changed.connect(self.update)

    # -- what the application tells

    def attach(self, services: "Services", specs: "Sequence[PanelSpec]") -> None:
        """Build the body and begin to follow the services."""
        from desktop.views.frame.body import Body

        body = self._body = Body(self, services, specs)
        self._layout.addWidget(body)
        body.retry_requested.connect(self.retry)
        body.quit_requested.connect(self.close)
        self.sign_in.attach(services.session, services.notices.from_exception)
        self.sign_in.retry_requested.connect(self.retry)
        self._retry_host = services.host.restart
        self._retry_feeds = services.feeds.reconnect
        self.sign_in.raise_()
        services.session.changed.connect(self.show_session)
        services.host.state_changed.connect(self.show_host)
        services.feeds.state_changed.connect(body.show_link)
        self.show_host(services.host.status)
        self.show_session(services.session.state)

    def show_host(self, status: HostStatus) -> None:
        """Follow the server's host."""
        self.sign_in.show_host(status)
        if self._body is not None:
            self._body.show_host(status)

    def show_session(self, state: SessionState) -> None:
        """Follow the session: cover the panels, or uncover them for whom they were built."""
        if state.phase is not SessionPhase.SIGNED_IN:
            self._cover(keep_alive=state.phase is SessionPhase.EXPIRED)
            self.sign_in.show_state(state)
            return
        if self._account not in {"", state.account}:
            self.body.drop_panels()
        self._account = state.account
        self.body.setEnabled(True)
        self.body.show()
        self.sign_in.show_state(state)
        self.body.begin()

    def retry(self) -> None:
        """Try now what would be tried later by itself."""
        self._retry_host()
        self._retry_feeds()

    def _cover(self, *, keep_alive: bool) -> None:
        body = self.body
        body.close_sheets()
        self.sign_in.open()  # before the body is disabled, so that it knows where the focus was
        body.setEnabled(False)
        body.setVisible(keep_alive)
        body.guide.rest()
        if not keep_alive and (panel := body.panel()) is not None:
            panel.deactivate()

    # -- what others ask

    @property
    def body(self) -> "Body":
        """Everything but the sign-in."""
        assert self._body is not None, "not attached"
        return self._body

    @property
    def navigation(self) -> "Navigation":
        """The panels by name."""
        return self.body.navigation

    @property
    def palette_sheet(self) -> "CommandPalette":
        """The palette (Ctrl+K)."""
        return self.body.palette_sheet

    @property
    def help_sheet(self) -> "HelpSheet":
        """The sheet of shortcuts (?)."""
        return self.body.help_sheet

    def panel(self, key: str = "") -> "Panel | None":
        """Answer a panel that is built already; without *key* the one in front."""
        return self.body.panel(key)

    def current_key(self) -> str:
        """Answer the key of the panel in front; empty while there is none."""
        return self.body.current_key()

    def show_panel(self, key: str) -> None:
        """Bring a panel to the front."""
        self.body.show_panel(key)

    def drop_panels(self) -> None:
        """Forget all panels."""
        if self._body is not None:
            self._body.drop_panels()

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

    # -- Qt overrides

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Lead Tab to the next that takes keys itself: Qt would follow a container's proxy, past others and even where it is hidden."""
        focused: QWidget | None = self.focusWidget()  # the stubs leave out that it may be none
        start = self if focused is None else focused
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        widget = _beside(start, forward=forward)
        while widget is not None and widget is not start:
            if _takes_tab(widget, self):
                widget.setFocus(reason)
                return True
            widget = _beside(widget, forward=forward)
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back on an Esc that nobody inside wanted."""
        if event.key() == Qt.Key.Key_Escape and self._body is not None and self._body.isEnabled():
            self._body.go_back()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave the closing to whoever can stop everything in order."""
        self.save_state()
        event.ignore()
        self.close_requested.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), theme().color("bg"))


def _beside(widget: QWidget, *, forward: bool) -> QWidget | None:
    return widget.nextInFocusChain() if forward else widget.previousInFocusChain()


def _takes_tab(widget: QWidget, window: QWidget) -> bool:
    by_tab = Qt.FocusPolicy.TabFocus.value
    takes = bool(widget.focusPolicy().value & by_tab) and widget.focusProxy() is None
    return takes and widget.isEnabled() and widget.isVisibleTo(window)
