"""kafka-python's sockets, read in large pieces, and with the last answer looked at before the end that came with it.

kafka-python reads 4 kB a call (a fetch of 1 MB is 256 of them), and forgets what it has read where the end of the connection follows at
once: so the words of a refused login are lost.
"""

import ssl
from typing import Any, Final

from kafka import errors
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

RECEIVE_BYTES: Final = 256 * 1024
MAX_AT_ONCE_BYTES: Final = 4 * 1024**2
_NOTHING_YET: Final = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class TcpTransport(KafkaTCPTransport):  # type: ignore[misc]  # kafka-python has no types
    """A plain connection."""

    _end: Exception | None = None

    def _sock_recv(self) -> tuple[bytes, Exception | None]:
        if self._end is not None:
            return b"", self._end
        data, end = received(self._sock, MAX_AT_ONCE_BYTES)
        if data:
            self._end = end  # told at the next call: the socket stays readable
            return data, None
        return data, end


class TlsTransport(KafkaSSLTransport):  # type: ignore[misc]  # kafka-python has no types
    """A connection over TLS: read until nothing is left, for what OpenSSL holds wakes no selector."""

    _end: Exception | None = None

    def _sock_recv(self) -> tuple[bytes, Exception | None]:
        if self._end is not None:
            return b"", self._end
        data, end = received(self._sock, None)
        if data:
            self._end = end
            return data, None
        return data, end


def received(sock: Any, most: int | None) -> tuple[bytes, Exception | None]:
    """Answer what there is to read, and why there will be no more where that is so."""
    parts: list[bytes] = []
    size = 0
    while most is None or size < most:
        try:
            data = sock.recv(RECEIVE_BYTES)
        except _NOTHING_YET:
            break
        except OSError as exc:
            return b"".join(parts), errors.KafkaConnectionError(exc)
        if not data:
            return b"".join(parts), errors.KafkaConnectionError("socket disconnected")
        parts.append(data)
        size += len(data)
    return parts[0] if len(parts) == 1 else b"".join(parts), None
