"""Finds out why a listener broke a connection off: whether it speaks TLS, Kafka, and which logins it takes.

Kafka says none of this to a client that speaks the wrong way; it closes the connection. So after such an end one short connection asks.
"""

import socket
import ssl
import struct
from dataclasses import dataclass
from typing import Final

LIMIT_S: Final = 3.0
MAX_ANSWER_BYTES: Final = 65_536
_SASL_HANDSHAKE: Final = 17
_CORRELATION_ID: Final = 0x5357
_PLAIN_REASONS: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a listener answered."""

    speaks_kafka: bool
    mechanisms: tuple[str, ...] = ()
    takes_login: bool = False
    reached: bool = True


def ask_blocking(host: str, port: int, context: ssl.SSLContext | None) -> Found:
    """Send a SaslHandshake (Kafka's protocol, api key 17, version 1), over TLS where there is a *context*."""
    try:
        plain = socket.create_connection((host, port), LIMIT_S)
    except OSError:
        return Found(speaks_kafka=False, reached=False)
    try:
        with plain:
            if context is None:
                return _asked(plain)
            with context.wrap_socket(plain, server_hostname=host) as wrapped:
                return _asked(wrapped)
    except (OSError, ValueError, struct.error):
        return Found(speaks_kafka=False)


def speaks_tls_blocking(host: str, port: int) -> bool:
    """Whether a TLS handshake comes to an end there, good or bad, that only a TLS server gives it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), LIMIT_S) as plain, context.wrap_socket(plain):
            return True
    except ssl.SSLEOFError:
        return False
    except ssl.SSLError as exc:
        return exc.reason not in _PLAIN_REASONS
    except OSError:
        return False


def _asked(connection: socket.socket) -> Found:
    mechanism = b"PLAIN"
    head = struct.pack(">hhih", _SASL_HANDSHAKE, 1, _CORRELATION_ID, -1)
    body = struct.pack(">h", len(mechanism)) + mechanism
    connection.sendall(struct.pack(">i", len(head) + len(body)) + head + body)
    (size,) = struct.unpack(">i", _exactly(connection, 4))
    if not 10 <= size <= MAX_ANSWER_BYTES:
        return Found(speaks_kafka=False)
    answer = _exactly(connection, size)
    correlation_id, error, count = struct.unpack_from(">ihi", answer)
    if correlation_id != _CORRELATION_ID:
        return Found(speaks_kafka=False)
    mechanisms, at = [], 10
    for _ in range(max(0, count)):
        (length,) = struct.unpack_from(">h", answer, at)
        mechanisms.append(answer[at + 2 : at + 2 + length].decode())
        at += 2 + length
    return Found(speaks_kafka=True, mechanisms=tuple(mechanisms), takes_login=error in {0, 33})


def _exactly(connection: socket.socket, size: int) -> bytes:
    got = bytearray()
    while len(got) < size:
        more = connection.recv(size - len(got))
        if not more:
            raise ValueError("the connection was closed")
        got += more
    return bytes(got)
