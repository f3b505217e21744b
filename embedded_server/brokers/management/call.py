"""One request to the management API, as the functions that answer it see it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from embedded_server.brokers.amqp.users import User
from embedded_server.brokers.amqp.vhost import VHost
from embedded_server.brokers.management.errors import bad_request, keys_missing, not_authorised, not_found
from embedded_server.brokers.management.node import Node

MONITORS: Final = frozenset({"administrator", "monitoring"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status and JSON, whole or in pieces."""

    status: int = 200
    body: Any = None
    """What becomes JSON; ``None`` sends nothing."""
    pieces: AsyncIterator[bytes] | None = None
    """JSON that is written piece by piece, instead of ``body``."""
    location: str = ""


NOTHING: Final = Answer(204)
CREATED: Final = Answer(201)


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, and for what."""

    node: Node
    user: User
    password: str = field(repr=False)
    query: Mapping[str, str]
    content: bytes
    reason: str = ""
    """The header ``X-Reason``: why a connection is closed."""

    @property
    def is_monitor(self) -> bool:
        """Whether the user may see what belongs to others."""
        return not MONITORS.isdisjoint(self.user.tags)

    def vhosts(self) -> list[VHost]:
        """The virtual hosts whose inside the user may see."""
        return [vhost for vhost in self.node.broker.vhosts.values() if self._is_let_in(vhost)]

    def vhost(self, name: str) -> VHost:
        """The virtual host *name*; raises ``ApiError`` where there is none or the user is not let in."""
        vhost = self.node.broker.vhosts.get(name)
        if vhost is None:
            raise not_found()
        if not self._is_let_in(vhost):
            raise not_authorised("User not authorised to access virtual host")
        return vhost

    def chosen(self, name: str) -> list[VHost]:
        """The virtual host *name*; where it is empty, all that the user may see."""
        return [self.vhost(name)] if name else self.vhosts()

    def flag(self, name: str) -> bool:
        """Whether a query parameter says yes."""
        return self.query.get(name, "") == "true"

    def json(self, *required: str) -> dict[str, Any]:
        """The body, which is one JSON object or nothing; raises ``ApiError`` where it is neither, or lacks a key."""
        found: Any = {}
        if self.content.strip():
            try:
                found = orjson.loads(self.content)
            except orjson.JSONDecodeError:
                found = None
        if not isinstance(found, dict):
            raise bad_request("not_json")
        missing = [name for name in required if name not in found]
        if missing:
            raise keys_missing(missing)
        return found

    def _is_let_in(self, vhost: VHost) -> bool:
        return self.node.broker.users.permissions(self.user.name, vhost.name) is not None


def whole_number(value: object) -> int:
    """A number, or a text that is one; raises ``ApiError``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            pass
    raise bad_request(["not_integer", value])


def yes_or_no(value: object) -> bool:
    """A truth, or a text that is one; raises ``ApiError``."""
    if isinstance(value, bool):
        return value
    if value in {"true", "false"}:
        return value == "true"
    raise bad_request(["not_boolean", value])
