"""All clients' feeds: one listener on the journal, however many windows are open."""

import asyncio
import threading
from collections.abc import Callable, Mapping

from embedded_server.contracts.feeds import Source
from embedded_server.journal.event import Commit
from embedded_server.journal.feeds.session import FeedSession, Send
from embedded_server.journal.feeds.source import FeedSource
from embedded_server.journal.journal import Journal


class Feeds:
    """Standing queries over *sources*, for as many clients as connect. Use it from one event loop."""

    def __init__(self, journal: Journal, sources: Mapping[Source, FeedSource]) -> None:
        self._journal = journal
        self._sources = dict(sources)
        self._sessions: set[FeedSession] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._changed: dict[Source, set[int]] = {}
        self._handed_over = False

    def session(self, send: Send) -> FeedSession:
        """Begin to serve a client; *send* is awaited for every message and may be slow."""
        session = FeedSession(self._journal, self._sources, send, self._forget)
        self._sessions.add(session)
        if self._unsubscribe is None:
            self._loop = asyncio.get_running_loop()
            self._unsubscribe = self._journal.on_commit(self._on_commit)
        return session

    def _forget(self, session: FeedSession) -> None:
        self._sessions.discard(session)
        if not self._sessions and self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _on_commit(self, commit: Commit) -> None:
        """On the writer thread: gather what changed, and hand it over once until the loop has taken it."""
        with self._lock:
            for name, source in self._sources.items():
                if source.mutable and (numbers := source.changed(commit)):
                    self._changed.setdefault(name, set()).update(numbers)
            if self._handed_over:
                return
            self._handed_over = True
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._take_over)

    def _take_over(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, {}
            self._handed_over = False
        as_lists = {name: list(numbers) for name, numbers in changed.items()}
        for session in tuple(self._sessions):
            session.committed(as_lists)
