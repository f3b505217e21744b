"""The broker on a socket: a thin asyncio shell around the sans-I/O core."""

import asyncio
import socket
from typing import Final

from embedded_server.brokers.kafka.broker import Broker
from embedded_server.brokers.kafka.connection import Connection

WRITE_HIGH_WATER_BYTES: Final = 1 << 20
READ_BYTES: Final = 1 << 18
STOP_LIMIT_S: Final = 2.0


class KafkaServer:
    """Listens on one port and gives the broker its turns: all reads that are ready in one turn of the loop are answered together."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.port = 0
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.Server | None = None
        self._sockets: dict[Connection, _Socket] = {}
        self.read_buffer = memoryview(bytearray(READ_BYTES))
        """Shared by all sockets: what is read is copied out of it at once."""
        self._stopped = False
        self._turn_scheduled = False
        self._timer: asyncio.TimerHandle | None = None

    async def start(self, listening: socket.socket) -> None:
        """Take clients from a socket that listens."""
        self._server = await self._loop.create_server(lambda: _Socket(self), sock=listening, backlog=512)
        self.broker.host, self.port = listening.getsockname()[:2]
        self.broker.port = self.port
        self.schedule_turn()

    async def stop(self) -> None:
        """Write what is left, close every connection and the logs; may be called twice."""
        if self._stopped:
            return
        self._stopped = True
        server, self._server = self._server, None
        if server is not None:
            server.close()
        if self._timer is not None:
            self._timer.cancel()
        sockets = list(self._sockets.values())
        for one in sockets:
            one.write()
        self.broker.close()
        for one in sockets:
            one.write()
        waiting = [one.closed for one in sockets if not one.closed.done()]
        if waiting:
            await asyncio.wait(waiting, timeout=STOP_LIMIT_S)
        for one in sockets:
            one.abort()
        if server is not None:
            await server.wait_closed()

    def schedule_turn(self) -> None:
        """Something came in: end the turn once all that is ready has been taken in."""
        if not self._turn_scheduled and self._server is not None:
            self._turn_scheduled = True
            self._loop.call_soon(self._end_turn)

    def connected(self, connection: Connection, on: "_Socket") -> None:
        """Remember which socket a connection speaks through."""
        self._sockets[connection] = on

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection whose socket is gone."""
        self._sockets.pop(connection, None)
        connection.connection_lost()
        self.schedule_turn()

    def _end_turn(self) -> None:
        self._turn_scheduled = False
        if self._server is None:
            return
        for connection in self.broker.end_turn():
            one = self._sockets.get(connection)
            if one is not None:
                one.write()
        if self.broker.speaking:
            self.schedule_turn()
        self._set_timer()

    def _set_timer(self) -> None:
        when = self.broker.timers.next_at()
        if self._timer is not None:
            if when is not None and self._timer.when() == when:
                return
            self._timer.cancel()
        # The broker's clock is the loop's: both are time.monotonic().
        self._timer = None if when is None else self._loop.call_at(when, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.broker.timers.run_due()
        self.schedule_turn()


class _Socket(asyncio.BufferedProtocol):
    """One client's socket. Buffered, because a plain protocol allocates 256 kB for each read, however little comes."""

    def __init__(self, server: KafkaServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._connection: Connection | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def write(self) -> None:
        """Send what the connection has to say, and close the socket after its last word."""
        if self._connection is None or self._transport is None or self._transport.is_closing():
            return
        data = self._connection.data_to_send()
        if data:
            self._transport.writelines(data)
        if self._connection.blocked is self._transport.is_reading():
            (self._transport.pause_reading if self._connection.blocked else self._transport.resume_reading)()
        if self._connection.finished:
            self._transport.close()
            asyncio.get_running_loop().call_later(STOP_LIMIT_S, self._transport.abort)  # a client that never reads

    def abort(self) -> None:
        """Close the socket now."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(WRITE_HIGH_WATER_BYTES)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer, local = (transport.get_extra_info(end)[:2] for end in ("peername", "sockname"))
        self._connection = Connection(self._server.broker, "{}:{}".format(*peer), "{}:{}".format(*local))
        self._server.connected(self._connection, self)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Where to read into."""
        return self._server.read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came."""
        if self._connection is not None and self._transport is not None:
            self._connection.receive_data(bytes(self._server.read_buffer[:nbytes]))
            if self._connection.blocked:
                self._transport.pause_reading()
            self._server.schedule_turn()

    def pause_writing(self) -> None:
        """The client does not keep up."""
        if self._connection is not None:
            self._connection.pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self._connection is not None:
            self._connection.resume()
            self._server.broker.speaks(self._connection)
            self._server.schedule_turn()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The socket is gone."""
        if self._connection is not None:
            self._server.disconnected(self._connection)
        if not self.closed.done():
            self.closed.set_result(None)
