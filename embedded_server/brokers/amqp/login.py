"""How a client says who it is: the SASL mechanisms PLAIN and AMQPLAIN."""

import struct
from typing import Final

from embedded_server.brokers.amqp.properties import decoded_table

MECHANISMS: Final = "PLAIN AMQPLAIN"


def credentials(mechanism: str, response: str | bytes) -> tuple[str, str] | None:
    """User and password out of a SASL *response*; ``None`` where it is none."""
    octets = response.encode() if isinstance(response, str) else response
    match mechanism:
        case "PLAIN":
            return _plain(octets)
        case "AMQPLAIN":
            return _amqplain(octets)
        case _:
            return None


def _plain(response: bytes) -> tuple[str, str] | None:
    """RFC 4616: authorization identity, user and password, separated by NUL."""
    parts = response.split(b"\0")
    if len(parts) != 3:
        return None
    return parts[1].decode(errors="replace"), parts[2].decode(errors="replace")


def _amqplain(response: bytes) -> tuple[str, str] | None:
    """A field table without its length."""
    table = decoded_table(struct.pack(">I", len(response)) + response)
    user, password = table.get("LOGIN"), table.get("PASSWORD")
    return (user, password) if isinstance(user, str) and isinstance(password, str) else None
