"""Which ports the embedded brokers get, and that they are the same ones tomorrow: programs outside keep their addresses."""

import contextlib
import random
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
CHOSEN_PORTS: Final = range(20_000, 32_000)
"""Below what Linux, macOS and Windows give to clients."""
PORT_FILE: Final = "amqp.port"
MANAGEMENT_PORT_FILE: Final = "management.port"
KAFKA_PORT_FILE: Final = "kafka.port"
_TRIES: Final = 20
# On Windows a plain bind succeeds beside a listener that allows it; elsewhere the flag only passes over connections of the past.
_EXCLUSIVE: Final[int] = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)


def candidates() -> Iterable[int]:
    """Ports to try before the system's choice.

    The system takes free ports from those it also gives to clients. While a restarting broker is away, a client that tries to
    reach it could be given, and keep, the very port it calls.
    """
    return random.sample(CHOSEN_PORTS, _TRIES)


def is_free(port: int) -> bool:
    """Tell whether the port could be listened on now."""
    with _socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def listen(port: int) -> socket.socket:
    """Answer a socket that listens on the port, with 0 on one of the candidates. Raises ``OSError`` where that cannot be."""
    for candidate in candidates() if port == 0 else ():
        with contextlib.suppress(OSError):
            return _listening(candidate)
    return _listening(port)


def kept_port(folder: Path, file: str = PORT_FILE) -> int:
    """Answer the port of the last time; where there was none, a new one."""
    try:
        port = int((folder / file).read_text("ascii"))
    except (OSError, ValueError):
        port = 0
    return port if 0 < port <= 65535 else new_port(folder, file)


def new_port(folder: Path, file: str = PORT_FILE) -> int:
    """Choose a free port and keep it; 0, which leaves the choice to the system, where none of those tried is free."""
    port = next((candidate for candidate in candidates() if is_free(candidate)), 0)
    if port:
        with contextlib.suppress(OSError):  # it is chosen anew next time, and the broker tells what is wrong with the folder
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / file).write_text(str(port), "ascii")
    return port


def _socket() -> socket.socket:
    # The protocol is named, because asyncio sends small answers at once only where it reads TCP there; otherwise each waits 40 ms.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, _EXCLUSIVE, 1)
    return made


def _listening(port: int) -> socket.socket:
    bound = _socket()
    try:
        bound.bind((HOST, port))
        bound.listen(128)  # without it the kernel lets a second one bind the same port meanwhile
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound
