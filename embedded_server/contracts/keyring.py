"""The operating system's keyring for what must be in no file: asked in a thread with a time-out, since it may wait for a person."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

log = logging.getLogger(__name__)

SERVICE: Final = "switchroom"
TIMEOUT_S: Final = 3.0

T = TypeVar("T")


class Backend(Protocol):
    """What is used of a keyring back end."""

    def get_password(self, service: str, username: str) -> str | None:
        """Answer the kept secret, if any."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget a secret."""


def system_backend() -> Backend | None:
    """Answer this machine's keyring, or None where there is none that keeps anything."""
    import keyring
    from keyring.backends import fail, null

    backend = keyring.get_keyring()
    if isinstance(backend, (fail.Keyring, null.Keyring)) or backend.priority <= 0:
        return None
    return backend


class Keyring:
    """Keeps one secret per owner. Every method gives up quietly after a while: whoever asks has another way to go on."""

    def __init__(self, find_backend: Callable[[], Backend | None] = system_backend, *, timeout_s: float = TIMEOUT_S) -> None:
        self._find_backend = find_backend
        self._timeout_s = timeout_s

    async def is_available(self) -> bool:
        """Whether there is a keyring that keeps secrets here."""
        return await self._ask(lambda _: True, False)

    async def load(self, owner: str) -> str:
        """Answer the secret kept for *owner*, or an empty text."""
        return await self._ask(lambda backend: backend.get_password(SERVICE, owner) or "", "")

    async def save(self, owner: str, secret: str) -> bool:
        """Keep *secret* for *owner*; whether that worked."""

        def keep(backend: Backend) -> bool:
            backend.set_password(SERVICE, owner, secret)
            return True

        return await self._ask(keep, False)

    async def forget(self, owner: str) -> None:
        """Remove what is kept for *owner*."""

        def remove(backend: Backend) -> bool:
            if backend.get_password(SERVICE, owner) is not None:
                backend.delete_password(SERVICE, owner)
            return True

        await self._ask(remove, False)

    async def _ask(self, question: Callable[[Backend], T], otherwise: T) -> T:
        """Ask in a daemon thread: one that hangs in D-Bus must keep neither the process nor its end waiting."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def tell(value: T) -> None:
            if not answer.done():
                answer.set_result(value)

        def ask_blocking() -> None:
            value = otherwise
            try:
                backend = self._find_backend()
                if backend is not None:
                    value = question(backend)
            except Exception as exc:  # noqa: BLE001 - each back end has its own exceptions
                log.info("The keyring did not answer: %s", type(exc).__name__)  # its words might hold the secret
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, value)

        threading.Thread(target=ask_blocking, name="keyring", daemon=True).start()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await answer
        except TimeoutError:
            log.info("The keyring did not answer within %.0f s", self._timeout_s)
            return otherwise
