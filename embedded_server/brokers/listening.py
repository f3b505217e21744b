"""The sockets the brokers listen on, and what to say where one is not to be had."""

import asyncio
import contextlib
import errno
import socket
from typing import Final

from embedded_server.brokers.ports import HOST, is_free, listen
from embedded_server.contracts.problems import N_, UserFacingError

PORT_POLL_S: Final = 0.05
PORT_WAIT_S: Final = 3.0
"""As a child: how long the broker of a server that was killed may take to leave the port."""


class BrokerPortInUse(UserFacingError):
    """Another program listens on the AMQP port."""

    title = N_("Port {port} on {host} is in use")
    hint = N_("Stop the program that has it, or choose another port with --amqp-port (0 takes a free one).")


class BrokerCannotListen(UserFacingError):
    """The AMQP port cannot be listened on."""

    title = N_("Cannot listen on {host}, port {port}")
    hint = N_("Choose another port with --amqp-port (0 takes a free one).")


class ManagementPortInUse(UserFacingError):
    """Another program listens on the management API's port."""

    title = N_("Port {port} on {host} is in use")
    hint = N_("Stop the program that has it, or choose another port with --management-port (0 takes a free one).")


class ManagementCannotListen(UserFacingError):
    """The management API's port cannot be listened on."""

    title = N_("Cannot listen on {host}, port {port}")
    hint = N_("Choose another port with --management-port (0 takes a free one).")


class KafkaPortInUse(UserFacingError):
    """Another program listens on Kafka's port."""

    title = N_("Port {port} on {host} is in use")
    hint = N_("Stop the program that has it, or choose another port with --kafka-port (0 takes a free one).")


class KafkaCannotListen(UserFacingError):
    """Kafka's port cannot be listened on."""

    title = N_("Cannot listen on {host}, port {port}")
    hint = N_("Choose another port with --kafka-port (0 takes a free one).")


async def port_left(port: int) -> None:
    """Wait a moment for the process that had the port before; 0 is no port."""
    if not port:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PORT_WAIT_S):
            while not is_free(port):  # noqa: ASYNC110 - another process's port tells nobody
                await asyncio.sleep(PORT_POLL_S)


def amqp_socket(port: int) -> socket.socket:
    """Listen on the AMQP port. Raises ``UserFacingError``."""
    try:
        return listen(port)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise BrokerPortInUse(host=HOST, port=port) from exc
        raise BrokerCannotListen(host=HOST, port=port, detail=exc.strerror or "") from exc


def management_socket(port: int, *, child: bool) -> socket.socket:
    """Listen on the management API's port. As a child on another one where it is taken: the brokers must not wait for that."""
    try:
        return listen(port)
    except OSError as exc:
        if child and port:
            return management_socket(0, child=child)
        if exc.errno == errno.EADDRINUSE:
            raise ManagementPortInUse(host=HOST, port=port) from exc
        raise ManagementCannotListen(host=HOST, port=port, detail=exc.strerror or "") from exc


def kafka_socket(port: int) -> socket.socket:
    """Listen on Kafka's port. Raises ``UserFacingError``."""
    try:
        return listen(port)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise KafkaPortInUse(host=HOST, port=port) from exc
        raise KafkaCannotListen(host=HOST, port=port, detail=exc.strerror or "") from exc
