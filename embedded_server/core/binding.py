"""Taking the port before anything else is started: a port in use is told at once, in one line."""

import errno
import socket
from typing import Final

from embedded_server.contracts.problems import N_, UserFacingError

# On Windows SO_REUSEADDR would let two servers share one port; elsewhere it only lets a restarted one have its port back.
_EXCLUSIVE: Final[int] = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)


class PortInUse(UserFacingError):
    """Another program listens there."""

    status = 409
    title = N_("Port {port} on {host} is in use")
    hint = N_("Stop the program that has it, or choose another one with --port (0 takes a free one).")


class CannotListen(UserFacingError):
    """The address cannot be listened on."""

    status = 500
    title = N_("Cannot listen on {host}, port {port}")
    hint = N_("Check that the address belongs to this machine and that the port may be used.")


def listen(host: str, port: int) -> socket.socket:
    """Answer a socket bound to the address. Raises `PortInUse` or `CannotListen`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise CannotListen(host=host, port=port, detail=str(exc)) from exc
    try:
        bound.setsockopt(socket.SOL_SOCKET, _EXCLUSIVE, 1)
        bound.bind(address)
        bound.listen(2048)  # without it the kernel lets a second one bind the same port meanwhile
    except OSError as exc:
        bound.close()
        if exc.errno == errno.EADDRINUSE:
            raise PortInUse(host=host, port=port) from exc
        raise CannotListen(host=host, port=port, detail=exc.strerror or "") from exc
    bound.setblocking(False)
    return bound
