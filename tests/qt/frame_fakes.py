"""A window over fakes: an HTTP server that is a function, a feed client that never connects, a host that is told its state."""

import json
from pathlib import Path
from typing import Any

import httpx
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTableWidget, QVBoxLayout
from pytestqt.qtbot import QtBot

from desktop.core.feeds import Link, LinkState
from desktop.core.host_status import HostPhase, HostStatus
from desktop.services import Services
from desktop.services.api import ApiClient
from desktop.services.keyring import Backend, TokenStore
from desktop.services.notices import Notices
from desktop.services.server_host import ServerHost
from desktop.services.session import SessionService
from desktop.services.settings import Settings, ThemeMode
from desktop.views.main_window import MainWindow
from desktop.views.panel import Panel, PanelSpec, Section
from desktop.views.theme import theme
from desktop.views.widgets.buttons import make_action

SESSION = {"id": "s", "created_at": 1, "last_seen_at": 1, "idle_expires_at": 1, "expires_at": 1, "address": "", "user_agent": ""}


class FakeServer:
    """Answers as the real one does; tests look at what it holds and turn it off."""

    def __init__(self) -> None:
        self.accounts: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.down = False
        self.requests: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("refused")
        self.requests.append(f"{request.method} {request.url.path}")
        body = json.loads(request.content or b"{}")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        match request.method, request.url.path:
            case "GET", "/health":
                return httpx.Response(200, json={"status": "ok", "version": "0", "epoch": "e", "needs_account": not self.accounts})
            case "POST", "/accounts":
                self.accounts[body["name"]] = body["password"]
                return httpx.Response(201, json={"name": body["name"], "created_at": 1})
            case "POST", "/sessions":
                return self._sign_in(body)
            case _ if token not in self.tokens:
                return problem(401, "Your session has ended", "Sign in again.")
            case "DELETE", "/sessions/current":
                del self.tokens[token]
                return httpx.Response(204)
            case "GET", "/sessions/current":
                return httpx.Response(200, json={**SESSION, "account": self.tokens[token]})
        return httpx.Response(200, json={})

    def _sign_in(self, body: dict[str, Any]) -> httpx.Response:
        if self.accounts.get(body["name"]) != body["password"]:
            return problem(401, "Name or password is wrong", "Check both, and whether Caps Lock is on.")
        token = f"t{len(self.requests)}"
        self.tokens[token] = body["name"]
        return httpx.Response(201, json={"token": token, "session": {**SESSION, "account": body["name"]}})


def problem(status: int, title: str, hint: str) -> httpx.Response:
    """Answer an error as the server writes it."""
    return httpx.Response(status, json={"type": "urn:x", "title": title, "status": status, "hint": hint})


class FakeFeeds(QObject):
    """A feed client whose link is what a test says."""

    state_changed = Signal(object)
    signed_out = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.link = Link(LinkState.OPEN)
        self.reconnects = 0

    def reconnect(self) -> None:
        self.reconnects += 1

    def set_link(self, link: Link) -> None:
        self.link = link
        self.state_changed.emit(link)


class FakeHost(ServerHost):
    """A host whose status is what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.restarts = 0
        self.set_status(HostStatus(HostPhase.READY, url="http://127.0.0.1:41873", pid=1))

    def set_status(self, status: HostStatus) -> None:
        self._set(status)

    def start(self) -> None:
        pass

    def restart(self) -> None:
        self.restarts += 1

    async def stop(self) -> None:
        pass


class MemoryKeyring:
    """A keyring that keeps secrets in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class NotePanel(Panel):
    """A panel with a filter, a text to type into and a table."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        self.log: list[str] = []
        self.traces: list[str] = []
        self.filter = QLineEdit()
        self.text = QPlainTextEdit()
        self.table = QTableWidget(3, 2)
        layout = QVBoxLayout(self)
        for widget in (self.filter, self.text, self.table):
            layout.addWidget(widget)
        self.send = make_action(self, "&Send note", lambda: self.log.append("sent"), shortcut="Ctrl+N")

    def primary_action(self) -> QAction | None:
        return self.send

    def actions(self) -> list[QAction]:
        return [self.send]

    def focus_filter(self) -> bool:
        self.filter.setFocus()
        return True

    def go_back(self) -> bool:
        return False

    def show_trace(self, trace: str) -> None:
        self.traces.append(trace)

    def activate(self) -> None:
        self.log.append("activated")

    def deactivate(self) -> None:
        self.log.append("deactivated")


def broken(_: Services) -> Panel:
    """Build a panel that cannot be built."""
    raise RuntimeError("no room")


SPECS = (
    PanelSpec("notes", "Notes", "ph.activity", NotePanel),
    PanelSpec("more", "More notes", "ph.stack", NotePanel, shows_traces=True),
    PanelSpec("broken", "Broken", "ph.gear-six", broken, Section.MANAGE),
)


class Bench:
    """Everything a test of the frame touches."""

    def __init__(self, qtbot: QtBot, folder: Path, keyring: Backend | None = None) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme().install(app, ThemeMode.LIGHT)
        self.server = FakeServer()
        self.settings = Settings(folder)
        self.api = ApiClient("http://server", transport=httpx.MockTransport(self.server))
        self.feeds = FakeFeeds()
        self.host = FakeHost()
        self.notices = Notices()
        self.session = SessionService(self.api, self.settings, TokenStore(lambda: keyring), owner="here")
        self.services = Services(
            api=self.api,
            feeds=self.feeds,  # type: ignore[arg-type]  # a fake that has what is used
            session=self.session,
            host=self.host,
            settings=self.settings,
            notices=self.notices,
        )
        self.window = MainWindow(self.settings)
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.attach(self.services, SPECS)

    async def sign_in(self, name: str = "ada", password: str = "correct horse") -> None:
        """Go through the form with an account that exists."""
        self.server.accounts[name] = password
        await self.session.begin()
        await self.session.sign_in(name, password)

    @property
    def notes(self) -> NotePanel:
        panel = self.window.panel("notes")
        assert isinstance(panel, NotePanel)
        return panel
