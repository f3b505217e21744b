"""The user's connections: the list that is kept, their secrets, and what a capability is handed of them."""

import asyncio
import logging
import secrets as random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from embedded_server.connections.checks import check
from embedded_server.connections.hooks import Hooks
from embedded_server.connections.problems import (
    ConnectionNameTaken,
    ConnectionNotFound,
    EmbeddedIsAway,
    EmbeddedIsFixed,
    SecretNeeded,
    TooManyConnections,
)
from embedded_server.connections.secret_rules import changes_of, check_stays, is_same_link, names_after, with_guest
from embedded_server.connections.secrets import Secrets
from embedded_server.connections.store import ConnectionStore, Kept
from embedded_server.connections.texts import read_text, shown
from embedded_server.connections.transfer import free_name, read_file, with_free_names
from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.connections import (
    EMBEDDED_ID,
    Colour,
    Connection,
    ConnectionKind,
    Connections,
    ConnectionsFile,
    ConnectionSpec,
    Health,
    RabbitSettings,
    SaveConnection,
    Secret,
    SecretState,
    TestReport,
)
from embedded_server.contracts.keyring import Keyring
from embedded_server.contracts.server import Part, PartState
from embedded_server.core.parts import idle_part
from embedded_server.core.profiles import Profile

MAX_CONNECTIONS: Final = 200

_logger = logging.getLogger(__name__)


class ConnectionService:
    """Adds, changes, removes, tests and hands out connections. Nothing connects by itself."""

    def __init__(self, data_dir: Path, hooks: Hooks, keyring: Keyring | None = None) -> None:
        self._hooks = hooks
        self._store = ConnectionStore(data_dir / "connections.json")
        self._secrets = Secrets(keyring or Keyring())
        self._kept: dict[str, Kept] = {}
        self._changing = asyncio.Lock()
        self._opening: asyncio.Task[None] | None = None
        self._part = idle_part("connections")
        self.on_change: list[Callable[[str], None]] = []
        """Called with the id of a connection that is another now, or gone: its links are to be dropped."""

    # -- a part of the server

    async def start(self) -> None:
        """Read the list; the keyring is asked when somebody first wants to know. Raises `ConnectionStoreUnwritable`."""
        self._kept = await asyncio.to_thread(self._store.load)
        reason = ""
        if self._store.set_aside:
            reason = f"The list of connections was damaged and set aside as {self._store.set_aside}"
            _logger.warning("%s", reason)
        self._part = idle_part("connections", PartState.RUNNING, reason)

    async def stop(self) -> None:
        """Ask the keyring no longer. May be called twice."""
        await cancel(self._opening)
        self._opening = None
        self._part = idle_part("connections")

    def status(self) -> Part:
        """Tell how it fares."""
        return self._part

    # -- the list

    async def all(self) -> Connections:
        """Answer every connection, the embedded one first."""
        await self._opened()
        return Connections([self._embedded(), *(self._shown(id_) for id_ in self._kept)], keyring=self._secrets.has_keyring)

    async def get(self, id: str) -> Connection:
        """Answer one. Raises `ConnectionNotFound`."""
        await self._opened()
        return self._embedded() if id == EMBEDDED_ID else self._shown(self._known(id))

    async def resolve(self, id: str) -> Profile:
        """Answer what connecting takes. Raises `ConnectionNotFound`, `SecretNeeded` or `EmbeddedIsAway`."""
        if id == EMBEDDED_ID:
            found = self._hooks.embedded()
            if found is None:
                raise EmbeddedIsAway
            return Profile(EMBEDDED_ID, replace(_EMBEDDED, rabbitmq=found.rabbitmq, kafka=found.kafka), found.secrets)
        await self._opened()
        kept = self._kept[self._known(id)]
        values = self._secrets.of(id, kept.secrets)
        if values is None:
            raise SecretNeeded(name=kept.spec.name)
        return Profile(id, kept.spec, with_guest(kept.spec, values))

    async def add(self, save: SaveConnection) -> Connection:
        """Add a connection. Raises for what cannot be, and for a name that is taken."""
        save = check(save)
        await self._opened()
        async with self._changing:
            self._check_name(save.spec.name)
            return await self._add(save)

    async def change(self, id: str, save: SaveConnection) -> Connection:
        """Replace a connection's settings; a secret that is not named stays."""
        self._only_own(id)
        save = check(save)
        await self._opened()
        async with self._changing:
            before = self._kept[self._known(id)]
            self._check_name(save.spec.name, but=id)
            check_stays(before.spec, before.secrets, save)
            changes = changes_of(save, before.secrets)
            await self._save({**self._kept, id: Kept(save.spec, names_after(before.secrets, changes))})
            await self._secrets.put(id, changes)
        if changes or not is_same_link(before.spec, save.spec):
            self._tell(id)
        return self._shown(id)

    async def set_secrets(self, id: str, changes: Mapping[Secret, str]) -> Connection:
        """Keep secrets, and forget those that are empty."""
        self._only_own(id)
        await self._opened()
        async with self._changing:
            before = self._kept[self._known(id)]
            await self._save({**self._kept, id: Kept(before.spec, names_after(before.secrets, changes))})
            await self._secrets.put(id, changes)
        self._tell(id)
        return self._shown(id)

    async def remove(self, id: str) -> None:
        """Forget a connection and its secrets. Its events stay in the journal."""
        self._only_own(id)
        await self._opened()
        async with self._changing:
            before = self._kept[self._known(id)]
            await self._save({key: one for key, one in self._kept.items() if key != id})
            await self._secrets.forget(id, before.secrets)
        self._tell(id)

    async def duplicate(self, id: str) -> Connection:
        """Add a copy under a free name, with the same secrets."""
        self._only_own(id)
        await self._opened()
        async with self._changing:
            kept = self._kept[self._known(id)]
            spec = replace(kept.spec, name=free_name(kept.spec.name, self._is_taken))
            return await self._add(SaveConnection(spec, self._secrets.of(id, kept.secrets) or {}), kept.secrets, after=id)

    async def reconnect(self, id: str) -> Connection:
        """Try at once, also where it was refused before. Raises what `resolve` raises."""
        await self._hooks.reconnect(await self.resolve(id))
        return await self.get(id)

    async def disconnect(self, id: str) -> Connection:
        """Close what is open."""
        await self._hooks.disconnect(id, (await self.get(id)).spec.kind)
        return await self.get(id)

    async def order(self, ids: Sequence[str]) -> Connections:
        """Put the connections in this order; those it does not name stay behind the others."""
        await self._opened()
        async with self._changing:
            first = [id_ for id_ in dict.fromkeys(ids) if id_ in self._kept]
            rest = [id_ for id_ in self._kept if id_ not in first]
            await self._save({id_: self._kept[id_] for id_ in (*first, *rest)})
        return await self.all()

    # -- URLs, files and the test

    def parse(self, url: str) -> SaveConnection:
        """Take a URL, or what else people have of a broker, apart into a connection that could be added as it is."""
        found = read_text(url)
        used = [kept.spec.colour for kept in self._kept.values()]
        colour = min(Colour, key=used.count)
        return check(replace(found, spec=replace(found.spec, name=free_name(found.spec.name, self._is_taken), colour=colour)))

    def export(self) -> ConnectionsFile:
        """Answer every connection of the user's, without secrets."""
        return ConnectionsFile([kept.spec for kept in self._kept.values()])

    async def import_(self, content: Any) -> Connections:
        """Add the connections of an exported file, all or none; names that are taken get a number."""
        specs = read_file(content)
        await self._opened()
        async with self._changing:
            self._check_room(len(specs))
            fresh = {_new_id(): Kept(spec) for spec in with_free_names(specs, self._is_taken)}
            await self._save({**self._kept, **fresh})
        return await self.all()

    async def test(self, id: str = "", save: SaveConnection | None = None) -> TestReport:
        """Walk from the name to what the user may do there: *save* with the secrets kept for *id*, or *id* as it is kept."""
        if save is None:
            return await self._hooks.test(await self.resolve(id))
        save = check(save)
        await self._opened()
        values: Mapping[Secret, str] = {}
        if id:
            kept = self._kept[self._known(id)]
            check_stays(kept.spec, kept.secrets, save)
            values = self._secrets.of(id, kept.secrets - save.secrets.keys()) or {}
        named = {secret: text for secret, text in {**values, **save.secrets}.items() if text}
        return await self._hooks.test(Profile(id, save.spec, with_guest(save.spec, named)))

    # -- inside

    async def _opened(self) -> None:
        if self._opening is None:
            wanted = {id_: one.secrets for id_, one in self._kept.items()}
            self._opening = spawn(self._secrets.load(wanted), name="ask the keyring", notify=_log_failure)
        if not self._opening.done():
            await asyncio.wait([self._opening])

    def _embedded(self) -> Connection:
        found = self._hooks.embedded()
        spec = _EMBEDDED if found is None else replace(_EMBEDDED, rabbitmq=found.rabbitmq, kafka=found.kafka)
        return Connection(EMBEDDED_ID, spec, shown(spec) if found else "", SecretState.NONE, self._health(EMBEDDED_ID, spec))

    def _shown(self, id_: str) -> Connection:
        kept = self._kept[id_]
        return Connection(id_, kept.spec, shown(kept.spec), self._secrets.state(id_, kept.secrets), self._health(id_, kept.spec))

    def _health(self, id_: str, spec: ConnectionSpec) -> Health:
        return self._hooks.health(id_, spec.kind)

    def _known(self, id_: str) -> str:
        if id_ not in self._kept:
            raise ConnectionNotFound(id=id_[:40])
        return id_

    @staticmethod
    def _only_own(id_: str) -> None:
        if id_ == EMBEDDED_ID:
            raise EmbeddedIsFixed

    def _is_taken(self, name: str, *, but: str = "") -> bool:
        taken = {kept.spec.name.casefold() for id_, kept in self._kept.items() if id_ != but} | {EMBEDDED_ID}
        return name.casefold() in taken

    def _check_name(self, name: str, *, but: str = "") -> None:
        if self._is_taken(name, but=but):
            raise ConnectionNameTaken(name=name)

    def _check_room(self, more: int) -> None:
        if len(self._kept) + more > MAX_CONNECTIONS:
            raise TooManyConnections(most=MAX_CONNECTIONS)

    async def _add(self, save: SaveConnection, secrets: frozenset[Secret] = frozenset(), *, after: str = "") -> Connection:
        self._check_room(1)
        id_, changes = _new_id(), changes_of(save)
        fresh = Kept(save.spec, names_after(secrets, changes))
        order = [*self._kept]
        order.insert(order.index(after) + 1 if after else len(order), id_)
        await self._save({key: fresh if key == id_ else self._kept[key] for key in order})
        await self._secrets.put(id_, changes)
        return self._shown(id_)

    async def _save(self, kept: dict[str, Kept]) -> None:
        await asyncio.to_thread(self._store.save, kept)
        self._kept = kept

    def _tell(self, id_: str) -> None:
        for callback in self.on_change:
            callback(id_)


_EMBEDDED: Final = ConnectionSpec(EMBEDDED_ID, ConnectionKind.EMBEDDED, colour=Colour.TEAL, rabbitmq=RabbitSettings("127.0.0.1"))


def _new_id() -> str:
    return random.token_hex(6)


def _log_failure(exc: BaseException) -> None:
    _logger.error("asking the keyring failed", exc_info=exc)
