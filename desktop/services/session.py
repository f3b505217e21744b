"""Who is signed in: first account, sign-in, sign-out, staying signed in, and a session that ends in the middle of work."""

import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.core.session_state import SessionPhase, SessionState
from desktop.services.api import ApiClient, ApiError
from desktop.services.keyring import TokenStore
from desktop.services.settings import Settings
from embedded_server.contracts.server import Health
from embedded_server.contracts.sessions import Account, Credentials, Session, SignedIn

__all__ = ["SessionPhase", "SessionService", "SessionState", "owner_of"]


class SessionService(QObject):
    """Signs in and out. The token itself lives in `ApiClient` and, if the user wants that, in the keyring; nowhere else."""

    changed = Signal(object)
    """The `SessionState` from now on."""

    def __init__(self, api: ApiClient, settings: Settings, store: TokenStore, *, owner: str) -> None:
        super().__init__()
        self._api = api
        self._settings = settings
        self._store = store
        self._owner = owner
        self._state = SessionState()
        self.keyring_available: bool | None = None
        """Whether the token can be kept; None while unknown."""
        api.signed_out.connect(self.mark_expired)

    @property
    def state(self) -> SessionState:
        """Who is signed in."""
        return self._state

    @property
    def is_signed_in(self) -> bool:
        """Whether requests are answered."""
        return self._state.phase is SessionPhase.SIGNED_IN

    async def begin(self) -> SessionState:
        """Ask the server what is needed, and take up a kept session where there is one."""
        if self.is_signed_in:
            return self._state
        health = await self._api.get("/health", Health)
        if health.needs_account:
            return self._set(SessionState(SessionPhase.NEEDS_ACCOUNT))
        if self._settings.stay_signed_in and (token := await self._store.load(self._owner)):
            try:
                return await self._take_up(token)
            except ApiError as exc:
                self._api.set_token("")
                if exc.problem.status != 401:
                    raise
                await self._store.forget(self._owner)
        phase = self._state.phase if self._state.phase is SessionPhase.EXPIRED else SessionPhase.SIGNED_OUT
        return self._set(SessionState(phase, self._settings.account))

    async def check_keyring(self) -> bool:
        """Find out whether the token can be kept here."""
        if self.keyring_available is None:
            self.keyring_available = await self._store.is_available()
        return self.keyring_available

    async def create_account(self, name: str, password: str, *, stay: bool = False) -> SessionState:
        """Create the first account and sign in with it."""
        await self._api.post("/accounts", Credentials(name, password), Account)
        return await self.sign_in(name, password, stay=stay)

    async def sign_in(self, name: str, password: str, *, stay: bool = False) -> SessionState:
        """Begin a session; with *stay* its token is kept in the keyring."""
        answer = await self._api.post("/sessions", Credentials(name, password), SignedIn)
        self._api.set_token(answer.token)
        kept = stay and await self._store.save(self._owner, answer.token)
        self._settings.stay_signed_in = kept
        self._settings.account = answer.session.account
        return self._set(SessionState(SessionPhase.SIGNED_IN, answer.session.account, kept))

    async def sign_out(self) -> None:
        """End the session here and at the server; the server being away does not keep anybody in."""
        try:
            if self._api.token:
                await self._api.delete("/sessions/current")
        except ApiError as exc:
            if exc.problem.status not in {401, 503}:
                raise
        finally:
            await self._store.forget(self._owner)
            self._settings.stay_signed_in = False
            account = self._state.account
            self._set(SessionState(SessionPhase.SIGNED_OUT, account))
            self._api.set_token("")

    async def _take_up(self, token: str) -> SessionState:
        self._api.set_token(token)
        session = await self._api.get("/sessions/current", Session)
        return self._set(SessionState(SessionPhase.SIGNED_IN, session.account, kept=True))

    def mark_expired(self) -> None:
        """The server does not know the token any longer: whoever is shown as signed in has to sign in again."""
        if self.is_signed_in:
            self._api.set_token("")
            self._set(SessionState(SessionPhase.EXPIRED, self._state.account))

    def _set(self, state: SessionState) -> SessionState:
        if state != self._state:
            self._state = state
            self.changed.emit(state)
        return state


def owner_of(data_dir: Path, remote_url: str) -> str:
    """Name whose token it is: the server's address, or for the embedded one, whose port changes, its data directory."""
    return remote_url or hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:32]
