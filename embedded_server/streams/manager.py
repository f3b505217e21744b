"""The user's streams: a list that is kept, each of them opened only when asked."""

import asyncio
import logging
import secrets
from pathlib import Path
from typing import Final

from embedded_server.contracts.server import Part, PartState
from embedded_server.contracts.streams import MASK, SendRequest, Stream, StreamSpec
from embedded_server.core.parts import idle_part
from embedded_server.journal import Journal
from embedded_server.streams.masking import unmask_spec
from embedded_server.streams.messages import message_of
from embedded_server.streams.problems import SecretsNeeded, StreamNameTaken, StreamNotFound, TooManyStreams
from embedded_server.streams.runner import StreamRunner
from embedded_server.streams.spec import HubAccess, check_spec, check_url
from embedded_server.streams.store import StreamStore

MAX_STREAMS: Final = 200

_logger = logging.getLogger(__name__)


class StreamManager:
    """Adds, changes, removes, opens and closes streams. Nothing connects by itself, not even after a restart."""

    def __init__(self, journal: Journal, store: Path) -> None:
        self._journal = journal
        self._store = StreamStore(store)
        self._runners: dict[str, StreamRunner] = {}
        self._changing = asyncio.Lock()
        self._part = idle_part("streams")

    # -- a part of the server

    async def start(self) -> None:
        """Read the list. Raises `StreamStoreUnwritable`."""
        specs = await asyncio.to_thread(self._store.load)
        self._runners = {id_: StreamRunner(id_, spec, self._journal) for id_, spec in specs.items()}
        reason = ""
        if self._store.set_aside:
            reason = f"The list of streams was damaged and set aside as {self._store.set_aside}"
            _logger.warning("%s", reason)
        self._part = idle_part("streams", PartState.RUNNING, reason)

    async def stop(self) -> None:
        """Close every stream. May be called twice."""
        await asyncio.gather(*(runner.close() for runner in self._runners.values()))
        self._part = idle_part("streams")

    def status(self) -> Part:
        """Tell how it fares."""
        return self._part

    # -- the list

    def all(self) -> list[Stream]:
        """Answer every stream, in the order they were added."""
        return [runner.snapshot() for runner in self._runners.values()]

    def get(self, id: str) -> Stream:
        """Answer one. Raises `StreamNotFound`."""
        return self._runner(id).snapshot()

    async def add(self, spec: StreamSpec) -> Stream:
        """Add a stream; it is not opened. Raises for what cannot be, and for a name that is taken."""
        if MASK in spec.url or MASK in spec.headers.values():
            raise SecretsNeeded(name=spec.name)
        spec = check_spec(spec)
        async with self._changing:
            if len(self._runners) >= MAX_STREAMS:
                raise TooManyStreams(most=MAX_STREAMS)
            self._check_name(spec.name)
            id_ = secrets.token_hex(4)
            await self._save({id_: spec})
            self._runners[id_] = StreamRunner(id_, spec, self._journal)
        return self.get(id_)

    async def change(self, id: str, spec: StreamSpec, access: HubAccess | None = None) -> Stream:
        """Replace a stream's settings; an open one is closed and opened again with them."""
        async with self._changing:
            runner = self._runner(id)
            check_url(spec.url.strip(), spec.kind)
            spec = check_spec(unmask_spec(spec, runner.spec))
            self._check_name(spec.name, but=id)
            await self._save({id: spec})
            was_running = runner.is_running
            await runner.close()
            fresh = StreamRunner(id, spec, self._journal)
            self._runners[id] = fresh
            if was_running:
                await fresh.open(access)
        return self.get(id)

    async def remove(self, id: str) -> None:
        """Close and forget a stream. What it brought stays in the journal."""
        async with self._changing:
            runner = self._runner(id)
            await asyncio.to_thread(self._store.save, {key: one.spec for key, one in self._runners.items() if key != id})
            await runner.close()
            del self._runners[id]

    # -- connections

    async def open(self, id: str, access: HubAccess | None = None) -> Stream:
        """Connect, and stay connected until closed. *access* is what a ``hub:`` stream needs."""
        await self._runner(id).open(access)
        return self.get(id)

    async def close(self, id: str) -> Stream:
        """Disconnect."""
        await self._runner(id).close()
        return self.get(id)

    async def drop(self, id: str) -> Stream:
        """Cut the connection of an open stream, so that it has to resume."""
        await self._runner(id).drop()
        return self.get(id)

    async def send(self, id: str, request: SendRequest) -> Stream:
        """Send one WebSocket message, checked before any of it leaves."""
        runner = self._runner(id)
        await runner.send(message_of(request), request.type)
        return runner.snapshot()

    # -- inside

    def _runner(self, id_: str) -> StreamRunner:
        try:
            return self._runners[id_]
        except KeyError:
            raise StreamNotFound(id=id_[:40]) from None

    def _check_name(self, name: str, *, but: str = "") -> None:
        if any(runner.spec.name.casefold() == name.casefold() for id_, runner in self._runners.items() if id_ != but):
            raise StreamNameTaken(name=name)

    async def _save(self, changed: dict[str, StreamSpec]) -> None:
        specs = {id_: runner.spec for id_, runner in self._runners.items()} | changed
        await asyncio.to_thread(self._store.save, specs)
