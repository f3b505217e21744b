"""A broker on a socket: the thin asyncio shell around each of the sans-I/O cores."""

import asyncio
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from embedded_server.brokers.clock import Timers

WRITE_HIGH_WATER_BYTES: Final = 1 << 20
READ_BYTES: Final = 1 << 18
STOP_LIMIT_S: Final = 2.0
BACKLOG: Final = 512


class Conversation(Protocol):
    """A client's connection, sans I/O."""

    @property
    def finished(self) -> bool:
        """Close the socket once the bytes to send are written."""
        ...

    @property
    def blocked(self) -> bool:
        """Read no more for now."""
        ...

    def receive_data(self, data: bytes) -> None:
        """Take in bytes from the client, however they are cut."""
        ...

    def data_to_send(self) -> Sequence[bytes | bytearray | memoryview]:
        """The bytes for the client since the last call."""
        ...

    def pause(self) -> None:
        """The socket takes no more for now."""
        ...

    def resume(self) -> None:
        """The socket takes bytes again."""
        ...

    def connection_lost(self) -> None:
        """The socket is gone."""
        ...


class TakesTurns(Protocol):
    """A broker, sans I/O. Its clock is the loop's: both are ``time.monotonic()``."""

    @property
    def timers(self) -> Timers:
        """Calls to come."""
        ...

    @property
    def speaking(self) -> bool:
        """Some connection has something to send, so another turn is due."""
        ...

    def end_turn(self) -> Iterable[Conversation]:
        """End the turn; the connections that have something to send."""
        ...

    def close(self) -> None:
        """End all connections and let go of the files. What clients are still to hear is left to be sent."""
        ...


B = TypeVar("B", bound=TakesTurns)


class Shell(Generic[B]):
    """Listens on one port and gives the broker its turns. *connect* answers a client, from the broker, its address and ours.

    All reads that are ready in one turn of the loop are answered together: one end of the broker's turn and one write per connection.
    """

    def __init__(self, broker: B, connect: Callable[[B, str, str], Conversation]) -> None:
        self.broker = broker
        self.port = 0
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.Server | None = None
        self._sockets: dict[Conversation, _Socket] = {}
        self.read_buffer = memoryview(bytearray(READ_BYTES))
        """Shared by all sockets: what is read is copied out of it at once."""
        self._stopped = False
        self._turn_scheduled = False
        self._timer: asyncio.TimerHandle | None = None

    async def start(self, listening: socket.socket) -> None:
        """Take clients from a socket that listens."""
        self._server = await self._loop.create_server(lambda: _Socket(self), sock=listening, backlog=BACKLOG)
        self.port = listening.getsockname()[1]
        self.schedule_turn()

    async def stop(self) -> None:
        """Let the broker say goodbye to every client, write what is left, close; may be called twice."""
        if self._stopped:
            return
        self._stopped = True
        server, self._server = self._server, None
        if server is not None:
            server.close()
        if self._timer is not None:
            self._timer.cancel()
        sockets = list(self._sockets.values())
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

    def connected(self, peer: str, local: str, on: "_Socket") -> Conversation:
        """Begin a client's connection, and remember which socket it speaks through. Its timers are set at the end of the turn."""
        connection = self._connect(self.broker, peer, local)
        self._sockets[connection] = on
        self.schedule_turn()
        return connection

    def disconnected(self, connection: Conversation) -> None:
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
            self.schedule_turn()  # taking a connection's bytes let it go on
        self._set_timer()

    def _set_timer(self) -> None:
        when = self.broker.timers.next_at()
        if self._timer is not None:
            if when is not None and self._timer.when() == when:
                return
            self._timer.cancel()
        self._timer = None if when is None else self._loop.call_at(when, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        try:
            self.broker.timers.run_due()
        finally:  # the calls behind one that failed are made all the same
            self.schedule_turn()


class _Socket(asyncio.BufferedProtocol):
    """One client's socket. Buffered, because a plain protocol allocates 256 kB for each read, however little comes."""

    def __init__(self, shell: Shell[B]) -> None:
        self._shell = shell
        self._transport: asyncio.Transport | None = None
        self._connection: Conversation | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def write(self) -> None:
        """Send what the connection has to say, and close the socket after its last word."""
        connection, transport = self._connection, self._transport
        if connection is None or transport is None or transport.is_closing():
            return
        data = connection.data_to_send()
        if data:
            transport.writelines(data)
        if connection.blocked is transport.is_reading():
            self._read_or_not()
        if connection.finished:
            transport.close()
            asyncio.get_running_loop().call_later(STOP_LIMIT_S, transport.abort)  # a client that never reads

    def _read_or_not(self) -> None:
        if self._connection is not None and self._transport is not None:
            (self._transport.pause_reading if self._connection.blocked else self._transport.resume_reading)()

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
        self._connection = self._shell.connected("{}:{}".format(*peer), "{}:{}".format(*local), self)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Where to read into."""
        return self._shell.read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came."""
        if self._connection is not None and self._transport is not None:
            self._connection.receive_data(bytes(self._shell.read_buffer[:nbytes]))
            if self._connection.blocked:
                self._transport.pause_reading()
            self._shell.schedule_turn()

    def pause_writing(self) -> None:
        """The client does not keep up."""
        if self._connection is not None:
            self._connection.pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self._connection is not None:
            self._connection.resume()
            self._read_or_not()
            self._shell.schedule_turn()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The socket is gone."""
        if self._connection is not None:
            self._shell.disconnected(self._connection)
        if not self.closed.done():
            self.closed.set_result(None)
