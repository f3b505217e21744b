"""One socket of a connection's test: connecting, TLS, bytes; and a closer look at what lives at a port."""

import asyncio
import contextlib
import socket
import ssl
from typing import Final, Self

READ_BYTES: Final = 64 * 1024
LOOK_LIMIT_S: Final = 2.0
_TLS_ALERT: Final = b"\x15\x03"


class HungUp(Exception):
    """The other side ended the connection without a word."""


class _Quiet(asyncio.StreamReaderProtocol):
    """Reads nothing before it is asked to: what somebody says first belongs to TLS, where that is to come."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()


class Peer:
    """A connection to somebody who may be a broker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, address: tuple[str, int]) -> Self:
        """Connect to one resolved address. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = _Quiet(reader, loop=loop)
        transport, _ = await loop.create_connection(lambda: protocol, *address)
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Go on over TLS. Raises `ssl.SSLError` or `OSError`."""
        await self._writer.start_tls(context, server_hostname=host)

    @property
    def tls(self) -> ssl.SSLObject:
        """The TLS session, once there is one."""
        found: ssl.SSLObject = self._writer.get_extra_info("ssl_object")
        return found

    def send(self, data: bytes) -> None:
        """Send; what cannot be is seen at the next reading."""
        self._writer.write(data)

    async def read(self) -> bytes:
        """Answer what came. Raises `HungUp` at the end."""
        transport = self._writer.transport
        if isinstance(transport, asyncio.Transport) and not transport.is_closing():
            transport.resume_reading()
        try:
            data = await self._reader.read(READ_BYTES)
        except ssl.SSLError:
            raise
        except OSError as exc:
            raise HungUp from exc
        if not data:
            raise HungUp
        return data

    async def close(self) -> None:
        """End it, whatever state it is in. May be called twice."""
        self._writer.transport.abort()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LOOK_LIMIT_S):
                await self._writer.wait_closed()


async def resolve(host: str, port: int) -> list[tuple[str, int]]:
    """Answer every address of *host*. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if "%" in host:  # its zone is not in what is found
        return [(host, port)]
    return list(dict.fromkeys((str(entry[4][0]), port) for entry in found))


async def answer_to(address: tuple[str, int], question: bytes, context: ssl.SSLContext | None = None, host: str = "") -> bytes:
    """Answer the first bytes that come back to *question* on a connection of its own; nothing where none do."""
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            peer = await Peer.connect(address)
            try:
                if context is not None:
                    await peer.start_tls(context, host)
                peer.send(question)
                return await peer.read()
            finally:
                await peer.close()
    except (OSError, TimeoutError, HungUp):
        return b""


async def speaks_tls(address: tuple[str, int]) -> bool:
    """Whether a TLS handshake works there, whoever it is."""
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            peer = await Peer.connect(address)
            try:
                await peer.start_tls(unchecked_context(), "localhost")
            finally:
                await peer.close()
    except ssl.SSLError as exc:  # it may want a certificate of ours, and then it is TLS
        return "ALERT" in str(exc.reason)
    except (OSError, TimeoutError):
        return False
    return True


def unchecked_context() -> ssl.SSLContext:
    """Make a context that takes any certificate: to look, not to speak."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def is_http(data: bytes) -> bool:
    """Whether a web server answered."""
    return data[:5] == b"HTTP/" or data[:200].lstrip().lower().startswith((b"<html", b"<!doctype html"))


def is_tls_alert(data: bytes) -> bool:
    """Whether a TLS server complained."""
    return data[:2] == _TLS_ALERT


def shown(data: bytes) -> str:
    """Answer bytes for a message."""
    text = data[:40].decode("latin-1")
    return "".join(char if char.isprintable() else "·" for char in text)
