"""What every act that changes a broker has in common: it is allowed, checked, told to the journal, and seen at once."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.core.profiles import Profile, Resolve, require_writable
from embedded_server.journal import make_event

MAX_NAME_BYTES: Final = 255


class NameTooLong(UserFacingError):
    """AMQP counts names in one byte."""

    status = 422
    title = N_("A name of {size} bytes is too long")
    hint = N_("Names and routing keys take up to {most} bytes of UTF-8.")


class NameMissing(UserFacingError):
    """The default exchange has no name, and nothing can be done to it."""

    status = 422
    title = N_("A name is missing")
    hint = N_("Name the exchange or queue. The default exchange can neither be declared, bound nor deleted.")


def check_names(*names: str) -> None:
    """Raise `NameTooLong` for what AMQP cannot take."""
    for name in names:
        size = len(name.encode("utf-8", "surrogatepass"))
        if size > MAX_NAME_BYTES:
            raise NameTooLong(size=size, most=MAX_NAME_BYTES)


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

    def done(self, profile: Profile, vhost: str, what: str, name: str, status: str, details: Mapping[str, Any] | None = None) -> None:
        """Tell the journal what was done, and everybody that answers are out of date."""
        told = {key: value for key, value in (details or {}).items() if value not in ("", None, [], {})}
        self._append(
            make_event(
                Kind.TOPOLOGY_CHANGED,
                f"{what} {name}".strip(),
                connection=profile.name,
                key=name,
                status=status,
                headers=orjson.dumps({"vhost": vhost, "object": what}),
                body=orjson.dumps(told, default=str) if told else b"",
                content_type="application/json",
            )
        )
        self.changed(profile.id)

    def changed(self, connection: str) -> None:
        """Tell everybody that answers are out of date."""
        for callback in self.on_change:
            callback(connection)
