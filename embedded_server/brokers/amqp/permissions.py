"""What a user may do in a virtual host: RabbitMQ's regular expressions for configure, write and read, and for topics."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from embedded_server.brokers.amqp.errors import refused

MAX_REMEMBERED: Final = 4096
DEFAULT_EXCHANGE: Final = "amq.default"
"""How permissions name the exchange without a name."""
_EVERYTHING: Final = ".*"


class Kind(StrEnum):
    """What a permission is asked for."""

    QUEUE = "queue"
    EXCHANGE = "exchange"


class Operation(StrEnum):
    """What a permission allows: to make and delete, to put messages in, to take them out."""

    CONFIGURE = "configure"
    WRITE = "write"
    READ = "read"


class InvalidPattern(ValueError):
    """A permission that is no regular expression."""

    def __init__(self, pattern: str, reason: str) -> None:
        super().__init__(f"{pattern!r}: {reason}")
        self.pattern = pattern
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Permissions:
    """Regular expressions over names of queues and exchanges; an empty one matches only the empty name."""

    configure: str = _EVERYTHING
    write: str = _EVERYTHING
    read: str = _EVERYTHING

    @property
    def unlimited(self) -> bool:
        """Whether nothing is refused."""
        return self.configure == self.write == self.read == _EVERYTHING


@dataclass(frozen=True, slots=True)
class TopicPermissions:
    """Regular expressions over the routing keys of one topic exchange; ``{username}`` and ``{vhost}`` stand for themselves."""

    write: str = _EVERYTHING
    read: str = _EVERYTHING


def check_pattern(pattern: str) -> None:
    """Raise ``InvalidPattern`` unless *pattern* is a regular expression."""
    try:
        re.compile(pattern)
    except re.error as exc:
        raise InvalidPattern(pattern, str(exc)) from exc


class Access:
    """One user's permissions in one virtual host, compiled. Answers are remembered: a publisher asks the same one for each message."""

    __slots__ = ("_allowed", "_patterns", "_topics", "_user", "_vhost")

    def __init__(self, user: str, vhost: str, permissions: Permissions | None, topics: dict[str, TopicPermissions]) -> None:
        self._user = user
        self._vhost = vhost
        self._patterns = {} if permissions is None else {one: _compiled(getattr(permissions, one)) for one in Operation}
        self._topics = {
            (exchange, operation): _compiled(self._filled_in(getattr(found, operation)))
            for exchange, found in topics.items()
            for operation in (Operation.WRITE, Operation.READ)
        }
        self._allowed: set[tuple[Operation, str]] = set()

    def require(self, operation: Operation, kind: Kind, name: str) -> None:
        """Raise ``AmqpError`` unless the user may do *operation* on what is called *name*."""
        if kind is Kind.EXCHANGE and not name:
            name = DEFAULT_EXCHANGE
        if (operation, name) in self._allowed:
            return
        pattern = self._patterns.get(operation)
        if pattern is None or pattern.search(name) is None:
            raise refused(f"access to {kind} '{name}' in vhost '{self._vhost}' refused for user '{self._user}'")
        if len(self._allowed) >= MAX_REMEMBERED:
            self._allowed.clear()
        self._allowed.add((operation, name))

    def require_topic(self, operation: Operation, exchange: str, routing_key: str) -> None:
        """Raise ``AmqpError`` unless the user may use *routing_key* with the topic exchange *exchange*."""
        pattern = self._topics.get((exchange, operation))
        if pattern is not None and pattern.search(routing_key) is None:
            where = f"topic '{routing_key}' in exchange '{exchange}' in vhost '{self._vhost}'"
            raise refused(f"access to {where} refused for user '{self._user}'")

    def _filled_in(self, pattern: str) -> str:
        return pattern.replace("{username}", self._user).replace("{vhost}", self._vhost)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern or "^$")
    except re.error:
        return re.compile(r"(?!)")  # what the name of a user made of it: nothing matches
