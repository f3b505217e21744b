"""kafka-python's connections, with what it throws away kept: which address failed, and why.

Its own bootstrap tries again until its time is up and then says only that it is; a client of ours gives up once each bootstrap address
has failed, and tells the first failure. Reading leans on the same manager, so that nothing else of kafka-python's consumer is needed.
"""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from kafka import errors
from kafka.net.compat import KafkaNetClient
from kafka.net.connection import KafkaConnection
from kafka.net.inet import KafkaNetSocket
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from embedded_server.kafka.clients.transport import TcpTransport, TlsTransport

T = TypeVar("T")

logging.getLogger("kafka").setLevel(logging.CRITICAL + 1)  # every lost connection is many errors to it; we raise what it logs

CONNECT_LIMIT_S: Final = 10.0
_ERRNO: Final = re.compile(r"\b(\d+) [A-Z]+\b")


class ConnectFailed(errors.KafkaConnectionError):  # type: ignore[misc]  # kafka-python has no types
    """No connection to an address; ``errno`` is the operating system's, 0 where there is none."""

    def __init__(self, words: str, errno: int = 0) -> None:
        self.errno = errno
        super().__init__(words)


class HandshakeFailed(errors.KafkaConnectionError):  # type: ignore[misc]  # kafka-python has no types
    """TLS failed; the cause is the `ssl.SSLError` or `OSError`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The last failure of a connection to one broker."""

    node: str
    host: str
    port: int
    cause: BaseException
    bootstrap: bool
    had_opened: bool
    """Whether it was lost after it had been open."""
    was_reached: bool = False
    """Whether this address was reached before: then it is no wrong one, but its broker is gone."""

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Manager(KafkaConnectionManager):  # type: ignore[misc]  # kafka-python has no types
    """Connections to the brokers of one cluster, for one client."""

    def __init__(self, net: NetworkSelector, **configs: Any) -> None:
        super().__init__(net, **configs)
        self.cluster.config["allow_auto_create_topics"] = False  # asking for a topic must never make it
        self.faults: dict[str, Fault] = {}
        """By node, until a connection to it is open."""
        self._reached: set[tuple[str, int]] = set()
        self.on_fault: Callable[[Fault], None] | None = None
        """Called on the client's own thread."""

    def get_connection(self, node_id: Any, **options: Any) -> KafkaConnection:
        """Answer the connection to a node, as kafka-python does, and watch how it fares."""
        before = self._conns.get(node_id)
        connection = super().get_connection(node_id, **options)
        if connection is not before:
            broker = self.cluster.broker_metadata(node_id)
            node = (str(node_id), broker.host, broker.port, self.cluster.is_bootstrap(node_id))
            connection.init_future.add_callback(lambda _: self._reach(node))
            connection.init_future.add_errback(lambda exc: self._note(node, exc, had_opened=False))
            connection.close_future.add_errback(lambda exc: self._note(node, exc, had_opened=connection.init_future.succeeded()))
        return connection

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection to any broker. May be asked on any thread."""
        return any(connection.connected for connection in list(self._conns.values()))

    def any_open(self) -> Any:
        """Answer the id of the least busy broker that there is a connection to; None where there is none."""
        conns = [(node_id, one) for node_id, one in self._conns.items() if one.connected and not one.paused]
        return min(conns, key=lambda pair: len(pair[1].in_flight_requests))[0] if conns else None

    def newest_fault(self) -> Fault | None:
        """Answer the fault noted last; one of a broker that was reached says more than one of an address that was not."""
        newest = list(reversed(self.faults.values()))
        return next((fault for fault in newest if not isinstance(fault.cause, ConnectFailed)), newest[0] if newest else None)

    def _reach(self, node: tuple[str, str, int, bool]) -> None:
        self.faults.pop(node[0], None)
        self._reached.add(node[1:3])

    def _note(self, node: tuple[str, str, int, bool], exc: BaseException, *, had_opened: bool) -> None:
        known = self.faults.get(node[0])
        if self.closed or (known is not None and not had_opened and isinstance(known.cause, errors.BrokerResponseError)):
            return  # a refusal says more than the end that follows it
        self.faults.pop(node[0], None)
        reached = node[1:3] in self._reached
        fault = self.faults[node[0]] = Fault(*node[:3], exc, bootstrap=node[3], had_opened=had_opened, was_reached=reached)
        if self.on_fault is not None:
            self.on_fault(fault)

    async def _do_bootstrap(self, deadline: float | None) -> bool:
        """Try each bootstrap address once. Raises why the first one failed."""
        first: BaseException | None = None
        for broker in self.cluster.bootstrap_brokers():
            try:
                await self._bootstrap_from(broker.node_id, deadline)
            except Exception as exc:  # noqa: BLE001 - of whatever kind: the first is raised below
                first = first or exc
            else:
                self.faults.clear()
                return True
        raise first or errors.KafkaTimeoutError("No bootstrap address")

    async def _bootstrap_from(self, node_id: str, deadline: float | None) -> None:
        limit_s = CONNECT_LIMIT_S if deadline is None else max(0.1, min(CONNECT_LIMIT_S, deadline - time.monotonic()))
        self.reset_backoff(node_id)
        self._auth_failures.pop(node_id, None)
        connection = self.get_connection(node_id, timeout_ms=limit_s * 1000, pop_on_close=False, refresh_metadata_on_err=False)
        try:
            await self.wait_for(connection.init_future, limit_s * 1000)
            await self.wait_for(self.call_soon(self.cluster.refresh_metadata, node_id), limit_s * 1000)
            if not self.cluster.brokers():
                raise errors.MetadataEmptyBrokerList("the cluster tells of no broker")
            self.cluster.start_refresh_loop()
        finally:
            self._conns.pop(node_id, connection).close()

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        """Connect as kafka-python does, but keep what the operating system or TLS say."""
        options = self.config["socket_options"]
        try:
            socket = await _connected(self._net, node.host, node.port, options, timeout_at)
        except errors.KafkaConnectionError as exc:
            found = _ERRNO.search(str(exc))
            raise ConnectFailed(str(exc), int(found[1]) if found else 0) from exc
        if not self.ssl_enabled:
            return TcpTransport(self._net, socket, host=node.host)
        tls = {key: value for key, value in self.config.items() if key.startswith("ssl_")}
        try:
            transport = TlsTransport(self._net, socket, host=node.host, **tls)
        except (OSError, ValueError) as exc:
            socket.close()
            raise HandshakeFailed(str(exc)) from exc
        try:
            await transport.handshake()
        except OSError as exc:
            raise HandshakeFailed(str(exc)) from exc
        else:
            socket = None
        finally:
            if socket is not None:  # it failed, or nobody waits for it any more
                transport.abort()
        return transport


async def _connected(net: NetworkSelector, host: str, port: int, options: Any, timeout_at: float | None) -> Any:
    """Connect to the first address of *host* that answers; kafka-python's own leaves the sockets of the others open."""
    opener = KafkaNetSocket()
    failure = errors.KafkaConnectionError("DNS Resolution failure")
    for family, kind, protocol, _, address in opener.dns_lookup(host, port):
        socket = opener.socket(family, kind, protocol)
        try:
            socket.setblocking(False)
            for option in options:
                socket.setsockopt(*option)
            return await opener.sock_connect(net, socket, address, timeout_at=timeout_at)
        except BaseException as exc:
            socket.close()
            if isinstance(exc, errors.KafkaTimeoutError):
                raise errors.KafkaConnectionError("Connection timed out") from exc
            if not isinstance(exc, (errors.KafkaConnectionError, OSError)):
                raise
            failure = exc if isinstance(exc, errors.KafkaConnectionError) else errors.KafkaConnectionError(f"unable to connect: {exc}")
    raise failure


class NetClient(KafkaNetClient):  # type: ignore[misc]  # kafka-python has no types
    """What kafka-python's clients are given as ``kafka_client``, so that they use our `Manager`."""

    def __init__(self, **configs: Any) -> None:
        net = NetworkSelector(**{**configs, "slow_task_threshold_secs": 0})
        self.manager = Manager(net, **configs)
        super().__init__(net=net, manager=self.manager)


def open_client_blocking(make: Callable[..., T], config: dict[str, Any]) -> tuple[T, Manager]:
    """Answer a kafka-python client made with *config*, and its manager. Raises `OpenFailed`; nothing of it is left behind then."""
    made: list[NetClient] = []

    def net_client(**configs: Any) -> NetClient:
        made.append(NetClient(**configs))
        return made[0]

    try:
        client = make(**config, kafka_client=net_client, bootstrap_timeout_ms=int(CONNECT_LIMIT_S * 1000))
    except Exception as exc:
        if made:
            made[0].close()
        raise OpenFailed(exc, made[0].manager if made else None) from exc
    return client, made[0].manager


class OpenFailed(Exception):
    """A client could not be opened: why, and the manager that knows which address failed."""

    def __init__(self, why: Exception, manager: Manager | None) -> None:
        self.why = why
        self.manager = manager
        super().__init__(str(why))
