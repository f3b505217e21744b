"""The window's side of the connections API: the list as last heard, one typed method per route, and which one each panel looks at."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary, ref

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.core.connections_draft import Draft
from desktop.core.problems import UNEXPECTED, problem_of
from embedded_server.contracts.concurrency import spawn
from embedded_server.contracts.connections import (
    Connection,
    ConnectionKind,
    Connections,
    ConnectionsFile,
    SaveConnection,
    Secret,
    TestReport,
    UrlText,
)
from embedded_server.contracts.problems import ProblemDetails

if TYPE_CHECKING:
    from desktop.services.api import ApiClient
    from desktop.services.settings import Settings


REFRESH_MS: Final = 1_000
RETRY_MS: Final = 2_000
TEST_TIMEOUT_S: Final = 60.0
"""The server gives each of the eight steps 5 s and more to none."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the Connections panel is opened for."""

    connection_id: str
    """Empty for a new one."""
    test: bool = False
    kind: ConnectionKind | None = None
    """Of a new one, where whoever wants it looks at one kind."""


class ConnectionService(QObject):
    """Knows the connections while somebody watches them. Every coroutine raises what `ApiClient` raises."""

    changed = Signal()
    """The list, or how one of them fares, is another."""
    chosen = Signal(str)
    """The panel of that key looks at another connection."""
    wished = Signal()
    """Something is wanted of the Connections panel: `take_wish` tells what."""

    def __init__(self, api: "ApiClient") -> None:
        super().__init__()
        self._api_ref = ref(api)  # whoever holds the API holds this service, not the other way round
        self.all: list[Connection] = []
        self.keyring = True
        self.is_known = False
        """Whether the list has been heard at all."""
        self.problem: ProblemDetails | None = None
        """Why the list could not be had, the last time it was asked for."""
        self.drafts: dict[str, Draft] = {}
        """What was typed and not saved, by id; of a new connection under the empty id."""
        self._draft_of = ""
        self._wish: Wish | None = None
        self._settings: Settings | None = None
        self._choices: dict[str, str] = {}
        self._watchers: set[str] = set()
        self._version = 0
        """Counts what was changed here: an answer that was asked for before is old."""
        self._asking: asyncio.Task[None] | None = None
        self._clock = QTimer(self, interval=REFRESH_MS)
        self._clock.timeout.connect(self.refresh)

    @property
    def _api(self) -> "ApiClient":
        api = self._api_ref()
        assert api is not None, "the window is gone"
        return api

    def keep_choices_in(self, settings: "Settings") -> None:
        """Remember from now on which connection each panel looks at."""
        self._settings = settings

    def keep_drafts_of(self, account: str) -> None:
        """Whoever signs in finds what they typed themselves, and never what somebody else did."""
        if self._draft_of not in {"", account}:
            self.drafts.clear()
        self._draft_of = account

    # -- staying current

    def watch(self, who: str) -> None:
        """Ask every second from now on: *who* shows connections."""
        self._watchers.add(who)
        if not self._clock.isActive():
            self._clock.start()
            self.refresh()

    def unwatch(self, who: str) -> None:
        """*who* shows none any longer; nothing is asked while nobody does."""
        self._watchers.discard(who)
        if not self._watchers:
            self._clock.stop()

    def refresh(self) -> None:
        """Ask now, unless an answer is awaited already."""
        if self._asking is None or self._asking.done():
            self._asking = spawn(self.load(), name="connections", notify=self._on_failed)

    async def load(self) -> None:
        """Ask for the list."""
        version = self._version
        heard = await self._api.get("/connections", Connections)
        self._clock.setInterval(REFRESH_MS)
        if version == self._version:
            self._know(heard)

    def _know(self, heard: Connections) -> None:
        is_other = not self.is_known or self.problem is not None or (heard.connections, heard.keyring) != (self.all, self.keyring)
        self.all, self.keyring, self.is_known, self.problem = heard.connections, heard.keyring, True, None
        if is_other:
            self.changed.emit()

    def _on_failed(self, exc: BaseException) -> None:
        self._clock.setInterval(RETRY_MS)
        problem = problem_of(exc) or UNEXPECTED
        if problem != self.problem:
            self.problem = problem
            self.changed.emit()

    # -- which one a panel looks at

    def by_id(self, connection_id: str) -> Connection | None:
        """Answer one of the list."""
        return next((one for one in self.all if one.id == connection_id), None)

    def offered(self, kinds: Collection[ConnectionKind]) -> list[Connection]:
        """Answer those of some kinds, in the user's order."""
        return [one for one in self.all if one.spec.kind in kinds]

    def current(self, panel_key: str, kinds: Collection[ConnectionKind]) -> Connection | None:
        """Answer what a panel looks at: what was chosen, or the first there is."""
        offered = self.offered(kinds)
        wanted = self._choices.get(panel_key) or self._kept_choice(panel_key)
        return next((one for one in offered if one.id == wanted), offered[0] if offered else None)

    def choose(self, panel_key: str, connection_id: str) -> None:
        """Let a panel look at another connection, the next time too."""
        if connection_id == (self._choices.get(panel_key) or self._kept_choice(panel_key)):
            return
        self._choices[panel_key] = connection_id
        if self._settings is not None:
            self._settings.set_value(f"{panel_key}/connection", connection_id)
        self.chosen.emit(panel_key)

    def _kept_choice(self, panel_key: str) -> str:
        return self._settings.value(f"{panel_key}/connection", "") if self._settings is not None else ""

    # -- what is wanted of the Connections panel

    def wish_for(self, connection_id: str, *, test: bool = False, kind: ConnectionKind | None = None) -> None:
        """Want a connection edited or tested, or with an empty id a new one of *kind* added."""
        self._wish = Wish(connection_id, test, kind)
        self.wished.emit()

    def take_wish(self) -> Wish | None:
        """Answer what is wanted, once."""
        wish, self._wish = self._wish, None
        return wish

    # -- acts

    async def add(self, save: SaveConnection) -> Connection:
        """Add a connection; it is not opened before something is asked of it."""
        return self._put(await self._api.post("/connections", save, Connection))

    async def change(self, connection_id: str, save: SaveConnection) -> Connection:
        """Replace a connection's settings. A secret that is not named stays."""
        return self._put(await self._api.put(f"/connections/{connection_id}", save, Connection))

    async def remove(self, connection_id: str) -> None:
        """Forget a connection and its secrets; its events stay in the journal."""
        await self._api.delete(f"/connections/{connection_id}")
        self.drafts.pop(connection_id, None)
        self._replace([one for one in self.all if one.id != connection_id])

    async def duplicate(self, connection_id: str) -> Connection:
        """Add a copy, secrets included, and answer it."""
        return self._put(await self._api.post(f"/connections/{connection_id}/duplicate", None, Connection))

    async def set_secrets(self, connection_id: str, secrets: Mapping[Secret, str]) -> Connection:
        """Keep secrets, or forget those that are empty."""
        body = {"secrets": {secret.value: text for secret, text in secrets.items()}}
        return self._put(await self._api.put(f"/connections/{connection_id}/secrets", body, Connection))

    async def forget_secrets(self, connection_id: str) -> Connection:
        """Forget every password of a connection."""
        return await self.set_secrets(connection_id, dict.fromkeys(Secret, ""))

    async def order(self, ids: Sequence[str]) -> None:
        """Put them in another order."""
        heard = await self._api.put("/connections/order", list(ids), Connections)
        self._replace(heard.connections)

    async def reconnect(self, connection_id: str) -> Connection:
        """Try at once, also after a refusal."""
        return self._put(await self._api.post(f"/connections/{connection_id}/reconnect", None, Connection))

    async def close_links(self, connection_id: str) -> Connection:
        """Close every link of it; the next act opens one again."""
        return self._put(await self._api.post(f"/connections/{connection_id}/disconnect", None, Connection))

    async def parse(self, url: str) -> SaveConnection:
        """Take a URL apart."""
        return await self._api.post("/connections/parse", UrlText(url), SaveConnection)

    async def test(self, save: SaveConnection, connection_id: str = "") -> TestReport:
        """Walk from the name to the management API; secrets that are not named are those of *connection_id*."""
        path = f"/connections/{connection_id}/test" if connection_id else "/connections/test"
        return await self._api.post(path, save, TestReport, timeout_s=TEST_TIMEOUT_S)

    async def test_kept(self, connection_id: str) -> TestReport:
        """Walk through a connection as it is kept."""
        return await self._api.post(f"/connections/{connection_id}/test", None, TestReport, timeout_s=TEST_TIMEOUT_S)

    async def export(self) -> ConnectionsFile:
        """Answer all connections without their secrets."""
        return await self._api.get("/connections/export", ConnectionsFile)

    async def import_(self, file: object) -> None:
        """Add the connections of a file's content, as it was decoded: the server checks it."""
        heard = await self._api.post("/connections/import", file, Connections)
        self._replace(heard.connections)

    def _put(self, connection: Connection) -> Connection:
        known = any(one.id == connection.id for one in self.all)
        self._replace([connection if one.id == connection.id else one for one in self.all] if known else [*self.all, connection])
        return connection

    def _replace(self, connections: list[Connection]) -> None:
        self._version += 1
        self.all = connections
        self.changed.emit()


_services: Final["WeakKeyDictionary[ApiClient, ConnectionService]"] = WeakKeyDictionary()


def connection_service(api: "ApiClient") -> ConnectionService:
    """Answer the one service that speaks through *api*, so that its drafts outlive every rebuilding of the window."""
    service = _services.get(api)
    if service is None:
        service = _services[api] = ConnectionService(api)
    return service
