"""Password hashing with argon2id, never on the event loop and never more than two at a time."""

import asyncio
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE: Final = 2
"""Each takes 19 MiB and a core for tens of milliseconds."""


class Passwords:
    """Hashes and checks passwords. An unknown name costs the same time as a wrong password."""

    def __init__(self) -> None:
        # OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._dummy = ""

    async def prepare(self) -> None:
        """Make the hash that unknown names are checked against."""
        self._dummy = await self.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """Answer the encoded hash of *password*."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Tell whether *password* is the one of *encoded*; without one, false after the same time."""
        async with self._slots:
            right = await asyncio.to_thread(self._verify_blocking, encoded or self._dummy, password)
        return right and encoded is not None

    def outdated(self, encoded: str) -> bool:
        """Tell whether *encoded* was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def _verify_blocking(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False
