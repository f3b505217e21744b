"""Keeps connections' secrets: in the keyring of this machine; where there is none, in memory until the server ends."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from embedded_server.contracts.connections import Secret, SecretState
from embedded_server.contracts.keyring import Keyring

_AT_ONCE: Final = 8
"""Threads that ask the keyring side by side when the server starts."""


class Secrets:
    """What is known of every connection's secrets. None of it is ever written to a file, logged or shown by ``repr``."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._values: dict[tuple[str, Secret], str] = {}
        self._in_keyring: set[tuple[str, Secret]] = set()
        self.has_keyring = False
        """Whether this machine keeps secrets."""

    async def load(self, wanted: Mapping[str, Collection[Secret]]) -> None:
        """Ask the keyring, once, for all it may hold."""
        self.has_keyring = await self._keyring.is_available()
        if not self.has_keyring:
            return
        gate = asyncio.Semaphore(_AT_ONCE)

        async def ask(id_: str, secret: Secret) -> None:
            async with gate:
                text = await self._keyring.load(_owner(id_, secret))
            if text and (id_, secret) not in self._values:
                self._values[id_, secret] = text
                self._in_keyring.add((id_, secret))

        await asyncio.gather(*(ask(id_, secret) for id_, names in wanted.items() for secret in names))

    def of(self, id_: str, names: Collection[Secret]) -> dict[Secret, str] | None:
        """Answer a connection's secrets; None where one of them has to be asked for."""
        found = {secret: self._values[id_, secret] for secret in names if (id_, secret) in self._values}
        return found if len(found) == len(names) else None

    def state(self, id_: str, names: Collection[Secret]) -> SecretState:
        """Tell where they are."""
        if not names:
            return SecretState.NONE
        if any((id_, secret) not in self._values for secret in names):
            return SecretState.NEEDED
        return SecretState.KEYRING if all((id_, secret) in self._in_keyring for secret in names) else SecretState.MEMORY

    async def put(self, id_: str, changes: Mapping[Secret, str]) -> None:
        """Keep these, and forget those that are empty."""
        for secret, text in changes.items():
            if text:
                self._values[id_, secret] = text
                kept = self.has_keyring and await self._keyring.save(_owner(id_, secret), text)
                (self._in_keyring.add if kept else self._in_keyring.discard)((id_, secret))
            else:
                await self._forget(id_, secret)

    async def forget(self, id_: str, names: Collection[Secret]) -> None:
        """Forget all of a connection."""
        for secret in names:
            await self._forget(id_, secret)

    async def _forget(self, id_: str, secret: Secret) -> None:
        self._values.pop((id_, secret), None)
        self._in_keyring.discard((id_, secret))
        if self.has_keyring:
            await self._keyring.forget(_owner(id_, secret))


def _owner(id_: str, secret: Secret) -> str:
    return f"connection {id_} {secret.value}"
