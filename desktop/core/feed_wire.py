"""The feed protocol's messages between bytes and the contracts' classes; a message of another version's server is read as far as known."""

from dataclasses import fields
from typing import Any, Final

import orjson

from embedded_server.contracts.feeds import CloseFeed, FeedRejected, OpenFeed, Tick, Window, WindowRequest

Incoming = Tick | Window | FeedRejected
Outgoing = OpenFeed | WindowRequest | CloseFeed

_TYPES: Final[dict[str, tuple[type[Any], frozenset[str]]]] = {
    op: (type_, frozenset(f.name for f in fields(type_))) for op, type_ in (("tick", Tick), ("window", Window), ("rejected", FeedRejected))
}


def decode(data: bytes | str) -> Incoming | None:
    """Read one message; nothing where its ``op`` is not known.

    Raises `ValueError` or `TypeError` where it is no message of this protocol.
    """
    message = orjson.loads(data)
    type_, known = _TYPES.get(message.get("op"), (None, frozenset()))
    if type_ is None:
        return None
    result: Incoming = type_(**{key: value for key, value in message.items() if key in known})
    return result


def encode(message: Outgoing) -> str:
    """Write one message. Text, as the protocol is JSON."""
    return orjson.dumps(message).decode()
