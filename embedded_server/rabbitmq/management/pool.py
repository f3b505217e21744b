"""One client of the management API per connection, made when first asked for and anew when the connection's settings change."""

from collections.abc import Callable
from dataclasses import dataclass

from embedded_server.core.profiles import Profile, Resolve
from embedded_server.rabbitmq.management.client import Management


@dataclass(slots=True)
class _Entry:
    profile: Profile
    management: Management


class ManagementPool:
    """Clients by the connection's id."""

    def __init__(self, resolve: Resolve, require_connected: Callable[[str], None]) -> None:
        self._resolve = resolve
        self._require_connected = require_connected
        self._entries: dict[str, _Entry] = {}

    async def of(self, connection: str) -> Management:
        """Answer the client. After a failure the settings are read again first.

        Raises a `ManagementMissing`, what resolving raises, and `Disconnected` where the user has disconnected it.
        """
        self._require_connected(connection)
        entry = self._entries.get(connection)
        if entry is not None and not entry.management.failed:
            return entry.management
        profile = await self._resolve(connection)
        entry = self._entries.get(connection)
        if entry is None or entry.profile != profile:
            if entry is not None:
                await entry.management.close()
            entry = self._entries[connection] = _Entry(profile, Management(profile))
        return entry.management

    def forget(self, connection: str) -> None:
        """Ask this broker anew from now on: it has been changed."""
        entry = self._entries.get(connection)
        if entry is not None:
            entry.management.forget()

    async def drop(self, connection: str) -> None:
        """Close the client: the connection has been changed or removed."""
        entry = self._entries.pop(connection, None)
        if entry is not None:
            await entry.management.close()

    async def close(self) -> None:
        """Close all. May be called twice."""
        for connection in list(self._entries):
            await self.drop(connection)
