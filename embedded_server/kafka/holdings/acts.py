"""What every act that changes a cluster has in common: it is allowed, told to the journal, and seen at once."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from embedded_server.contracts.events import Event, Kind
from embedded_server.core.profiles import Profile, Resolve, require_writable
from embedded_server.journal import make_event


class Acts:
    """Begins and ends an act."""

    def __init__(self, resolve: Resolve, append: Callable[[Event], None]) -> None:
        self._resolve = resolve
        self._append = append
        self.on_change: list[Callable[[str], None]] = []
        """Called with the connection's id after each act: whoever keeps answers asks anew."""

    async def begin(self, connection: str) -> Profile:
        """Answer the profile, which may be changed. Raises `ConnectionReadOnly` and what resolving raises."""
        profile = await self._resolve(connection)
        require_writable(profile)
        return profile

    def done(self, profile: Profile, what: str, name: str, status: str, details: Mapping[str, Any] | None = None) -> None:
        """Tell the journal what was done, and everybody that answers are out of date."""
        told = {key: value for key, value in (details or {}).items() if value not in ("", None, [], {})}
        self._append(
            make_event(
                Kind.TOPOLOGY_CHANGED,
                f"{what} {name}",
                connection=profile.name,
                key=name,
                status=status,
                headers=orjson.dumps({"object": what}),
                body=orjson.dumps(told, default=str, option=orjson.OPT_NON_STR_KEYS) if told else b"",
                content_type="application/json",
            )
        )
        for callback in self.on_change:
            callback(profile.id)
