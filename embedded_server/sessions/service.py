"""Who may use the server: accounts, sign-in, tokens, and what ends with a session."""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.server import Part, PartState
from embedded_server.contracts.sessions import Account, Credentials, Session, SignedIn
from embedded_server.sessions.limiter import AttemptLimiter
from embedded_server.sessions.passwords import Passwords
from embedded_server.sessions.problems import FirstAccountExists, NameTaken, NotSignedIn, SessionEnded, TooManyAttempts, WrongCredentials
from embedded_server.sessions.rules import MAX_PASSWORD_CHARS, check_new, name_key, tidy_name
from embedded_server.sessions.store import AccountRecord, SessionRecord, SessionStore
from embedded_server.settings import DEFAULT_SESSION_LIMITS, SessionLimits

_logger = logging.getLogger(__name__)
T = TypeVar("T")

_NS: Final = 1_000_000_000
_TOUCH_KEPT_S: Final = 60
"""A session's last use is written to disk at most this often."""
_USE_INTERVAL_S: Final = 60.0
_EXPIRY_CHECK_S: Final = 1.0
_ADDRESS_FACTOR: Final = 4
"""One address may fail so many times more than one account: several people may share it."""
_MAX_AGENT_CHARS: Final = 200


class Sessions:
    """Accounts and sessions.

    The sessions live in memory and on disk alike, so that asking for one costs a dictionary look-up. Passwords are hashed and the
    database is used off the loop.
    """

    def __init__(self, path: Path, limits: SessionLimits = DEFAULT_SESSION_LIMITS, *, now: Callable[[], int] = time.time_ns) -> None:
        self._limits = limits
        self._now = now
        self._store = SessionStore(path)
        self._thread: ThreadPoolExecutor | None = None
        self._passwords = Passwords()
        window_s = limits.sign_in_window_s
        self._per_account = AttemptLimiter(limit=limits.sign_in_attempts, window_s=window_s, clock=self._clock_s)
        self._per_address = AttemptLimiter(limit=limits.sign_in_attempts * _ADDRESS_FACTOR, window_s=window_s, clock=self._clock_s)
        self._by_hash: dict[bytes, SessionRecord] = {}
        self._hash_of: dict[str, bytes] = {}
        self._kept_at: dict[str, int] = {}
        self._closed: dict[str, asyncio.Event] = {}
        self._expiry: asyncio.Task[None] | None = None
        self._part = Part("sessions", PartState.STOPPED, "", 0, "", 0, 0, 0)

    # -- a part of the server

    async def start(self) -> None:
        """Open the database and begin to end sessions that expire. Raises `SessionsUnwritable`."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sessions")
        await asyncio.gather(self._run(self._store.open), self._passwords.prepare())
        for record in await self._run(self._store.sessions):
            self._remember(record)
        reason = ""
        if self._store.set_aside:
            reason = f"The accounts' database was damaged and set aside as {self._store.set_aside}"
            _logger.warning("%s", reason)
        self._expiry = spawn(self._watch_expiry(), name="session expiry", notify=_log_failure)
        self._part = replace(self._part, state=PartState.RUNNING, reason=reason, started_at=self._now())

    async def stop(self) -> None:
        """Close the database. Sessions stay valid for the next start. May be called twice."""
        await cancel(self._expiry)
        self._expiry = None
        if self._thread is not None:
            await self._run(self._store.close)
            self._thread.shutdown(wait=False)
        self._thread = None
        self._by_hash.clear()
        self._hash_of.clear()
        self._part = replace(self._part, state=PartState.STOPPED)

    def status(self) -> Part:
        """Tell how it fares."""
        return self._part

    @property
    def set_aside(self) -> str:
        """Where a damaged database was put at the start, or nothing."""
        return self._store.set_aside

    # -- accounts

    async def needs_account(self) -> bool:
        """Tell whether nobody can sign in yet."""
        return not await self._run(self._store.has_account)

    async def create_account(self, credentials: Credentials, *, only_first: bool = False) -> Account:
        """Create an account; with *only_first* only where there is none at all."""
        if only_first and not await self.needs_account():
            raise FirstAccountExists
        check_new(credentials)
        account = Account(tidy_name(credentials.name), self._now())
        encoded = await self._passwords.hash(credentials.password)
        key = name_key(credentials.name)
        added = await self._run(lambda: self._store.add_account(key, account, encoded, only_first=only_first))
        if not added:
            raise FirstAccountExists if only_first else NameTaken(name=account.name)
        return account

    # -- sessions

    async def sign_in(self, credentials: Credentials, *, address: str = "", user_agent: str = "") -> SignedIn:
        """Answer a new token. Raises `WrongCredentials` or `TooManyAttempts`."""
        key = name_key(credentials.name)
        self._check_rate(key, address)
        record = await self._run(lambda: self._store.account(key))
        right = await self._passwords.matches(record.password if record else None, credentials.password[: MAX_PASSWORD_CHARS + 1])
        if record is None or not right:
            raise WrongCredentials
        self._per_account.forgive([key])
        self._per_address.forgive([address])
        if self._passwords.outdated(record.password):
            encoded = await self._passwords.hash(credentials.password)
            await self._run(lambda: self._store.set_password(record.id, encoded))
        return await self._begin(record, address, user_agent)

    async def authenticate(self, token: str) -> Session:
        """Answer the session of *token* and count this as its use. Raises `NotSignedIn` or `SessionEnded`."""
        if not token:
            raise NotSignedIn
        record = self._by_hash.get(_hash(token))
        if record is None:
            raise SessionEnded
        if self._has_expired(record.session):
            await self.end(record.session.id)
            raise SessionEnded
        return await self._touch(record)

    async def touch(self, session_id: str) -> None:
        """Count an open feed as use of its session; nothing where it has ended."""
        record = self._record(session_id)
        if record is not None and not self._has_expired(record.session):
            await self._touch(record)

    async def end(self, session_id: str) -> None:
        """End a session at once: its token is worth nothing, its open feeds and streams close."""
        token_hash = self._hash_of.pop(session_id, None)
        if token_hash is not None:
            del self._by_hash[token_hash]
        self._kept_at.pop(session_id, None)
        closed = self._closed.pop(session_id, None)
        if closed is not None:
            closed.set()
        await self._run(lambda: self._store.remove_session(session_id))

    def of_account(self, name: str) -> list[Session]:
        """Answer the open sessions of an account, the one used last first."""
        theirs = [record.session for record in self._by_hash.values() if record.session.account == name]
        return sorted(theirs, key=lambda session: -session.last_seen_at)

    def closed(self, session_id: str) -> asyncio.Event:
        """Answer the event that is set when this session ends; one that has ended already answers a set one."""
        if session_id not in self._hash_of:
            ended = asyncio.Event()
            ended.set()
            return ended
        return self._closed.setdefault(session_id, asyncio.Event())

    async def until_end(self, session_id: str) -> None:
        """Return when this session ends; meanwhile count as its use, as an open feed or stream is."""
        ended = self.closed(session_id)
        while not ended.is_set():
            try:
                async with asyncio.timeout(_USE_INTERVAL_S):
                    await ended.wait()
            except TimeoutError:
                await self.touch(session_id)

    async def end_expired(self) -> None:
        """End every session whose time is over."""
        for record in [record for record in self._by_hash.values() if self._has_expired(record.session)]:
            await self.end(record.session.id)

    # -- inside

    def _check_rate(self, key: str, address: str) -> None:
        wait_s = max(self._per_account.wait_s(key), self._per_address.wait_s(address))
        if wait_s:
            raise TooManyAttempts(seconds=wait_s)
        self._per_account.begin(key)
        self._per_address.begin(address)

    async def _begin(self, account: AccountRecord, address: str, user_agent: str) -> SignedIn:
        await self._make_room(account)
        token = secrets.token_urlsafe(32)
        now = self._now()
        session = Session(
            id=secrets.token_hex(8),
            account=account.account.name,
            created_at=now,
            last_seen_at=now,
            idle_expires_at=now + self._limits.idle_s * _NS,
            expires_at=now + self._limits.absolute_s * _NS,
            address=address,
            user_agent=user_agent[:_MAX_AGENT_CHARS],
        )
        record = SessionRecord(_hash(token), account.id, session)
        await self._run(lambda: self._store.add_session(record))
        self._remember(record)
        return SignedIn(token, session)

    async def _make_room(self, account: AccountRecord) -> None:
        theirs = [record.session for record in self._by_hash.values() if record.account_id == account.id]
        theirs.sort(key=lambda session: session.last_seen_at)
        for session in theirs[: max(0, len(theirs) + 1 - self._limits.per_account)]:
            await self.end(session.id)

    async def _touch(self, record: SessionRecord) -> Session:
        now = self._now()
        session = replace(record.session, last_seen_at=now, idle_expires_at=now + self._limits.idle_s * _NS)
        self._by_hash[record.token_hash] = replace(record, session=session)
        if now - self._kept_at.get(session.id, 0) >= _TOUCH_KEPT_S * _NS:
            self._kept_at[session.id] = now
            await self._run(lambda: self._store.touch_session(session))
        return session

    def _remember(self, record: SessionRecord) -> None:
        self._by_hash[record.token_hash] = record
        self._hash_of[record.session.id] = record.token_hash
        self._kept_at[record.session.id] = record.session.last_seen_at

    def _record(self, session_id: str) -> SessionRecord | None:
        token_hash = self._hash_of.get(session_id)
        return self._by_hash.get(token_hash) if token_hash is not None else None

    def _has_expired(self, session: Session) -> bool:
        return self._now() >= min(session.idle_expires_at, session.expires_at)

    def _clock_s(self) -> float:
        return self._now() / _NS

    async def _watch_expiry(self) -> None:
        while True:
            await asyncio.sleep(_EXPIRY_CHECK_S)
            await self.end_expired()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _log_failure(exc: BaseException) -> None:
    _logger.error("ending expired sessions failed", exc_info=exc)
